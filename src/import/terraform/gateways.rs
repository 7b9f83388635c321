//! Internet gateways, NAT gateways and their addresses, peering connections.

use super::links;
use super::places::{SUBNET, VPC};
use super::{Build, named};
use crate::model::{
    CarrierGateway, EgressOnlyInternetGateway, InternetGateway, NatConnectivity, NatGateway, NatState,
    OneOrMany, PeeringConnection, PeeringStatus,
};
use std::collections::{BTreeMap, BTreeSet};

/// What `gateway_id` may mean.
pub const GATEWAY: &[&str] = &[INTERNET, "aws_vpn_gateway", "aws_vpn_gateway_attachment"];
/// A virtual private gateway; who names its attachment means it, too.
pub const VPN_GATEWAY: &[&str] = &["aws_vpn_gateway", "aws_vpn_gateway_attachment"];
/// A NAT gateway.
pub const NAT: &[&str] = &["aws_nat_gateway"];
/// An egress-only internet gateway.
pub const EGRESS_ONLY: &[&str] = &["aws_egress_only_internet_gateway"];
/// A peering connection.
pub const PEERING: &[&str] = &[
    "aws_vpc_peering_connection",
    "aws_vpc_peering_connection_accepter",
];
/// An Elastic IP address.
pub const ADDRESS: &[&str] = &["aws_eip"];
/// A carrier gateway.
pub const CARRIER: &[&str] = &["aws_ec2_carrier_gateway"];
const INTERNET: &str = "aws_internet_gateway";

/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    internet(build);
    carrier(build);
    nat(build);
    peerings(build);
}

fn internet(build: &mut Build<'_>) {
    let mut attached: BTreeMap<String, String> = BTreeMap::new();
    for view in build.links.of(&["aws_internet_gateway_attachment"]) {
        let (gateway, vpc) = (
            build.one(&view, "internet_gateway_id", &[INTERNET]),
            build.one(&view, "vpc_id", VPC),
        );
        attached.extend(gateway.zip(vpc));
    }
    for view in build.links.made(&[INTERNET]) {
        let vpc = build
            .one(&view, "vpc_id", VPC)
            .or_else(|| attached.remove(&links::id(view.owner)));
        let (name, tags) = named(&view);
        let item = InternetGateway {
            name,
            vpc: vpc.as_deref().map(Into::into),
            tags,
        };
        build.add("internet_gateways", &view, item, |model| {
            &mut model.internet_gateways
        });
    }
    for view in build.links.of(EGRESS_ONLY) {
        let vpc = build.one(&view, "vpc_id", VPC);
        let (name, tags) = named(&view);
        let item = EgressOnlyInternetGateway {
            name,
            vpc: vpc.as_deref().map(Into::into),
            tags,
        };
        build.add("egress_only_internet_gateways", &view, item, |model| {
            &mut model.egress_only_internet_gateways
        });
    }
}

fn carrier(build: &mut Build<'_>) {
    for view in build.links.made(CARRIER) {
        let vpc = build.one(&view, "vpc_id", VPC);
        let (name, tags) = named(&view);
        let item = CarrierGateway {
            name,
            vpc: vpc.as_deref().map(Into::into),
            addresses: BTreeMap::new(),
            tags,
        };
        build.add("carrier_gateways", &view, item, |model| {
            &mut model.carrier_gateways
        });
    }
}

fn nat(build: &mut Build<'_>) {
    for view in build.links.made(NAT) {
        let subnet = build.one(&view, "subnet_id", SUBNET);
        let vpc = build.one(&view, "vpc_id", VPC).filter(|_| subnet.is_none());
        if subnet.is_none() && vpc.is_none() {
            build.lost(&view, "the plan does not tell where it stands");
            continue;
        }
        let private = view.text("connectivity_type") == Some("private");
        // What is assigned at apply has a stand-in: which address it is does not matter to who reaches whom.
        let address = build.one(&view, "allocation_id", ADDRESS);
        let assigned = address.as_deref().and_then(|id| {
            let all = build.links.of(ADDRESS);
            all.iter()
                .find(|eip| links::id(eip.owner) == id)?
                .text("public_ip")?
                .parse()
                .ok()
        });
        let known = view
            .text("public_ip")
            .and_then(|text| text.parse().ok())
            .or(assigned);
        let public = known.or_else(|| build.public(&view));
        let (name, tags) = named(&view);
        let item = NatGateway {
            name,
            vpc: vpc.as_deref().map(Into::into),
            subnet: subnet.as_deref().map(Into::into),
            route_table: None,
            ip: OneOrMany(
                view.text("private_ip")
                    .and_then(|text| text.parse().ok())
                    .into_iter()
                    .collect(),
            ),
            public_ip: OneOrMany(public.filter(|_| !private).into_iter().collect()),
            connectivity: if private {
                NatConnectivity::Private
            } else {
                NatConnectivity::Public
            },
            state: NatState::Available,
            eni: None,
            tags,
        };
        build.add("nat_gateways", &view, item, |model| &mut model.nat_gateways);
    }
}

fn peerings(build: &mut Build<'_>) {
    let mut accepted: BTreeSet<String> = BTreeSet::new();
    for view in build.links.of(&["aws_vpc_peering_connection_accepter"]) {
        if view.truth("auto_accept") != Some(false) {
            accepted.extend(build.one(&view, "vpc_peering_connection_id", PEERING));
        }
    }
    for view in build.links.made(&["aws_vpc_peering_connection"]) {
        let sides = (
            build.one(&view, "vpc_id", VPC),
            build.one(&view, "peer_vpc_id", VPC),
        );
        let (Some(requester), Some(accepter)) = sides else {
            build.lost(&view, "the plan does not tell its VPCs");
            continue;
        };
        let works = view.truth("auto_accept") == Some(true) || accepted.contains(&links::id(view.owner));
        let status = match view.text("accept_status") {
            Some("active") => PeeringStatus::Active,
            Some("rejected") => PeeringStatus::Rejected,
            Some("expired") => PeeringStatus::Expired,
            Some("deleted") => PeeringStatus::Deleted,
            Some("failed") => PeeringStatus::Failed,
            _ if works => PeeringStatus::Active,
            _ => PeeringStatus::PendingAcceptance,
        };
        let (name, tags) = named(&view);
        let item = PeeringConnection {
            name,
            requester: requester.as_str().into(),
            accepter: accepter.as_str().into(),
            status,
            tags,
        };
        build.add("peering_connections", &view, item, |model| {
            &mut model.peering_connections
        });
    }
}
