//! Random endpoints, other sorts of NAT gateways, and VPC Block Public Access, put into a network that is complete without them.

use std::net::IpAddr;

use super::super::edges::{BlockMode, Exclusion, GatewayEndpoint, InterfaceEndpoint, Leads, S3_REGION};
use super::super::network::{Destination, Eni, Id, Target};
use super::super::packet::{TCP, UDP};
use super::{Builder, nth, v6};

impl Builder {
    pub(super) fn endpoints(&mut self) {
        for vpc in self.network.vpcs.keys().cloned().collect::<Vec<_>>() {
            if self.random.chance(20) {
                self.gateway_endpoint(&vpc);
            }
        }
        if self.random.chance(25) {
            self.interface_endpoint();
        }
        for vpc in self.network.vpcs.keys().cloned().collect::<Vec<_>>() {
            if self.subnets_of(&vpc).len() > 1 && self.random.chance(15) {
                self.inspection(&vpc);
            }
        }
    }

    fn gateway_endpoint(&mut self, vpc: &str) {
        if self.network.vpcs[vpc].region != S3_REGION {
            return;
        }
        let tables = self.network.tables.iter();
        let tables = tables.filter(|(_, table)| table.vpc == vpc && table.gateway.is_none());
        let mut tables: Vec<Id> = tables.map(|(id, _)| id.clone()).collect();
        tables.retain(|_| self.random.chance(70));
        let endpoint = GatewayEndpoint {
            vpc: vpc.to_owned(),
            tables,
            available: self.random.chance(94),
        };
        self.network
            .gateway_endpoints
            .insert(format!("vpce-s3-{}", &vpc[4..]), endpoint);
    }

    fn interface_endpoint(&mut self) {
        let subnets: Vec<Id> = self.network.subnets.keys().cloned().collect();
        let subnet = self.random.pick(&subnets).clone();
        let vpc = self.network.vpc_of_subnet(&subnet).to_owned();
        // Host number 27 is nobody else's.
        let eni = Eni {
            addresses: vec![nth(self.network.subnets[&subnet].cidrs[0], 27)],
            subnet,
            public: Vec::new(),
            groups: self.some_groups(&vpc),
            source_dest_check: true,
            instance: None,
        };
        let mut listens = vec![(TCP, 443)];
        if self.random.chance(40) {
            listens.push((UDP, 53));
        }
        let mut endpoint = InterfaceEndpoint {
            listens,
            available: self.random.chance(93),
            leads: None,
        };
        if self.random.chance(50)
            && let Some(leads) = self.resource_gateway()
        {
            endpoint.listens = vec![(TCP, 443), (TCP, *self.random.pick(&[22, 53, 80, 8080]))];
            endpoint.leads = Some(leads);
        }
        self.network.enis.insert("eni-vpce".to_owned(), eni);
        self.network
            .interface_endpoints
            .insert("eni-vpce".to_owned(), endpoint);
    }

    /// In any VPC, the endpoint's own too; the zone may be another one.
    fn resource_gateway(&mut self) -> Option<Leads> {
        let enis = self.network.enis.iter();
        let hosts = enis.filter(|(id, eni)| {
            eni.primary_v4().is_some() && !id.starts_with("eni-node") && !id.starts_with("eni-vpce")
        });
        let hosts: Vec<Id> = hosts.map(|(id, _)| id.clone()).collect();
        if hosts.is_empty() {
            return None;
        }
        let resource = self.random.pick(&hosts).clone();
        let vpc = self.network.vpc_of_eni(&resource).to_owned();
        let subnets = self.subnets_of(&vpc);
        let subnet = self.random.pick(&subnets).clone();
        let mut groups = self.some_groups(&vpc);
        if self.random.chance(50) {
            groups = vec![format!("sg-{}-open", &vpc[4..])];
        }
        // Of three host numbers that an interface has it uses two.
        let eni = Eni {
            addresses: vec![nth(self.network.subnets[&subnet].cidrs[0], 6)],
            subnet,
            public: Vec::new(),
            groups,
            source_dest_check: true,
            instance: None,
        };
        let gateway = "eni-rgw".to_owned();
        self.network.enis.insert(gateway.clone(), eni);
        Some(Leads { gateway, resource })
    }

    fn inspection(&mut self, vpc: &str) {
        let subnets = self.subnets_of(vpc);
        let subnet = self.random.pick(&subnets).clone();
        let id = format!("vpce-gwlb-{}", &vpc[4..]);
        self.network.inspections.insert(id.clone(), subnet.clone());
        self.lead_through(vpc, &id, &subnet);
    }

    /// A second address; or no subnet.
    pub(super) fn other_nat_gateways(&mut self) {
        for id in self.network.nat_gateways.keys().cloned().collect::<Vec<_>>() {
            let nat = self.network.nat_gateways[&id].clone();
            let Some(subnet) = nat.subnet.clone() else {
                continue;
            };
            let public = nat.addresses.iter().all(|(_, public)| public.is_some());
            let mut changed = nat.clone();
            if self.random.chance(15)
                && let IpAddr::V4(second) = nth(self.network.subnets[&subnet].cidrs[0], 28)
            {
                let second = (second, public.then(|| self.public_address()));
                changed.addresses.push(second);
            } else if public && !self.has_inner_route(&id) && self.random.chance(25) {
                changed.subnet = None;
                for (private, public) in &mut changed.addresses {
                    *private = public.unwrap_or(*private);
                }
            }
            self.network.nat_gateways.insert(id, changed);
        }
    }

    /// What a regional NAT gateway does with packets for its own VPC is not documented.
    fn has_inner_route(&self, nat: &str) -> bool {
        let tables = self.network.tables.values();
        let mut routes = tables.flat_map(|table| table.routes.iter().map(move |route| (&table.vpc, route)));
        routes.any(|(vpc, route)| {
            let inner = matches!(&route.destination, Destination::Cidr(cidr)
                if self.network.vpcs[vpc].cidrs.iter().any(|whole| whole.contains(cidr)));
            route.target == Target::Nat(nat.to_owned()) && inner
        })
    }

    pub(super) fn nat64(&mut self) {
        for id in self.network.tables.keys().cloned().collect::<Vec<_>>() {
            let Some(mut table) = self.network.tables.remove(&id) else {
                continue;
            };
            let nat = format!("nat-{}", &table.vpc[4..]);
            let subnet = self
                .network
                .nat_gateways
                .get(&nat)
                .and_then(|nat| nat.subnet.clone());
            // Client and NAT gateway have to be in different subnets.
            let apart = subnet.is_some_and(|subnet| match &self.network.subnets[&subnet].table {
                Some(own) => *own != id,
                None => !table.main,
            });
            let six = self.network.vpcs[&table.vpc]
                .cidrs
                .iter()
                .any(|one| one.addr().is_ipv6());
            if apart && six && table.gateway.is_none() && self.random.chance(30) {
                let cidr = v6([0x64, 0xff9b, 0, 0], 96);
                self.add(&mut table, cidr, Some(Target::Nat(nat)));
            }
            self.network.tables.insert(id, table);
        }
    }

    pub(super) fn public_access(&mut self) {
        if !self.random.chance(30) {
            return;
        }
        let modes = [BlockMode::Bidirectional, BlockMode::Ingress];
        let mode = *self.random.pick(&modes);
        self.network
            .block_public_access
            .insert("eu-west-1".to_owned(), mode);
        let mut resources: Vec<Id> = self.network.vpcs.keys().cloned().collect();
        resources.extend(self.network.subnets.keys().cloned());
        for id in resources {
            let mode = *self.random.pick(&[Exclusion::Bidirectional, Exclusion::Egress]);
            if self.random.chance(30) {
                self.network.exclusions.insert(id, mode);
            }
        }
    }
}
