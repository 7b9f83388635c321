//! `--format json`: versioned and stable; fields are added, never changed.

use super::slice::{Slice, slices, slices_of, witness};
use super::view::{Component, pretty};
use super::{Subject, fix, mirror, repair};
use crate::analysis::{Blocker, Finding, Hop, Pair, Path, Way};
use crate::evidence::Evidence;
use crate::model::Location;
use crate::network::{Leg, ResourceRef, Rewrite, RuleRef};
use serde::Serialize;
use serde_json::{Value, json};

/// The version of the shape.
pub const SCHEMA: &str = "whyhop.path/1";

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    question: Question<'a>,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pairs: Vec<PairView>,
    works: Vec<Slice>,
    fails: Vec<Slice>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    depends: Vec<Slice>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<Slice>,
    arrives: Vec<Slice>,
    paths: Vec<PathView>,
    blockers: Vec<BlockerView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<&'a Evidence>,
    notes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    repair: Option<repair::RepairView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mirror: Option<mirror::MirrorView<'a>>,
}

/// What was asked.
#[derive(Serialize)]
pub(super) struct Question<'a> {
    from: &'a str,
    to: &'a str,
    packets: &'a str,
    source_ports: &'a str,
    one_way: bool,
    sources: Vec<Component>,
    destinations: Vec<Component>,
}

#[derive(Serialize)]
struct PairView {
    from: Component,
    to: Component,
    verdict: &'static str,
}

#[derive(Serialize)]
struct PathView {
    forward: WayView,
    #[serde(rename = "return", skip_serializing_if = "Option::is_none")]
    reply: Option<WayView>,
}

#[derive(Serialize)]
struct WayView {
    outcome: &'static str,
    hops: Vec<HopView>,
}

#[derive(Serialize)]
struct HopView {
    component: Component,
    action: &'static str,
    direction: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    interface: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    author: Component,
    rule: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Location>,
    message: String,
    packets: Vec<Slice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rewrite: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Value>,
}

/// What would have to change.
#[derive(Serialize)]
pub(super) struct BlockerView {
    code: &'static str,
    leg: &'static str,
    first: bool,
    component: Component,
    #[serde(skip_serializing_if = "Option::is_none")]
    interface: Option<String>,
    direction: &'static str,
    rule: Value,
    packets: Vec<Slice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Location>,
    message: String,
    fix: String,
    witness: String,
}

/// The answer as JSON.
pub fn json(subject: Subject<'_>) -> String {
    let Subject {
        finding, evidence, ..
    } = subject;
    let space = &finding.work.space;
    let answer = Answer {
        schema: SCHEMA,
        question: question(finding),
        verdict: finding.verdict.as_str(),
        pairs: pairs(finding),
        works: slices(space, &finding.works),
        fails: slices(space, &finding.fails),
        depends: slices(space, &finding.depends),
        unknown: slices(space, &finding.unknown),
        arrives: slices(space, &finding.arrives),
        paths: finding
            .paths
            .iter()
            .enumerate()
            .map(|(index, path)| path_view(finding, evidence, index, path))
            .collect(),
        blockers: finding
            .blockers
            .iter()
            .map(|blocker| blocker_view(finding, blocker))
            .collect(),
        evidence,
        notes: &finding.notes,
        repair: subject.repair.map(repair::view),
        mirror: subject.mirror.map(mirror::view),
    };
    pretty(&answer)
}

/// The answer for each member; nothing where each end is one thing.
fn pairs(finding: &Finding) -> Vec<PairView> {
    let several = finding.pairs.iter().filter(|_| finding.pairs.len() > 1);
    let view = |pair: &Pair| PairView {
        from: Component::of(&pair.from.resource, pair.from.name.as_ref()),
        to: Component::of(&pair.to.resource, pair.to.name.as_ref()),
        verdict: pair.verdict.as_str(),
    };
    several.map(view).collect()
}

pub(super) fn question(finding: &Finding) -> Question<'_> {
    let asked = &finding.asked;
    let ends = |ends: &[ResourceRef]| ends.iter().map(|end| Component::of(end, None)).collect();
    Question {
        from: &asked.from,
        to: &asked.to,
        packets: &asked.packets,
        source_ports: &asked.source_ports,
        one_way: asked.one_way,
        sources: ends(&asked.sources),
        destinations: ends(&asked.destinations),
    }
}

pub(super) fn rule(rule: &RuleRef) -> Value {
    match rule {
        RuleRef::Number(number) => json!({ "number": number }),
        RuleRef::Route(route) => json!({ "route": &**route }),
        RuleRef::Default => json!({ "default": true }),
        RuleRef::Implicit(how) => json!({ "implicit": how }),
    }
}

fn path_view(finding: &Finding, evidence: Option<&Evidence>, index: usize, path: &Path) -> PathView {
    let way = |leg: Leg, way: &Way| WayView {
        outcome: way.outcome.as_str(),
        hops: way
            .hops
            .iter()
            .enumerate()
            .map(|(at, hop)| hop_view(finding, hop, hop_evidence(evidence, (index, leg, at))))
            .collect(),
    };
    PathView {
        forward: way(Leg::Forward, &path.forward),
        reply: path.reply.as_ref().map(|reply| way(Leg::Return, reply)),
    }
}

fn hop_evidence(evidence: Option<&Evidence>, place: (usize, Leg, usize)) -> Option<Value> {
    let crossing = evidence?.at(place)?;
    serde_json::to_value(crossing).ok()
}

fn hop_view(finding: &Finding, hop: &Hop, evidence: Option<Value>) -> HopView {
    HopView {
        component: Component::of(&hop.component, hop.name.as_ref()),
        action: hop.action.as_str(),
        direction: hop.direction.as_str(),
        interface: hop.interface.as_ref().map(|interface| interface.id.to_string()),
        code: hop.code.map(|code| code.as_str()),
        author: Component::of(&hop.author, None),
        rule: rule(&hop.rule),
        at: hop.at.clone(),
        message: hop.message.clone(),
        packets: slices_of(&finding.work.space, hop.packets),
        rewrite: rewrite(&hop.rewrite),
        evidence,
    }
}

fn rewrite(rewrite: &Rewrite) -> Option<Value> {
    if rewrite.is_none() {
        return None;
    }
    let mut changed = serde_json::Map::new();
    let addresses = [("source", &rewrite.source), ("destination", &rewrite.destination)];
    for (key, set) in addresses
        .into_iter()
        .filter_map(|(key, set)| Some((key, set.as_ref()?)))
    {
        let cidrs: Vec<String> = set.to_cidrs().iter().map(ToString::to_string).collect();
        changed.insert(key.to_owned(), json!(cidrs));
    }
    let ports = [
        ("source_ports", &rewrite.source_ports),
        ("destination_ports", &rewrite.destination_ports),
    ];
    for (key, set) in ports
        .into_iter()
        .filter_map(|(key, set)| Some((key, set.as_ref()?)))
    {
        changed.insert(key.to_owned(), json!(super::slice::ports(set)));
    }
    Some(Value::Object(changed))
}

pub(super) fn blocker_view(finding: &Finding, blocker: &Blocker) -> BlockerView {
    BlockerView {
        code: blocker.code.as_str(),
        leg: blocker.leg.as_str(),
        first: blocker.first,
        component: Component::of(&blocker.component, blocker.name.as_ref()),
        interface: blocker
            .interface
            .as_ref()
            .map(|interface| interface.id.to_string()),
        direction: blocker.direction.as_str(),
        rule: rule(&blocker.rule),
        packets: slices_of(&finding.work.space, blocker.packets),
        at: blocker.at.clone(),
        message: blocker.message.clone(),
        fix: fix(finding, blocker),
        witness: witness(finding.witness(blocker.packets)),
    }
}
