//! Flows on which a passage depends: a tunnel that carries it is open where the tunnel's own packets get through, a target is used
//! where its health check does. They are walked as questions of their own, once each.
//!
//! On the way of such a flow others are taken to get through: what inspects packets is never sent through itself.

use super::{Demands, Ends, Walk};
use crate::analysis::blame;
use crate::analysis::finding::{Action, Blocker, Hop};
use crate::analysis::quant::Fate;
use crate::network::{Carriage, Passage, Rewrite, Tunnel, TunnelId};
use crate::packet::Cube;

impl<'a> Walk<'a> {
    /// What the tunnels that may carry a passage do: one that carries is enough, for AWS picks among those that work.
    pub(super) fn carriage(&self, tunnels: &[TunnelId]) -> Carriage {
        if tunnels.is_empty() || self.underlay {
            return Carriage::Carries;
        }
        let found: Vec<Carriage> = tunnels.iter().map(|id| self.tunnel(*id)).collect();
        let any = |wanted: Carriage| found.contains(&wanted);
        match (any(Carriage::Carries), any(Carriage::Unsure)) {
            (true, _) => Carriage::Carries,
            (false, true) => Carriage::Unsure,
            (false, false) => Carriage::Fails,
        }
    }

    fn tunnel(&self, id: TunnelId) -> Carriage {
        self.work.carriage(id, || {
            let Some(tunnel) = self.network.tunnel(id) else {
                return Carriage::Unsure;
            };
            let there = self.through(tunnel, &tunnel.there, false);
            match &tunnel.back {
                Some(back) if there != Carriage::Carries && tunnel.mutual => {
                    match self.through(&turned(tunnel), back, false) {
                        Carriage::Fails => self.apart(tunnel, back, there),
                        begun => begun,
                    }
                }
                Some(back) if there != Carriage::Carries => self.apart(tunnel, back, there),
                _ => there,
            }
        })
    }

    /// There as one flow, and back as another.
    fn apart(&self, tunnel: &Tunnel, back: &Cube, otherwise: Carriage) -> Carriage {
        let there = self.through(tunnel, &tunnel.there, true);
        let back = self.through(&turned(tunnel), back, true);
        match (there, back) {
            (Carriage::Carries, Carriage::Carries) => Carriage::Carries,
            (Carriage::Fails, _) => Carriage::Fails,
            _ => otherwise,
        }
    }

    fn through(&self, tunnel: &Tunnel, packets: &Cube, one_way: bool) -> Carriage {
        let demands = Demands {
            one_way,
            ..Demands::default()
        };
        let asked = self.work.space.cube(packets);
        let fate = self.below(tunnel, &demands, false).run(asked);
        let works = |fate: Fate| if one_way { fate.arrives } else { fate.works };
        if works(fate).all == asked {
            Carriage::Carries
        } else if works(fate).some.is_empty() && fate.unknown.is_empty() {
            Carriage::Fails
        } else {
            Carriage::Unsure
        }
    }

    fn below<'d>(&self, tunnel: &Tunnel, demands: &'d Demands, past_drops: bool) -> Walk<'d>
    where
        'a: 'd,
    {
        let ends = Ends {
            source: tunnel.from,
            destination: Some(tunnel.to),
            internet: false,
        };
        Walk {
            underlay: true,
            ..Walk::new(self.network, self.work, ends, demands, past_drops)
        }
    }

    /// Of ways that are watched those whose check gets through, or all if none does. A check whose outcome is not known is taken to pass.
    pub(super) fn healthy(&self, picks: Vec<Passage>, hop: &mut Hop) -> Vec<Passage> {
        let fails = |id: &TunnelId| !self.underlay && self.tunnel(*id) == Carriage::Fails;
        let failed: Vec<TunnelId> = picks
            .iter()
            .filter_map(|pick| pick.health)
            .filter(fails)
            .collect();
        if failed.is_empty() {
            return picks;
        }
        let fit = |pick: &Passage| pick.health.is_none_or(|id| !failed.contains(&id));
        if !picks.iter().any(fit) {
            hop.message
                .push_str("; no health check gets through, so any target is used");
            return picks;
        }
        for tunnel in failed.iter().filter_map(|id| self.network.tunnel(*id)) {
            hop.message.push_str(&format!(
                "; the {} does not get through, so it is not used",
                tunnel.name
            ));
        }
        picks.into_iter().filter(fit).collect()
    }

    /// What is in the way of the tunnels, each hop with the packets of the tunnel that it stops.
    pub(super) fn obstacles(&self, tunnels: &[TunnelId]) -> Vec<Hop> {
        let mut hops = Vec::new();
        for tunnel in tunnels.iter().filter_map(|id| self.network.tunnel(*id)) {
            let demands = Demands::default();
            let mut walk = self.below(tunnel, &demands, true);
            walk.run(self.work.space.cube(&tunnel.there));
            let blockers = blame::blockers(&self.work.space, &walk.paths);
            hops.extend(
                blockers
                    .into_iter()
                    .map(|blocker| obstacle(&tunnel.name, blocker)),
            );
        }
        hops
    }
}

/// As it is from the other end.
fn turned(tunnel: &Tunnel) -> Tunnel {
    Tunnel {
        from: tunnel.to,
        to: tunnel.from,
        ..tunnel.clone()
    }
}

fn obstacle(tunnel: &str, blocker: Blocker) -> Hop {
    Hop {
        component: blocker.component.clone(),
        name: blocker.name,
        interface: blocker.interface,
        boundary: false,
        direction: blocker.direction,
        action: Action::Drop,
        code: Some(blocker.code),
        trace: blocker.trace,
        author: blocker.component,
        rule: blocker.rule,
        at: blocker.at,
        message: format!("{tunnel}: {}", blocker.message),
        assumed: false,
        packets: blocker.packets,
        rewrite: Rewrite::default(),
    }
}
