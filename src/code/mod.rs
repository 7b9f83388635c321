//! Explanation codes: why a packet does not get on, one page each. Spelled as AWS publishes them wherever AWS has
//! one; ours begin with `WHYHOP_`.

/// Declares the enum, the spelling of each code, and its page, which must exist for the crate to compile.
macro_rules! codes {
    ($($variant:ident = $text:literal,)*) => {
        /// Why a packet does not get on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ExplanationCode {
            $(#[doc = $text] $variant,)*
        }

        impl ExplanationCode {
            /// Every code, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code as published.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Its page: what it means, why AWS does this, an example, how to fix it, the source.
            pub fn page(self) -> &'static str {
                match self { $(Self::$variant => include_str!(concat!("pages/", $text, ".md")),)* }
            }
        }
    };
}

codes! {
    BadState = "BAD_STATE",
    BadStateAttachment = "BAD_STATE_ATTACHMENT",
    BadStateRoute = "BAD_STATE_ROUTE",
    BadStateVpn = "BAD_STATE_VPN",
    ComponentFilterRestriction = "COMPONENT_FILTER_RESTRICTION",
    Elbv2ListenerHasNoTg = "ELBV2_LISTENER_HAS_NO_TG",
    Elbv2ListenersMismatch = "ELBV2_LISTENERS_MISMATCH",
    Elbv2NoTargetsInAz = "ELBV2_NO_TARGETS_IN_AZ",
    Elbv2SourceAddressPreservation = "ELBV2_SOURCE_ADDRESS_PRESERVATION",
    ElbAclRestriction = "ELB_ACL_RESTRICTION",
    ElbInstalledAzRestriction = "ELB_INSTALLED_AZ_RESTRICTION",
    ElbListenersMismatch = "ELB_LISTENERS_MISMATCH",
    ElbNotCrosszone = "ELB_NOT_CROSSZONE",
    EniAddressRestriction = "ENI_ADDRESS_RESTRICTION",
    EniSgRulesMismatch = "ENI_SG_RULES_MISMATCH",
    EniSourceDestCheckRestriction = "ENI_SOURCE_DEST_CHECK_RESTRICTION",
    FirewallRulesRestriction = "FIREWALL_RULES_RESTRICTION",
    FirewallUnsupportedRuleOptions = "FIREWALL_UNSUPPORTED_RULE_OPTIONS",
    GatewayRejectsSpoofedTraffic = "GATEWAY_REJECTS_SPOOFED_TRAFFIC",
    GwlbDestinationPortRestriction = "GWLB_DESTINATION_PORT_RESTRICTION",
    GwlbProtocolRestriction = "GWLB_PROTOCOL_RESTRICTION",
    IgwDestinationAddressNotInRfc1918Egress = "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS",
    IgwDestinationAddressNotInRfc6598Egress = "IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS",
    IgwPrivateIpAssociationForIngress = "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS",
    IgwPublicIpAssociationForEgress = "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS",
    IgwSourceAddressNotInRfc1918Ingress = "IGW_SOURCE_ADDRESS_NOT_IN_RFC1918_INGRESS",
    IgwSourceAddressNotInRfc6598Ingress = "IGW_SOURCE_ADDRESS_NOT_IN_RFC6598_INGRESS",
    IngressRtbNoPublicIp = "INGRESS_RTB_NO_PUBLIC_IP",
    IngressRtbTrafficRedirection = "INGRESS_RTB_TRAFFIC_REDIRECTION",
    NgwSourceAddressReassign = "NGW_SOURCE_ADDRESS_REASSIGN",
    NoPossibleDestination = "NO_POSSIBLE_DESTINATION",
    NoRouteToDestination = "NO_ROUTE_TO_DESTINATION",
    PcxRequiresAddressInVpcCidr = "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR",
    ProtocolRestriction = "PROTOCOL_RESTRICTION",
    SgHasNoRules = "SG_HAS_NO_RULES",
    SgReferencesNotPreserved = "SG_REFERENCES_NOT_PRESERVED",
    SgReferencingSupport = "SG_REFERENCING_SUPPORT",
    SubnetAclRestriction = "SUBNET_ACL_RESTRICTION",
    TgwAttachMissingTgwRtbAssociation = "TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION",
    TgwBadStateVpn = "TGW_BAD_STATE_VPN",
    TgwRouteAzRestriction = "TGW_ROUTE_AZ_RESTRICTION",
    TgwRtbBadStateRoute = "TGW_RTB_BAD_STATE_ROUTE",
    TgwRtbCannotRoute = "TGW_RTB_CANNOT_ROUTE",
    TgwRtbNoRouteToTgwAttachment = "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT",
    TgwRtbRoutesAreUnknown = "TGW_RTB_ROUTES_ARE_UNKNOWN",
    UnknownPeeredSgs = "UNKNOWN_PEERED_SGS",
    UnknownResource = "UNKNOWN_RESOURCE",
    VpcBlockPublicAccessEnabled = "VPC_BLOCK_PUBLIC_ACCESS_ENABLED",
    VpceGatewayProtocolRestriction = "VPCE_GATEWAY_PROTOCOL_RESTRICTION",
    VpceIntraVpcTraffic = "VPCE_INTRA_VPC_TRAFFIC",
    VpceServiceNotInstalledInAz = "VPCE_SERVICE_NOT_INSTALLED_IN_AZ",
    VgwPrivateIpAssociationForEgress = "VGW_PRIVATE_IP_ASSOCIATION_FOR_EGRESS",
    VgwPrivateIpAssociationForIngress = "VGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS",
    VpcLocalRouteCidrRestriction = "VPC_LOCAL_ROUTE_CIDR_RESTRICTION",
    WhyhopAsymmetricRouting = "WHYHOP_ASYMMETRIC_ROUTING",
    WhyhopDeliveredElsewhere = "WHYHOP_DELIVERED_ELSEWHERE",
    WhyhopDenyAllIgwTraffic = "WHYHOP_DENY_ALL_IGW_TRAFFIC",
    WhyhopDirectConnectPrefix = "WHYHOP_DIRECT_CONNECT_PREFIX",
    WhyhopNoSession = "WHYHOP_NO_SESSION",
    WhyhopReplyMismatch = "WHYHOP_REPLY_MISMATCH",
    WhyhopRoutingLoop = "WHYHOP_ROUTING_LOOP",
    WhyhopServicePortRestriction = "WHYHOP_SERVICE_PORT_RESTRICTION",
    WhyhopVpnTrafficSelector = "WHYHOP_VPN_TRAFFIC_SELECTOR",
}

impl ExplanationCode {
    /// What it means, in a sentence: the first line of its page below the title.
    pub fn summary(self) -> &'static str {
        self.page()
            .lines()
            .skip(1)
            .find(|line| !line.trim().is_empty())
            .unwrap_or_default()
    }

    /// The code of this spelling, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.as_str().eq_ignore_ascii_case(text))
    }
}

impl std::fmt::Display for ExplanationCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
