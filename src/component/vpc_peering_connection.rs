//! VPC peering connections: two VPCs, and nobody behind them.
//!
//! - Only an active one forwards (peering guide, "VPC peering basics").
//! - The source must be in the CIDRs of the VPC that sends, the destination in those of the VPC that receives; behind it
//!   delivery is local only: no route table, no gateway, no further peering
//!   (<https://docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html>,
//!   `PCX_REQUIRES_ADDRESS_IN_VPC_CIDR`; peering guide, "Edge to edge routing"). That the source is checked as well is the
//!   reference's reading of that code (two-sided; from memory).
//! - The reply needs a route of its own: nothing is remembered.
//! - Security groups of the other VPC may be named in the same Region alone.
//!
//! Read 2026-11-23.

mod repair;

use crate::code::ExplanationCode;
use crate::model::{Model, PeeringConnection, PeeringConnectionId, PeeringStatus, Place, VpcId};
use crate::network::edit::{Proposal, Trouble};
use crate::network::{
    Arrival, Builder, Cause, Component, Direction, Kind, LinkId, Passage, ResourceRef, Step, Target,
    Workspace,
};
use crate::packet::AddressSet;

/// EC2's word for it.
pub const NAME: &str = "vpc-peering-connection";

/// The kind.
pub struct PeeringConnections;

impl Kind for PeeringConnections {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("peering_connections")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[
            ExplanationCode::PcxRequiresAddressInVpcCidr,
            ExplanationCode::BadState,
            ExplanationCode::UnknownResource,
        ]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &["DNS resolution through the peering"]
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, peering) in &model.peering_connections {
            let node = builder.place(NAME, id);
            let idle = (peering.status != PeeringStatus::Active).then(|| format!("{id} is not active"));
            builder.offer_target(id, Target::at(node).unless(idle));
        }
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, peering) in &model.peering_connections {
            connect_one(id, peering, model, builder);
        }
    }

    fn opening(&self, trouble: &Trouble<'_>) -> Vec<Proposal> {
        repair::opening(trouble)
    }
}

fn connect_one(
    id: &PeeringConnectionId,
    peering: &PeeringConnection,
    model: &Model,
    builder: &mut Builder<'_>,
) {
    let node = builder.place(NAME, id);
    let mut side = |vpc: &VpcId| {
        let described = model.vpcs.get(vpc)?;
        let router = builder.place("vpc", vpc);
        let link = builder.link(node, router, Direction::Ingress);
        let cidr = AddressSet::from_cidrs(described.cidr.iter().map(|cidr| cidr.net()));
        Some(Side {
            vpc: vpc.clone(),
            region: described.region.clone(),
            cidr,
            link,
        })
    };
    let sides = [side(&peering.requester), side(&peering.accepter)];
    let active = peering.status == PeeringStatus::Active;
    builder.set(
        node,
        Peering {
            resource: ResourceRef::new(NAME, id),
            sides,
            active,
        },
    );
}

struct Side {
    vpc: VpcId,
    region: Option<String>,
    cidr: AddressSet,
    link: LinkId,
}

struct Peering {
    resource: ResourceRef,
    sides: [Option<Side>; 2],
    active: bool,
}

impl Component for Peering {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let from = arrival.link.and_then(|link| link.from.as_ref());
        let near = self.sides.iter().flatten().find(|side| Some(&side.vpc) == from);
        let far = self.sides.iter().flatten().find(|side| Some(&side.vpc) != from);
        let (Some(near), Some(far)) = (near, far) else {
            let message = format!(
                "the model does not describe the VPC at the other end of {}",
                self.resource.id
            );
            let because = self.refuses(ExplanationCode::UnknownResource, message);
            return vec![Step::Unknown {
                packets: arrival.packets,
                because,
            }];
        };
        self.cross(near, far, arrival, work)
    }
}

impl Peering {
    fn place(&self) -> Place {
        Place::item("peering_connections", self.resource.id.clone())
    }

    fn refuses(&self, code: ExplanationCode, message: String) -> Cause {
        Cause::refusal(code, &self.resource, "peering", message).at(self.place())
    }

    fn cross(&self, near: &Side, far: &Side, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let passage = Passage::over(far.link);
        let passage = if near.region == far.region {
            passage
        } else {
            passage.anonymous()
        };
        if !self.active {
            let because = self.refuses(
                ExplanationCode::BadState,
                format!("{} is not active", self.resource.id),
            );
            return vec![Step::drop(
                arrival.packets,
                passage,
                because.at(self.place().field("status")),
            )];
        }
        let ours = work.space.from_sources(arrival.packets, &near.cidr);
        let carried = work.space.to_destinations(ours, &far.cidr);
        let astray = work.space.subtract(ours, carried);
        let foreign = work.space.subtract(arrival.packets, ours);
        let code = ExplanationCode::PcxRequiresAddressInVpcCidr;
        let steps = [
            Step::forward(
                carried,
                passage.clone(),
                Cause::implicit(
                    &self.resource,
                    "peering",
                    format!("from {} to {}", near.vpc, far.vpc),
                )
                .at(self.place()),
            ),
            Step::lose(
                astray,
                self.refuses(
                    code,
                    format!("the destination is not in the CIDRs of {}", far.vpc),
                ),
            ),
            Step::drop(
                foreign,
                passage,
                self.refuses(code, format!("the source is not in the CIDRs of {}", near.vpc)),
            ),
        ];
        steps
            .into_iter()
            .filter(|step| !step.packets().is_empty())
            .collect()
    }
}
