//! The sections of Traffic Mirroring: which packets of an interface are copied, and where to.

use super::super::sections::items;
use super::Tags;
use crate::model::id::*;
use crate::model::value::{Cidr, OneOrMany, Ports, ProtocolSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

items! {
    TrafficMirrorSession: named;
    TrafficMirrorFilter: named;
    TrafficMirrorTarget: named;
}

sections! {
    /// A traffic mirror session: the packets of one interface that a filter accepts are copied to a target.
    struct TrafficMirrorSession {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// The interface whose packets are copied.
        pub source: NetworkInterfaceId,
        /// Where the copies go.
        pub target: TrafficMirrorTargetId,
        /// Which packets are copied.
        pub filter: TrafficMirrorFilterId,
        /// Its number among the sessions of the interface, from 1: lower ones are asked first.
        pub number: u32,
        /// The VXLAN network identifier of the copies. None: AWS picks one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub vni: Option<u32>,
        /// How many bytes of each packet are copied; the whole packet where left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub packet_length: Option<u32>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// A traffic mirror filter. What no rule accepts is not copied.
    struct TrafficMirrorFilter {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// Rules for packets that enter the interface.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub ingress: Vec<TrafficMirrorFilterRule>,
        /// Rules for packets that leave the interface.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub egress: Vec<TrafficMirrorFilterRule>,
        /// Services of Amazon whose packets are copied besides, in both directions.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub network_services: OneOrMany<MirroredService>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// A rule of a traffic mirror filter.
    struct TrafficMirrorFilterRule {
        /// Its number: lower ones are asked first.
        pub rule: u32,
        /// Whether what it matches is copied.
        pub action: MirrorAction,
        /// The protocol; every one where left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub protocol: Option<ProtocolSpec>,
        /// Destination ports, for TCP and UDP; all where left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub ports: Option<Ports>,
        /// Source ports, for TCP and UDP; all where left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub source_ports: Option<Ports>,
        /// The source addresses.
        pub source: Cidr,
        /// The destination addresses.
        pub destination: Cidr,
        /// What it is for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub description: Option<String>,
    }

    /// A traffic mirror target: one of an interface, a Network Load Balancer, a Gateway Load Balancer endpoint.
    struct TrafficMirrorTarget {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// The interface that takes the copies.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub eni: Option<NetworkInterfaceId>,
        /// The Network Load Balancer that spreads them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub load_balancer: Option<LoadBalancerId>,
        /// The Gateway Load Balancer endpoint behind which they are taken.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub endpoint: Option<VpcEndpointId>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }
}

/// The port to which copies are sent in VXLAN (RFC 7348).
pub const VXLAN: u16 = 4789;

words! {
    /// What a rule of a traffic mirror filter does.
    enum MirrorAction {
        /// Has the packet copied.
        #[default]
        Accept,
        /// Has it passed over.
        Reject,
    }

    /// A service of Amazon whose packets no rule of a filter tells of.
    enum MirroredService {
        /// The Amazon-provided DNS server.
        #[default]
        AmazonDns,
    }
}

impl TrafficMirrorTarget {
    /// What takes the copies, if that is one thing.
    pub fn taker(&self) -> Option<ResourceId> {
        let ids = [
            self.eni.as_ref().map(ResourceId::from),
            self.load_balancer.as_ref().map(ResourceId::from),
            self.endpoint.as_ref().map(ResourceId::from),
        ];
        let mut given = ids.into_iter().flatten();
        given.next().filter(|_| given.next().is_none())
    }
}
