//! From a step to the hop that an answer shows.

use super::finding::{Action, Hop};
use crate::network::{Cause, Component, Direction, Network, ResourceRef, Rewrite, RuleRef, Step, Trace};
use crate::packet::PacketSet;

/// The hop of one step at a component.
pub fn of(network: &Network, component: &dyn Component, direction: Direction, step: &Step) -> Hop {
    let (because, rewrite, action) = match step {
        Step::Forward { picks, because, .. } => {
            let rewrite = picks
                .first()
                .map(|passage| passage.rewrite.clone())
                .unwrap_or_default();
            let action = match (&because.rule, rewrite.is_none()) {
                (_, false) => Action::Translate,
                (RuleRef::Route(_), true) => Action::Route,
                _ => Action::Permit,
            };
            (because, rewrite, action)
        }
        Step::Restore { because, .. } => (because, Rewrite::default(), Action::Translate),
        Step::Deliver { because, .. } => (because, Rewrite::default(), Action::Deliver),
        Step::Drop { because, .. } => (because, Rewrite::default(), Action::Drop),
        Step::Unknown { because, .. } => (because, Rewrite::default(), Action::Unknown),
    };
    Hop {
        name: network.name(&component.resource().id),
        interface: component.interface(),
        boundary: component.at_boundary(),
        trace: component.trace(because.code),
        at: because.place.as_ref().and_then(|place| network.locate(place)),
        rewrite,
        ..plain(component.resource(), direction, action, step.packets(), because)
    }
}

/// The hop of a place that has no component.
pub fn bare(author: &ResourceRef, packets: PacketSet, because: Cause) -> Hop {
    plain(author, Direction::Egress, Action::Unknown, packets, &because)
}

fn plain(
    component: &ResourceRef,
    direction: Direction,
    action: Action,
    packets: PacketSet,
    because: &Cause,
) -> Hop {
    Hop {
        component: component.clone(),
        name: None,
        interface: None,
        boundary: false,
        direction,
        action,
        code: because.code,
        trace: Trace::Passed,
        author: because.author.clone(),
        rule: because.rule.clone(),
        at: None,
        message: because.message.clone(),
        assumed: because.assumed,
        packets,
        rewrite: Rewrite::default(),
    }
}

/// Gives the hops of a subnet's boundary the interface next to them: on the way out the one before, on the way in the one
/// behind.
pub fn name_boundaries(hops: &mut [Hop]) {
    let mut before: Option<ResourceRef> = None;
    for hop in hops.iter_mut() {
        if hop.boundary && hop.direction == Direction::Egress {
            hop.interface.clone_from(&before);
        } else if !hop.boundary {
            before.clone_from(&hop.interface);
        }
    }
    let mut behind: Option<ResourceRef> = None;
    for hop in hops.iter_mut().rev() {
        if hop.boundary && hop.direction == Direction::Ingress {
            hop.interface.clone_from(&behind);
        } else if !hop.boundary {
            behind.clone_from(&hop.interface);
        }
    }
}
