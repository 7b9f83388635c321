//! What AWS would not let anybody write, and what is probably not meant: rules with stable codes, checked over a whole
//! model so that every mistake is told in one run.
//!
//! The rules are those of the reference's section 11; each names its source in [`RULES`].

mod addresses;
mod balancers;
mod endpoints;
mod filters;
mod firewalls;
mod gateways;
mod inspection;
mod lattice;
mod mirrors;
mod nat;
mod public_access;
mod quotas;
mod reach;
mod references;
mod routes;
mod transit;

use super::diagnostic::{Diagnostic, MISTAKES_MAX, Severity};
use super::source::Place;
use super::{Model, Origin, ResourceId, Tenants, near};
use std::collections::BTreeSet;

/// A rule: its code, how bad it is, what it says, where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The stable code.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it says.
    pub summary: &'static str,
    /// Where it comes from.
    pub source: &'static str,
}

macro_rules! rules {
    ($($code:ident $severity:ident $summary:literal $source:literal)*) => {
        /// Every rule that a model is checked against.
        pub const RULES: &[Rule] = &[$(Rule {
            code: stringify!($code),
            severity: Severity::$severity,
            summary: $summary,
            source: $source,
        }),*];
    };
}

rules! {
    MODEL_ADDRESS_OUTSIDE_SUBNET Error "an interface's address is not in its subnet" "EC2 guide, Elastic network interfaces"
    MODEL_ADDRESS_RESERVED Error "an interface has one of the five addresses that AWS keeps in every subnet" "VPC guide, Subnet sizing"
    MODEL_ADDRESS_TAKEN Error "two interfaces of a VPC have the same address" "EC2 guide, Elastic network interfaces"
    MODEL_CIDR_HOST_BITS Warning "a CIDR has host bits; AWS zeroes them" "EC2 API, CreateRoute and CreateSubnet"
    MODEL_CIDR_LINK_LOCAL Error "169.254.0.0/16 is no VPC's" "VPC guide, VPC CIDR blocks"
    MODEL_CIDR_MISSING Error "a VPC has no IPv4 CIDR, or a subnet none at all" "VPC guide, VPC CIDR blocks and Subnet sizing"
    MODEL_CIDR_MIXED Error "a VPC's CIDRs are of ranges that AWS does not let one VPC have" "VPC guide, VPC CIDR blocks"
    MODEL_CIDR_SIZE Error "a VPC or subnet is larger or smaller than AWS allows" "VPC guide, VPC CIDR blocks and Subnet sizing"
    MODEL_CIDR_UNUSUAL Warning "a VPC's CIDR overlaps addresses that others use" "VPC guide, VPC CIDR blocks"
    MODEL_DIRECT_CONNECT_ALLOWED Warning "a VPC's CIDR behind a Direct Connect gateway is in no allowed prefix" "Direct Connect guide, Allowed prefixes interactions"
    MODEL_DIRECT_CONNECT_OVERLAP Warning "VPCs behind one Direct Connect gateway overlap" "Direct Connect guide, Direct Connect gateways"
    MODEL_EDGE_ENDPOINT Warning "a virtual private gateway's edge route table leads into an endpoint, which loses the packets" "VPC guide, Gateway route tables"
    MODEL_EDGE_ROUTE Error "an edge route table has a route that AWS does not allow there" "VPC guide, Gateway route tables"
    MODEL_EDGE_ROUTE_NO_PUBLIC_IP Warning "an edge route leads to an interface without a public IPv4 address" "Reachability Analyzer, INGRESS_RTB_NO_PUBLIC_IP"
    MODEL_EDGE_SHORTCUT Warning "a subnet whose incoming packets an edge route diverts leads straight to that internet gateway" "Reachability Analyzer, INGRESS_RTB_TRAFFIC_REDIRECTION"
    MODEL_EIGW_IPV4 Error "a route for IPv4 leads to an egress-only internet gateway" "EC2 API, CreateRoute"
    MODEL_ENDPOINT_NEIGHBOUR Warning "an instance is in the subnet of an endpoint that inspects, so nothing leads it through the endpoint" "Network Firewall guide, VPC subnets"
    MODEL_ENDPOINT_ONE_WAY Warning "packets go through an endpoint that inspects, and nothing leads their replies through it" "Network Firewall guide, Asymmetric routing"
    MODEL_ENDPOINT_SUBNETS Error "a Gateway Load Balancer endpoint is in several subnets" "EC2 API, CreateVpcEndpoint"
    MODEL_ENDPOINT_TWICE Error "a route table has two gateway endpoints for one service" "PrivateLink guide, Gateway endpoints"
    MODEL_ENDPOINT_UNROUTED Warning "no route table leads to a gateway endpoint" "PrivateLink guide, Gateway endpoints"
    MODEL_FIREWALL_GROUP Error "a rule group mixes manners of rules, or is used as what it is not" "Network Firewall API, RulesSource"
    MODEL_FIREWALL_ORDER Error "the order of stateful rules does not go with their groups or default actions" "Network Firewall API, FirewallPolicy"
    MODEL_FIREWALL_PRIORITY Error "a priority is missing or given twice" "Network Firewall API, StatelessRule and StatefulRuleGroupReference"
    MODEL_FORWARDER_CHECKED Warning "a route leads to an interface whose source/destination check is on" "EC2 guide, Elastic network interfaces"
    MODEL_GATEWAY_TWICE Error "a VPC has two gateways of a kind of which it can have one" "VPC guide, Amazon VPC quotas"
    MODEL_GROUPS_MANY Warning "an interface carries more security groups than AWS allows" "VPC guide, Amazon VPC quotas"
    MODEL_GROUP_FOREIGN Error "an interface carries a security group of another VPC" "VPC guide, Security groups for multiple VPCs"
    MODEL_GROUP_MISSING Error "an instance's interface carries no security group" "EC2 API, RunInstances (from memory)"
    MODEL_GROUP_REFERENCE Warning "a rule names a security group whose members it cannot know" "VPC guide, Security group rules"
    MODEL_ICMP_PAIR Error "an ICMP code without a type, or a pair on a protocol that has none" "EC2 API, IpPermission"
    MODEL_INSTANCE_TARGET Error "a route leads to an instance that has not exactly one interface" "EC2 API, CreateRoute"
    MODEL_LB_PROTOCOL Warning "a listener's protocol does not go with the load balancer or the target group" "Network Load Balancer guide, Target groups"
    MODEL_LB_UNROUTED Warning "a load balancer faces the internet in a subnet without a route to an internet gateway" "Application Load Balancer guide, Application Load Balancers"
    MODEL_LB_ZONES Error "a load balancer has too few Availability Zones, or two subnets in one" "Application Load Balancer guide, Application Load Balancers"
    MODEL_MAIN_TWICE Error "a VPC has two main route tables or two default network ACLs" "VPC guide, Route tables"
    MODEL_MIRROR_IDLE Warning "a traffic mirror session copies nothing" "Traffic Mirroring guide, Traffic mirror filters"
    MODEL_MIRROR_LISTENER Warning "a Network Load Balancer that is to take copies does not listen for them" "Traffic Mirroring guide, Traffic mirror targets"
    MODEL_MIRROR_RULE Error "a rule of a traffic mirror filter has a number that is taken or out of range, or does not match anything" "EC2 API, CreateTrafficMirrorFilterRule"
    MODEL_MIRROR_SESSION Error "a traffic mirror session has a number, a network identifier or a packet length that AWS does not allow" "EC2 API, CreateTrafficMirrorSession"
    MODEL_MIRROR_SHADOWED Warning "a rule of a traffic mirror filter can never match: an earlier one takes all that it is for" "Traffic Mirroring guide, Traffic mirror filters"
    MODEL_MIRROR_SOURCE Error "an interface cannot have its packets copied" "Traffic Mirroring guide, Traffic mirror targets and Quotas and considerations"
    MODEL_MIRROR_TARGET Error "a traffic mirror target is not one thing that can take copies" "EC2 API, CreateTrafficMirrorTarget"
    MODEL_MORE_SPECIFIC_THAN_LOCAL Error "a route inside the VPC's CIDR is not for a whole subnet, or leads to a target that AWS does not allow there" "VPC guide, Route tables"
    MODEL_NACL_NO_RETURN Warning "a network ACL lets TCP through one way and its answers by no rule" "VPC guide, Network ACLs, Ephemeral ports"
    MODEL_NACL_RULE_NUMBER Error "a network ACL rule's number is out of range or taken" "EC2 API, CreateNetworkAclEntry"
    MODEL_NACL_SHADOWED Warning "a network ACL rule can never match: an earlier one takes all that it is for" "VPC guide, Network ACLs"
    MODEL_NAT_ADDRESS Error "a NAT gateway's addresses do not fit its kind" "EC2 API, CreateNatGateway"
    MODEL_NAT_OWN_SUBNET Warning "a subnet leads to the NAT gateway that is in it" "VPC guide, NAT gateways (Batfish agrees from tests)"
    MODEL_NAT_PRIVATE_IGW Warning "a private NAT gateway's subnet leads to an internet gateway, which drops what it sends" "VPC guide, NAT gateways"
    MODEL_NAT_WITHOUT_IGW Warning "a public NAT gateway is in a subnet without a route to an internet gateway" "VPC guide, NAT gateways"
    MODEL_NOT_MODELLED Warning "a route leads to a kind that is not modelled yet: answers that meet it are unknown" "-"
    MODEL_PEERING_OVERLAP Error "two peered VPCs have CIDRs in common" "VPC peering guide, VPC peering basics"
    MODEL_PEERING_PAIR Error "a peering of a VPC with itself, or a second one of the same pair" "VPC peering guide, VPC peering basics"
    MODEL_PEERING_ROUTE Warning "a route to a peering is for addresses that the other VPC does not have" "Reachability Analyzer, PCX_REQUIRES_ADDRESS_IN_VPC_CIDR"
    MODEL_PUBLIC_ACCESS_BLOCKED Warning "VPC Block Public Access stops what a route table leads to an internet gateway" "VPC guide, VPC Block Public Access basics"
    MODEL_PUBLIC_IP_UNROUTED Warning "an interface has a public address, and its subnet no route to an internet gateway" "VPC guide, Internet gateways"
    MODEL_QUOTA Warning "more of something than AWS allows" "VPC guide, Amazon VPC quotas"
    MODEL_RESOURCE_ADDRESS Error "a resource configuration names an address outside of the VPC of its gateway" "VPC Lattice API, CreateResourceConfiguration"
    MODEL_RESOURCE_ZONE Warning "an endpoint is in a zone in which the resource gateway has no interface" "VPC Lattice API, CreateResourceGateway"
    MODEL_ROUTE_DUPLICATE Error "a route table has two routes for the same destination" "EC2 API, CreateRoute"
    MODEL_ROUTE_LINK_LOCAL Error "a route is for link-local addresses that are never routed" "VPC guide, Route tables"
    MODEL_ROUTE_LISTS_TIE Warning "two prefix lists with addresses in common lead to different targets" "VPC guide, Route tables"
    MODEL_ROUTE_ONE_SIDED Warning "packets are led somewhere from which none are led back" "VPC peering guide, Update your route tables"
    MODEL_ROUTE_SHADOWED Warning "a propagated route is never used" "Site-to-Site VPN guide, Route tables and VPN route priority"
    MODEL_RULES_MANY Warning "more rules than AWS allows by default" "VPC guide, Amazon VPC quotas"
    MODEL_RULE_PEER Error "a rule has no peer, or one of the other direction" "EC2 API, IpPermission"
    MODEL_RULE_PORTS Error "ports on a protocol that has none" "EC2 API, IpPermission"
    MODEL_SUBNET_OUTSIDE_VPC Error "a subnet is not inside one of its VPC's CIDRs" "VPC guide, Subnet sizing"
    MODEL_SUBNET_OVERLAP Error "two subnets of a VPC, or two CIDRs of it, overlap" "VPC guide, Subnet sizing"
    MODEL_SURICATA_RULE Error "a line is no Suricata rule" "Suricata guide, Rules Format"
    MODEL_TARGET_FAMILY Warning "a route for IPv6 leads to what carries IPv4" "EC2 API, CreateRoute"
    MODEL_TARGET_IDLE Warning "a route's target does not work, so the route is a blackhole" "EC2 API, Route"
    MODEL_TARGET_PUBLIC Warning "a target has a public address" "Network Load Balancer guide, Target groups"
    MODEL_TARGET_ZONE Warning "a target is in a zone without a node, or a node in a zone without a target" "Network Load Balancer guide, Target groups"
    MODEL_TGW_APPLIANCE_MODE Warning "an attachment leads to a firewall in several zones without appliance mode" "Transit gateway guide, Appliance in a shared services VPC"
    MODEL_TGW_ATTACHMENT_TWICE Error "a VPC is attached twice to a transit gateway" "Transit gateway guide, VPC attachments"
    MODEL_TGW_OVERLAP Warning "two VPCs of a transit gateway have CIDRs in common" "Transit gateway guide, VPC attachments"
    MODEL_TGW_PROPAGATION Error "a peering propagates routes" "Transit gateway guide, Peering attachments"
    MODEL_TGW_ROUTE_DUPLICATE Error "a transit gateway route table has two static routes for the same destination" "EC2 API, CreateTransitGatewayRoute"
    MODEL_TGW_SUBNET Error "an attachment has two subnets in a zone, or one without IPv4" "Transit gateway guide, VPC attachments"
    MODEL_TGW_SUBNET_SHARED Warning "an instance is in the subnet of a transit gateway attachment" "Transit gateway guide, Network ACLs"
    MODEL_TGW_UNASSOCIATED Warning "an attachment is associated with no route table" "Transit gateway guide, Transit gateway route tables"
    MODEL_TGW_ZONE Warning "a subnet leads to a transit gateway that has no subnet in its zone" "Transit gateway guide, How transit gateways work"
    MODEL_UNKNOWN_ID Error "something is named that is not there" "-"
    MODEL_WRONG_VPC Error "two things that belong together are in different VPCs" "VPC guide"
}

/// Checks a model. What it names and does not describe is added to its `unknown` section where that is no mistake.
pub fn validate(model: &mut Model) -> Vec<Diagnostic> {
    check(model, None)
}

/// Checks a model of which items of these ids could not be read: what needs the whole model to judge is left for the next
/// run.
pub fn validate_rest(model: &mut Model, unread: &BTreeSet<ResourceId>) -> Vec<Diagnostic> {
    check(model, Some(unread))
}

fn check(model: &mut Model, unread: Option<&BTreeSet<ResourceId>>) -> Vec<Diagnostic> {
    let (unknown, found) = references::check(model, unread);
    model.unknown.extend(unknown);
    let tenants = Tenants::of(model);
    let mut check = Check {
        model,
        tenants,
        errors: found.iter().filter(|one| one.severity == Severity::Error).count(),
        found,
    };
    addresses::check(&mut check);
    filters::check(&mut check);
    if unread.is_none() {
        routes::check(&mut check);
        gateways::check(&mut check);
        nat::check(&mut check);
        transit::check(&mut check);
        balancers::check(&mut check);
        firewalls::check(&mut check);
        inspection::check(&mut check);
        public_access::check(&mut check);
        endpoints::check(&mut check);
        lattice::check(&mut check);
        mirrors::check(&mut check);
        reach::check(&mut check);
        quotas::check(&mut check);
    }
    let mut found = check.found;
    if model.origin == Origin::Imported {
        // It exists, so AWS let it: nothing about it is an error.
        found.iter_mut().for_each(|one| one.severity = Severity::Warning);
    }
    found
}

/// A model under examination.
struct Check<'m> {
    model: &'m Model,
    tenants: Tenants<'m>,
    errors: usize,
    found: Vec<Diagnostic>,
}

impl Check<'_> {
    /// One more finding.
    fn say(&mut self, code: &'static str, place: &Place, message: String) {
        self.keep(code, |model| diagnostic(model, code, place, message));
    }
    /// One more finding, with what would be right.
    fn hint(&mut self, code: &'static str, place: &Place, message: String, hint: &str) {
        self.keep(code, |model| diagnostic(model, code, place, message).hint(hint));
    }
    /// One more finding that concerns something else as well.
    fn both(&mut self, code: &'static str, place: &Place, message: String, other: &Place, why: &str) {
        self.keep(code, |model| {
            let related = model.sources.excerpt(other);
            diagnostic(model, code, place, message).related(related, why)
        });
    }

    /// Keeps a finding, unless there are many of its severity: an error is never lost for warnings.
    fn keep(&mut self, code: &'static str, told: impl FnOnce(&Model) -> Diagnostic) {
        let error = severity(code) == Severity::Error;
        let warnings = self.found.len() - self.errors;
        if (if error { self.errors } else { warnings }) < MISTAKES_MAX {
            self.errors += usize::from(error);
            self.found.push(told(self.model));
        }
    }
}

fn severity(code: &'static str) -> Severity {
    let rule = RULES.iter().find(|rule| rule.code == code);
    rule.map_or(Severity::Error, |rule| rule.severity)
}

fn diagnostic(model: &Model, code: &'static str, place: &Place, message: String) -> Diagnostic {
    Diagnostic {
        severity: severity(code),
        ..Diagnostic::error(code, message)
    }
    .at(model.sources.excerpt(place))
}
