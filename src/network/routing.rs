//! The selection algorithm of a VPC route table.
//!
//! 1. A propagated route inside the VPC's CIDRs never wins over `local`, however long its prefix
//!    (<https://docs.aws.amazon.com/vpn/latest/s2svpn/vpn-route-priority.html>; vector T5).
//! 2. The longest prefix wins
//!    (<https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html>).
//! 3. On equal prefixes: a written CIDR route, then one through a prefix list, then a propagated one (same page).
//! 4. What a table learns from a virtual private gateway need not be written: it is what that gateway knows. Where the
//!    model does not say what BGP announced, destinations that no route or only a default route is for are undecided; that
//!    such announcements are no more specific than other routes is taken for granted.
//! 5. No second choice: when the winner is a blackhole the packet is lost (vector T8).
//!
//! The 2023 text says in one place that a static route wins over an overlapping propagated one; the 2025 text says
//! that the longer prefix always does. We follow the newer one.

use super::build::Builder;
use super::on_premises::knowledge;
use crate::model::{Model, Peer, ResourceId, Route, RouteState, RouteTable, SubnetId, VpcId, VpnGatewayId};
use crate::packet::{AddressSet, Cube};
use ipnet::IpNet;
use std::collections::BTreeSet;

/// The routes of a table in the order in which they win.
#[derive(Debug, Clone)]
pub struct Routes {
    entries: Vec<Entry>,
    /// Prefix lists that routes name and the model does not describe: their routes may be for anything.
    undescribed: Vec<usize>,
    /// Virtual private gateways that may have propagated more than the model says.
    open: Vec<VpnGatewayId>,
    /// The destinations to which they may.
    unclear: AddressSet,
}

/// One prefix, and the routes of the table that tie for it (their indices; more than one where AWS picks). No index: a
/// route that is implied, the local one or one that a virtual private gateway propagates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The prefix.
    pub cidr: IpNet,
    /// The routes.
    pub routes: Vec<usize>,
    /// Their targets; `local` for the implied route.
    pub targets: Vec<ResourceId>,
}

impl Entry {
    /// Whether it is the implied local route.
    pub fn is_local(&self) -> bool {
        self.routes.is_empty() && self.targets.iter().all(|target| target.as_str() == "local")
    }
}

/// How routes of one prefix rank; lower wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Written,
    Local,
    PrefixList,
    Propagated,
}

impl Default for Routes {
    fn default() -> Self {
        Self::in_order(Vec::new(), Vec::new())
    }
}

impl Routes {
    /// The routes that a subnet's packets meet.
    pub fn of(subnet: &SubnetId, builder: &Builder<'_>) -> Self {
        let table = builder
            .table_of(subnet)
            .and_then(|id| builder.model.route_tables.get(&id));
        match (builder.model.subnets.get(subnet), table) {
            (Some(_), Some(table)) => Self::in_table(table, builder.model),
            (Some(subnet), None) => Self::in_order(local(&subnet.vpc, builder.model), Vec::new()),
            (None, _) => Self::default(),
        }
    }

    /// The routes of a table.
    pub fn in_table(table: &RouteTable, model: &Model) -> Self {
        let inside = vpc_cidrs(&table.vpc, model);
        let mut ranked = local(&table.vpc, model);
        let mut undescribed = Vec::new();
        for (index, route) in table.routes.iter().enumerate() {
            if route.state == RouteState::Filtered {
                continue;
            }
            match prefixes(route, model) {
                Some((cidrs, rank)) => {
                    let kept = cidrs.into_iter().filter(|cidr| {
                        rank != Rank::Propagated || !AddressSet::cidr(*cidr).is_subset(&inside)
                    });
                    ranked.extend(kept.map(|cidr| (cidr, rank, Some(index), route.target.clone())));
                }
                None => undescribed.push(index),
            }
        }
        let (mut open, mut unclear) = (Vec::new(), AddressSet::empty());
        for gateway in table.propagating.iter() {
            let knowledge = knowledge(gateway, model);
            open.extend((!knowledge.open.is_empty()).then(|| gateway.clone()));
            for family in knowledge.unclear {
                unclear = unclear.union(&AddressSet::family(family));
            }
            let learned = knowledge.known.into_iter().map(|known| known.cidr);
            let kept = learned.filter(|cidr| !AddressSet::cidr(*cidr).is_subset(&inside));
            ranked.extend(kept.map(|cidr| (cidr, Rank::Propagated, None, gateway.into())));
        }
        Self {
            open,
            unclear,
            ..Self::in_order(ranked, undescribed)
        }
    }

    fn in_order(mut ranked: Vec<(IpNet, Rank, Option<usize>, ResourceId)>, undescribed: Vec<usize>) -> Self {
        ranked.sort_by(|a, b| (b.0.prefix_len(), a.0, a.1, a.2).cmp(&(a.0.prefix_len(), b.0, b.1, b.2)));
        let mut entries: Vec<(Rank, Entry)> = Vec::new();
        for (cidr, rank, index, target) in ranked {
            match entries.last_mut().filter(|(_, last)| last.cidr == cidr) {
                // Two prefix lists that name one prefix for different targets: AWS picks one and keeps to it.
                Some((Rank::PrefixList, last)) if rank == Rank::PrefixList => {
                    if !last.targets.contains(&target) {
                        last.routes.extend(index);
                        last.targets.push(target);
                    }
                }
                Some(_) => {}
                None => entries.push((
                    rank,
                    Entry {
                        cidr,
                        routes: index.into_iter().collect(),
                        targets: vec![target],
                    },
                )),
            }
        }
        Self {
            entries: entries.into_iter().map(|(_, entry)| entry).collect(),
            undescribed,
            open: Vec::new(),
            unclear: AddressSet::empty(),
        }
    }

    /// The entries, the winner first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The routes whose prefixes the model does not know.
    pub fn undescribed(&self) -> &[usize] {
        &self.undescribed
    }

    /// The virtual private gateways that may have propagated more than the model says.
    pub fn open(&self) -> &[VpnGatewayId] {
        &self.open
    }

    /// The destinations to which they may.
    pub fn unclear(&self) -> &AddressSet {
        &self.unclear
    }

    /// The entries as a list of which the first match decides.
    pub fn cubes(&self) -> Vec<Vec<Cube>> {
        let cube = |entry: &Entry| Cube {
            destinations: AddressSet::cidr(entry.cidr),
            ..Cube::all()
        };
        self.entries.iter().map(|entry| vec![cube(entry)]).collect()
    }

    /// The destinations for which a winning entry is of a sort.
    pub fn reaching(&self, wanted: impl Fn(&Entry) -> bool) -> AddressSet {
        if !self.entries.iter().any(&wanted) {
            return AddressSet::empty();
        }
        let (mut taken, mut found) = (AddressSet::empty(), AddressSet::empty());
        for entry in &self.entries {
            let here = AddressSet::cidr(entry.cidr).subtract(&taken);
            if wanted(entry) {
                found = found.union(&here);
            }
            taken = taken.union(&here);
        }
        found
    }
}

/// The implied local routes: one for each CIDR of the VPC. A written route for the same prefix replaces it.
fn local(vpc: &VpcId, model: &Model) -> Vec<(IpNet, Rank, Option<usize>, ResourceId)> {
    let cidrs = model.vpcs.get(vpc).into_iter().flat_map(|vpc| vpc.cidr.iter());
    cidrs
        .map(|cidr| (cidr.net(), Rank::Local, None, "local".into()))
        .collect()
}

fn vpc_cidrs(vpc: &VpcId, model: &Model) -> AddressSet {
    AddressSet::from_cidrs(
        model
            .vpcs
            .get(vpc)
            .into_iter()
            .flat_map(|vpc| vpc.cidr.iter().map(|cidr| cidr.net())),
    )
}

fn prefixes(route: &Route, model: &Model) -> Option<(BTreeSet<IpNet>, Rank)> {
    match &route.destination {
        Peer::Cidr(cidr) => {
            let rank = if route.propagated {
                Rank::Propagated
            } else {
                Rank::Written
            };
            Some((BTreeSet::from([cidr.net()]), rank))
        }
        Peer::Resource(id) => {
            let list = model.prefix_lists.get(id.as_str())?;
            Some((
                list.entries.iter().map(|cidr| cidr.net()).collect(),
                Rank::PrefixList,
            ))
        }
    }
}
