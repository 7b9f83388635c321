//! Internet gateways, NAT gateways, peering connections, virtual private gateways and VPN connections.

use super::resource::Resource;
use super::{Build, labels};
use crate::import::service::public_address;
use crate::model::{
    CarrierGateway, Cidr, CustomerGateway, EgressOnlyInternetGateway, InternetGateway, NatConnectivity,
    NatGateway, NatState, OneOrMany, PeeringConnection, PeeringStatus, VpnConnection, VpnGateway, VpnState,
};
use std::collections::BTreeMap;

/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    attached(build);
    egress_only(build);
    carrier(build);
    for resource in build.of("AWS::EC2::NatGateway") {
        nat(build, resource);
    }
    peerings(build);
    vpn(build);
}

/// The VPC to which a gateway is attached. Whether it is may hang on a condition that is not known: then its routes do, too,
/// and they are what is unknown.
fn vpc_of(build: &mut Build<'_>, key: &str, gateway: &str) -> Option<String> {
    for resource in build.of("AWS::EC2::VPCGatewayAttachment") {
        let block = resource.block();
        if build.one(block, key).as_deref() == Some(gateway) {
            return build.one(block, "VpcId");
        }
    }
    None
}

fn attached(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::InternetGateway") {
        let vpc = vpc_of(build, "InternetGatewayId", &resource.id);
        let (name, tags) = labels(resource);
        let item = InternetGateway {
            name,
            vpc: vpc.as_deref().map(Into::into),
            tags,
        };
        build.add("internet_gateways", resource, item, |model| {
            &mut model.internet_gateways
        });
    }
    for resource in build.of("AWS::EC2::VPNGateway") {
        let vpc = vpc_of(build, "VpnGatewayId", &resource.id);
        let (name, tags) = labels(resource);
        let item = VpnGateway {
            name,
            vpc: vpc.as_deref().map(Into::into),
            tags,
        };
        build.add("vpn_gateways", resource, item, |model| &mut model.vpn_gateways);
    }
}

fn egress_only(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::EgressOnlyInternetGateway") {
        let vpc = build.one(resource.block(), "VpcId");
        let (name, tags) = labels(resource);
        let item = EgressOnlyInternetGateway {
            name,
            vpc: vpc.as_deref().map(Into::into),
            tags,
        };
        build.add("egress_only_internet_gateways", resource, item, |model| {
            &mut model.egress_only_internet_gateways
        });
    }
}

fn carrier(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::CarrierGateway") {
        let vpc = build.one(resource.block(), "VpcId");
        let (name, tags) = labels(resource);
        let item = CarrierGateway {
            name,
            vpc: vpc.as_deref().map(Into::into),
            addresses: BTreeMap::new(),
            tags,
        };
        build.add("carrier_gateways", resource, item, |model| {
            &mut model.carrier_gateways
        });
    }
}

fn nat(build: &mut Build<'_>, resource: &Resource) {
    let block = resource.block();
    if !build.decided(resource, &["ConnectivityType"]) {
        return;
    }
    let subnet = build.one(block, "SubnetId");
    let vpc = build.one(block, "VpcId").filter(|_| subnet.is_none());
    if subnet.is_none() && vpc.is_none() {
        build.lost(resource, "where it stands is not told");
        return;
    }
    let private = block.text("ConnectivityType") == Some("private");
    // What AWS assigns has a stand-in: which address it is does not matter to who reaches whom.
    let public = public_address(&build.model).filter(|_| !private);
    let (name, tags) = labels(resource);
    let item = NatGateway {
        name,
        subnet: subnet.as_deref().map(Into::into),
        vpc: vpc.as_deref().map(Into::into),
        route_table: None,
        ip: OneOrMany(block.number("PrivateIpAddress").into_iter().collect()),
        public_ip: OneOrMany(public.into_iter().collect()),
        connectivity: connectivity(private),
        state: NatState::Available,
        eni: None,
        tags,
    };
    build.add("nat_gateways", resource, item, |model| &mut model.nat_gateways);
}

fn connectivity(private: bool) -> NatConnectivity {
    match private {
        true => NatConnectivity::Private,
        false => NatConnectivity::Public,
    }
}

/// CloudFormation accepts what it asks for: a peering in one account, and by PeerRoleArn one with another (Template Reference,
/// AWS::EC2::VPCPeeringConnection).
fn peerings(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::VPCPeeringConnection") {
        let block = resource.block();
        let sides = (build.one(block, "VpcId"), build.one(block, "PeerVpcId"));
        let (Some(requester), Some(accepter)) = sides else {
            build.lost(resource, "its VPCs are not told");
            continue;
        };
        let (name, tags) = labels(resource);
        let item = PeeringConnection {
            name,
            requester: requester.as_str().into(),
            accepter: accepter.as_str().into(),
            status: PeeringStatus::Active,
            tags,
        };
        build.add("peering_connections", resource, item, |model| {
            &mut model.peering_connections
        });
    }
}

fn vpn(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::CustomerGateway") {
        let (name, tags) = labels(resource);
        let item = CustomerGateway {
            name,
            ip: resource.block().number("IpAddress"),
            tags,
        };
        build.add("customer_gateways", resource, item, |model| {
            &mut model.customer_gateways
        });
    }
    for resource in build.of("AWS::EC2::VPNConnection") {
        if build.decided(
            resource,
            &[
                "StaticRoutesOnly",
                "LocalIpv4NetworkCidr",
                "RemoteIpv4NetworkCidr",
            ],
        ) {
            connection(build, resource);
        }
    }
}

fn connection(build: &mut Build<'_>, resource: &Resource) {
    let block = resource.block();
    let fixed = block.truth("StaticRoutesOnly") == Some(true);
    let gateway = build.one(block, "VpnGatewayId");
    let transit = build.one(block, "TransitGatewayId");
    let customer = build.one(block, "CustomerGatewayId");
    let (name, tags) = labels(resource);
    let item = VpnConnection {
        name,
        vpn_gateway: gateway.as_deref().map(Into::into),
        transit_gateway: transit.as_deref().map(Into::into),
        customer_gateway: customer.as_deref().map(Into::into),
        static_routes: fixed,
        // What the other side announces by BGP, no template tells.
        routes: static_routes(build, &resource.id).filter(|_| fixed),
        tunnels: OneOrMany::default(),
        state: VpnState::Available,
        ipv6: false,
        local_cidr: block.cidr("LocalIpv4NetworkCidr"),
        remote_cidr: block.cidr("RemoteIpv4NetworkCidr"),
        tags,
    };
    build.add("vpn_connections", resource, item, |model| {
        &mut model.vpn_connections
    });
}

/// The routes that are written for a connection, if all of them are known.
fn static_routes(build: &mut Build<'_>, connection: &str) -> Option<OneOrMany<Cidr>> {
    let mut routes = Vec::new();
    for resource in build.of("AWS::EC2::VPNConnectionRoute") {
        let block = resource.block();
        if build.one(block, "VpnConnectionId").as_deref() == Some(connection) {
            routes.push(
                block
                    .cidr("DestinationCidrBlock")
                    .filter(|_| resource.doubt.is_none())?,
            );
        }
    }
    Some(OneOrMany(routes))
}
