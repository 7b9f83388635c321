//! What AWS would not let anybody write, and what is probably not meant: rules with stable codes, checked over a whole
//! model so that every mistake is told in one run.
//!
//! The rules are those of the reference's section 11; each names its source in [`RULES`].

mod addresses;
mod filters;
mod gateways;
mod references;
mod routes;

use super::diagnostic::{Diagnostic, Severity};
use super::source::Place;
use super::{Model, Origin, ResourceId, near};
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
    MODEL_CIDR_SIZE Error "a VPC or subnet is larger or smaller than AWS allows" "VPC guide, VPC CIDR blocks and Subnet sizing"
    MODEL_CIDR_UNUSUAL Warning "a VPC's CIDR overlaps addresses that others use" "VPC guide, VPC CIDR blocks"
    MODEL_EDGE_ROUTE Error "an edge route table has a route that AWS does not allow there" "VPC guide, Gateway route tables"
    MODEL_EDGE_ROUTE_NO_PUBLIC_IP Warning "an edge route leads to an interface without a public IPv4 address" "Reachability Analyzer, INGRESS_RTB_NO_PUBLIC_IP"
    MODEL_EIGW_IPV4 Error "a route for IPv4 leads to an egress-only internet gateway" "EC2 API, CreateRoute"
    MODEL_FORWARDER_CHECKED Warning "a route leads to an interface whose source/destination check is on" "EC2 guide, Elastic network interfaces"
    MODEL_GATEWAY_TWICE Error "a VPC has two gateways of a kind of which it can have one" "VPC guide, Amazon VPC quotas"
    MODEL_GROUP_FOREIGN Error "an interface carries a security group of another VPC" "VPC guide, Security groups for multiple VPCs"
    MODEL_GROUP_MISSING Error "an instance's interface carries no security group" "EC2 API, RunInstances (from memory)"
    MODEL_GROUPS_MANY Warning "an interface carries more security groups than AWS allows" "VPC guide, Amazon VPC quotas"
    MODEL_ICMP_PAIR Error "an ICMP code without a type, or a pair on a protocol that has none" "EC2 API, IpPermission"
    MODEL_MAIN_TWICE Error "a VPC has two main route tables or two default network ACLs" "VPC guide, Route tables"
    MODEL_MORE_SPECIFIC_THAN_LOCAL Error "a route inside the VPC's CIDR is not for a whole subnet, or leads to a target that AWS does not allow there" "VPC guide, Route tables"
    MODEL_NACL_RULE_NUMBER Error "a network ACL rule's number is out of range or taken" "EC2 API, CreateNetworkAclEntry"
    MODEL_NACL_SHADOWED Warning "a network ACL rule can never match: an earlier one takes all that it is for" "VPC guide, Network ACLs"
    MODEL_NAT_ADDRESS Error "a NAT gateway's addresses do not fit its kind" "EC2 API, CreateNatGateway"
    MODEL_NAT_WITHOUT_IGW Warning "a public NAT gateway is in a subnet without a route to an internet gateway" "VPC guide, NAT gateways"
    MODEL_NOT_MODELLED Warning "a route leads to a kind that is not modelled yet: answers that meet it are unknown" "-"
    MODEL_PEERING_OVERLAP Error "two peered VPCs have CIDRs in common" "VPC peering guide, VPC peering basics"
    MODEL_PEERING_PAIR Error "a peering of a VPC with itself, or a second one of the same pair" "VPC peering guide, VPC peering basics"
    MODEL_PEERING_ROUTE Warning "a route to a peering is for addresses that the other VPC does not have" "Reachability Analyzer, PCX_REQUIRES_ADDRESS_IN_VPC_CIDR"
    MODEL_PUBLIC_IP_UNROUTED Warning "an interface has a public address, and its subnet no route to an internet gateway" "VPC guide, Internet gateways"
    MODEL_ROUTE_DUPLICATE Error "a route table has two routes for the same destination" "EC2 API, CreateRoute"
    MODEL_ROUTE_LINK_LOCAL Error "a route is for link-local addresses that are never routed" "VPC guide, Route tables"
    MODEL_RULE_PEER Error "a rule has no peer, or one of the other direction" "EC2 API, IpPermission"
    MODEL_RULE_PORTS Error "ports on a protocol that has none" "EC2 API, IpPermission"
    MODEL_RULES_MANY Warning "more rules than AWS allows by default" "VPC guide, Amazon VPC quotas"
    MODEL_SUBNET_OUTSIDE_VPC Error "a subnet is not inside one of its VPC's CIDRs" "VPC guide, Subnet sizing"
    MODEL_SUBNET_OVERLAP Error "two subnets of a VPC, or two CIDRs of it, overlap" "VPC guide, Subnet sizing"
    MODEL_TARGET_IDLE Warning "a route's target does not work, so the route is a blackhole" "EC2 API, Route"
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
    let mut check = Check { model, found };
    addresses::check(&mut check);
    filters::check(&mut check);
    if unread.is_none() {
        routes::check(&mut check);
        gateways::check(&mut check);
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
    found: Vec<Diagnostic>,
}

impl Check<'_> {
    /// One more finding.
    fn say(&mut self, code: &'static str, place: &Place, message: String) {
        self.found.push(diagnostic(self.model, code, place, message));
    }
    /// One more finding, with what would be right.
    fn hint(&mut self, code: &'static str, place: &Place, message: String, hint: &str) {
        self.found
            .push(diagnostic(self.model, code, place, message).hint(hint));
    }
    /// One more finding that concerns something else as well.
    fn both(&mut self, code: &'static str, place: &Place, message: String, other: &Place, why: &str) {
        let related = self.model.sources.excerpt(other);
        self.found
            .push(diagnostic(self.model, code, place, message).related(related, why));
    }
}

fn diagnostic(model: &Model, code: &'static str, place: &Place, message: String) -> Diagnostic {
    let severity = RULES
        .iter()
        .find(|rule| rule.code == code)
        .map_or(Severity::Error, |rule| rule.severity);
    Diagnostic {
        severity,
        ..Diagnostic::error(code, message)
    }
    .at(model.sources.excerpt(place))
}
