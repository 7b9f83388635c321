//! Who sees whom in a core network, and by which way: the routes that its segments and network function groups learn.

use super::Wan;
use crate::model::{
    Cidr, CoreNetworkAttachment, CoreNetworkAttachmentId, CoreNetworkInspection, CoreNetworkSegment, Model,
    Peer, TransitGatewayRoute, TransitGatewayRouteTable, TransitGatewayRouteTableId,
};
use crate::network::{TransitTable, behind, transit_prefixes};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Where a learned route leads.
pub(super) enum Lead {
    /// Over an attachment.
    Attachment(String),
    /// Nobody can say, in a word or two.
    Undecided(&'static str),
}

/// How the attachments of one segment see those of another.
enum Sight<'m> {
    Direct,
    /// Through network functions.
    Through(&'m CoreNetworkInspection),
    /// Perhaps through network functions.
    Unclear,
}

/// What an attachment brings.
struct Brought {
    prefixes: BTreeSet<IpNet>,
    /// Those of them that what is down would lead to.
    withdrawn: BTreeSet<IpNet>,
    /// Whether these are all.
    known: bool,
}

const FUNCTIONS: &str = "network-functions-not-decided";
const ANNOUNCED: &str = "announced-routes-not-told";

/// Every address of a family.
fn everywhere() -> [IpNet; 2] {
    [
        IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0)),
        IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 0)),
    ]
}

/// Private addresses, which are what is announced where there is a default route besides (RFC 1918, RFC 4193).
const PRIVATE: [&str; 4] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];

impl<'m> Wan<'m> {
    pub(super) fn function_table(&self, group: &str, edge: &str) -> TransitGatewayRouteTableId {
        format!("{}/network-function-group/{group}/{edge}", self.id)
            .as_str()
            .into()
    }

    /// The network function groups, at each edge where they have an attachment.
    pub(super) fn functions(&self) -> BTreeSet<(String, String)> {
        let grouped = self.attachments.values();
        grouped
            .filter_map(|one| Some((one.network_function_group.clone()?, one.edge.clone())))
            .collect()
    }

    fn inspection(&self, one: &str, other: &str) -> Option<Sight<'m>> {
        let own = |from: &str, to: &str| {
            let segment = self.network.segments.get(from)?;
            let named = |one: &&CoreNetworkInspection| one.segments.iter().any(|name| name == to);
            let all = |one: &&CoreNetworkInspection| one.segments.is_empty();
            let exactly = segment.send_via.iter().find(named).map(Sight::Through);
            exactly.or_else(|| {
                let all = segment.send_via.iter().find(all)?;
                // Whether "all" is what is in the same segment, too, no page says.
                Some(if from == to {
                    Sight::Unclear
                } else {
                    Sight::Through(all)
                })
            })
        };
        own(one, other).or_else(|| own(other, one))
    }

    fn sight(&self, one: &str, other: &str) -> Option<Sight<'m>> {
        let of = |name: &str| self.network.segments.get(name);
        let (own, theirs) = (of(one)?, of(other)?);
        if let Some(inspected) = self.inspection(one, other) {
            return Some(inspected);
        }
        let shares = |it: &CoreNetworkSegment, with: &str| it.shared_with.iter().any(|name| name == with);
        let filtered = |it: &CoreNetworkSegment, with: &str| {
            let listed = |list: &crate::model::OneOrMany<String>| list.iter().any(|name| name == with);
            listed(&it.deny_filter) || (!it.allow_filter.is_empty() && !listed(&it.allow_filter))
        };
        let sees = match one == other {
            true => !own.isolated,
            false => {
                (shares(own, other) || shares(theirs, one)) && !filtered(own, other) && !filtered(theirs, one)
            }
        };
        sees.then_some(Sight::Direct)
    }

    /// The tables at its edge to which an attachment of a segment propagates by itself.
    pub(super) fn told(&self, segment: &str, edge: &str) -> Vec<TransitGatewayRouteTableId> {
        let names = self.network.segments.keys();
        let seeing = names.filter(|name| matches!(self.sight(name, segment), Some(Sight::Direct)));
        let mut tables: Vec<_> = seeing.map(|name| self.table(name, edge)).collect();
        let functions = self.functions().into_iter();
        let serving = functions.filter(|(group, at)| at == edge && self.serves(group, segment));
        tables.extend(serving.map(|(group, edge)| self.function_table(&group, &edge)));
        tables
    }

    /// Whether what goes to or from a segment goes through a group.
    fn serves(&self, group: &str, segment: &str) -> bool {
        let of = |inspection: &CoreNetworkInspection| inspection.groups.iter().any(|one| one == group);
        let sent = |name: &String, it: &CoreNetworkSegment| {
            let to = name == segment && it.send_to.iter().any(|one| one == group);
            let via = it.send_via.iter().filter(|one| of(one));
            let own = |one: &CoreNetworkInspection| {
                name == segment || one.segments.is_empty() || one.segments.iter().any(|one| one == segment)
            };
            to || via.into_iter().any(own)
        };
        self.network.segments.iter().any(|(name, it)| sent(name, it))
    }

    /// The only attachment of a group at an edge.
    fn function_at<'a>(&self, groups: impl Iterator<Item = &'a String>, edge: &str) -> Lead {
        let groups: BTreeSet<&String> = groups.collect();
        let mut here = self.attachments.iter().filter(|(_, one)| {
            let group = one.network_function_group.as_ref();
            one.edge == edge && group.is_some_and(|group| groups.contains(group))
        });
        match (here.next(), here.next()) {
            (Some((id, _)), None) => Lead::Attachment(id.to_string()),
            _ => Lead::Undecided(FUNCTIONS),
        }
    }

    /// The transit gateway route table that is attached.
    pub(super) fn table_of<'a>(
        &self,
        attachment: &CoreNetworkAttachment,
        model: &'a Model,
    ) -> Option<(&'a TransitGatewayRouteTableId, &'a TransitGatewayRouteTable)> {
        let resource = attachment.resource.as_ref()?;
        model
            .transit_gateway_route_tables
            .get_key_value(resource.as_str())
    }

    fn brought(&self, one: &CoreNetworkAttachment, model: &Model) -> Brought {
        if let Some((id, table)) = self.table_of(one, model) {
            return Brought {
                prefixes: transit_prefixes(&TransitTable::Written(id.clone()), model),
                withdrawn: BTreeSet::new(),
                known: !table.unread,
            };
        }
        if let Some(resource) = &one.resource {
            let behind = behind(resource, model);
            return Brought {
                known: behind.as_ref().is_some_and(|behind| behind.known),
                withdrawn: behind
                    .as_ref()
                    .map(|behind| behind.withdrawn.clone())
                    .unwrap_or_default(),
                prefixes: behind.map(|behind| behind.prefixes).unwrap_or_default(),
            };
        }
        let vpc = one.vpc.as_ref().and_then(|vpc| model.vpcs.get(vpc));
        let all = vpc
            .into_iter()
            .flat_map(|vpc| vpc.cidr.iter().map(|cidr| cidr.net()));
        Brought {
            prefixes: all.filter(|cidr| one.ipv6 || cidr.addr().is_ipv4()).collect(),
            withdrawn: BTreeSet::new(),
            known: true,
        }
    }

    /// Whether an attachment tells the tables of its edge by itself what it brings.
    fn propagates(&self, one: &CoreNetworkAttachment, model: &Model) -> bool {
        self.table_of(one, model).is_none()
    }

    fn live(&self) -> impl Iterator<Item = (&CoreNetworkAttachmentId, &CoreNetworkAttachment, &str)> {
        let all = self.attachments.iter().filter(|(_, one)| one.state.works());
        all.filter_map(|(id, one)| Some((id, one, one.segment.as_deref()?)))
    }

    /// What a segment learns at an edge, besides what the attachments there propagate by themselves. What is near comes before what
    /// is far.
    pub(super) fn segment_routes(
        &self,
        (name, segment): (&str, &CoreNetworkSegment),
        edge: &str,
        model: &Model,
    ) -> BTreeMap<IpNet, Lead> {
        let mut near: BTreeSet<IpNet> = BTreeSet::new();
        let mut routes: BTreeMap<IpNet, Lead> = BTreeMap::new();
        let mut withdrawn: Vec<(IpNet, Lead)> = Vec::new();
        let mut open = false;
        let (here, there): (Vec<_>, Vec<_>) = self.live().partition(|(_, one, _)| one.edge == edge);
        for (id, one, other) in here.into_iter().chain(there) {
            let Some(sight) = self.sight(name, other) else {
                continue;
            };
            let brought = self.brought(one, model);
            if matches!(sight, Sight::Direct) && one.edge == edge && self.propagates(one, model) {
                near.extend(brought.prefixes.difference(&brought.withdrawn));
                continue;
            }
            open |= !brought.known;
            for cidr in brought.prefixes.into_iter().filter(|cidr| !near.contains(cidr)) {
                let lead = || match &sight {
                    Sight::Direct if one.edge == edge => Lead::Attachment(id.to_string()),
                    Sight::Direct => Lead::Attachment(self.span(name, [edge, &one.edge])),
                    Sight::Through(by) if one.edge == edge => self.function_at(by.groups.iter(), edge),
                    Sight::Through(_) | Sight::Unclear => Lead::Undecided(FUNCTIONS),
                };
                if brought.withdrawn.contains(&cidr) {
                    withdrawn.push((cidr, lead()));
                } else {
                    routes.entry(cidr).or_insert_with(lead);
                }
            }
        }
        let stands = |cidr: &IpNet| near.iter().chain(routes.keys()).any(|wide| wide.contains(cidr));
        withdrawn.retain(|(cidr, _)| !stands(cidr));
        routes.extend(withdrawn);
        if !segment.send_to.is_empty() {
            for cidr in everywhere() {
                let lead = || self.function_at(segment.send_to.iter(), edge);
                routes.entry(cidr).or_insert_with(lead);
            }
        }
        if open {
            self.leave_open(segment, &mut routes);
        }
        routes
    }

    /// Something that is not known may be announced: whatever nothing better is known for.
    fn leave_open(&self, segment: &CoreNetworkSegment, routes: &mut BTreeMap<IpNet, Lead>) {
        let written: BTreeSet<IpNet> = segment
            .routes
            .iter()
            .map(|route| route.destination.net())
            .collect();
        for cidr in everywhere() {
            let family = |one: &IpNet| one.addr().is_ipv4() == cidr.addr().is_ipv4();
            if written.contains(&cidr) || routes.contains_key(&cidr) {
                let private = PRIVATE.iter().filter_map(|text| text.parse::<IpNet>().ok());
                for one in private.filter(family) {
                    routes.entry(one).or_insert(Lead::Undecided(ANNOUNCED));
                }
            } else {
                routes.insert(cidr, Lead::Undecided(ANNOUNCED));
            }
        }
    }

    /// What a network function group learns at an edge of other edges, and of tables: the way back from its functions.
    pub(super) fn function_routes(&self, group: &str, edge: &str, model: &Model) -> BTreeMap<IpNet, Lead> {
        let served = self.live().filter(|(.., segment)| self.serves(group, segment));
        let (here, there): (Vec<_>, Vec<_>) = served.partition(|(_, one, _)| one.edge == edge);
        let mut near: BTreeSet<IpNet> = BTreeSet::new();
        let mut routes: BTreeMap<IpNet, Lead> = BTreeMap::new();
        for (id, one, _) in here.into_iter().chain(there) {
            let prefixes = self.brought(one, model).prefixes;
            if one.edge == edge && self.propagates(one, model) {
                near.extend(prefixes);
                continue;
            }
            for cidr in prefixes.into_iter().filter(|cidr| !near.contains(cidr)) {
                let lead = || match one.edge == edge {
                    true => Lead::Attachment(id.to_string()),
                    false => Lead::Undecided(FUNCTIONS),
                };
                routes.entry(cidr).or_insert_with(lead);
            }
        }
        routes
    }

    /// What the transit gateway route tables that are attached learn from their segments, each with the attachment that leads there.
    pub(super) fn tables_attached(
        &self,
        model: &Model,
    ) -> Vec<(
        TransitGatewayRouteTableId,
        CoreNetworkAttachmentId,
        BTreeSet<IpNet>,
    )> {
        let mut all = Vec::new();
        for (id, one, segment) in self.live() {
            let Some((table, _)) = self.table_of(one, model) else {
                continue;
            };
            let others = self.live().filter(|(other, ..)| *other != id);
            let seen = others.filter(|(.., other)| self.sight(segment, other).is_some());
            let prefixes = seen.flat_map(|(_, other, _)| self.brought(other, model).prefixes);
            all.push((table.clone(), id.clone(), prefixes.collect()));
        }
        all
    }

    /// Tells those tables. A route that is there already is theirs, unless it leads over what nothing describes, as the one does that
    /// was collected from the transit gateway's side.
    pub(super) fn tell_tables(
        &self,
        tables: Vec<(
            TransitGatewayRouteTableId,
            CoreNetworkAttachmentId,
            BTreeSet<IpNet>,
        )>,
        model: &mut Model,
    ) {
        for (table, attachment, prefixes) in tables {
            let described: BTreeSet<String> = model
                .transit_gateway_attachments
                .iter()
                .filter(|(_, one)| one.vpc.is_some() || one.resource.is_some() || one.peer.is_some())
                .map(|(id, _)| id.to_string())
                .collect();
            let Some(table) = model.transit_gateway_route_tables.get_mut(&table) else {
                continue;
            };
            for cidr in prefixes {
                let same = |route: &&mut TransitGatewayRoute| matches!(&route.destination, Peer::Cidr(own) if own.net() == cidr);
                let lead = vec![attachment.as_str().into()].into();
                match table.routes.iter_mut().find(same) {
                    Some(route) => {
                        let mut over = route.attachment.iter();
                        if !route.blackhole && over.all(|id| !described.contains(id.as_str())) {
                            route.attachment = lead;
                        }
                    }
                    None => table.routes.push(TransitGatewayRoute {
                        destination: Peer::Cidr(Cidr(cidr)),
                        attachment: lead,
                        propagated: true,
                        blackhole: false,
                    }),
                }
            }
        }
    }
}
