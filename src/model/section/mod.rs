//! The sections of the model file, as typed data. What they mean is written in the component of the same name.

use super::id::*;
use super::sections::{Model, items};
use super::value::OneOrMany;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Key and value tags.
pub type Tags = BTreeMap<String, String>;

fn yes() -> bool {
    true
}

fn is_true(value: &bool) -> bool {
    *value
}

fn is_false(value: &bool) -> bool {
    !*value
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Declares the structs of the sections with the serde attributes that they all share.
macro_rules! sections {
    ($($(#[$doc:meta])* struct $name:ident { $($body:tt)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($body)* }
    )*};
}

/// Declares the closed sets of words, written in kebab case.
macro_rules! words {
    ($($(#[$doc:meta])* enum $name:ident { $($body:tt)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($body)* }
    )*};
}

items! {
    Service: named;
    UnknownResource: ;
}

mod block_public_access;
mod core_network;
mod edge_gateway;
mod filter;
mod flow_log;
mod gateway;
mod lattice;
mod load_balancer;
mod network_firewall;
mod on_premises;
mod place;
mod route_table;
mod traffic_mirror;
mod transit_gateway;
mod vpc_endpoint;

pub use block_public_access::*;
pub use core_network::*;
pub use edge_gateway::*;
pub use filter::*;
pub use flow_log::*;
pub use gateway::*;
pub use lattice::*;
pub use load_balancer::*;
pub use network_firewall::*;
pub use on_premises::*;
pub use place::*;
pub use route_table::*;
pub use traffic_mirror::*;
pub use transit_gateway::*;
pub use vpc_endpoint::*;

sections! {
    /// A service that has interfaces: asking for it means asking for each of them.
    struct Service {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// What it is, in a word: `rds`, `lambda`, `ecs-service`, …
        #[serde(rename = "type")]
        pub kind: String,
        /// Its interfaces.
        pub enis: OneOrMany<NetworkInterfaceId>,
    }

    /// Something that exists but is not described: a packet that meets it is neither blocked nor let through.
    struct UnknownResource {
        /// EC2's resource-type word where it is known, such as `transit-gateway`.
        #[serde(rename = "type")]
        pub kind: String,
        /// Why it is unknown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub why: Option<String>,
        /// Of a security group: which of those that are described it may be, or stand for. None: it is another one.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub may_be: OneOrMany<ResourceId>,
    }
}

impl Model {
    /// The VPC of a NAT gateway.
    pub fn vpc_of_nat(&self, nat: &NatGateway) -> Option<VpcId> {
        let of = |subnet: &SubnetId| self.subnets.get(subnet).map(|subnet| subnet.vpc.clone());
        nat.subnet.as_ref().map_or_else(|| nat.vpc.clone(), of)
    }

    /// The route table that a subnet uses: its own, else the VPC's main one; none where the model does not describe it.
    pub fn table_of(&self, subnet: &Subnet) -> Option<(&RouteTableId, &RouteTable)> {
        let mut tables = self.route_tables.iter();
        match &subnet.route_table {
            Some(id) => self.route_tables.get_key_value(id),
            None => tables.find(|(_, table)| table.main && table.vpc == subnet.vpc),
        }
    }
}
