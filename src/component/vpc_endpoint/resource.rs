//! Resource and service network endpoints (VPC Lattice): which resource takes what comes to them, and at which ports.
//!
//! - A resource configuration names a resource and the TCP ports at which consumers reach it; nothing else passes (VPC Lattice API,
//!   `CreateResourceConfiguration`: `portRanges`, `protocol`). That of an ARN has no ports of its own.
//! - A resource endpoint is for one configuration or for a group of them, a service network endpoint for all that are associated with
//!   the network. Each resource then has an address of its own at the endpoint, and no call tells which: where there are several, what
//!   none of them takes is refused, and the rest is unknown.
//! - It may be another account's, shared by AWS RAM: what the model does not describe is unknown.

use crate::code::ExplanationCode;
use crate::model::{Model, Place, SubnetId, VpcEndpoint};
use crate::network::{
    Builder, Cause, Direction, NodeId, Resource, ResourceRef, Step, Workspace, gateway_interfaces,
    gateway_node, resource_gateway, resources_behind,
};
use crate::packet::{Cube, PacketSet, PortSet, Protocol, ProtocolSet};

use super::interface::{Onto, Way};

/// The resources that an endpoint stands for.
pub(super) struct Led {
    /// Their configurations.
    names: String,
    /// The first of them, as an answer names it.
    author: Option<ResourceRef>,
    /// The ports at which one of them may be reached; all, where one does not say.
    ports: PortSet,
    /// Whether that is known.
    told: bool,
    closed: Option<String>,
    /// How the one resource is reached.
    pub(super) onto: Option<Onto>,
}

impl Led {
    /// Of an endpoint's interface; none: the model does not say what it stands for.
    pub(super) fn of(
        endpoint: &VpcEndpoint,
        (node, subnet): (NodeId, &SubnetId),
        model: &Model,
        builder: &mut Builder<'_>,
    ) -> Option<Self> {
        let resources = resources_behind(endpoint, model)?;
        let names: Vec<String> = resources.iter().map(|(id, _)| id.to_string()).collect();
        let ranges = |(_, one): &Resource<'_>| one.ports.as_ref().map(|ports| ports.0.clone());
        let ports: Option<Vec<PortSet>> = resources.iter().map(ranges).collect();
        let all = ports.iter().flatten();
        let all = all.flat_map(|one| one.ranges().iter().copied());
        let (closed, onto) = match resources.as_slice() {
            [one] => (closed(one), onto(one, (node, subnet), model, builder)),
            _ => (None, None),
        };
        Some(Self {
            names: names.join(", "),
            author: resources
                .first()
                .map(|(id, _)| ResourceRef::new("resource-configuration", *id)),
            ports: match &ports {
                Some(_) => PortSet::from_ranges(all),
                None => PortSet::all(),
            },
            told: ports.is_some(),
            closed,
            onto,
        })
    }

    /// Refuses what no resource takes, and says what is not known; gives back what goes on.
    pub(super) fn ask(
        &self,
        endpoint: &ResourceRef,
        packets: PacketSet,
        work: &Workspace,
        steps: &mut Vec<Step>,
    ) -> PacketSet {
        let cube = Cube {
            protocols: ProtocolSet::one(Protocol::TCP.0),
            destination_ports: self.ports.clone(),
            ..Cube::all()
        };
        let taken = work.space.intersect(packets, work.space.cube(&cube));
        let message = match self.names.as_str() {
            "" => format!("no resource is associated with what {} stands for", endpoint.id),
            names => format!("these ports are not among those of {names}"),
        };
        let refused = self.refuses(endpoint, ExplanationCode::WhyhopServicePortRestriction, message);
        let rest = work.space.subtract(packets, taken);
        steps.push(Step::lose(rest, refused));
        if let Some(why) = &self.closed {
            let because = self.refuses(endpoint, ExplanationCode::BadState, why.clone());
            steps.push(Step::lose(taken, because));
            return PacketSet::EMPTY;
        }
        let message = match (self.onto.is_some(), self.told) {
            (true, true) => return taken,
            (true, false) => format!(
                "the model does not say at which `ports` {} is reached",
                self.names
            ),
            (false, _) if self.names.contains(", ") => format!(
                "the model does not say which address of {} stands for which of {}",
                endpoint.id, self.names
            ),
            (false, _) => format!(
                "the model does not describe the resource gateway of {}",
                self.names
            ),
        };
        let because = self.refuses(endpoint, ExplanationCode::UnknownResource, message);
        steps.push(Step::Unknown {
            packets: taken,
            because,
        });
        PacketSet::EMPTY
    }

    fn refuses(&self, endpoint: &ResourceRef, code: ExplanationCode, message: String) -> Cause {
        let (author, section) = match &self.author {
            Some(author) => (author, "resource_configurations"),
            None => (endpoint, "vpc_endpoints"),
        };
        Cause::refusal(code, author, "resource configuration", message)
            .at(Place::item(section, author.id.clone()))
    }
}

fn closed((id, configuration): &Resource<'_>) -> Option<String> {
    let state = configuration.state;
    (!state.works()).then(|| format!("{id} is {}", state.as_str()))
}

fn onto(
    (id, configuration): &Resource<'_>,
    (node, subnet): (NodeId, &SubnetId),
    model: &Model,
    builder: &mut Builder<'_>,
) -> Option<Onto> {
    let (gateway, described) = resource_gateway(configuration, model)?;
    let mut ways = Vec::new();
    for eni in gateway_interfaces(described, subnet, model) {
        let Some(own) = model.enis.get(&eni) else {
            continue;
        };
        let entrance = gateway_node(gateway, &eni, builder);
        ways.push(Way {
            link: builder.link(node, entrance, Direction::Ingress),
            addresses: builder.addresses_of(own).0,
            interface: builder.place("network-interface", &eni),
        });
    }
    Some(Onto {
        name: format!("{gateway}, the resource gateway of {id}"),
        ways,
    })
}
