//! Out of a transit gateway by an attachment: for packets of one zone, by an interface of the VPC, or to what leads further.

use super::{Beyond, Exit, Side};
use crate::code::ExplanationCode;
use crate::model::{Model, Subnet, TransitGatewayId, VpcId};
use crate::network::{
    Arrival, Component, Direction, Passage, ResourceRef, Step, Workspace, Zone, transit_attachments,
};
use crate::packet::AddressSet;
use std::collections::BTreeSet;

pub(super) struct Departure {
    pub(super) side: Side,
    pub(super) zone: Zone,
    /// With appliance mode: the destinations for which AWS may pick any zone.
    pub(super) far: AddressSet,
    pub(super) ports: Vec<Exit>,
    pub(super) beyond: Option<Beyond>,
    pub(super) appliance_mode: bool,
}

/// The addresses of VPCs that are not known to be in a zone.
pub(super) fn far_from(zone: &Zone, gateway: &TransitGatewayId, model: &Model) -> AddressSet {
    let vpcs = model.vpcs.values();
    let everywhere = AddressSet::from_cidrs(vpcs.flat_map(|vpc| vpc.cidr.iter().map(|cidr| cidr.net())));
    let attached: BTreeSet<&VpcId> = transit_attachments(gateway, model)
        .filter_map(|(_, one)| one.vpc.as_ref())
        .collect();
    let subnets = model.subnets.values();
    let (near, far): (Vec<_>, Vec<_>) =
        subnets.partition(|subnet| attached.contains(&subnet.vpc) && zone.is_some() && subnet.az == *zone);
    let cidrs = |subnets: Vec<&Subnet>| {
        let all = subnets.into_iter().flat_map(|subnet| subnet.cidr.iter());
        AddressSet::from_cidrs(all.map(|cidr| cidr.net()))
    };
    everywhere.subtract(&cidrs(near)).union(&cidrs(far))
}

impl Component for Departure {
    fn resource(&self) -> &ResourceRef {
        &self.side.resource
    }

    fn shown(&self) -> bool {
        self.ports.is_empty()
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let id = &self.side.resource.id;
        if !self.ports.is_empty() {
            return self.by_interface(arrival, work);
        }
        match &self.beyond {
            Some(Beyond::Peer(lookup)) => self.side.route(arrival, *lookup),
            Some(Beyond::Resource(link)) => {
                let message = format!("out of the {} by {id}", self.side.words.gateway);
                self.side.pass(arrival, vec![Passage::over(*link)], message)
            }
            None => {
                let message = format!("the model does not describe what is attached by {id}");
                let because = self
                    .side
                    .refuses(ExplanationCode::UnknownResource, "resource", message);
                vec![Step::Unknown {
                    packets: arrival.packets,
                    because,
                }]
            }
        }
    }
}

impl Departure {
    fn by_interface(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let far = work.space.to_destinations(arrival.packets, &self.far);
        let near = work.space.subtract(arrival.packets, far);
        let parts = [(far, !self.appliance_mode), (near, true)];
        let parts = parts.into_iter().filter(|(packets, _)| !packets.is_empty());
        let steps = parts.flat_map(|(packets, keeps)| {
            let picks = self.picks(arrival, keeps).map(|exit| Passage::over(exit.link));
            let message = format!(
                "out of the {} by {}",
                self.side.words.gateway, self.side.resource.id
            );
            let arrival = Arrival { packets, ..*arrival };
            self.side.pass(&arrival, picks.collect(), message)
        });
        steps.collect()
    }

    /// The interfaces among which AWS picks: that by which the flow came before, the one of the zone if packets keep to it, or any.
    fn picks<'a>(&'a self, arrival: &'a Arrival<'_>, keeps: bool) -> impl Iterator<Item = &'a Exit> {
        let came = |exit: &&Exit| {
            let memories = arrival.memories.iter();
            self.appliance_mode
                && memories
                    .filter(|memory| memory.direction == Direction::Egress)
                    .any(|memory| memory.node == exit.port)
        };
        let near = move |exit: &&Exit| keeps && self.zone.is_some() && exit.zone == self.zone;
        let wanted = |test: &dyn Fn(&&Exit) -> bool| self.ports.iter().filter(|exit| test(exit)).count();
        let (kept, nearby) = (wanted(&came), wanted(&near));
        self.ports.iter().filter(move |exit| match (kept, nearby) {
            (1.., _) => came(exit),
            (0, 1..) => near(exit),
            (0, 0) => true,
        })
    }
}
