//! The internet: every public address that is nobody's in the model, and the way between two public ones that are.
//!
//! - A packet to a public address of the model goes to the internet gateway that has it; so a VPC's host may reach another
//!   VPC's through two gateways, both public addresses in the header (`IGW_NAT_REFLECTION` says that AWS's own analyzer
//!   does not follow this; AWS's network does).
//! - A reply goes back to the gateway through which its request came.
//!
//! Read 2026-11-23.

use crate::code::ExplanationCode;
use crate::model::{Model, VpcId};
use crate::network::{
    Arrival, Builder, Cause, Component, Direction, FilterId, Kind, LinkId, NodeId, Owner, Passage,
    ResourceRef, Step, Workspace, internet_addresses,
};
use crate::packet::{AddressSet, Cube, Family, PacketSet};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Our word for it; EC2 has none.
pub const NAME: &str = "internet";

/// The kind.
pub struct Internet;

impl Kind for Internet {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        None
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[ExplanationCode::NoPossibleDestination]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &[
            "what of the internet filters or routes otherwise",
            "which addresses are a service's of AWS",
        ]
    }

    fn declare(&self, _: &Model, builder: &mut Builder<'_>) {
        builder.place(NAME, NAME);
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        let node = builder.place(NAME, NAME);
        let mut gateways = Vec::new();
        let mut v6: BTreeMap<VpcId, usize> = BTreeMap::new();
        for (id, gateway) in &model.internet_gateways {
            let Some(vpc) = &gateway.vpc else { continue };
            let place = builder.place("internet-gateway", id);
            let link = builder.link(node, place, Direction::Ingress);
            v6.insert(vpc.clone(), gateways.len());
            let public = builder.associations(vpc).iter().map(|one| IpAddr::V4(one.public));
            gateways.push(Door {
                link,
                addresses: AddressSet::from_addresses(public),
            });
        }
        for (id, gateway) in &model.egress_only_internet_gateways {
            let Some(vpc) = &gateway.vpc else { continue };
            let place = builder.place("egress-only-internet-gateway", id);
            let link = builder.link(node, place, Direction::Ingress);
            v6.entry(vpc.clone()).or_insert(gateways.len());
            gateways.push(Door {
                link,
                addresses: AddressSet::empty(),
            });
        }
        for (vpc, index) in v6 {
            let cidrs = model
                .vpcs
                .get(&vpc)
                .into_iter()
                .flat_map(|vpc| vpc.cidr.iter().map(|cidr| cidr.net()));
            let own = AddressSet::from_cidrs(cidrs).intersect(&AddressSet::family(Family::V6));
            gateways[index].addresses = gateways[index].addresses.union(&own);
        }
        // What is somebody's in the model is not out there.
        let owned = gateways
            .iter()
            .fold(AddressSet::empty(), |all, door| all.union(&door.addresses));
        let outside = outsiders(node, builder);
        let owned = outside.iter().fold(owned, |all, door| all.union(&door.addresses));
        let addresses = internet_addresses().subtract(&owned);
        builder.own(
            node,
            Owner {
                resource: ResourceRef::new(NAME, NAME),
                vpc: None,
                public: addresses.clone(),
                addresses,
            },
        );
        let owner = builder.filter_owner();
        let back = doors_back(model, builder);
        builder.set(
            node,
            Net {
                resource: ResourceRef::new(NAME, NAME),
                owner,
                doors: gateways.into_iter().chain(outside).collect(),
                back,
            },
        );
    }
}

/// Who else of the model is out there.
fn outsiders(node: NodeId, builder: &mut Builder<'_>) -> Vec<Door> {
    let outside = builder.outside().to_vec();
    let door = |(place, addresses): (NodeId, AddressSet)| Door {
        link: builder.link(node, place, Direction::Ingress),
        addresses,
    };
    outside.into_iter().map(door).collect()
}

/// For each gateway the door by which a reply goes back to it.
fn doors_back(model: &Model, builder: &mut Builder<'_>) -> BTreeMap<NodeId, usize> {
    let attached = model
        .internet_gateways
        .iter()
        .filter(|(_, gateway)| gateway.vpc.is_some());
    let igws: Vec<_> = attached
        .map(|(id, _)| builder.place("internet-gateway", id))
        .collect();
    let attached = model
        .egress_only_internet_gateways
        .iter()
        .filter(|(_, gateway)| gateway.vpc.is_some());
    let eigws: Vec<_> = attached
        .map(|(id, _)| builder.place("egress-only-internet-gateway", id))
        .collect();
    igws.into_iter().chain(eigws).zip(0..).collect()
}

struct Door {
    link: LinkId,
    addresses: AddressSet,
}

struct Net {
    resource: ResourceRef,
    owner: u32,
    doors: Vec<Door>,
    back: BTreeMap<NodeId, usize>,
}

impl Component for Net {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let returning = self.returning(arrival);
        if let Some(door) = returning.and_then(|index| self.doors.get(*index)) {
            let because = Cause::implicit(
                &self.resource,
                "reply",
                "the reply goes back to the gateway it came from",
            );
            return vec![Step::forward(
                arrival.packets,
                Passage::over(door.link).anonymous(),
                because,
            )];
        }
        let id = FilterId {
            owner: self.owner,
            variant: 0,
        };
        let map = work.filter(id, || {
            let cube = |door: &Door| Cube {
                destinations: door.addresses.clone(),
                ..Cube::all()
            };
            self.doors.iter().map(|door| vec![cube(door)]).collect()
        });
        let somewhere = work.space.to_destinations(arrival.packets, &internet_addresses());
        let nowhere = work.space.subtract(arrival.packets, somewhere);
        let parts = work.space.split(map, somewhere).into_iter();
        let mut steps: Vec<Step> = parts
            .map(|(index, packets)| self.step(index, packets, arrival))
            .collect();
        if !nowhere.is_empty() {
            let message = "no host of the internet has such an address";
            let code = ExplanationCode::NoPossibleDestination;
            steps.push(Step::lose(
                nowhere,
                Cause::refusal(code, &self.resource, "no owner", message),
            ));
        }
        steps.retain(|step| !step.packets().is_empty());
        steps
    }
}

impl Net {
    /// The door of the gateway through which the request of a reply came: here, or on its way to somebody who is out here.
    fn returning(&self, arrival: &Arrival<'_>) -> Option<&usize> {
        let last = arrival.memories.last().map(|memory| memory.node);
        self.back.get(&arrival.answering.or(last)?)
    }

    fn step(&self, index: Option<usize>, packets: PacketSet, arrival: &Arrival<'_>) -> Step {
        match index.and_then(|index| self.doors.get(index)) {
            Some(door) => {
                let because =
                    Cause::implicit(&self.resource, "public address", "to whoever has this address");
                Step::forward(packets, Passage::over(door.link).anonymous(), because)
            }
            None if arrival.link.is_some() => {
                let because = Cause::implicit(&self.resource, "internet", "out on the internet");
                Step::Deliver {
                    packets,
                    answered: false,
                    because,
                }
            }
            None => {
                let message = "no internet gateway of the model has this destination address";
                let code = ExplanationCode::NoPossibleDestination;
                Step::lose(packets, Cause::refusal(code, &self.resource, "no owner", message))
            }
        }
    }
}
