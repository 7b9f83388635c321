//! The stateless rules of a policy: every packet alone, whichever way it goes.
//!
//! - Groups by their priority in the policy, rules by theirs in the group; the first match decides, else the default action
//!   (Network Firewall guide, "How Network Firewall processes a firewall policy"; API, `StatelessRule`).
//! - Ports are looked at for TCP and UDP alone (API, `MatchAttributes`).
//! - A rule that looks at TCP flags matches some packets of a connection and not others, so it is unsure.

use super::ruling::{Outcome, Rule, Ruling};
use crate::code::ExplanationCode;
use crate::model::{
    FirewallPolicy, FirewallPolicyId, OneOrMany, Place, ProtocolSpec, RuleGroup, RuleGroupId, RuleGroupUse,
    StatelessAction, StatelessRule,
};
use crate::network::{Builder, Cause, ResourceRef, RuleRef};
use crate::packet::{AddressSet, Cube, PortSet, Protocol, ProtocolSet};

/// The list of a policy.
pub fn list(id: &FirewallPolicyId, policy: &FirewallPolicy, builder: &mut Builder<'_>) -> Ruling {
    let mut rules = Vec::new();
    for used in in_order(&policy.stateless) {
        match builder.model.rule_groups.get(&used.group) {
            Some(group) if !group.managed => rules.extend(of_group(&used.group, group)),
            _ => rules.extend(super::undescribed(
                &used.group,
                [Outcome::Pass, Outcome::Drop, Outcome::Forward],
            )),
        }
    }
    let outcome = outcome(policy.stateless_default);
    let author = ResourceRef::new(super::POLICY, id);
    let message = format!("{id} {} what no stateless rule matches", verb(outcome));
    let because = Cause::implicit(&author, "stateless default", message).by(RuleRef::Default);
    let place = Place::item("firewall_policies", id).field("stateless_default");
    rules.push(Rule::default(
        outcome,
        coded(
            because.at(place),
            outcome,
            ExplanationCode::FirewallRulesRestriction,
        ),
    ));
    Ruling::new(builder.filter_owner(), rules)
}

/// The groups of a policy by priority; those of one priority as written.
pub fn in_order(groups: &[RuleGroupUse]) -> Vec<&RuleGroupUse> {
    let mut sorted: Vec<&RuleGroupUse> = groups.iter().collect();
    sorted.sort_by_key(|used| used.priority);
    sorted
}

fn of_group<'a>(id: &'a RuleGroupId, group: &'a RuleGroup) -> impl Iterator<Item = Rule> + 'a {
    let mut rules: Vec<(usize, &StatelessRule)> = group.stateless.iter().enumerate().collect();
    rules.sort_by_key(|(_, rule)| rule.priority);
    rules.into_iter().map(move |(index, rule)| {
        let outcome = outcome(rule.action);
        let author = ResourceRef::new(super::GROUP, id);
        let message = format!("stateless rule {} of {id} {}", rule.priority, verb(outcome));
        let because = Cause::implicit(&author, "stateless", message)
            .by(RuleRef::Number(rule.priority))
            .at(Place::item("rule_groups", id).field("stateless").index(index));
        Rule {
            cubes: cubes(rule),
            sure: !rule.tcp_flags,
            outcome,
            releases: false,
            because: coded(because, outcome, ExplanationCode::FirewallRulesRestriction),
        }
    })
}

fn cubes(rule: &StatelessRule) -> Vec<Cube> {
    let addresses = |cidrs: &OneOrMany<crate::model::Cidr>| {
        if cidrs.is_empty() {
            AddressSet::all()
        } else {
            AddressSet::from_cidrs(cidrs.iter().map(|cidr| cidr.net()))
        }
    };
    let all = Cube {
        sources: addresses(&rule.source),
        destinations: addresses(&rule.destination),
        ..Cube::all()
    };
    let protocols = if rule.tcp_flags {
        protocols(&rule.protocol).intersect(&ProtocolSet::one(Protocol::TCP.0))
    } else {
        protocols(&rule.protocol)
    };
    let ports =
        |ports: &Option<crate::model::Ports>| ports.as_ref().map_or_else(PortSet::all, |p| p.0.clone());
    let with_ports = Cube {
        protocols: protocols.intersect(&super::with_ports()),
        source_ports: ports(&rule.source_ports),
        destination_ports: ports(&rule.ports),
        ..all.clone()
    };
    let without = Cube {
        protocols: protocols.subtract(&super::with_ports()),
        ..all
    };
    vec![with_ports, without]
}

fn protocols(specs: &OneOrMany<ProtocolSpec>) -> ProtocolSet {
    let one = |spec: &ProtocolSpec| match spec {
        ProtocolSpec::All => ProtocolSet::all(),
        ProtocolSpec::One(protocol) => ProtocolSet::one(protocol.0),
    };
    if specs.is_empty() {
        return ProtocolSet::all();
    }
    specs
        .iter()
        .fold(ProtocolSet::empty(), |all, spec| all.union(&one(spec)))
}

fn outcome(action: StatelessAction) -> Outcome {
    match action {
        StatelessAction::Pass => Outcome::Pass,
        StatelessAction::Drop => Outcome::Drop,
        StatelessAction::Forward => Outcome::Forward,
    }
}

fn verb(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "passes",
        Outcome::Drop => "drops",
        Outcome::Forward => "hands to the stateful rules",
    }
}

/// A cause that says no where its outcome is one.
pub fn coded(because: Cause, outcome: Outcome, code: ExplanationCode) -> Cause {
    Cause {
        code: (outcome == Outcome::Drop).then_some(code),
        ..because
    }
}
