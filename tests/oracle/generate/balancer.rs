//! Random load balancers, put into a network that is complete without them.

use super::super::network::{Balancer, Eni, Id};
use super::super::packet::{TCP, UDP};
use super::{Builder, nth};

impl Builder {
    pub(super) fn balancers(&mut self) {
        if !self.random.chance(35) {
            return;
        }
        let vpcs: Vec<Id> = self.network.vpcs.keys().cloned().collect();
        let vpc = self.random.pick(&vpcs).clone();
        let enis = self.network.enis.iter();
        let targets =
            enis.filter(|(id, eni)| self.network.vpc_of_eni(id) == vpc && eni.primary_v4().is_some());
        let mut targets: Vec<Id> = targets.map(|(id, _)| id.clone()).collect();
        while targets.len() > 1 + self.random.below(3) {
            let at = self.random.below(targets.len());
            targets.remove(at);
        }
        let nodes = self.nodes(&vpc);
        let kind = if nodes.len() > 1 {
            self.random.below(3)
        } else {
            1 + self.random.below(2)
        };
        let udp = kind == 1 && self.random.chance(30);
        let port = *self.random.pick(&[443, 53, 80]);
        let balancer = Balancer {
            kind: ["application", "network", "classic"][kind],
            classic: kind == 2,
            nodes,
            listener: (if udp { UDP } else { TCP }, port),
            cross_zone: kind == 0 || self.random.chance(50),
            preserves: udp || kind == 1 && self.random.chance(60),
            targets,
            target_port: *self.random.pick(&[443, 8080, 22, 53]),
        };
        self.network.balancers.insert("lb-1".to_owned(), balancer);
    }

    /// One in each of two zones, if the VPC has them.
    fn nodes(&mut self, vpc: &str) -> Vec<Id> {
        let all = self.subnets_of(vpc);
        let mut subnets = vec![self.random.pick(&all).clone()];
        let second = self.random.pick(&all).clone();
        if self.network.subnets[&second].zone != self.network.subnets[&subnets[0]].zone {
            subnets.push(second);
        }
        let mut nodes = Vec::new();
        for subnet in subnets {
            // Host number 30 is nobody else's.
            let addresses = vec![nth(self.network.subnets[&subnet].cidrs[0], 30)];
            let mut groups = self.some_groups(vpc);
            if self.random.chance(60) {
                groups = vec![format!("sg-{}-open", &vpc[4..])];
            }
            let eni = Eni {
                public: self.associations(vpc, &addresses),
                subnet,
                addresses,
                groups,
                source_dest_check: true,
                instance: None,
            };
            let id = format!("eni-node-{}", nodes.len() + 1);
            self.network.enis.insert(id.clone(), eni);
            nodes.push(id);
        }
        nodes
    }
}
