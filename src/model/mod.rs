//! What the user wrote: typed sections, ids, and where each thing is written.

mod diagnostic;
mod id;
mod load;
mod section;
mod source;
mod validate;
mod value;
mod write;

pub use diagnostic::{Diagnostic, Diagnostics, Excerpt, Severity};
pub use id::*;
pub use load::{Loaded, load, load_text};
pub use section::*;
pub use source::{ItemFiles, Locate, Location, Place, Sources};
pub use validate::{RULES, validate};
pub use value::{AddressSpec, Cidr, Destination, OneOrMany, Peer, Ports, ProtocolSpec, parse_address};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A model: every section a map by id. It may name what it does not hold; a [`crate::network::Network`] cannot.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The version of the format: 1.
    pub version: u32,
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "Origin::is_written")]
    pub origin: Origin,
    /// Virtual private clouds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub vpcs: BTreeMap<VpcId, Vpc>,
    /// Subnets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub subnets: BTreeMap<SubnetId, Subnet>,
    /// Network interfaces.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub enis: BTreeMap<NetworkInterfaceId, NetworkInterface>,
    /// Instances.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub instances: BTreeMap<InstanceId, Instance>,
    /// Security groups.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub security_groups: BTreeMap<SecurityGroupId, SecurityGroup>,
    /// Network ACLs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub nacls: BTreeMap<NetworkAclId, NetworkAcl>,
    /// Route tables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub route_tables: BTreeMap<RouteTableId, RouteTable>,
    /// Managed prefix lists.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub prefix_lists: BTreeMap<PrefixListId, PrefixList>,
    /// Internet gateways.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub internet_gateways: BTreeMap<InternetGatewayId, InternetGateway>,
    /// Egress-only internet gateways.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub egress_only_internet_gateways: BTreeMap<EgressOnlyInternetGatewayId, EgressOnlyInternetGateway>,
    /// NAT gateways.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub nat_gateways: BTreeMap<NatGatewayId, NatGateway>,
    /// VPC peering connections.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub peering_connections: BTreeMap<PeeringConnectionId, PeeringConnection>,
    /// Load balancers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub load_balancers: BTreeMap<LoadBalancerId, LoadBalancer>,
    /// Their target groups.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub target_groups: BTreeMap<TargetGroupId, TargetGroup>,
    /// Transit gateways.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub transit_gateways: BTreeMap<TransitGatewayId, TransitGateway>,
    /// What is attached to them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub transit_gateway_attachments: BTreeMap<TransitGatewayAttachmentId, TransitGatewayAttachment>,
    /// Their route tables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub transit_gateway_route_tables: BTreeMap<TransitGatewayRouteTableId, TransitGatewayRouteTable>,
    /// Elastic IP addresses, by allocation id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub elastic_ips: BTreeMap<AllocationId, ElasticIp>,
    /// Flow logs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub flow_logs: BTreeMap<FlowLogId, FlowLog>,
    /// What is named but not described, by id: an import writes here what it cannot model yet.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unknown: BTreeMap<ResourceId, UnknownResource>,
    /// Where each thing is written.
    #[serde(skip)]
    pub sources: Sources,
    /// What the loader or an importer has to say besides: once each, in order.
    #[serde(skip)]
    pub notes: Vec<String>,
}

/// Whether somebody designed the network, or AWS already holds it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A person wrote it: what AWS would not accept is an error.
    #[default]
    Written,
    /// An importer did: AWS accepted it, so at worst there is a warning, and what is named and not described is unknown.
    Imported,
}

impl Origin {
    fn is_written(&self) -> bool {
        *self == Self::Written
    }
}

/// Visits the `name` of every item of the sections listed.
macro_rules! named {
    ($model:ident, $($section:ident)*) => {
        std::iter::empty()
            $(.chain($model.$section.iter().filter_map(|(id, item)| Some((id.into(), item.name.as_deref()?)))))*
    };
}

impl Model {
    /// The items that have a `name`, section by section.
    pub fn names(&self) -> impl Iterator<Item = (ResourceId, &str)> {
        named!(self, vpcs subnets enis instances security_groups nacls route_tables prefix_lists internet_gateways
            egress_only_internet_gateways nat_gateways peering_connections load_balancers target_groups transit_gateways transit_gateway_attachments
            transit_gateway_route_tables elastic_ips)
    }
}

/// The word most like one that is not known, if any is like it.
pub fn near<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nobody mistypes a word of this length, and comparing it would take long.
    if word.len() > 200 {
        return None;
    }
    let likeness = |known: &str| strsim::jaro_winkler(word, known);
    let best = known
        .into_iter()
        .map(|known| (likeness(known), known))
        .filter(|(likeness, _)| *likeness > 0.8);
    best.max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map(|(_, known)| known)
}
