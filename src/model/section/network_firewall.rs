//! The sections of Network Firewall.

use super::super::sections::items;
use super::{Tags, is_default, is_false};
use crate::model::id::*;
use crate::model::suricata::{Addresses, PortWords};
use crate::model::value::{Cidr, OneOrMany, Ports, ProtocolSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

items! {
    NetworkFirewall: named;
    FirewallPolicy: named;
    RuleGroup: named;
}

sections! {
    /// A firewall of Network Firewall.
    struct NetworkFirewall {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// The VPC whose addresses HOME_NET stands for where nobody says otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub vpc: Option<VpcId>,
        /// Its policy.
        pub policy: FirewallPolicyId,
        /// Its endpoints, by id: routes lead to them. Those of VPC endpoint associations are written here too.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub endpoints: BTreeMap<ResourceId, FirewallEndpoint>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// An endpoint of a firewall.
    struct FirewallEndpoint {
        /// The subnet that it is in.
        pub subnet: SubnetId,
        /// Whether it takes packets.
        #[serde(default, skip_serializing_if = "is_default")]
        pub state: FirewallEndpointState,
    }

    /// What a firewall does.
    struct FirewallPolicy {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// The stateless rule groups; lower priorities are asked first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub stateless: Vec<RuleGroupUse>,
        /// What becomes of packets that no stateless rule matches.
        pub stateless_default: StatelessAction,
        /// What becomes of fragments of UDP datagrams that no stateless rule matches.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub stateless_fragment_default: Option<StatelessAction>,
        /// The stateful rule groups; in strict order each has a priority.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub stateful: Vec<RuleGroupUse>,
        /// In which order stateful rules are asked.
        #[serde(default, skip_serializing_if = "is_default")]
        pub rule_order: RuleOrder,
        /// Strict order: what becomes of packets that no stateful rule decides; none passes them.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub stateful_default: OneOrMany<StatefulDefault>,
        /// What becomes of connections whose beginning the firewall has not seen.
        #[serde(default, skip_serializing_if = "is_default")]
        pub stream_exception: StreamException,
        /// What HOME_NET stands for; the firewall's VPC where left out.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub home_net: OneOrMany<Cidr>,
        /// Whether it decrypts TLS, so that what passes depends on certificates.
        #[serde(default, skip_serializing_if = "is_false")]
        pub tls_inspection: bool,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// A rule group in a policy.
    struct RuleGroupUse {
        /// The rule group.
        pub group: RuleGroupId,
        /// Its priority: lower ones are asked first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub priority: Option<u32>,
        /// Whether its drop rules only alert (the override of a managed group).
        #[serde(default, skip_serializing_if = "is_false")]
        pub alert_only: bool,
    }

    /// A rule group: stateless rules, or one manner of stateful ones.
    struct RuleGroup {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// Stateless rules.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub stateless: Vec<StatelessRule>,
        /// Stateful rules with a header each.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub stateful: Vec<StatefulRule>,
        /// Stateful rules in Suricata's own language, one a line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub suricata: Option<String>,
        /// A list of domains.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub domains: Option<DomainList>,
        /// Whether its rules are AWS's or a partner's and nobody can read them.
        #[serde(default, skip_serializing_if = "is_false")]
        pub managed: bool,
        /// The order for which a stateful group was made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub rule_order: Option<RuleOrder>,
        /// What `$NAME` stands for in addresses, without the sign.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub ip_sets: BTreeMap<String, Vec<Cidr>>,
        /// What `$NAME` stands for in ports.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub port_sets: BTreeMap<String, Ports>,
        /// The prefix list, or another resource, that `@NAME` stands for.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub references: BTreeMap<String, ResourceId>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// A stateless rule: asked of every packet alone, whichever way it goes.
    struct StatelessRule {
        /// Lower ones are asked first; unique in its group.
        pub priority: u32,
        /// What becomes of packets that match.
        pub action: StatelessAction,
        /// The protocols; any where left out.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub protocol: OneOrMany<ProtocolSpec>,
        /// The sources; any where left out.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub source: OneOrMany<Cidr>,
        /// The destinations; any where left out.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub destination: OneOrMany<Cidr>,
        /// Source ports, for TCP and UDP.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub source_ports: Option<Ports>,
        /// Destination ports, for TCP and UDP.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub ports: Option<Ports>,
        /// Whether it looks at TCP flags, so that it matches some packets of a connection and not others.
        #[serde(default, skip_serializing_if = "is_false")]
        pub tcp_flags: bool,
    }

    /// A stateful rule: a header as Suricata's.
    struct StatefulRule {
        /// What becomes of flows that match.
        pub action: StatefulAction,
        /// The protocol: ip, tcp, udp, icmp, or one that is known by what it says, such as tls.
        #[serde(default = "any_protocol", skip_serializing_if = "is_any_protocol")]
        pub protocol: String,
        /// The sources: any, an address, a CIDR, $NAME, !…, or [a,b].
        #[serde(default)]
        pub source: Addresses,
        /// Source ports: any, a port, a range such as 1024:65535, $NAME, !…, or [a,b].
        #[serde(default, skip_serializing_if = "is_default")]
        pub source_ports: PortWords,
        /// Whether it is for packets of both directions.
        #[serde(default, skip_serializing_if = "is_default")]
        pub direction: RuleDirection,
        /// The destinations.
        #[serde(default)]
        pub destination: Addresses,
        /// Destination ports.
        #[serde(default, skip_serializing_if = "is_default")]
        pub ports: PortWords,
        /// Suricata's options, such as `sid:1; flow:to_server`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub options: Option<String>,
    }

    /// A list of domains, compared with what HTTP and TLS requests say.
    struct DomainList {
        /// Whether these alone pass, or these alone do not.
        pub list: DomainListKind,
        /// The domains.
        pub targets: Vec<String>,
        /// Where they are looked for.
        pub inspect: OneOrMany<DomainInspection>,
    }
}

fn any_protocol() -> String {
    "ip".to_owned()
}

fn is_any_protocol(protocol: &str) -> bool {
    protocol.eq_ignore_ascii_case("ip")
}

/// Declares the words of the sections.
macro_rules! words {
    ($($(#[$doc:meta])* enum $name:ident { $($body:tt)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($body)* }
    )*};
}

words! {
    /// Whether an endpoint takes packets.
    #[derive(Default)]
    enum FirewallEndpointState {
        /// It does.
        #[default]
        Ready,
        /// It is being made or changed.
        Pending,
        /// It could not be made.
        Failed,
    }

    /// What a stateless rule does.
    enum StatelessAction {
        /// Lets the packet through, past the stateful rules.
        Pass,
        /// Drops it.
        Drop,
        /// Gives it to the stateful rules.
        Forward,
    }

    /// What a stateful rule does.
    enum StatefulAction {
        /// Lets the flow through, its replies too.
        Pass,
        /// Drops it.
        Drop,
        /// Drops it and says so to the sender.
        Reject,
        /// Writes a log and asks on.
        Alert,
    }

    /// In which order stateful rules are asked.
    #[derive(Default)]
    enum RuleOrder {
        /// Every pass rule, then drop, then reject, then alert, wherever they stand.
        #[default]
        Action,
        /// As written, group by group.
        Strict,
    }

    /// What becomes of packets that no stateful rule decides, in strict order.
    enum StatefulDefault {
        /// Everything is dropped.
        DropStrict,
        /// Connections may open, and what is sent over them is dropped.
        DropEstablished,
        /// As before, once it is known what application speaks.
        DropEstablishedAppLayer,
        /// The same, for what goes to the server.
        DropEstablishedAppLayerToServer,
        /// A log alone.
        AlertStrict,
        /// A log alone.
        AlertEstablished,
        /// A log alone.
        AlertEstablishedAppLayer,
        /// A log alone.
        AlertEstablishedAppLayerToServer,
    }

    /// What becomes of connections whose beginning the firewall has not seen.
    #[derive(Default)]
    enum StreamException {
        /// They are dropped.
        #[default]
        Drop,
        /// They are inspected without what came before.
        Continue,
        /// They are dropped, and the sender is told.
        Reject,
    }

    /// Whether a header is for packets of one direction or both.
    #[derive(Default)]
    enum RuleDirection {
        /// From source to destination.
        #[default]
        Forward,
        /// Either way.
        Any,
    }

    /// Whether a list's domains alone pass, or alone do not.
    enum DomainListKind {
        /// They alone pass.
        Allow,
        /// They do not.
        Deny,
    }

    /// Where domains are looked for.
    enum DomainInspection {
        /// The Host header of HTTP.
        Http,
        /// The server name of TLS.
        Tls,
    }
}
