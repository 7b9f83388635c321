//! The stateful rules of a policy, which Suricata asks about flows.
//!
//! - Action order (AWS's default): every pass rule, then every drop, then every reject, wherever it stands; no match passes.
//!   Strict order: groups by priority, rules as written; no match is the policy's default actions (Network Firewall guide,
//!   "Managing evaluation order for Suricata compatible rules"). An alert decides nothing.
//! - A pass rule lets the whole flow go, replies and later packets too (same page). What merely met no rule is asked again,
//!   packet by packet, in both directions.
//! - `drop_strict` drops from the first packet on; `drop_established` lets TCP connections open and drops what is sent over
//!   them, which nobody would call reachable. What it makes of other protocols, and the defaults for application layers, are
//!   unsure (API, `FirewallPolicy`, `StatefulDefaultActions`).
//! - A rule about what TCP carries cannot match before the connection is open. So a sure rule, or `drop_strict`, that takes
//!   the first packet decides, wherever rules of the other sort stand (guide, "Troubleshooting rules").
//! - Options that do not narrow what matches are read over, `flow` by direction and `itype`/`icode` are exact; every other
//!   one makes its rule unsure, as do domain lists, managed groups and TLS inspection.

use super::ruling::{Outcome, Rule, Ruling};
use super::stateless::{coded, in_order};
use super::words::{self, Variables};
use crate::code::ExplanationCode;
use crate::model::{
    DomainList, DomainListKind, FirewallPolicy, FirewallPolicyId, Place, RuleDirection, RuleGroup,
    RuleGroupId, RuleOrder, StatefulAction, StatefulDefault, StatefulRule, SuricataRule, VpcId,
    parse_options, parse_rules,
};
use crate::network::{Builder, Cause, Leg, ResourceRef, RuleRef};
use crate::packet::{AddressSet, Cube, Protocol, ProtocolSet};

/// What a policy's stateful rules say of requests and of replies that belong to no released flow.
pub struct Stateful {
    requests: [Ruling; 2],
    replies: [Ruling; 2],
}

impl Stateful {
    /// The lists of a policy, for a firewall of a VPC.
    pub fn of(
        id: &FirewallPolicyId,
        policy: &FirewallPolicy,
        vpc: Option<&VpcId>,
        builder: &mut Builder<'_>,
    ) -> Self {
        let lines = lines(policy, vpc, builder);
        let mut one = |leg, tcp| {
            let rules = ordered(id, policy, &lines, leg, tcp);
            Ruling::new(builder.filter_owner(), rules)
        };
        Self {
            requests: [one(Leg::Forward, false), one(Leg::Forward, true)],
            replies: [one(Leg::Return, false), one(Leg::Return, true)],
        }
    }

    /// The rules for one leg of flows: of TCP, or of everything else.
    pub fn rules(&self, leg: Leg, tcp: bool) -> &Ruling {
        match leg {
            Leg::Forward => &self.requests[usize::from(tcp)],
            Leg::Return => &self.replies[usize::from(tcp)],
        }
    }
}

/// A rule, before it is put in order.
struct Line {
    action: StatefulAction,
    cubes: Vec<Cube>,
    sure: bool,
    /// Whether it can match only what an open TCP connection carries.
    late: bool,
    /// The direction that it asks for, if it does.
    only: Option<Leg>,
    because: Cause,
}

impl Line {
    fn outcome(&self) -> Outcome {
        match self.action {
            StatefulAction::Pass | StatefulAction::Alert => Outcome::Pass,
            StatefulAction::Drop | StatefulAction::Reject => Outcome::Drop,
        }
    }

    fn rule(&self, tcp: bool) -> Rule {
        let own = ProtocolSet::one(Protocol::TCP.0);
        let protocols = if tcp { own } else { own.complement() };
        let narrowed = self.cubes.iter().map(|cube| Cube {
            protocols: cube.protocols.intersect(&protocols),
            ..cube.clone()
        });
        let outcome = self.outcome();
        let because = self.because.clone();
        Rule {
            cubes: narrowed.filter(|cube| !cube.protocols.is_empty()).collect(),
            // Suricata's notion of an established flow is plain for TCP alone.
            sure: self.sure && (tcp || !self.late),
            outcome,
            releases: outcome == Outcome::Pass,
            because: coded(because, outcome, ExplanationCode::FirewallRulesRestriction),
        }
    }
}

/// The lines of one list in the order in which they decide.
fn ordered(id: &FirewallPolicyId, policy: &FirewallPolicy, lines: &[Line], leg: Leg, tcp: bool) -> Vec<Rule> {
    let mut asked: Vec<&Line> = lines
        .iter()
        .filter(|line| line.action != StatefulAction::Alert)
        .filter(|line| line.only.is_none_or(|only| only == leg))
        .collect();
    if policy.rule_order == RuleOrder::Action {
        asked.sort_by_key(|line| line.action);
    }
    let (late, early): (Vec<&Line>, Vec<&Line>) = asked.into_iter().partition(|line| tcp && line.late);
    let defaults = defaults(id, policy, tcp);
    let mut rules: Vec<Rule> = Vec::new();
    if tcp && policy.tls_inspection {
        rules.push(tls(id));
    }
    rules.extend(early.into_iter().map(|line| line.rule(tcp)));
    // What drops the first packet leaves nothing to the rules about what a connection carries.
    rules.extend(strict(id, policy));
    rules.extend(late.into_iter().map(|line| line.rule(tcp)));
    rules.extend(defaults);
    rules
}

fn says(id: &FirewallPolicyId, field: &'static str, rule: &'static str, message: String) -> Cause {
    let author = ResourceRef::new(super::POLICY, id);
    Cause::implicit(&author, rule, message).at(Place::item("firewall_policies", id).field(field))
}

fn lost(because: Cause) -> Rule {
    Rule::default(
        Outcome::Drop,
        coded(because, Outcome::Drop, ExplanationCode::FirewallRulesRestriction),
    )
}

fn has(policy: &FirewallPolicy, wanted: StatefulDefault) -> bool {
    policy.rule_order == RuleOrder::Strict && policy.stateful_default.iter().any(|one| *one == wanted)
}

fn strict(id: &FirewallPolicyId, policy: &FirewallPolicy) -> Option<Rule> {
    let message = format!("no stateful rule of {id} matches, and its default drops everything");
    let because = says(id, "stateful_default", "drop_strict", message).by(RuleRef::Default);
    has(policy, StatefulDefault::DropStrict).then(|| lost(because))
}

/// TLS inspection refuses what it cannot decrypt or does not trust.
fn tls(id: &FirewallPolicyId) -> Rule {
    let message = format!("{id} decrypts TLS, and whether it lets a connection pass depends on certificates");
    Rule {
        sure: false,
        ..lost(says(id, "tls_inspection", "TLS inspection", message))
    }
}

fn defaults(id: &FirewallPolicyId, policy: &FirewallPolicy, tcp: bool) -> Vec<Rule> {
    let mut rules = Vec::new();
    let field = "stateful_default";
    if has(policy, StatefulDefault::DropEstablished) {
        let message = if tcp {
            format!("{id} lets connections open, and by default drops what is sent over them")
        } else {
            format!(
                "{id} by default drops flows that are established, which is not documented for these packets"
            )
        };
        let because = says(id, field, "drop_established", message).by(RuleRef::Default);
        rules.push(Rule {
            sure: tcp,
            ..lost(because)
        });
    }
    let by_application = [
        StatefulDefault::DropEstablishedAppLayer,
        StatefulDefault::DropEstablishedAppLayerToServer,
    ];
    if by_application.into_iter().any(|wanted| has(policy, wanted)) {
        let message = format!("{id} by default drops flows once it knows their application");
        let because = says(id, field, "drop_established_app_layer", message).by(RuleRef::Default);
        rules.push(Rule {
            sure: false,
            ..lost(because)
        });
    }
    let message = format!("no stateful rule of {id} matches, and its default lets pass");
    let because = says(id, field, "stateful default", message).by(RuleRef::Default);
    rules.push(Rule::default(Outcome::Pass, because));
    rules
}

/// Every stateful rule of a policy, group by group.
fn lines(policy: &FirewallPolicy, vpc: Option<&VpcId>, builder: &Builder<'_>) -> Vec<Line> {
    let model = builder.model;
    let mut lines = Vec::new();
    for used in in_order(&policy.stateful) {
        if used.alert_only {
            continue;
        }
        match model.rule_groups.get(&used.group) {
            Some(group) if !group.managed => {
                let variables = Variables::new(group, policy, vpc, model);
                lines.extend(of_group(&used.group, group, &variables));
            }
            _ => lines.extend(hidden(&used.group)),
        }
    }
    lines
}

/// The rules of a group that nobody has described.
fn hidden(id: &RuleGroupId) -> impl Iterator<Item = Line> {
    let rules = super::undescribed(id, [Outcome::Pass, Outcome::Drop]);
    rules.map(|rule| Line {
        action: match rule.outcome {
            Outcome::Drop => StatefulAction::Drop,
            _ => StatefulAction::Pass,
        },
        cubes: rule.cubes,
        sure: false,
        late: false,
        only: None,
        because: rule.because,
    })
}

fn of_group(id: &RuleGroupId, group: &RuleGroup, variables: &Variables<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    for (index, rule) in group.stateful.iter().enumerate() {
        let place = Place::item("rule_groups", id).field("stateful").index(index);
        lines.push(line(id, (&suricata(rule, index), place), variables));
    }
    let (rules, bad) = group.suricata.as_deref().map(parse_rules).unwrap_or_default();
    let place = Place::item("rule_groups", id).field("suricata");
    for rule in &rules {
        lines.push(line(id, (rule, place.clone()), variables));
    }
    if !bad.is_empty() {
        lines.extend(hidden(id));
    }
    if let Some(domains) = &group.domains {
        lines.extend(listed(id, domains, variables));
    }
    lines
}

/// A rule with a header, as Suricata would read it.
fn suricata(rule: &StatefulRule, index: usize) -> SuricataRule {
    let action = match rule.action {
        StatefulAction::Pass => "pass",
        StatefulAction::Drop => "drop",
        StatefulAction::Reject => "reject",
        StatefulAction::Alert => "alert",
    };
    SuricataRule {
        action: action.to_owned(),
        protocol: rule.protocol.to_ascii_lowercase(),
        source: rule.source.clone(),
        source_ports: rule.source_ports.clone(),
        both: rule.direction == RuleDirection::Any,
        destination: rule.destination.clone(),
        ports: rule.ports.clone(),
        options: parse_options(rule.options.as_deref().unwrap_or_default()),
        line: index + 1,
    }
}

fn line(id: &RuleGroupId, (rule, place): (&SuricataRule, Place), variables: &Variables<'_>) -> Line {
    let action = match rule.action.as_str() {
        "pass" => StatefulAction::Pass,
        "drop" => StatefulAction::Drop,
        "reject" => StatefulAction::Reject,
        _ => StatefulAction::Alert,
    };
    let header = words::header(rule, variables);
    let options = words::options(&rule.options);
    let number = options
        .sid
        .or_else(|| u32::try_from(rule.line).ok())
        .unwrap_or(u32::MAX);
    let does = match action {
        StatefulAction::Pass | StatefulAction::Alert => "passes",
        StatefulAction::Drop => "drops",
        StatefulAction::Reject => "rejects",
    };
    let sure = header.sure && options.sure;
    let message = if sure {
        format!("stateful rule {number} of {id} {does}")
    } else {
        format!(
            "stateful rule {number} of {id} {does} what it matches, and that takes more than these headers to know"
        )
    };
    let author = ResourceRef::new(super::GROUP, id);
    Line {
        action,
        cubes: options.narrow(header.cubes),
        sure,
        late: header.late || options.late,
        only: options.only,
        because: Cause::implicit(&author, "stateful", message)
            .by(RuleRef::Number(number))
            .at(place),
    }
}

/// What AWS makes of a domain list: rules about HTTP and TLS from HOME_NET to EXTERNAL_NET (guide, "Stateful domain list rule
/// groups").
fn listed(id: &RuleGroupId, domains: &DomainList, variables: &Variables<'_>) -> Vec<Line> {
    let all = AddressSet::all;
    let cube = Cube {
        protocols: ProtocolSet::one(Protocol::TCP.0),
        sources: variables.addresses("$HOME_NET").unwrap_or_else(all),
        destinations: variables.addresses("$EXTERNAL_NET").unwrap_or_else(all),
        ..Cube::all()
    };
    let actions: &[StatefulAction] = match domains.list {
        DomainListKind::Allow => &[StatefulAction::Pass, StatefulAction::Drop],
        DomainListKind::Deny => &[StatefulAction::Drop],
    };
    let author = ResourceRef::new(super::GROUP, id);
    let message = format!("the domain list {id} decides by the name that is asked for");
    let place = Place::item("rule_groups", id).field("domains");
    let line = |action: &StatefulAction| Line {
        action: *action,
        cubes: vec![cube.clone()],
        sure: false,
        late: true,
        only: Some(Leg::Forward),
        because: Cause::implicit(&author, "domain list", message.clone()).at(place.clone()),
    };
    actions.iter().map(line).collect()
}
