//! What leads on premises, as several kinds see it: which prefixes are known to be behind what, and what is announced there.
//!
//! - A VPN connection's static routes are written; what BGP learns shows in the route tables to which it is propagated, and
//!   there alone (EC2 API, `Route.Origin`, `SearchTransitGatewayRoutes`): so a model that came from AWS knows it from them. A
//!   session that is down has withdrawn what it announced, so those routes are of others.
//! - What BGP taught of a line that is down is withdrawn, and another line or a wider route leads there (Direct Connect guide,
//!   "Routing policies and BGP communities"). A static route stays; of several connections with the same one, those are used that
//!   are up (VPN guide, "Redundant VPN connections").
//! - A virtual private gateway announces its VPC's CIDRs, and to each VPN connection and virtual interface of its own what the
//!   others lead to (VPN guide, "VPN CloudHub"); a transit gateway what the table of the attachment leads to.
//! - What a VPN connection's tunnels carry is of one family, and so is what is announced over it.
//! - A Direct Connect gateway announces the CIDRs of a virtual private gateway's VPC that are inside an allowed prefix, and
//!   for a transit gateway exactly the allowed prefixes (Direct Connect guide, "Allowed prefixes interactions").
//! - A local gateway announces its VPCs' IPv4 CIDRs; in the mode of customer-owned addresses those, and no CIDR of a VPC
//!   (Outposts guide, "Local gateway route tables").
//!
//! Read 2026-11-25.

use super::transit::{TransitTable, transit_attachments, transit_prefixes};
use crate::model::{
    Cidr, DirectConnectAssociation, DirectConnectGatewayId, LinkStatus, LocalGateway, LocalGatewayMode,
    Model, OneOrMany, Peer, ResourceId, VirtualInterfaceType, VpcId, VpnGatewayId,
};
use crate::packet::Family;
use ipnet::IpNet;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// The prefixes behind something that leads on premises.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Behind {
    /// The prefixes.
    pub prefixes: BTreeSet<IpNet>,
    /// Those of them to which nothing leads that is up: they are withdrawn.
    pub withdrawn: BTreeSet<IpNet>,
    /// Whether these are all; otherwise the model does not say what BGP learned.
    pub known: bool,
}

impl Behind {
    fn nothing() -> Self {
        Self {
            known: true,
            ..Self::default()
        }
    }

    /// With what another leads to: a prefix is withdrawn where it is of all that have it.
    fn joined(self, other: Self) -> Self {
        let up: BTreeSet<IpNet> = [&self, &other]
            .into_iter()
            .flat_map(|one| one.prefixes.difference(&one.withdrawn).copied())
            .collect();
        let down = self.withdrawn.union(&other.withdrawn).copied();
        Self {
            withdrawn: down.filter(|cidr| !up.contains(cidr)).collect(),
            prefixes: self.prefixes.union(&other.prefixes).copied().collect(),
            known: self.known,
        }
    }

    /// The same of what is down.
    fn down(self, down: bool) -> Self {
        let withdrawn = if down {
            self.prefixes.clone()
        } else {
            BTreeSet::new()
        };
        Self { withdrawn, ..self }
    }

    fn of(routes: &Option<OneOrMany<Cidr>>, seen: impl FnOnce() -> BTreeSet<IpNet>, fixed: bool) -> Self {
        let Some(routes) = routes else {
            let prefixes = seen();
            return Self {
                known: fixed || !prefixes.is_empty(),
                prefixes,
                ..Self::default()
            };
        };
        let mut prefixes: BTreeSet<IpNet> = routes.iter().map(|cidr| cidr.net()).collect();
        if fixed {
            // A transit gateway's static routes are in its tables, not in the connection.
            prefixes.extend(seen());
        }
        Self {
            prefixes,
            ..Self::nothing()
        }
    }
}

/// Leaves out what was withdrawn wherever something that stands leads: the same prefix of another, or a wider one. What nothing else
/// leads to stays, so that the answer names the line that is down.
pub fn standing<T>(mut all: Vec<T>, of: impl Fn(&T) -> (IpNet, bool)) -> Vec<T> {
    let stands: Vec<IpNet> = all
        .iter()
        .map(&of)
        .filter_map(|(cidr, withdrawn)| (!withdrawn).then_some(cidr))
        .collect();
    all.retain(|one| {
        let (cidr, withdrawn) = of(one);
        !withdrawn || !stands.iter().any(|wide| wide.contains(&cidr))
    });
    all
}

/// How what a virtual private gateway knows ranks; lower wins (VPN guide, "Route priority").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Learned {
    /// From Direct Connect, by BGP.
    DirectConnect,
    /// A static route of a VPN connection.
    VpnStatic,
    /// From a VPN connection, by BGP.
    VpnBgp,
}

/// A prefix that a virtual private gateway knows, and what leads there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Known {
    /// The prefix.
    pub cidr: IpNet,
    /// How it ranks.
    pub rank: Learned,
    /// The VPN connection, virtual interface or Direct Connect gateway.
    pub via: ResourceId,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
    /// Whether what leads there is down: a static route stays, and another connection with the same is used.
    pub down: bool,
}

impl Known {
    /// Whether what else is behind the gateway gets there: not through a Direct Connect gateway.
    pub fn is_hub(&self, model: &Model) -> bool {
        !model.direct_connect_gateways.contains_key(self.via.as_str())
    }
}

/// What a virtual private gateway knows, and those of which it may have learned more.
#[derive(Debug, Clone, Default)]
pub struct Knowledge {
    /// The prefixes.
    pub known: BTreeSet<Known>,
    /// What may lead to more.
    pub open: BTreeSet<ResourceId>,
    /// Where to: a VPN connection of such a gateway carries IPv4 alone.
    pub unclear: Vec<Family>,
}

/// What is behind a VPN connection, a virtual interface, a Direct Connect gateway, a Connect attachment or a local gateway.
pub fn behind(id: &ResourceId, model: &Model) -> Option<Behind> {
    let text = id.as_str();
    if let Some(vpn) = model.vpn_connections.get(text) {
        if vpn.routes.is_none() && !vpn.static_routes && vpn.idle().is_some() {
            return Some(Behind::nothing());
        }
        let seen = || {
            let own = vpn.vpn_gateway.as_ref().filter(|_| !vpn.static_routes);
            let mut seen = own.map_or_else(BTreeSet::new, |gateway| propagated(gateway, model));
            seen.extend(transit_routes_to(id, model));
            seen
        };
        return Some(
            Behind::of(&vpn.routes, seen, vpn.static_routes).down(!vpn.static_routes && vpn.idle().is_some()),
        );
    }
    if let Some(interface) = model.virtual_interfaces.get(text) {
        if interface.routes.is_none() && interface.idle().is_some() {
            return Some(Behind::nothing());
        }
        let seen = || {
            let gateway = interface.gateway.as_ref();
            gateway.map_or_else(BTreeSet::new, |gateway| seen_behind(gateway, model))
        };
        return Some(Behind::of(&interface.routes, seen, false).down(interface.idle().is_some()));
    }
    if model.direct_connect_gateways.contains_key(text) {
        let interfaces = model.virtual_interfaces.iter();
        let own = interfaces.filter(|(_, one)| one.gateway.as_ref() == Some(id));
        return Some(together(own.map(|(id, _)| ResourceId::from(id)), model));
    }
    if model.transit_gateway_attachments.contains_key(text) {
        return connect(id, model);
    }
    let gateway = model.local_gateways.get(text)?;
    Some(Behind::of(&gateway.routes, BTreeSet::new, false))
}

/// What several lead to.
fn together(ids: impl Iterator<Item = ResourceId>, model: &Model) -> Behind {
    let each = ids.filter_map(|id| behind(&id, model));
    each.fold(Behind::nothing(), |mut all, one| {
        all.known &= one.known;
        all.joined(one)
    })
}

/// A Connect attachment: what its peers announce.
fn connect(id: &ResourceId, model: &Model) -> Option<Behind> {
    let attachment = model.transit_gateway_attachments.get(id.as_str())?;
    let carrier = attachment.resource.as_ref()?;
    model.transit_gateway_attachments.get(carrier.as_str())?;
    let peers = model.transit_gateway_connect_peers.values();
    let peers: Vec<_> = peers
        .filter(|peer| peer.attachment.as_str() == id.as_str())
        .collect();
    let seen = || routes_over(id.as_str(), model);
    let mut all = Behind::of(&None, seen, false);
    for peer in &peers {
        let one = Behind::of(&peer.routes, BTreeSet::new, false);
        all = all.joined(one.down(peer.bgp == LinkStatus::Down));
    }
    all.known |= !peers.is_empty() && peers.iter().all(|peer| peer.routes.is_some());
    Some(all)
}

/// What was propagated to some route table from a gateway at the end of virtual interfaces.
fn seen_behind(gateway: &ResourceId, model: &Model) -> BTreeSet<IpNet> {
    if let Some((id, _)) = model.vpn_gateways.get_key_value(gateway.as_str()) {
        return propagated(id, model);
    }
    let mut seen = transit_routes_to(gateway, model);
    let direct = model.direct_connect_gateways.get(gateway.as_str());
    for association in direct.into_iter().flat_map(|direct| direct.associations.iter()) {
        if let Some((id, _)) = model.vpn_gateways.get_key_value(association.gateway.as_str()) {
            seen.extend(propagated(id, model));
        }
    }
    seen
}

/// What route tables were told by a virtual private gateway.
fn propagated(gateway: &VpnGatewayId, model: &Model) -> BTreeSet<IpNet> {
    let routes = model.route_tables.values().flat_map(|table| table.routes.iter());
    let told = routes.filter(|route| route.propagated && route.target.as_str() == gateway.as_str());
    told.filter_map(|route| match &route.destination {
        Peer::Cidr(cidr) => Some(cidr.net()),
        Peer::Resource(_) => None,
    })
    .collect()
}

/// The routes of transit gateways to an attachment of this resource.
fn transit_routes_to(resource: &ResourceId, model: &Model) -> BTreeSet<IpNet> {
    let attachments = model.transit_gateway_attachments.iter();
    let own = attachments.filter(|(_, attachment)| attachment.resource.as_ref() == Some(resource));
    own.flat_map(|(id, _)| routes_over(id.as_str(), model)).collect()
}

/// The routes of transit gateways over an attachment.
fn routes_over(attachment: &str, model: &Model) -> BTreeSet<IpNet> {
    let tables = model.transit_gateway_route_tables.values();
    let routes = tables.flat_map(|table| table.routes.iter());
    let own = routes.filter(|route| route.attachment.iter().any(|id| id.as_str() == attachment));
    own.filter_map(|route| match &route.destination {
        Peer::Cidr(cidr) => Some(cidr.net()),
        Peer::Resource(_) => None,
    })
    .collect()
}

/// The associations of Direct Connect gateways with a gateway.
fn associations<'m>(
    gateway: &'m str,
    model: &'m Model,
) -> impl Iterator<Item = (&'m DirectConnectGatewayId, &'m DirectConnectAssociation)> {
    let all = model.direct_connect_gateways.iter();
    let all = all.flat_map(|(id, direct)| direct.associations.iter().map(move |one| (id, one)));
    all.filter(move |(_, one)| one.gateway.as_str() == gateway)
}

/// What a virtual private gateway knows.
pub fn knowledge(gateway: &VpnGatewayId, model: &Model) -> Knowledge {
    let mut lines: Vec<(ResourceId, Learned)> = Vec::new();
    for (id, vpn) in &model.vpn_connections {
        if vpn.vpn_gateway.as_ref() == Some(gateway) {
            let rank = if vpn.static_routes {
                Learned::VpnStatic
            } else {
                Learned::VpnBgp
            };
            lines.push((id.into(), rank));
        }
    }
    for (id, interface) in &model.virtual_interfaces {
        let end = interface.gateway.as_ref();
        if end.is_some_and(|end| end.as_str() == gateway.as_str()) {
            lines.push((id.into(), Learned::DirectConnect));
        }
    }
    let direct = associations(gateway.as_str(), model);
    lines.extend(direct.map(|(id, _)| (id.into(), Learned::DirectConnect)));
    let mut knowledge = Knowledge::default();
    for (via, rank) in lines {
        let Some(behind) = behind(&via, model) else {
            continue;
        };
        if !behind.known {
            knowledge.open.insert(via.clone());
            let families: &[Family] = match rank {
                Learned::DirectConnect => &[Family::V4, Family::V6],
                Learned::VpnStatic | Learned::VpnBgp => &[Family::V4],
            };
            knowledge.unclear.extend(families);
        }
        let vpn = model.vpn_connections.get(via.as_str());
        let idle = vpn.is_some_and(|vpn| vpn.idle().is_some());
        let known = behind.prefixes.into_iter().map(|cidr| Known {
            down: idle,
            withdrawn: behind.withdrawn.contains(&cidr),
            cidr,
            rank,
            via: via.clone(),
        });
        knowledge.known.extend(known);
    }
    knowledge
}

fn vpc_cidrs(vpc: Option<&VpcId>, model: &Model) -> BTreeSet<IpNet> {
    let vpc = vpc.and_then(|vpc| model.vpcs.get(vpc));
    vpc.into_iter()
        .flat_map(|vpc| vpc.cidr.iter().map(|cidr| cidr.net()))
        .collect()
}

/// What an association of a Direct Connect gateway announces on premises, and what it might if more were allowed.
pub fn announced_by(association: &DirectConnectAssociation, model: &Model) -> [BTreeSet<IpNet>; 2] {
    let allowed: Vec<IpNet> = association
        .allowed_prefixes
        .iter()
        .map(|cidr| cidr.net())
        .collect();
    let id = association.gateway.as_str();
    if let Some(gateway) = model.vpn_gateways.get(id) {
        let all = vpc_cidrs(gateway.vpc.as_ref(), model);
        let fits = |cidr: &&IpNet| allowed.is_empty() || allowed.iter().any(|one| one.contains(*cidr));
        return [all.iter().filter(fits).copied().collect(), all];
    }
    let attachments = model.transit_gateway_attachments.values();
    let attached = attachments.filter(|one| one.transit_gateway.as_str() == id);
    let reached = attached.flat_map(|one| vpc_cidrs(one.vpc.as_ref(), model));
    [allowed.into_iter().collect(), reached.collect()]
}

/// What is announced on premises over a VPN connection, a virtual interface, a Connect attachment or a local gateway; and
/// what would be if nothing were withheld.
pub fn announced(id: &ResourceId, model: &Model) -> [BTreeSet<IpNet>; 2] {
    let text = id.as_str();
    if let Some(vpn) = model.vpn_connections.get(text) {
        let mut all = match &vpn.vpn_gateway {
            Some(gateway) => by_vpn_gateway(gateway, id, model),
            None => by_transit(|attachment| attachment.resource.as_ref() == Some(id), model),
        };
        all.retain(|cidr| cidr.addr().is_ipv6() == vpn.ipv6);
        return [all.clone(), all];
    }
    if let Some(interface) = model.virtual_interfaces.get(text) {
        let public = interface.kind == VirtualInterfaceType::Public;
        let end = interface.gateway.as_ref().filter(|_| !public);
        return end.map_or_else(Default::default, |end| by_direct_connect(end, id, model));
    }
    let all = match model.local_gateways.get(text) {
        Some(gateway) => by_local_gateway(gateway, model),
        None => match model.transit_gateway_attachments.get(text) {
            Some(own) => by_transit(|attachment| std::ptr::eq(attachment, own), model),
            None => BTreeSet::new(),
        },
    };
    [all.clone(), all]
}

fn by_local_gateway(gateway: &LocalGateway, model: &Model) -> BTreeSet<IpNet> {
    if gateway.mode == LocalGatewayMode::Coip {
        let owned = gateway.addresses.values();
        return owned.map(|own| IpNet::from(IpAddr::V4(*own))).collect();
    }
    let vpcs = gateway.vpcs.iter();
    let cidrs = vpcs.flat_map(|vpc| vpc_cidrs(Some(vpc), model));
    cidrs.filter(|cidr| cidr.addr().is_ipv4()).collect()
}

fn by_vpn_gateway(gateway: &VpnGatewayId, asking: &ResourceId, model: &Model) -> BTreeSet<IpNet> {
    let vpc = model
        .vpn_gateways
        .get(gateway)
        .and_then(|gateway| gateway.vpc.as_ref());
    let mut all = vpc_cidrs(vpc, model);
    let others = knowledge(gateway, model).known;
    let others = others
        .into_iter()
        .filter(|known| known.is_hub(model) && known.via != *asking);
    all.extend(others.map(|known| known.cidr));
    all
}

fn by_transit(
    wanted: impl Fn(&crate::model::TransitGatewayAttachment) -> bool,
    model: &Model,
) -> BTreeSet<IpNet> {
    let mut prefixes = BTreeSet::new();
    let own = model
        .transit_gateway_attachments
        .iter()
        .filter(|(_, one)| wanted(one));
    for (own, attachment) in own {
        let gateway = &attachment.transit_gateway;
        let Some(table) = TransitTable::of(attachment, gateway, model) else {
            continue;
        };
        prefixes.extend(transit_prefixes(&table, model));
        for (id, other) in transit_attachments(gateway, model) {
            if id != own && table.learns(other, model) {
                let learned = other
                    .resource
                    .as_ref()
                    .and_then(|resource| behind(resource, model));
                let learned = learned.or_else(|| behind(&ResourceId::from(id), model));
                prefixes.extend(learned.into_iter().flat_map(|behind| behind.prefixes));
            }
        }
    }
    prefixes
}

fn by_direct_connect(end: &ResourceId, asking: &ResourceId, model: &Model) -> [BTreeSet<IpNet>; 2] {
    if let Some((gateway, _)) = model.vpn_gateways.get_key_value(end.as_str()) {
        let all = by_vpn_gateway(gateway, asking, model);
        return [all.clone(), all];
    }
    let direct = model.direct_connect_gateways.get(end.as_str());
    let associations = direct.into_iter().flat_map(|direct| direct.associations.iter());
    let each = associations.map(|one| announced_by(one, model));
    each.fold(Default::default(), |[mut announced, mut all], [one, other]| {
        announced.extend(one);
        all.extend(other);
        [announced, all]
    })
}
