//! VPCs: the router that delivers inside one.
//!
//! - A `local` route delivers straight to the interface that owns the destination, through the network ACL of its
//!   subnet (VPC guide, "Route tables").
//! - A destination inside the VPC's CIDRs that no subnet holds is dropped: it never falls through to a wider route
//!   (<https://docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html>,
//!   `VPC_LOCAL_ROUTE_CIDR_RESTRICTION`; vector T32).
//!
//! Read 2026-11-23.

use crate::code::ExplanationCode;
use crate::model::{Model, Place, VpcId};
use crate::network::{
    Arrival, Builder, Cause, Component, Direction, FilterId, Kind, LinkId, Passage, ResourceRef, Step, Trace,
    Workspace,
};
use crate::packet::{AddressSet, Cube, PacketSet};

/// EC2's word for it.
pub const NAME: &str = "vpc";

/// The kind.
pub struct Vpcs;

impl Kind for Vpcs {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("vpcs")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[
            ExplanationCode::NoPossibleDestination,
            ExplanationCode::VpcLocalRouteCidrRestriction,
        ]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &["VPC encryption controls", "multicast"]
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for id in model.vpcs.keys() {
            builder.place(NAME, id);
        }
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, vpc) in &model.vpcs {
            let node = builder.place(NAME, id);
            let cidr = AddressSet::from_cidrs(vpc.cidr.iter().map(|cidr| cidr.net()));
            let subnets = subnets(id, model, builder);
            let owner = builder.filter_owner();
            builder.set(
                node,
                Router {
                    resource: ResourceRef::new(NAME, id),
                    owner,
                    cidr,
                    subnets,
                },
            );
        }
    }
}

/// The subnets of a VPC: their addresses, and the way to their network ACL.
fn subnets(vpc: &VpcId, model: &Model, builder: &mut Builder<'_>) -> Vec<(AddressSet, LinkId)> {
    let node = builder.place(NAME, vpc);
    let mut subnets = Vec::new();
    for (id, subnet) in model.subnets.iter().filter(|(_, subnet)| &subnet.vpc == vpc) {
        let acl = builder.place("network-acl", id);
        let link = builder.link(node, acl, Direction::Ingress);
        subnets.push((
            AddressSet::from_cidrs(subnet.cidr.iter().map(|cidr| cidr.net())),
            link,
        ));
    }
    subnets
}

struct Router {
    resource: ResourceRef,
    owner: u32,
    cidr: AddressSet,
    subnets: Vec<(AddressSet, LinkId)>,
}

impl Component for Router {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn shown(&self) -> bool {
        false
    }

    fn trace(&self, _: Option<ExplanationCode>) -> Trace {
        Trace::Unrouted
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let id = FilterId {
            owner: self.owner,
            variant: 0,
        };
        let map = work.filter(id, || {
            let cube = |(destinations, _): &(AddressSet, LinkId)| Cube {
                destinations: destinations.clone(),
                ..Cube::all()
            };
            self.subnets.iter().map(|subnet| vec![cube(subnet)]).collect()
        });
        let mut steps = Vec::new();
        for (index, packets) in work.space.split(map, arrival.packets) {
            match index.and_then(|index| self.subnets.get(index)) {
                Some((_, link)) => {
                    let because = Cause::implicit(&self.resource, "local", "delivered inside the VPC");
                    steps.push(Step::forward(packets, Passage::over(*link), because));
                }
                None => self.nowhere(packets, work, &mut steps),
            }
        }
        steps
    }
}

impl Router {
    fn nowhere(&self, packets: PacketSet, work: &Workspace, steps: &mut Vec<Step>) {
        let id = &self.resource.id;
        let inside = work.space.to_destinations(packets, &self.cidr);
        let outside = work.space.subtract(packets, inside);
        let parts = [
            (
                inside,
                ExplanationCode::NoPossibleDestination,
                format!("no subnet of {id} holds the destination"),
            ),
            (
                outside,
                ExplanationCode::VpcLocalRouteCidrRestriction,
                format!(
                    "the destination is outside the CIDRs of {id}, and only local delivery is possible here"
                ),
            ),
        ];
        for (packets, code, message) in parts {
            if !packets.is_empty() {
                let because = Cause::refusal(code, &self.resource, "local", message);
                steps.push(Step::lose(
                    packets,
                    because.at(Place::item("vpcs", id.clone()).field("cidr")),
                ));
            }
        }
    }
}
