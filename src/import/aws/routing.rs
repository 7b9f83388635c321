//! Route tables, prefix lists and the gateways that routes lead to.

use super::collect::Dump;
use super::{Import, shape};
use crate::import::core_network::id_of;
use crate::model::{
    Cidr, EgressOnlyInternetGateway, InternetGateway, Model, NatConnectivity, NatGateway, NatState,
    OneOrMany, Peer, PeeringConnection, PeeringStatus, PrefixList, ResourceId, Route, RouteState, RouteTable,
};
use std::collections::BTreeMap;

/// Brings them over.
pub fn bring(dump: &Dump, import: &mut Import) {
    prefix_lists(dump, import);
    for found in &dump.tables {
        table(&found.item, &found.file, import);
    }
    for found in &dump.igws {
        let gateway = &found.item;
        let item = InternetGateway {
            name: super::name(&gateway.tags),
            vpc: attached(&gateway.attachments),
            tags: super::tags(&gateway.tags),
        };
        import.add(
            "internet_gateways",
            &found.file,
            &gateway.internet_gateway_id,
            item,
            |model| &mut model.internet_gateways,
        );
    }
    for found in &dump.eigws {
        let gateway = &found.item;
        let vpc = attached(&gateway.attachments);
        let item = EgressOnlyInternetGateway {
            name: super::name(&gateway.tags),
            vpc,
            tags: super::tags(&gateway.tags),
        };
        let id = &gateway.egress_only_internet_gateway_id;
        import.add("egress_only_internet_gateways", &found.file, id, item, |model| {
            &mut model.egress_only_internet_gateways
        });
    }
    for found in &dump.nats {
        nat(&found.item, &found.file, import);
    }
    for found in &dump.peerings {
        peering(&found.item, &found.file, import);
    }
}

/// The VPC of an attachment that works. Internet gateways say `available`, others `attached`.
fn attached(attachments: &[shape::GatewayAttachment]) -> Option<crate::model::VpcId> {
    let works = |state: &Option<String>| matches!(state.as_deref(), None | Some("available" | "attached"));
    attachments
        .iter()
        .find(|attachment| works(&attachment.state))?
        .vpc_id
        .as_deref()
        .map(Into::into)
}

/// What is known of a prefix list: its name and its tags, its prefixes if they came, and the file that told of it.
struct List<'a> {
    name: Option<String>,
    entries: Option<Vec<Cidr>>,
    file: std::sync::Arc<str>,
    tags: &'a [shape::Tag],
}

/// A list's prefixes come with the list, or by a call of their own. A list whose prefixes did not come is not described.
fn prefix_lists(dump: &Dump, import: &mut Import) {
    let mut lists: BTreeMap<&str, List> = BTreeMap::new();
    let parse = |text: &str| Cidr::parse(text).ok();
    for found in &dump.prefix_lists {
        let list = &found.item;
        let inline = list.entries.as_ref().map(|entries| {
            entries
                .iter()
                .filter_map(|entry| parse(entry.cidr.as_deref()?))
                .collect()
        });
        let cidrs = list
            .cidrs
            .as_ref()
            .map(|cidrs| cidrs.iter().filter_map(|text| parse(text)).collect());
        let known = lists.entry(&list.prefix_list_id).or_insert(List {
            name: None,
            entries: None,
            file: found.file.clone(),
            tags: &list.tags,
        });
        known.name = list.prefix_list_name.clone().or(known.name.take());
        known.entries = cidrs.or(inline).or(known.entries.take());
    }
    for (id, entries) in &dump.entries {
        let cidrs = entries
            .iter()
            .filter_map(|entry| parse(entry.cidr.as_deref()?))
            .collect();
        let known = lists.entry(id).or_insert(List {
            name: None,
            entries: None,
            file: "get-managed-prefix-list-entries".into(),
            tags: &[],
        });
        known.entries = Some(cidrs);
    }
    for (
        id,
        List {
            name,
            entries,
            file,
            tags,
        },
    ) in lists
    {
        if let Some(entries) = entries {
            let item = PrefixList {
                name,
                entries,
                tags: super::tags(tags),
            };
            import.add("prefix_lists", &file, id, item, |model| &mut model.prefix_lists);
        }
    }
}

fn table(table: &shape::RouteTable, file: &std::sync::Arc<str>, import: &mut Import) {
    let works = |state: &Option<shape::AssociationState>| {
        state
            .as_ref()
            .and_then(|state| state.state.as_deref())
            .is_none_or(|state| state == "associated")
    };
    let associations: Vec<_> = table
        .associations
        .iter()
        .filter(|association| works(&association.association_state))
        .collect();
    for subnet in associations
        .iter()
        .filter_map(|association| association.subnet_id.as_deref())
    {
        if let Some(subnet) = import.model.subnets.get_mut(subnet) {
            subnet.route_table = Some(table.route_table_id.as_str().into());
        }
    }
    let gateways = associations
        .iter()
        .filter_map(|association| association.gateway_id.as_deref());
    let item = RouteTable {
        name: super::name(&table.tags),
        vpc: table.vpc_id.as_str().into(),
        main: associations.iter().any(|association| association.main),
        gateway: OneOrMany(gateways.map(ResourceId::from).collect()),
        // A collected table lists what it learned.
        propagating: OneOrMany::default(),
        routes: table
            .routes
            .iter()
            .filter_map(|route| self::route(route, &import.model, &table.vpc_id))
            .collect(),
        tags: super::tags(&table.tags),
    };
    import.add("route_tables", file, &table.route_table_id, item, |model| {
        &mut model.route_tables
    });
}

fn route(route: &shape::Route, model: &Model, vpc: &str) -> Option<Route> {
    let cidr = route
        .destination_cidr_block
        .as_deref()
        .or(route.destination_ipv6_cidr_block.as_deref());
    let destination = match (cidr, &route.destination_prefix_list_id) {
        (Some(cidr), _) => Peer::Cidr(Cidr::parse(cidr).ok()?),
        (None, Some(list)) => Peer::Resource(list.as_str().into()),
        (None, None) => return None,
    };
    let targets = [
        &route.network_interface_id,
        &route.instance_id,
        &route.nat_gateway_id,
        &route.vpc_peering_connection_id,
        &route.transit_gateway_id,
        &route.egress_only_internet_gateway_id,
        &route.carrier_gateway_id,
        &route.local_gateway_id,
        &route.core_network_arn,
        &route.odb_network_arn,
        &route.gateway_id,
    ];
    let target = targets
        .into_iter()
        .flatten()
        .find(|target| !target.is_empty())
        .map_or("deleted-target", |target| id_of(target));
    let implied = |cidr: &Cidr| {
        let vpc = model.vpcs.get(vpc);
        vpc.is_some_and(|vpc| vpc.cidr.iter().any(|own| own.net() == cidr.net()))
    };
    if target == "local" && matches!(&destination, Peer::Cidr(cidr) if implied(cidr)) {
        return None;
    }
    let state = match route.state.as_deref() {
        Some("blackhole") => RouteState::Blackhole,
        Some("filtered") => RouteState::Filtered,
        _ => RouteState::Active,
    };
    let propagated = route.origin.as_deref() == Some("EnableVgwRoutePropagation");
    Some(Route {
        destination,
        target: target.into(),
        propagated,
        state,
    })
}

fn nat(nat: &shape::NatGateway, file: &std::sync::Arc<str>, import: &mut Import) {
    // The primary address first; public addresses stand in the order of the private ones.
    let mut addresses: Vec<&shape::NatGatewayAddress> = nat.nat_gateway_addresses.iter().collect();
    addresses.sort_by_key(|address| (address.is_primary != Some(true), address.public_ip.is_none()));
    let regional = nat.subnet_id.is_none();
    let text = |id: &Option<String>| id.as_deref().filter(|_| regional).map(str::to_owned);
    let item = NatGateway {
        name: super::name(&nat.tags),
        subnet: nat.subnet_id.as_deref().map(Into::into),
        vpc: text(&nat.vpc_id).map(|id| id.as_str().into()),
        route_table: text(&nat.route_table_id).map(|id| id.as_str().into()),
        ip: OneOrMany(
            addresses
                .iter()
                .filter_map(|address| address.private_ip)
                .collect(),
        ),
        public_ip: OneOrMany(addresses.iter().filter_map(|address| address.public_ip).collect()),
        connectivity: match nat.connectivity_type.as_deref() {
            Some("private") => NatConnectivity::Private,
            _ => NatConnectivity::Public,
        },
        state: match nat.state.as_deref() {
            Some("pending") => NatState::Pending,
            Some("failed") => NatState::Failed,
            Some("deleting") => NatState::Deleting,
            Some("deleted") => NatState::Deleted,
            _ => NatState::Available,
        },
        eni: addresses
            .iter()
            .find_map(|address| address.network_interface_id.as_deref())
            .map(Into::into),
        tags: super::tags(&nat.tags),
    };
    import.add("nat_gateways", file, &nat.nat_gateway_id, item, |model| {
        &mut model.nat_gateways
    });
}

fn peering(peering: &shape::VpcPeeringConnection, file: &std::sync::Arc<str>, import: &mut Import) {
    let side = |side: &Option<shape::PeeringSide>| {
        side.as_ref()
            .and_then(|side| side.vpc_id.as_deref())
            .unwrap_or("vpc-unknown")
            .into()
    };
    let item = PeeringConnection {
        name: super::name(&peering.tags),
        requester: side(&peering.requester_vpc_info),
        accepter: side(&peering.accepter_vpc_info),
        status: match peering.status.as_ref().and_then(|status| status.code.as_deref()) {
            None | Some("active") => PeeringStatus::Active,
            Some("initiating-request") => PeeringStatus::InitiatingRequest,
            Some("pending-acceptance") => PeeringStatus::PendingAcceptance,
            Some("deleted") => PeeringStatus::Deleted,
            Some("rejected") => PeeringStatus::Rejected,
            Some("expired") => PeeringStatus::Expired,
            Some("provisioning") => PeeringStatus::Provisioning,
            Some("deleting") => PeeringStatus::Deleting,
            Some(_) => PeeringStatus::Failed,
        },
        tags: super::tags(&peering.tags),
    };
    // Each side's Region tells of it, with a Name tag of its own.
    let told = import
        .model
        .peering_connections
        .get(peering.vpc_peering_connection_id.as_str());
    if told.is_some_and(|told| told.status == item.status) {
        return;
    }
    import.add(
        "peering_connections",
        file,
        &peering.vpc_peering_connection_id,
        item,
        |model| &mut model.peering_connections,
    );
}
