//! `--format json`: versioned and stable; fields are added, never changed.

use super::flow;
use crate::analysis::mirror::{Delivery, Loss, Mirror, Mirrored, Part, Share, Tap};
use crate::model::Location;
use crate::network::{Leg, ResourceRef};
use crate::packet::Space;
use crate::report::json::{BlockerView, Question, blocker_view, question, rule};
use crate::report::slice::{Slice, slices, slices_of};
use crate::report::view::{Component, pretty};
use serde::Serialize;
use serde_json::Value;

/// The version of the shape.
const SCHEMA: &str = "whyhop.mirror/1";

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    question: Question<'a>,
    #[serde(flatten)]
    mirror: MirrorView<'a>,
}

/// What is copied, as JSON shows it.
#[derive(Serialize)]
pub struct MirrorView<'a> {
    verdict: &'static str,
    forward: &'static str,
    #[serde(rename = "return", skip_serializing_if = "Option::is_none")]
    back: Option<&'static str>,
    taps: Vec<TapView<'a>>,
    copies: Vec<CopyView<'a>>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct TapView<'a> {
    interface: Component,
    leg: &'static str,
    direction: &'static str,
    packets: Vec<Slice>,
    sessions: Vec<ShareView<'a>>,
    dropped: Vec<LossView<'a>>,
    undecided: Vec<LossView<'a>>,
    never: Vec<Slice>,
    uncopied: Vec<Slice>,
}

#[derive(Serialize)]
struct ShareView<'a> {
    session: &'a str,
    number: u32,
    copied: Vec<Slice>,
    rules: Vec<PartView<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    taken_by_earlier: Vec<Slice>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<Slice>,
}

#[derive(Serialize)]
struct PartView<'a> {
    rule: Value,
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<&'a Location>,
    packets: Vec<Slice>,
}

#[derive(Serialize)]
struct LossView<'a> {
    component: Component,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    rule: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<&'a Location>,
    message: &'a str,
    packets: Vec<Slice>,
}

#[derive(Serialize)]
struct CopyView<'a> {
    session: &'a str,
    number: u32,
    source: &'a str,
    target: &'a str,
    filter: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    taker: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vni: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packet_length: Option<u32>,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    packets: Vec<Slice>,
    blockers: Vec<BlockerView>,
    notes: &'a [String],
}

/// The answer as JSON.
pub fn json(mirror: &Mirror) -> String {
    pretty(&Answer {
        schema: SCHEMA,
        question: question(&mirror.finding),
        mirror: view(mirror),
    })
}

/// What is copied, to stand beside an answer.
pub fn view(mirror: &Mirror) -> MirrorView<'_> {
    let space = &mirror.finding.work.space;
    let leg = |wanted: Leg| {
        let mut legs = mirror.legs.iter();
        legs.find(|(leg, _)| *leg == wanted)
            .map(|(_, mirrored)| mirrored.as_str())
    };
    MirrorView {
        verdict: mirror.verdict.as_str(),
        forward: leg(Leg::Forward).unwrap_or(Mirrored::Not.as_str()),
        back: leg(Leg::Return),
        taps: mirror.taps.iter().map(|tap| tap_view(space, tap)).collect(),
        copies: mirror
            .deliveries
            .iter()
            .map(|delivery| copy_view(space, delivery))
            .collect(),
        notes: &mirror.notes,
    }
}

fn tap_view<'a>(space: &Space, tap: &'a Tap) -> TapView<'a> {
    let losses = |losses: &'a [Loss]| losses.iter().map(|loss| loss_view(space, loss)).collect();
    TapView {
        interface: Component::of(&tap.interface, tap.name.as_ref()),
        leg: tap.leg.as_str(),
        direction: tap.direction.as_str(),
        packets: slices_of(space, tap.packets),
        sessions: tap.shares.iter().map(|share| share_view(space, share)).collect(),
        dropped: losses(&tap.dropped),
        undecided: losses(&tap.undecided),
        never: slices_of(space, tap.never),
        uncopied: slices_of(space, tap.rest),
    }
}

fn share_view<'a>(space: &Space, share: &'a Share) -> ShareView<'a> {
    ShareView {
        session: share.session.as_str(),
        number: share.number,
        copied: slices_of(space, share.copied),
        rules: share.parts.iter().map(|part| part_view(space, part)).collect(),
        taken_by_earlier: slices_of(space, share.taken),
        unknown: slices_of(space, share.unsure),
    }
}

fn part_view<'a>(space: &Space, part: &'a Part) -> PartView<'a> {
    PartView {
        rule: rule(&part.rule),
        action: if part.copied { "accept" } else { "reject" },
        at: part.at.as_ref(),
        packets: slices_of(space, part.packets),
    }
}

fn loss_view<'a>(space: &Space, loss: &'a Loss) -> LossView<'a> {
    let component: &ResourceRef = &loss.component;
    LossView {
        component: Component::of(component, None),
        code: loss.code.map(|code| code.as_str()),
        rule: rule(&loss.rule),
        at: loss.at.as_ref(),
        message: &loss.message,
        packets: slices_of(space, loss.packets),
    }
}

fn copy_view<'a>(space: &Space, delivery: &'a Delivery) -> CopyView<'a> {
    let session = &delivery.described;
    let finding = delivery.finding.as_ref();
    let blockers = finding.into_iter().flat_map(|finding| {
        let blockers = finding.blockers.iter();
        blockers.map(move |blocker| blocker_view(finding, blocker))
    });
    CopyView {
        session: delivery.session.as_str(),
        number: session.number,
        source: session.source.as_str(),
        target: session.target.as_str(),
        filter: session.filter.as_str(),
        taker: delivery.taker.as_ref().map(|taker| taker.as_str()),
        vni: session.vni,
        packet_length: session.packet_length,
        state: delivery.state.as_str(),
        why: delivery.why.as_deref(),
        packets: slices(space, flow(delivery)),
        blockers: blockers.collect(),
        notes: finding.map_or(&[], |finding| finding.notes.as_slice()),
    }
}
