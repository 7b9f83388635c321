//! Network Firewall: endpoints to which routes lead, and behind each of them the rules of the firewall's policy.
//!
//! - A firewall is on a way only where a route leads to one of its endpoints: a subnet's, an internet gateway's edge route, or
//!   one of a transit gateway attachment's subnet. What passes goes on by the table of the endpoint's own subnet (Network
//!   Firewall guide, "Configuring your VPC and other components"). Nothing in that subnet itself is inspected on its way to
//!   its neighbours (same page).
//! - The network ACL of the endpoint's subnet is met on the way in and on the way out; the endpoint has no security group, and
//!   groups behind it no longer know the sender (VPC guide, "Security group rules"; ACL: from memory).
//! - Stateless rules see every packet alone; what they forward is asked of the stateful ones, which know flows (guide, "How
//!   Network Firewall processes a firewall policy"). How these decide is in `stateless.rs`, `stateful.rs` and `words.rs`.
//! - State is kept by endpoint: a connection of which one endpoint sees one direction alone is lost (guide, "Asymmetric
//!   routing"; `WHYHOP_ASYMMETRIC_ROUTING`). Suricata follows only TCP so strictly: a datagram or an echo reply whose
//!   request went another way begins a flow of its own (our reading; the guide speaks of connections).
//! - A rule that looks at more than headers makes `unknown`, unless everything that it could do is the same
//!   (`FIREWALL_UNSUPPORTED_RULE_OPTIONS`; AWS's own analyzer leaves such rules out).
//!
//! Read 2026-11-25.

mod ruling;
mod stateful;
mod stateless;
mod words;

use crate::code::ExplanationCode;
use crate::model::{
    AddressSpec, FirewallEndpoint, FirewallEndpointState, FirewallId, FirewallPolicyId, Model,
    NetworkFirewall, NetworkInterfaceId, Place, ResourceId, RuleGroupId, StreamException, Tenants,
};
use crate::network::{
    Arrival, Builder, Cause, Component, Direction, Kind, Leg, LinkId, NodeId, Passage, Resident, ResourceRef,
    RuleRef, Step, Target, Workspace,
};
use crate::packet::{AddressSet, Cube, PacketSet, Protocol, ProtocolSet};
use ruling::{Decision, Outcome, Rule, Ruling};
use stateful::Stateful;
use std::sync::Arc;

/// Network Firewall's word for it.
pub const NAME: &str = "network-firewall";
/// EC2's word for an endpoint.
const ENDPOINT: &str = "vpc-endpoint";
/// Network Firewall's words for what a firewall is made of.
const POLICY: &str = "firewall-policy";
const GROUP: &str = "rule-group";

/// The kind.
pub struct NetworkFirewalls;

impl Kind for NetworkFirewalls {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("network_firewalls")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[
            ExplanationCode::BadState,
            ExplanationCode::FirewallRulesRestriction,
            ExplanationCode::FirewallUnsupportedRuleOptions,
            ExplanationCode::NoPossibleDestination,
            ExplanationCode::UnknownResource,
            ExplanationCode::WhyhopAsymmetricRouting,
        ]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &[
            "fragments: questions are about whole packets",
            "domain lists, rule options other than direction and ICMP type, managed rule groups, TLS inspection",
            "the names of variables that nobody defines",
        ]
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for firewall in model.network_firewalls.values() {
            for (id, endpoint) in &firewall.endpoints {
                declare_one(id, endpoint, model, builder);
            }
        }
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, firewall) in &model.network_firewalls {
            let rules = Arc::new(rules(firewall, builder));
            for (endpoint, described) in &firewall.endpoints {
                connect_one((id, &rules), (endpoint, described), model, builder);
            }
        }
    }
}

/// The place of an endpoint.
fn door(id: &ResourceId, builder: &mut Builder<'_>) -> NodeId {
    builder.place(NAME, format!("endpoint {id}").as_str())
}

fn declare_one(id: &ResourceId, endpoint: &FirewallEndpoint, model: &Model, builder: &mut Builder<'_>) {
    let node = door(id, builder);
    builder.offer_target(
        id.clone(),
        Target {
            transparent: true,
            ..Target::inside(node, &endpoint.subnet)
        },
    );
    let eni = interface(id, endpoint, &builder.tenants);
    builder.reside(
        &endpoint.subnet,
        Resident {
            node,
            owner: node,
            addresses: eni.map_or_else(AddressSet::empty, |eni| addresses(eni, model)),
            known: true,
        },
    );
    if let Some(eni) = eni {
        builder.stand_in(eni, node);
    }
}

/// The interface that AWS made for an endpoint: it says so in its description.
fn interface<'m>(
    id: &ResourceId,
    endpoint: &FirewallEndpoint,
    tenants: &Tenants<'m>,
) -> Option<&'m NetworkInterfaceId> {
    let own = |eni: &crate::model::NetworkInterface| {
        let described = eni.description.as_deref().unwrap_or_default();
        eni.interface_type.as_deref() == Some("gateway_load_balancer_endpoint")
            && described.split_whitespace().any(|word| word == id.as_str())
    };
    let mut here = tenants.of_subnet(endpoint.subnet.as_str()).iter();
    here.find(|(_, eni)| own(eni)).map(|(id, _)| *id)
}

fn addresses(eni: &NetworkInterfaceId, model: &Model) -> AddressSet {
    let specs = model.enis.get(eni).into_iter().flat_map(|eni| eni.ip.iter());
    AddressSet::from_addresses(specs.filter_map(|spec| match spec {
        AddressSpec::Known(address) => Some(*address),
        AddressSpec::OneOf(_) => None,
    }))
}

/// The rules of a firewall, shared by its endpoints.
enum Rules {
    /// As its policy says.
    Written {
        policy: FirewallPolicyId,
        stateless: Ruling,
        stateful: Stateful,
        midstream: StreamException,
    },
    /// The model does not describe the policy.
    Undescribed(FirewallPolicyId),
}

fn rules(firewall: &NetworkFirewall, builder: &mut Builder<'_>) -> Rules {
    let id = firewall.policy.clone();
    let Some(policy) = builder.model.firewall_policies.get(&id) else {
        return Rules::Undescribed(id);
    };
    Rules::Written {
        stateless: stateless::list(&id, policy, builder),
        stateful: Stateful::of(&id, policy, firewall.vpc.as_ref(), builder),
        midstream: policy.stream_exception,
        policy: id,
    }
}

/// What rules of a group may do that the model does not describe.
fn undescribed<const N: usize>(
    id: &RuleGroupId,
    outcomes: [Outcome; N],
) -> impl Iterator<Item = Rule> + use<N> {
    let author = ResourceRef::new(GROUP, id);
    let message = format!("the rules of {id} are not known");
    let because = Cause::implicit(&author, "unknown", message);
    outcomes.into_iter().map(move |outcome| Rule {
        cubes: vec![Cube::all()],
        sure: false,
        outcome,
        releases: outcome == Outcome::Pass,
        because: because.clone(),
    })
}

/// TCP and UDP.
fn with_ports() -> ProtocolSet {
    ProtocolSet::from_ranges([Protocol::TCP, Protocol::UDP].map(|protocol| (protocol.0, protocol.0)))
}

fn connect_one(
    (id, rules): (&FirewallId, &Arc<Rules>),
    (endpoint, described): (&ResourceId, &FirewallEndpoint),
    model: &Model,
    builder: &mut Builder<'_>,
) {
    let node = door(endpoint, builder);
    let engine = builder.place(NAME, endpoint.clone());
    let subnet = builder.place("subnet", &described.subnet);
    let eni = interface(endpoint, described, &builder.tenants);
    let place = Place::item("network_firewalls", id);
    let entrance = Endpoint {
        resource: ResourceRef::new(ENDPOINT, endpoint.clone()),
        interface: eni.map(|eni| ResourceRef::new("network-interface", eni)),
        addresses: eni.map_or_else(AddressSet::empty, |eni| addresses(eni, model)),
        place: place.clone().field("endpoints"),
        state: described.state,
        inwards: builder.link(node, engine, Direction::Ingress),
        out: builder.link(node, subnet, Direction::Egress),
    };
    builder.set(node, entrance);
    let out = builder.link(engine, node, Direction::Egress);
    builder.set(
        engine,
        Engine {
            resource: ResourceRef::new(NAME, id),
            place,
            rules: Arc::clone(rules),
            out,
        },
    );
}

/// An endpoint: what is routed to it goes to the engine behind it, and from there on by its own subnet's routes.
struct Endpoint {
    resource: ResourceRef,
    interface: Option<ResourceRef>,
    addresses: AddressSet,
    place: Place,
    state: FirewallEndpointState,
    inwards: LinkId,
    out: LinkId,
}

impl Component for Endpoint {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn interface(&self) -> Option<ResourceRef> {
        self.interface.clone()
    }

    fn is_host(&self) -> bool {
        true
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let id = &self.resource.id;
        if arrival.direction() == Direction::Egress {
            let because = self.says(format!("{id} sends on by the routes of its subnet"));
            return vec![Step::forward(arrival.packets, Passage::over(self.out), because)];
        }
        let own = work.space.to_destinations(arrival.packets, &self.addresses);
        let routed = work.space.subtract(arrival.packets, own);
        let message = format!("{id} answers to nobody");
        let silent = self.refuses(ExplanationCode::NoPossibleDestination, message);
        let inspected = match self.state {
            FirewallEndpointState::Ready => {
                let because = self.says(format!("{id} takes the packets to be inspected"));
                Step::forward(routed, Passage::over(self.inwards), because)
            }
            _ => {
                let because = self.refuses(ExplanationCode::BadState, format!("{id} is not ready"));
                Step::drop(routed, Passage::over(self.inwards), because)
            }
        };
        let steps = [Step::lose(own, silent), inspected].into_iter();
        steps.filter(|step| !step.packets().is_empty()).collect()
    }
}

impl Endpoint {
    fn says(&self, message: String) -> Cause {
        Cause::implicit(&self.resource, "endpoint", message).at(self.place.clone())
    }

    fn refuses(&self, code: ExplanationCode, message: String) -> Cause {
        Cause {
            code: Some(code),
            ..self.says(message)
        }
    }
}

/// The rules behind one endpoint, which knows its own flows.
struct Engine {
    resource: ResourceRef,
    place: Place,
    rules: Arc<Rules>,
    out: LinkId,
}

impl Component for Engine {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let (stateless, engine) = match &*self.rules {
            Rules::Undescribed(policy) => {
                let message = format!("the model does not describe {policy}");
                let because = self.refuses(ExplanationCode::UnknownResource, "unknown", message);
                return vec![Step::Unknown {
                    packets: arrival.packets,
                    because,
                }];
            }
            Rules::Written {
                stateless,
                stateful,
                midstream,
                policy,
            } => (
                stateless,
                Inspection {
                    engine: self,
                    leg: arrival.leg,
                    stateless,
                    stateful,
                    midstream: *midstream,
                    policy,
                    answers: arrival.answers(work),
                    work,
                },
            ),
        };
        let mut steps = Vec::new();
        for (decision, packets) in stateless.decide(arrival.packets, work) {
            match decision {
                Decision::Sure(rule) if rule.outcome == Outcome::Forward => {
                    engine.inspect(packets, &mut steps);
                }
                Decision::Sure(rule) if rule.outcome == Outcome::Pass => {
                    engine.untracked(rule, packets, &mut steps);
                }
                // Remembered, so that past this drop the reply is not blamed for being nobody's.
                Decision::Sure(rule) => steps.push(self.decided(rule, packets, self.onward().remembered())),
                Decision::Unsure(rule) => steps.push(self.unsure(rule, packets)),
            }
        }
        steps.retain(|step| !step.packets().is_empty());
        steps
    }
}

impl Engine {
    fn onward(&self) -> Passage {
        Passage::over(self.out).anonymous()
    }

    fn refuses(&self, code: ExplanationCode, rule: &'static str, message: String) -> Cause {
        Cause::refusal(code, &self.resource, rule, message).at(self.place.clone())
    }

    fn decided(&self, rule: &Rule, packets: PacketSet, passage: Passage) -> Step {
        let because = rule.because.clone();
        match rule.outcome {
            Outcome::Drop => Step::drop(packets, passage, because),
            Outcome::Pass | Outcome::Forward => Step::forward(packets, passage, because),
        }
    }

    fn unsure(&self, rule: &Rule, packets: PacketSet) -> Step {
        let code = match rule.because.rule {
            RuleRef::Implicit("unknown") => ExplanationCode::UnknownResource,
            _ => ExplanationCode::FirewallUnsupportedRuleOptions,
        };
        Step::Unknown {
            packets,
            because: Cause {
                code: Some(code),
                ..rule.because.clone()
            },
        }
    }
}

/// The stateful stage, for one arrival.
struct Inspection<'a> {
    engine: &'a Engine,
    leg: Leg,
    stateless: &'a Ruling,
    stateful: &'a Stateful,
    midstream: StreamException,
    policy: &'a FirewallPolicyId,
    /// The packets that answer a request which this endpoint saw.
    answers: PacketSet,
    work: &'a Workspace,
}

impl Inspection<'_> {
    fn tcp(&self, packets: PacketSet) -> [(PacketSet, bool); 2] {
        let space = &self.work.space;
        let tcp = space.cube(&Cube {
            protocols: ProtocolSet::one(Protocol::TCP.0),
            ..Cube::all()
        });
        let tcp = space.intersect(packets, tcp);
        [(tcp, true), (space.subtract(packets, tcp), false)]
    }

    /// Packets that the stateless rules let through past the stateful ones. Those that should have seen them, because they
    /// follow the connection, lose it.
    fn untracked(&self, rule: &Rule, packets: PacketSet, steps: &mut Vec<Step>) {
        let known = self.followed(packets);
        for (packets, tcp) in self.tcp(known) {
            if tcp {
                let message = format!(
                    "{} follows the connection and does not see this reply",
                    self.engine.resource.id
                );
                steps.push(self.asymmetric(packets, format!("{}: {message}", rule.because.message)));
            } else {
                steps.push(self.engine.decided(rule, packets, self.engine.onward()));
            }
        }
        let fresh = self.work.space.subtract(packets, known);
        steps.push(self.engine.decided(rule, fresh, self.engine.onward()));
    }

    /// The packets that answer a request which got as far as the stateful rules.
    fn followed(&self, packets: PacketSet) -> PacketSet {
        let space = &self.work.space;
        let answers = space.intersect(packets, self.answers);
        let decided = self
            .stateless
            .decide(space.requests(answers), self.work)
            .into_iter();
        let forwarded = decided.filter(
            |(decision, _)| matches!(decision, Decision::Sure(rule) if rule.outcome == Outcome::Forward),
        );
        forwarded.fold(PacketSet::EMPTY, |all, (_, requests)| {
            let replies = space.intersect(answers, space.replies(requests));
            space.union(all, replies)
        })
    }

    fn asymmetric(&self, packets: PacketSet, message: String) -> Step {
        let code = ExplanationCode::WhyhopAsymmetricRouting;
        let because = self.engine.refuses(code, "one direction", message);
        Step::drop(packets, self.engine.onward(), because)
    }

    /// Packets that the stateless rules hand over.
    fn inspect(&self, packets: PacketSet, steps: &mut Vec<Step>) {
        let known = self.work.space.intersect(packets, self.answers);
        let fresh = self.work.space.subtract(packets, known);
        for (packets, tcp) in self.tcp(known) {
            self.reply(packets, tcp, steps);
        }
        for (packets, tcp) in self.tcp(fresh) {
            if tcp && self.leg == Leg::Return && self.midstream != StreamException::Continue {
                let message = format!(
                    "{} has not seen the connection begin that this answers, and {} drops it",
                    self.engine.resource.id, self.policy
                );
                steps.push(self.asymmetric(packets, message));
            } else {
                self.request(packets, tcp, steps);
            }
        }
    }

    /// The first packets of flows, and what is taken for them.
    fn request(&self, packets: PacketSet, tcp: bool, steps: &mut Vec<Step>) {
        let passage = self.engine.onward();
        // A connection is followed: its reply must come by. Other flows are only known again.
        let passage = if tcp {
            passage.awaited()
        } else {
            passage.remembered()
        };
        self.ask(Leg::Forward, packets, tcp, &passage, steps);
    }

    fn ask(&self, leg: Leg, packets: PacketSet, tcp: bool, passage: &Passage, steps: &mut Vec<Step>) {
        for (decision, packets) in self.stateful.rules(leg, tcp).decide(packets, self.work) {
            steps.push(match decision {
                Decision::Sure(rule) => self.engine.decided(rule, packets, passage.clone()),
                Decision::Unsure(rule) => self.engine.unsure(rule, packets),
            });
        }
    }

    /// Replies of flows that were let in: those that a rule released pass, the others are asked about.
    fn reply(&self, packets: PacketSet, tcp: bool, steps: &mut Vec<Step>) {
        let space = &self.work.space;
        let onward = self.engine.onward();
        for (decision, requests) in self.stateless.decide(space.requests(packets), self.work) {
            if !matches!(&decision, Decision::Sure(rule) if rule.outcome == Outcome::Forward) {
                let replies = space.intersect(packets, space.replies(requests));
                let message = "the request did not get as far as the stateful rules";
                let because = Cause::implicit(&self.engine.resource, "stateless", message);
                steps.push(Step::forward(replies, onward.clone(), because));
                continue;
            }
            for (decision, requests) in self.stateful.rules(Leg::Forward, tcp).decide(requests, self.work) {
                let replies = space.intersect(packets, space.replies(requests));
                match decision {
                    // What was dropped on the way there would have come by if it had been released.
                    Decision::Sure(rule) if rule.releases || rule.outcome == Outcome::Drop => {
                        steps.push(Step::forward(replies, onward.clone(), released(rule)));
                    }
                    Decision::Unsure(rule) => steps.push(self.engine.unsure(rule, replies)),
                    Decision::Sure(_) => self.ask(Leg::Return, replies, tcp, &onward, steps),
                }
            }
        }
    }
}

fn released(rule: &Rule) -> Cause {
    Cause {
        code: None,
        message: format!("a reply of the flow: {}", rule.because.message),
        ..rule.because.clone()
    }
}
