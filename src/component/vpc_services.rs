//! What Amazon serves inside every VPC: DNS, instance metadata, time, licence activation, task metadata.
//!
//! Neither security groups nor network ACLs nor route tables touch this traffic, and nobody outside the VPC reaches these
//! addresses (VPC guide, "Security groups", "Network ACLs", "DNS attributes"; EC2 guide, "Set the time"; the activation
//! addresses are from memory). Other DNS servers are filtered like anything else.
//!
//! Read 2026-11-23.

use crate::code::ExplanationCode;
use crate::model::{Model, Vpc, VpcId};
use crate::network::{
    Arrival, Builder, Cause, Component, Kind, Owner, ResourceRef, Step, Trace, Workspace, resolvers,
};
use crate::packet::AddressSet;
use std::net::{IpAddr, Ipv4Addr};

/// Our word for it; EC2 has none.
pub const NAME: &str = "vpc-services";

/// Link-local addresses that answer in every VPC: metadata, activation, time, task metadata; and the DNS server.
const ALWAYS: [&str; 7] = [
    "169.254.169.254",
    "169.254.169.250",
    "169.254.169.251",
    "169.254.169.123",
    "169.254.170.2",
    "fd00:ec2::254",
    "fd00:ec2::123",
];

/// The kind.
pub struct VpcServices;

impl Kind for VpcServices {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        None
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &[
            "Route 53 Resolver DNS Firewall",
            "instances that have their metadata service switched off",
        ]
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, vpc) in &model.vpcs {
            let node = builder.place(NAME, id);
            let addresses = served(id, vpc, model);
            builder.serve(id, node, addresses.clone());
            let resource = ResourceRef::new(NAME, format!("services of {id}").as_str());
            builder.own(
                node,
                Owner {
                    resource,
                    vpc: Some(id.clone()),
                    addresses,
                    public: AddressSet::empty(),
                },
            );
        }
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        for id in model.vpcs.keys() {
            let node = builder.place(NAME, id);
            let resource = ResourceRef::new(NAME, format!("services of {id}").as_str());
            builder.set(node, Services { resource });
        }
    }
}

fn served(id: &VpcId, vpc: &Vpc, model: &Model) -> AddressSet {
    let fixed = ALWAYS.iter().filter_map(|text| text.parse::<IpAddr>().ok());
    let dns = match vpc.dns_support {
        true => resolvers(vpc),
        false => AddressSet::empty(),
    };
    let subnets = model.subnets.values().filter(|subnet| &subnet.vpc == id);
    let routers = subnets
        .flat_map(|subnet| subnet.cidr.iter())
        .filter_map(|cidr| first_v4(cidr.net().addr()));
    AddressSet::from_addresses(fixed.chain(routers.map(|base| nth(base, 1)))).union(&dns)
}

fn first_v4(address: IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}

fn nth(base: Ipv4Addr, offset: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from(u32::from(base).saturating_add(offset)))
}

struct Services {
    resource: ResourceRef,
}

impl Component for Services {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    /// Neither DNS nor metadata, time or activation is in flow logs
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-limitations.html>, read 2026-11-26).
    fn trace(&self, _: Option<ExplanationCode>) -> Trace {
        Trace::Unrecorded
    }

    fn transfer(&self, arrival: &Arrival<'_>, _: &Workspace) -> Vec<Step> {
        let because = Cause::implicit(
            &self.resource,
            "never filtered",
            "Amazon answers this inside the VPC, unfiltered",
        );
        vec![Step::Deliver {
            packets: arrival.packets,
            answered: true,
            because,
        }]
    }
}
