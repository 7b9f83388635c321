//! What a transit gateway's own records say. They name no action: they count the packets that came by an attachment, and
//! those of them that were lost, by reason. No other record of AWS names a route that is missing
//! (<https://docs.aws.amazon.com/vpc/latest/tgw/tgw-flow-logs.html>, read 2026-11-26).

use super::crossing::{Crossing, RecordView, State};
use super::record::Record;
use super::row::Lost;
use super::seen::Tuple;
use super::sought::Records;
use crate::analysis::{Action, Finding, Hop, Way};
use crate::network::{Direction, Leg};
use crate::packet::PacketSet;
use std::collections::BTreeSet;

const ATTACHMENT: &str = "transit-gateway-attachment";
const TABLE: &str = "transit-gateway-route-table";
/// The most records that are shown.
const SHOWN_MAX: usize = 5;

/// The attachments by which packets come to a transit gateway.
pub fn attachments(finding: &Finding) -> BTreeSet<String> {
    let entrances = ways(finding).flat_map(|(_, _, way)| entrances(way));
    entrances.map(|(_, hop)| hop.component.id.to_string()).collect()
}

/// What the records of every attachment say of the packets that come by it; nothing where there are none.
pub fn crossings(finding: &Finding, found: &Records<'_>) -> Vec<Crossing> {
    let mut crossings = Vec::new();
    for (path, leg, way) in ways(finding) {
        for (at, hop) in entrances(way) {
            let told = |record: &&Record| tells(finding, hop.packets, record);
            let own: Vec<&Record> = found.of(hop.component.id.as_str()).iter().filter(told).collect();
            if own.is_empty() {
                continue;
            }
            let is_lost = loses(finding, way, at);
            let (state, reason) = state(is_lost, &own);
            crossings.push(Crossing {
                path,
                leg,
                hops: (at, at + 1),
                interface: hop.component.id.to_string(),
                direction: Direction::Ingress,
                predicted: if is_lost { "lost" } else { "passed" },
                state,
                reason,
                records: own
                    .iter()
                    .take(SHOWN_MAX)
                    .map(|one| RecordView::of(one))
                    .collect(),
                is_proof: is_lost && state == State::Corroborated,
                is_mixed: false,
                is_reset: false,
            });
        }
    }
    crossings
}

fn ways(finding: &Finding) -> impl Iterator<Item = (usize, Leg, &Way)> {
    finding.paths.iter().enumerate().flat_map(|(index, path)| {
        let reply = path.reply.as_ref().map(|way| (index, Leg::Return, way));
        [(index, Leg::Forward, &path.forward)].into_iter().chain(reply)
    })
}

/// The attachments at which a table of the gateway is asked next.
fn entrances(way: &Way) -> impl Iterator<Item = (usize, &Hop)> {
    let next = |at: usize| {
        way.hops
            .get(at + 1..)
            .and_then(|rest| rest.iter().find(|hop| hop.component.kind != "transit-gateway"))
    };
    way.hops.iter().enumerate().filter(move |(at, hop)| {
        hop.component.kind == ATTACHMENT && next(*at).is_some_and(|hop| hop.component.kind == TABLE)
    })
}

/// Whether the table that is asked there drops all of it.
fn loses(finding: &Finding, way: &Way, at: usize) -> bool {
    let space = &finding.work.space;
    let table = way.hops[at..]
        .iter()
        .filter(|hop| hop.component.kind == TABLE)
        .take(1);
    let dropped = table
        .filter(|hop| hop.action == Action::Drop)
        .fold(PacketSet::EMPTY, |all, hop| space.union(all, hop.packets));
    space.subtract(way.hops[at].packets, dropped).is_empty()
}

fn tells(finding: &Finding, packets: PacketSet, record: &Record) -> bool {
    let space = &finding.work.space;
    let cube = Tuple::of(record).map(|tuple| tuple.packets(Direction::Ingress, None));
    cube.is_some_and(|cube| !space.intersect(space.cube(&cube), packets).is_empty())
}

fn state(is_lost: bool, own: &[&Record]) -> (State, String) {
    let sum = |of: fn(&Lost) -> u64| own.iter().map(|record| of(&record.lost)).sum::<u64>();
    let counted = [
        ("no-route", sum(|lost| lost.no_route)),
        ("blackhole", sum(|lost| lost.blackhole)),
    ];
    let elsewhere = [
        ("mtu-exceeded", sum(|lost| lost.mtu)),
        ("ttl-expired", sum(|lost| lost.ttl)),
    ];
    let first = |counters: &[(&str, u64)]| {
        let mut counters = counters.iter().filter(|(_, count)| *count > 0);
        counters
            .next()
            .map(|(name, count)| format!("{count} packets were lost there (packets-lost-{name})"))
    };
    match (is_lost, first(&counted), first(&elsewhere)) {
        (true, Some(said), _) => (State::Corroborated, said),
        (false, Some(said), _) => (State::Contradicted, format!("{said}, and the model has a route")),
        (false, None, Some(said)) => (State::Weak, said),
        (false, None, None) => (
            State::Corroborated,
            "recorded, and nothing was lost there".to_owned(),
        ),
        (true, None, _) => {
            let reason = "the transit gateway recorded no loss for want of a route, and the model has none";
            (State::Contradicted, reason.to_owned())
        }
    }
}
