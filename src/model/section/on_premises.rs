//! The sections of what leads on premises: VPN, Direct Connect, Connect peers.

use super::super::sections::items;
use super::{Tags, is_default, is_false};
use crate::model::id::*;
use crate::model::value::{Cidr, OneOrMany};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

items! {
    VpnGateway: named target;
    CustomerGateway: named;
    VpnConnection: named;
    DirectConnectGateway: named;
    VirtualInterface: named;
    TransitGatewayConnectPeer: named;
}

sections! {
    /// A virtual private gateway: the VPC's side of VPN connections and private virtual interfaces.
    struct VpnGateway {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// The VPC it is attached to; none: detached.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub vpc: Option<VpcId>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// A customer gateway: the router at the other end of VPN connections.
    struct CustomerGateway {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// Its address on the internet, or on a private virtual interface.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub ip: Option<IpAddr>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// A Site-to-Site VPN connection, between a customer gateway and a virtual private gateway or a transit gateway. A
    /// transit gateway's is named by an attachment's `resource` too.
    struct VpnConnection {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// The virtual private gateway at its end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub vpn_gateway: Option<VpnGatewayId>,
        /// The transit gateway at its end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub transit_gateway: Option<TransitGatewayId>,
        /// The customer gateway at its other end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub customer_gateway: Option<CustomerGatewayId>,
        /// Whether its routes are written (StaticRoutesOnly) instead of learned by BGP.
        #[serde(default, skip_serializing_if = "is_false")]
        pub static_routes: bool,
        /// The prefixes behind the customer gateway: its static routes, or what it announces by BGP. None: not known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub routes: Option<OneOrMany<Cidr>>,
        /// Whether each of its tunnels is up; both, where left out.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub tunnels: OneOrMany<LinkStatus>,
        /// Its state.
        #[serde(default, skip_serializing_if = "is_default")]
        pub state: VpnState,
        /// Whether its tunnels carry IPv6 instead of IPv4 (TunnelInsideIpVersion); a transit gateway's can.
        #[serde(default, skip_serializing_if = "is_false")]
        pub ipv6: bool,
        /// The addresses on the customer's side that the tunnels carry (LocalIpv4NetworkCidr); any, where left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub local_cidr: Option<Cidr>,
        /// The addresses on AWS's side that the tunnels carry (RemoteIpv4NetworkCidr); any, where left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub remote_cidr: Option<Cidr>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// A Direct Connect gateway.
    struct DirectConnectGateway {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// The gateways that are associated with it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub associations: Vec<DirectConnectAssociation>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// A gateway that is associated with a Direct Connect gateway.
    struct DirectConnectAssociation {
        /// The virtual private gateway or transit gateway.
        pub gateway: ResourceId,
        /// A virtual private gateway's: the VPC's CIDRs inside these are announced (all, where left out). A transit
        /// gateway's: exactly these are announced.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub allowed_prefixes: OneOrMany<Cidr>,
        /// Whether it works.
        #[serde(default, skip_serializing_if = "is_default")]
        pub state: AssociationState,
    }

    /// A Direct Connect virtual interface.
    struct VirtualInterface {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// What it carries.
        #[serde(rename = "type", default, skip_serializing_if = "is_default")]
        pub kind: VirtualInterfaceType,
        /// The Direct Connect gateway, or the virtual private gateway, at its end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub gateway: Option<ResourceId>,
        /// The prefixes that the customer's router announces. None: not known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub routes: Option<OneOrMany<Cidr>>,
        /// Its state.
        #[serde(default, skip_serializing_if = "is_default")]
        pub state: VirtualInterfaceState,
        /// Whether BGP is up.
        #[serde(default, skip_serializing_if = "is_default")]
        pub bgp: LinkStatus,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// A peer of a transit gateway's Connect attachment: an appliance that speaks GRE and BGP.
    struct TransitGatewayConnectPeer {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// The Connect attachment.
        pub attachment: TransitGatewayAttachmentId,
        /// The transit gateway's address, outside of the tunnel: one of its own CIDR blocks.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub transit_gateway_ip: Option<IpAddr>,
        /// The appliance's address, outside of the tunnel.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub ip: Option<IpAddr>,
        /// The prefixes that it announces. None: not known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub routes: Option<OneOrMany<Cidr>>,
        /// Whether BGP is up.
        #[serde(default, skip_serializing_if = "is_default")]
        pub bgp: LinkStatus,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }
}

words! {
    /// Whether a tunnel or a BGP session is up.
    enum LinkStatus {
        /// It carries packets.
        #[default]
        Up,
        /// It does not.
        Down,
    }

    /// AWS's VPN connection states.
    enum VpnState {
        /// Being made.
        Pending,
        /// Works.
        #[default]
        Available,
        /// Being deleted.
        Deleting,
        /// Gone.
        Deleted,
    }

    /// Whether an association works.
    enum AssociationState {
        /// It does.
        #[default]
        Associated,
        /// Being made.
        Associating,
        /// Being changed; it works as before.
        Updating,
        /// Being taken away.
        Disassociating,
        /// Gone.
        Disassociated,
    }

    /// What a virtual interface carries.
    enum VirtualInterfaceType {
        /// To virtual private gateways, directly or through a Direct Connect gateway.
        #[default]
        Private,
        /// To transit gateways, through a Direct Connect gateway.
        Transit,
        /// To AWS's public addresses.
        Public,
    }

    /// AWS's virtual interface states.
    enum VirtualInterfaceState {
        /// Works.
        #[default]
        Available,
        /// Its BGP session, or the port, is down.
        Down,
        /// Not yet confirmed by its owner.
        Confirming,
        /// Its owner has to verify it.
        Verifying,
        /// Being made.
        Pending,
        /// Being deleted.
        Deleting,
        /// Gone.
        Deleted,
        /// Turned down.
        Rejected,
        /// Under test.
        Testing,
        /// AWS does not say.
        Unknown,
    }
}

impl VpnConnection {
    /// Why it carries nothing, if it does not: its state, or its tunnels (`BAD_STATE_VPN`).
    pub fn idle(&self) -> Option<&'static str> {
        match self.state {
            VpnState::Pending => Some("is pending"),
            VpnState::Deleting => Some("is being deleted"),
            VpnState::Deleted => Some("is deleted"),
            VpnState::Available => {
                let down = self.tunnels.iter().all(|tunnel| *tunnel == LinkStatus::Down);
                (down && !self.tunnels.is_empty()).then_some("has no tunnel that is up")
            }
        }
    }
}

impl VirtualInterface {
    /// Why it carries nothing, if it does not.
    pub fn idle(&self) -> Option<&'static str> {
        match (self.state, self.bgp) {
            (VirtualInterfaceState::Available | VirtualInterfaceState::Testing, LinkStatus::Up) => None,
            (VirtualInterfaceState::Available | VirtualInterfaceState::Testing, LinkStatus::Down) => {
                Some("has no BGP session that is up")
            }
            _ => Some("is not available"),
        }
    }
}

impl AssociationState {
    /// Whether it carries packets.
    pub fn works(self) -> bool {
        matches!(self, Self::Associated | Self::Updating)
    }
}
