//! Transit gateway route tables.
//!
//! - The longest prefix wins; of equal ones a written route before one through a prefix list, before those that a VPC, a
//!   Direct Connect gateway, a Connect attachment, a private VPN connection or another one propagated, in this order (transit
//!   gateway guide, "Route evaluation order").
//! - A blackhole loses the packets, and so does a route whose attachment is gone (API, `TransitGatewayRouteState`).
//! - A VPC propagates its CIDRs, those of IPv6 only where the attachment supports it; a VPC whose CIDR overlaps that of another
//!   attached one is not propagated, and the model does not say which came first: unknown (guide, "VPC attachments"; the 2022 text
//!   said so of equal CIDRs alone).
//! - It is stateless: the reply is looked up on its own, in the table of the attachment that it comes in by.
//! - A VPN connection, a Direct Connect gateway and a Connect attachment propagate what BGP learned (same guide); where the
//!   model does not say what that is, destinations that no route or only a default route is for are undecided. Static routes
//!   to a VPN connection are the table's own.
//! - Several equal routes over VPN connections share the load: every one of them may be picked. So may they when the gateway
//!   does not share it (`vpn_ecmp: false`), for nobody knows which one it keeps to.
//!
//! Read 2026-11-24.

mod repair;

use crate::code::ExplanationCode;
use crate::model::{
    Model, Peer, Place, ResourceId, TransitGatewayAttachment, TransitGatewayAttachmentId, TransitGatewayId,
    TransitGatewayRoute, TransitGatewayRouteTable, VpnConnection,
};
use crate::network::edit::{Proposal, Trouble};
use crate::network::{
    Arrival, Builder, Cause, Choice, Component, Direction, FilterId, Kind, LinkId, NodeId, Passage,
    ResourceRef, RuleRef, Step, TransitTable, Workspace, Zone, behind, private_addresses, standing,
    transit_attachments, transit_words, transit_zones,
};
use crate::packet::{AddressSet, Cube, PacketSet};
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// EC2's word for it.
pub const NAME: &str = "transit-gateway-route-table";

/// The kind.
pub struct TransitGatewayRouteTables;

impl Kind for TransitGatewayRouteTables {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("transit_gateway_route_tables")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[
            ExplanationCode::TgwRtbBadStateRoute,
            ExplanationCode::TgwRtbCannotRoute,
            ExplanationCode::TgwRtbNoRouteToTgwAttachment,
            ExplanationCode::TgwRtbRoutesAreUnknown,
        ]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &["AS paths and MED: of learned routes that are equal otherwise any may be picked"]
    }

    fn declare(&self, _: &Model, _: &mut Builder<'_>) {}

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        for gateway in model.transit_gateways.keys() {
            let zones = transit_zones(gateway, model);
            for table in TransitTable::all(gateway, model) {
                let list = Arc::new(List::of(&table, gateway, builder));
                for zone in &zones {
                    connect_one(&table, &list, (gateway, zone), builder);
                }
            }
        }
    }

    fn opening(&self, trouble: &Trouble<'_>) -> Vec<Proposal> {
        repair::opening(trouble)
    }
}

fn connect_one(
    table: &TransitTable,
    list: &Arc<List>,
    (gateway, zone): (&TransitGatewayId, &Zone),
    builder: &mut Builder<'_>,
) {
    let node = builder.transit_lookup(table, zone);
    let mut ways: BTreeMap<TransitGatewayAttachmentId, LinkId> = BTreeMap::new();
    for entry in &list.entries {
        for attachment in &entry.attachments {
            way(node, attachment, (gateway, zone), &mut ways, builder);
        }
    }
    let words = transit_words(gateway, builder.model);
    let resource = ResourceRef::new(words.table, table.name().as_str());
    builder.set(
        node,
        Lookup {
            resource,
            gateway: gateway.into(),
            list: Arc::clone(list),
            ways,
        },
    );
}

fn way(
    node: NodeId,
    attachment: &TransitGatewayAttachmentId,
    (gateway, zone): (&TransitGatewayId, &Zone),
    ways: &mut BTreeMap<TransitGatewayAttachmentId, LinkId>,
    builder: &mut Builder<'_>,
) {
    if builder.model.transit_gateway_attachments.contains_key(attachment) && !ways.contains_key(attachment) {
        let departure = builder.transit_departure(attachment, gateway, zone);
        ways.insert(
            attachment.clone(),
            builder.link(node, departure, Direction::Egress),
        );
    }
}

/// How routes of one prefix rank; lower wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Written,
    PrefixList,
    Vpc,
    DirectConnect,
    Connect,
    /// Over a private virtual interface.
    PrivateVpn,
    Vpn,
}

/// One prefix, and where it leads.
struct Entry {
    cidr: IpNet,
    rank: Rank,
    /// The route as written; none where it is implied by a propagation.
    route: Option<usize>,
    attachments: Vec<TransitGatewayAttachmentId>,
    blackhole: bool,
    /// Whether it was learned from what is down now.
    withdrawn: bool,
}

/// A table's routes in the order in which they win, shared by the zones.
struct List {
    owner: u32,
    table: Option<TransitGatewayRouteTable>,
    entries: Vec<Entry>,
    /// A route through a prefix list that the model does not describe.
    undescribed: Option<usize>,
    /// What routes lead to of which the model says no more than that it is there.
    unknown: BTreeSet<TransitGatewayAttachmentId>,
    /// An attachment that may have propagated more than the model says.
    open: Option<TransitGatewayAttachmentId>,
}

impl List {
    fn of(table: &TransitTable, gateway: &TransitGatewayId, builder: &mut Builder<'_>) -> Self {
        let model = builder.model;
        let written = match table {
            TransitTable::Written(id) => model.transit_gateway_route_tables.get(id).cloned(),
            TransitTable::Implied(_) => None,
        };
        let mut entries = Vec::new();
        let mut undescribed = None;
        for (index, route) in written.iter().flat_map(|table| table.routes.iter().enumerate()) {
            match prefixes(route, model) {
                Some(cidrs) => {
                    entries.extend(cidrs.into_iter().map(|cidr| Entry::of(index, route, cidr, model)))
                }
                None => undescribed = undescribed.or(Some(index)),
            }
        }
        let mut open = None;
        for (id, attachment) in transit_attachments(gateway, model) {
            if table.learns(attachment, model) {
                let (learned, known) = propagated(id, attachment, model);
                entries.extend(learned);
                open = open.or((!known).then(|| id.clone()));
            }
        }
        let mut entries = standing(entries, |entry| (entry.cidr, entry.withdrawn));
        entries.sort_by(|a, b| {
            (b.cidr.prefix_len(), a.cidr, a.rank, a.route.is_none()).cmp(&(
                a.cidr.prefix_len(),
                b.cidr,
                b.rank,
                b.route.is_none(),
            ))
        });
        let led = entries.iter().flat_map(|entry| &entry.attachments);
        let unknown = led.filter(|id| model.unknown.contains_key(id.as_str())).cloned();
        Self {
            owner: builder.filter_owner(),
            table: written,
            unknown: unknown.collect(),
            entries: united(entries),
            undescribed,
            open,
        }
    }

    /// The attachments of other VPCs that have addresses of a CIDR that nobody wrote a route for: AWS propagates the first alone.
    fn contended(&self, entry: &Entry) -> Option<String> {
        if entry.rank != Rank::Vpc {
            return None;
        }
        // What is written is there, whoever came first.
        let implied = |one: &Entry| one.rank == Rank::Vpc && one.route.is_none();
        let overlaps = |one: &&Entry| {
            let common = one.cidr.contains(&entry.cidr) || entry.cidr.contains(&one.cidr);
            one.cidr == entry.cidr || implied(one) && implied(entry) && common
        };
        let first = entry.attachments.first();
        let contenders = self
            .entries
            .iter()
            .filter(overlaps)
            .flat_map(|one| &one.attachments);
        let mut others: Vec<&str> = contenders
            .filter(|id| Some(*id) != first)
            .map(|id| id.as_str())
            .collect();
        others.sort_unstable();
        others.dedup();
        (!others.is_empty()).then(|| others.join(", "))
    }

    fn cubes(&self) -> Vec<Vec<Cube>> {
        let cube = |entry: &Entry| Cube {
            destinations: AddressSet::cidr(entry.cidr),
            ..Cube::all()
        };
        self.entries.iter().map(|entry| vec![cube(entry)]).collect()
    }
}

impl Entry {
    fn of(index: usize, route: &TransitGatewayRoute, cidr: IpNet, model: &Model) -> Self {
        let rank = match (&route.destination, route.propagated) {
            (Peer::Resource(_), _) => Rank::PrefixList,
            (_, false) => Rank::Written,
            (_, true) => route.attachment.iter().next().map_or(Rank::Vpn, |id| {
                let attachment = model.transit_gateway_attachments.get(id);
                attachment.map_or(Rank::Vpn, |one| rank(one, model))
            }),
        };
        Self {
            cidr,
            rank,
            route: Some(index),
            attachments: route.attachment.iter().cloned().collect(),
            blackhole: route.blackhole || route.attachment.is_empty(),
            withdrawn: false,
        }
    }
}

fn rank(attachment: &TransitGatewayAttachment, model: &Model) -> Rank {
    let resource = attachment.resource.as_ref().map_or("", |id| id.as_str());
    let connection = model.vpn_connections.get(resource);
    let vpn = connection.is_some() || resource.starts_with("vpn-");
    let carrier = model.transit_gateway_attachments.contains_key(resource);
    match resource {
        "" => Rank::Vpc,
        _ if connection.is_some_and(|vpn| is_private(vpn, model)) => Rank::PrivateVpn,
        _ if vpn => Rank::Vpn,
        _ if carrier || resource.starts_with("tgw-attach-") => Rank::Connect,
        _ => Rank::DirectConnect,
    }
}

/// Whether a connection goes over Direct Connect instead of the internet: to a customer gateway with a private address.
fn is_private(vpn: &VpnConnection, model: &Model) -> bool {
    let customer = vpn.customer_gateway.as_ref();
    let outside = customer.and_then(|id| model.customer_gateways.get(id)?.ip);
    outside.is_some_and(|ip| private_addresses().contains(ip))
}

fn prefixes(route: &TransitGatewayRoute, model: &Model) -> Option<Vec<IpNet>> {
    match &route.destination {
        Peer::Cidr(cidr) => Some(vec![cidr.net()]),
        Peer::Resource(id) => {
            let list = model.prefix_lists.get(id.as_str())?;
            Some(list.entries.iter().map(|cidr| cidr.net()).collect())
        }
    }
}

/// What an attachment propagates: a VPC its CIDRs, the others what BGP learned; and whether that is known.
fn propagated(
    id: &TransitGatewayAttachmentId,
    attachment: &TransitGatewayAttachment,
    model: &Model,
) -> (Vec<Entry>, bool) {
    if let Some(resource) = &attachment.resource {
        let fixed = |vpn: &VpnConnection| vpn.static_routes;
        if model.vpn_connections.get(resource.as_str()).is_some_and(fixed) {
            return (Vec::new(), true);
        }
        let own = behind(&id.into(), model).or_else(|| behind(resource, model));
        let known = own.as_ref().is_none_or(|behind| behind.known);
        let own = own.unwrap_or_default();
        let entry = |cidr: &IpNet| Entry {
            cidr: *cidr,
            rank: rank(attachment, model),
            route: None,
            attachments: vec![id.clone()],
            blackhole: false,
            withdrawn: own.withdrawn.contains(cidr),
        };
        return (own.prefixes.iter().map(entry).collect(), known);
    }
    let vpc = attachment.vpc.as_ref().and_then(|vpc| model.vpcs.get(vpc));
    let cidrs = vpc
        .into_iter()
        .flat_map(|vpc| vpc.cidr.iter().map(|cidr| cidr.net()));
    let wanted = cidrs.filter(|cidr| attachment.ipv6 || matches!(cidr, IpNet::V4(_)));
    let entry = |cidr| Entry {
        cidr,
        rank: Rank::Vpc,
        route: None,
        attachments: vec![id.clone()],
        blackhole: false,
        withdrawn: false,
    };
    (wanted.map(entry).collect(), true)
}

/// One entry a prefix: the one that wins, and with it those that tie.
fn united(entries: Vec<Entry>) -> Vec<Entry> {
    let mut all: Vec<Entry> = Vec::new();
    for entry in entries {
        match all.last_mut().filter(|last| last.cidr == entry.cidr) {
            // A route that was collected tells of the same propagation.
            Some(last) if last.rank == entry.rank && entry.rank > Rank::PrefixList => {
                let known = last.attachments.clone();
                last.attachments
                    .extend(entry.attachments.into_iter().filter(|id| !known.contains(id)));
            }
            Some(_) => {}
            None => all.push(entry),
        }
    }
    all
}

struct Lookup {
    resource: ResourceRef,
    gateway: ResourceId,
    list: Arc<List>,
    ways: BTreeMap<TransitGatewayAttachmentId, LinkId>,
}

impl Component for Lookup {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn part_of(&self) -> Option<&ResourceId> {
        Some(&self.gateway)
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        if let Some(because) = self.unread() {
            return vec![Step::Unknown {
                packets: arrival.packets,
                because,
            }];
        }
        let id = FilterId {
            owner: self.list.owner,
            variant: 0,
        };
        let map = work.filter(id, || self.list.cubes());
        let parts = work.space.split(map, arrival.packets);
        let mut steps = Vec::new();
        for (index, packets) in parts {
            let entry = index.and_then(|index| self.list.entries.get(index));
            let undecided = self.undecided(entry, packets, work);
            let sure = work.space.subtract(packets, undecided);
            if let (Some(open), false) = (&self.list.open, undecided.is_empty()) {
                steps.push(self.unlearned(open, undecided));
            }
            if !sure.is_empty() {
                steps.push(match entry {
                    Some(entry) => self.follow(entry, sure),
                    None => Step::lose(sure, self.nothing()),
                });
            }
        }
        steps
    }
}

impl Lookup {
    fn place(&self) -> Option<Place> {
        let table = self.list.table.as_ref();
        table.map(|_| Place::item("transit_gateway_route_tables", self.resource.id.clone()))
    }

    fn says(
        &self,
        code: Option<ExplanationCode>,
        rule: RuleRef,
        route: Option<usize>,
        message: String,
    ) -> Cause {
        let place = self.place();
        Cause {
            code,
            place: match (place, route) {
                (Some(place), Some(index)) => Some(place.field("routes").index(index)),
                (place, _) => place,
            },
            ..Cause::implicit(&self.resource, "route", message).by(rule)
        }
    }

    /// Why the table decides nothing.
    fn unread(&self) -> Option<Cause> {
        let unread = self.list.table.as_ref().is_some_and(|table| table.unread);
        let code = Some(ExplanationCode::TgwRtbRoutesAreUnknown);
        let id = &self.resource.id;
        if unread {
            let message = format!("the routes of {id} are not known");
            return Some(self.says(code, RuleRef::Default, None, message));
        }
        let index = self.list.undescribed?;
        let message = format!("a route of {id} is for a prefix list that the model does not describe");
        Some(self.says(code, RuleRef::Default, Some(index), message))
    }

    /// What a route that BGP learned, and of which the model says nothing, might take.
    fn undecided(&self, entry: Option<&Entry>, packets: PacketSet, work: &Workspace) -> PacketSet {
        match (&self.list.open, entry) {
            (None, _) => PacketSet::EMPTY,
            (Some(_), None) => packets,
            (Some(_), Some(entry)) if entry.cidr.prefix_len() == 0 => {
                work.space.to_destinations(packets, &private_addresses())
            }
            _ => PacketSet::EMPTY,
        }
    }

    fn unlearned(&self, open: &TransitGatewayAttachmentId, packets: PacketSet) -> Step {
        let message = format!("the model does not say what was announced over {open} (`routes`)");
        let code = Some(ExplanationCode::TgwRtbRoutesAreUnknown);
        let because = self.says(code, RuleRef::Default, None, message);
        Step::Unknown { packets, because }
    }

    fn nothing(&self) -> Cause {
        let code = if self.list.entries.is_empty() {
            ExplanationCode::TgwRtbNoRouteToTgwAttachment
        } else {
            ExplanationCode::TgwRtbCannotRoute
        };
        let message = format!("{} has no route to the destination", self.resource.id);
        self.says(Some(code), RuleRef::Default, None, message)
    }

    fn follow(&self, entry: &Entry, packets: PacketSet) -> Step {
        let names: Vec<&str> = entry.attachments.iter().map(|id| id.as_str()).collect();
        let rule = RuleRef::Route(entry.cidr.to_string().into());
        let lost = |why: String| {
            let code = Some(ExplanationCode::TgwRtbBadStateRoute);
            Step::lose(packets, self.says(code, rule.clone(), entry.route, why))
        };
        if entry.blackhole {
            return lost(format!("{} is a blackhole", entry.cidr));
        }
        let links: Option<Vec<LinkId>> = entry
            .attachments
            .iter()
            .map(|id| self.ways.get(id).copied())
            .collect();
        let Some(links) = links else {
            let unknown = &self.list.unknown;
            if let Some(id) = entry.attachments.iter().find(|id| unknown.contains(*id)) {
                let message = format!(
                    "{} leads to {id}, of which the model says nothing more",
                    entry.cidr
                );
                let code = Some(ExplanationCode::TgwRtbRoutesAreUnknown);
                let because = self.says(code, rule, entry.route, message);
                return Step::Unknown { packets, because };
            }
            return lost(format!(
                "{} leads to {}, which is gone",
                entry.cidr,
                names.join(", ")
            ));
        };
        if let Some(others) = self.list.contended(entry) {
            let message = format!(
                "{} is a CIDR of {}, which has addresses of {others}: only that of the first attached is propagated: write the route",
                entry.cidr,
                names.join(" and ")
            );
            let code = Some(ExplanationCode::TgwRtbRoutesAreUnknown);
            return Step::Unknown {
                packets,
                because: self.says(code, rule, entry.route, message),
            };
        }
        let message = format!("{} leads to {}", entry.cidr, names.join(" or "));
        Step::Forward {
            packets,
            picks: links.into_iter().map(Passage::over).collect(),
            choice: Choice::Any,
            because: self.says(None, rule, entry.route, message),
        }
    }
}
