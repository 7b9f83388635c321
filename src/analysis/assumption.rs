//! What an answer takes for granted, in notes: each once.
//!
//! An appliance is taken to pass what reaches it. If it follows connections, it has to see both directions: where the way back goes
//! past it, a note says so.

use super::finding::{Action, Hop, Outcome, Path, Way};
use std::collections::BTreeSet;

/// What the ways take for granted, as far as packets get on them.
pub fn notes(paths: &[Path]) -> Vec<String> {
    let ways = paths
        .iter()
        .flat_map(|path| std::iter::once(&path.forward).chain(&path.reply));
    let taken = ways.flat_map(taken_for_granted);
    let assumed = taken.map(|hop| format!("assumed: {}", hop.message));
    let answered = paths
        .iter()
        .filter_map(|path| Some((&path.forward, path.reply.as_ref()?)));
    let answered = answered.filter(|(_, reply)| reply.outcome == Outcome::Delivered);
    assumed.chain(answered.flat_map(one_sided)).collect()
}

fn taken_for_granted(way: &Way) -> impl Iterator<Item = &Hop> {
    let alive = way.hops.iter().take_while(|hop| hop.action != Action::Drop);
    alive.filter(|hop| hop.assumed)
}

/// The appliances that see one direction alone.
fn one_sided((forward, reply): (&Way, &Way)) -> Vec<String> {
    let [there, back] = [forward, reply].map(appliances);
    let note = |id: &&str, what| format!("{id} sees {what}: if it follows connections, it drops them");
    let asked = there
        .difference(&back)
        .map(|id| note(id, "the request and not the reply"));
    let answered = back
        .difference(&there)
        .map(|id| note(id, "the reply and not the request"));
    asked.chain(answered).collect()
}

/// The interfaces that are taken to forward for others.
fn appliances(way: &Way) -> BTreeSet<&str> {
    let forwarding = taken_for_granted(way).filter(|hop| hop.interface.is_some());
    forwarding.map(|hop| hop.component.id.as_str()).collect()
}
