//! What people ask about is rarely an interface: a database, a function, an Auto Scaling group becomes the interfaces that it
//! will have, one in each of its subnets, with its groups, and an item of `services` under its own name.
//!
//! For every importer of plans and templates (Terraform, CloudFormation): say what there is in a [`Placement`], and call
//! [`place`]. [`crate::model::default_group`] is the group that AWS gives to what names none; [`public_address`] stands for a public
//! address that nobody knows before it is assigned. Interfaces have no address: they may have any free one of their subnet.

use crate::model::{
    AddressSpec, Model, NetworkInterface, NetworkInterfaceId, OneOrMany, SecurityGroupId, Service, ServiceId,
    SubnetId, Tags, VpcId, default_group,
};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// Where public addresses begin that stand for unknown ones, and how many there are: RFC 2544 keeps 198.18.0.0/15 for benchmarks, so
/// no network has them. Those for documents (RFC 5737) are left to people's questions and examples.
const STAND_INS: (u32, u32) = (0xc613_0001, 0xfffe);

/// A service and where it has interfaces.
#[derive(Debug, Clone, Default)]
pub struct Placement {
    /// Its id in the model: its address in a plan, its logical id in a template.
    pub id: String,
    /// A name, if it has one besides.
    pub name: Option<String>,
    /// What it is: `rds`, `aurora`, `elasticache`, `redshift`, `opensearch`, `msk`, `efs`, `lambda`, `ecs-service`,
    /// `eks-cluster`, `eks-nodes`, `auto-scaling-group`, `vpc-endpoint`, …
    pub kind: &'static str,
    /// Its subnets: an interface in each.
    pub subnets: Vec<String>,
    /// Its groups; none: the default group of its VPC.
    pub groups: Vec<String>,
    /// Whether its interfaces have public addresses.
    pub public: bool,
    /// Those of its subnets that give IPv6 addresses to instances.
    pub dual: BTreeSet<String>,
    /// Its tags.
    pub tags: Tags,
}

/// What is made of instances, whose interfaces have IPv6 addresses where their subnet gives them (EC2 API, `Subnet`,
/// `AssignIpv6AddressOnCreation`). Managed services ask for them in ways of their own.
const INSTANCES: [&str; 2] = ["auto-scaling-group", "eks-nodes"];

/// Adds a service and its interfaces; nothing where it has no subnet. Answers the ids of the interfaces.
pub fn place(model: &mut Model, placement: &Placement) -> Vec<NetworkInterfaceId> {
    let mut enis = Vec::new();
    for subnet in &placement.subnets {
        let subnet = SubnetId::from(subnet.as_str());
        let id = NetworkInterfaceId::from(interface_id(placement, &subnet).as_str());
        let mut groups: Vec<SecurityGroupId> = placement.groups.iter().map(|id| id.as_str().into()).collect();
        if groups.is_empty() {
            groups.extend(vpc_of(model, &subnet).map(|vpc| default_group(model, &vpc)));
        }
        let dual = INSTANCES.contains(&placement.kind) && placement.dual.contains(subnet.as_str());
        let eni = NetworkInterface {
            ip: match dual {
                true => any_of(model, &subnet),
                false => OneOrMany::default(),
            },
            public_ip: placement.public.then(|| public_address(model)).flatten(),
            interface_type: Some(placement.kind.to_owned()),
            tags: placement.tags.clone(),
            ..NetworkInterface::unassigned(subnet, groups)
        };
        model.enis.insert(id.clone(), eni);
        enis.push(id);
    }
    if !enis.is_empty() {
        let service = Service {
            name: placement.name.clone().filter(|name| *name != placement.id),
            kind: placement.kind.to_owned(),
            enis: OneOrMany(enis.clone()),
        };
        model
            .services
            .insert(ServiceId::from(placement.id.as_str()), service);
    }
    enis
}

/// Any address of each CIDR of a subnet, IPv6 ones too.
pub fn any_of(model: &Model, subnet: &SubnetId) -> OneOrMany<AddressSpec> {
    let cidrs = model.subnets.get(subnet).into_iter();
    let cidrs = cidrs.flat_map(|subnet| subnet.cidr.iter().copied());
    OneOrMany(cidrs.map(AddressSpec::OneOf).collect())
}

fn interface_id(placement: &Placement, subnet: &SubnetId) -> String {
    format!("{}@{subnet}", placement.id)
}

/// The VPC of a subnet.
pub fn vpc_of(model: &Model, subnet: &SubnetId) -> Option<VpcId> {
    model.subnets.get(subnet).map(|subnet| subnet.vpc.clone())
}

/// A public address that stands for one which nobody knows yet, and that nothing in the model has.
pub fn public_address(model: &Model) -> Option<Ipv4Addr> {
    let interfaces = model.enis.values().filter_map(|eni| eni.public_ip);
    let gateways = model
        .nat_gateways
        .values()
        .flat_map(|nat| nat.public_ip.iter().copied());
    let elastic = model.elastic_ips.values().map(|ip| ip.public_ip);
    let taken: BTreeSet<Ipv4Addr> = interfaces.chain(gateways).chain(elastic).collect();
    let (first, count) = STAND_INS;
    (first..first + count)
        .map(Ipv4Addr::from)
        .find(|address| !taken.contains(address))
}

/// What an engine listens on where nothing is written: how its name begins, and the port (RDS API, `CreateDBInstance`, `Port`;
/// ElastiCache API, `CreateReplicationGroup`, `Port`).
const ENGINES: [(&str, u16); 11] = [
    ("mysql", 3306),
    ("mariadb", 3306),
    ("aurora-mysql", 3306),
    ("postgres", 5432),
    ("oracle", 1521),
    ("custom-oracle", 1521),
    ("sqlserver", 1433),
    ("custom-sqlserver", 1433),
    ("redis", 6379),
    ("valkey", 6379),
    ("memcached", 11211),
];

/// The port on which an engine of databases or caches listens where nothing is written.
pub fn of_engine(engine: &str) -> Option<u16> {
    let engine = engine.to_ascii_lowercase();
    let found = ENGINES.iter().find(|(name, _)| engine.starts_with(name));
    found.map(|(_, port)| *port)
}
