//! What would have to be different, in a sentence.

use super::slice::{Slice, rule, slices_of, some};
use crate::analysis::{Blocker, Finding};
use crate::code::ExplanationCode as Code;
use crate::network::{Direction, Leg, RuleRef};

/// A suggestion for a blocker.
pub fn fix(finding: &Finding, blocker: &Blocker) -> String {
    let slices = slices_of(&finding.work.space, blocker.packets);
    let told = |tell: &dyn Fn(&Slice) -> String| match slices.as_slice() {
        [one] => tell(one),
        [one, rest @ ..] => format!("{} and {} more", tell(one), rest.len()),
        [] => String::new(),
    };
    let packets = told(&|slice| rule(slice, blocker.direction));
    let destinations = told(&|slice| some(&slice.destination));
    let way = match blocker.direction {
        Direction::Ingress => "ingress",
        Direction::Egress => "egress",
    };
    let id = &blocker.component.id;
    match blocker.code {
        Code::EniSgRulesMismatch | Code::SgHasNoRules => {
            format!("add an {way} rule to {id} that allows {packets}")
        }
        Code::SgReferencesNotPreserved => {
            format!("name the sender's addresses instead of its group: allow {packets}")
        }
        Code::SgReferencingSupport => {
            format!(
                "turn on security group referencing support on the transit gateway and both attachments, or allow {packets}"
            )
        }
        Code::SubnetAclRestriction | Code::ElbAclRestriction => acl(blocker, way, &packets),
        Code::FirewallRulesRestriction => {
            let packets = told(&|slice| rule(slice, Direction::Egress));
            firewall(blocker, &packets)
        }
        Code::WhyhopAsymmetricRouting => {
            format!("lead request and reply through the same endpoint of {id}")
        }
        Code::ElbInstalledAzRestriction => format!("give {id} a subnet in the zone of its targets"),
        Code::NoRouteToDestination => format!("add a route for {destinations} to {id}"),
        Code::BadStateRoute => format!("give the route of {id} a target that works"),
        Code::EniSourceDestCheckRestriction => {
            format!("switch the source/destination check of {id} off, if it is meant to forward")
        }
        Code::IgwPublicIpAssociationForEgress => {
            "give the source a public IPv4 address, or lead its route to a NAT gateway".to_owned()
        }
        Code::IgwPrivateIpAssociationForIngress => {
            "ask for a public address of an interface in this VPC, or give it one".to_owned()
        }
        Code::PcxRequiresAddressInVpcCidr => {
            "peering is not transitive: connect the two VPCs themselves, or by a transit gateway".to_owned()
        }
        Code::BadState => format!("bring {id} into a working state"),
        Code::ProtocolRestriction => format!("lead these packets another way than through {id}"),
        Code::NgwSourceAddressReassign => {
            "lead the reply to the internet gateway through which the request came".to_owned()
        }
        Code::WhyhopNoSession => {
            format!("{id} only carries what was begun behind it: begin there, or take another way")
        }
        Code::IngressRtbNoPublicIp => "give the target of the edge route a public IPv4 address".to_owned(),
        Code::IngressRtbTrafficRedirection => {
            "lead the subnet's way out through the same appliance as its way in".to_owned()
        }
        Code::NoPossibleDestination | Code::VpcLocalRouteCidrRestriction => {
            "ask for an address that somebody has".to_owned()
        }
        Code::WhyhopRoutingLoop => format!("break the loop at {id}"),
        _ => format!("see `whyhop explain {}`", blocker.code),
    }
}

fn acl(blocker: &Blocker, way: &str, packets: &str) -> String {
    let id = &blocker.component.id;
    let reply = match blocker.leg {
        Leg::Return => " (a network ACL is stateless: the reply needs a rule of its own)",
        Leg::Forward => "",
    };
    match blocker.rule {
        RuleRef::Number(number) => {
            format!("before rule {number} of {id}, add an {way} rule that allows {packets}{reply}")
        }
        _ => format!("add an {way} rule to {id} that allows {packets}{reply}"),
    }
}

fn firewall(blocker: &Blocker, packets: &str) -> String {
    let id = &blocker.component.id;
    let reply = match blocker.leg {
        Leg::Return => " (or let a stateful rule pass the request, which lets the reply back)",
        Leg::Forward => "",
    };
    match blocker.rule {
        RuleRef::Number(number) => {
            format!("before rule {number} of {id}, add a rule that passes {packets}{reply}")
        }
        _ => format!("add a rule to a rule group of {id} that passes {packets}{reply}"),
    }
}
