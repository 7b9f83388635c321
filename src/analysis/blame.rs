//! Who is in the way: the drops of every way, in path order, each told once.

use super::finding::{Action, Blocker, Hop, Path};
use crate::network::Leg;
use crate::packet::Space;

/// Everything that would have to change, in path order, the first one marked.
pub fn blockers(space: &Space, paths: &[Path]) -> Vec<Blocker> {
    let mut blockers: Vec<Blocker> = Vec::new();
    for path in paths {
        let forward = path.forward.hops.iter().map(|hop| (Leg::Forward, hop));
        let reply = path
            .reply
            .iter()
            .flat_map(|way| way.hops.iter().map(|hop| (Leg::Return, hop)));
        for (leg, hop) in forward.chain(reply) {
            if hop.action == Action::Drop {
                add(space, &mut blockers, leg, hop);
            }
        }
    }
    if let Some(first) = blockers.first_mut() {
        first.first = true;
    }
    blockers
}

fn add(space: &Space, blockers: &mut Vec<Blocker>, leg: Leg, hop: &Hop) {
    let Some(code) = hop.code else { return };
    let same = |blocker: &&mut Blocker| {
        blocker.code == code
            && blocker.leg == leg
            && blocker.component == hop.author
            && blocker.rule == hop.rule
            && blocker.direction == hop.direction
            && blocker.interface == hop.interface
    };
    match blockers.iter_mut().find(same) {
        Some(blocker) => blocker.packets = space.union(blocker.packets, hop.packets),
        None => blockers.push(Blocker {
            code,
            leg,
            first: false,
            component: hop.author.clone(),
            name: hop.name.clone(),
            interface: hop.interface.clone(),
            direction: hop.direction,
            rule: hop.rule.clone(),
            at: hop.at.clone(),
            message: hop.message.clone(),
            trace: hop.trace,
            packets: hop.packets,
        }),
    }
}
