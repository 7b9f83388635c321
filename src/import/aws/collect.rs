//! Reads a folder of describe dumps: whichever way the files are named and split, what counts is the top-level key.

use super::{firewall_shape, lattice, shape, wan};
use crate::import::{File, broken_json};
use crate::model::census::Counts;
use crate::model::{Census, Diagnostic};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// Something that was read, and from which file.
#[derive(Debug, Clone)]
pub struct Found<T> {
    /// The file.
    pub file: Arc<str>,
    /// The Region that the file's folder names.
    pub region: Option<Arc<str>>,
    /// What was read.
    pub item: T,
}

/// Declares what is collected: the field, AWS's top-level key, the shape.
macro_rules! dump {
    ($($field:ident $key:literal $shape:ident)*) => {
        /// Everything that the files hold.
        #[derive(Debug, Default)]
        pub struct Dump {
            $(#[doc = $key] pub $field: Vec<Found<shape::$shape>>,)*
            /// Entries of prefix lists, by the id of the list.
            pub entries: BTreeMap<String, Vec<shape::PrefixListEntry>>,
            /// Attributes of load balancers and target groups, with what is known of whose they are.
            pub attributes: Vec<(Whose, Vec<shape::Attribute>)>,
            /// The targets of target groups, with what is known of whose they are.
            pub health: Vec<(Whose, Vec<shape::TargetHealthDescription>)>,
            /// Routes of transit gateway route tables, by the id of the table.
            pub transit_routes: BTreeMap<String, Vec<shape::TransitGatewayRoute>>,
            /// Routes of local gateway route tables, by the id of the table.
            pub local_routes: BTreeMap<String, Vec<shape::TransitGatewayRoute>>,
            /// What propagates to transit gateway route tables, by the id of the table.
            pub transit_learned: BTreeMap<String, Vec<shape::TransitGatewayPropagation>>,
            /// Firewalls of Network Firewall.
            pub firewalls: Vec<Found<firewall_shape::DescribedFirewall>>,
            /// Endpoints of firewalls in other VPCs.
            pub firewall_associations: Vec<Found<firewall_shape::DescribedAssociation>>,
            /// Their policies.
            pub firewall_policies: Vec<Found<firewall_shape::DescribedFirewallPolicy>>,
            /// The rule groups of the policies.
            pub rule_groups: Vec<Found<firewall_shape::DescribedRuleGroup>>,
            /// Top-level keys that are not read: how many items each holds.
            pub others: Counts,
            /// What is read: how many items each top-level key holds.
            pub read: Counts,
            /// The same for what says nothing of who reaches whom, or what others say.
            pub aside: Counts,
            /// The top-level keys that were there, empty or not.
            pub seen: BTreeSet<String>,
            /// VPC Block Public Access, one an account and Region.
            pub public_access: Vec<Found<shape::PublicAccessOptions>>,
            /// Core networks of AWS Cloud WAN.
            pub core_networks: Vec<Found<wan::Network>>,
            /// Their policies.
            pub core_policies: Vec<Found<wan::Policy>>,
            /// What is attached to them.
            pub core_attachments: Vec<Found<wan::Attachment>>,
            /// The attached VPCs.
            pub core_vpc_attachments: Vec<Found<wan::VpcAttachment>>,
            /// What there is of VPC Lattice.
            pub lattice: Vec<Found<lattice::Item>>,
            /// Files that were cut off.
            pub truncated: Vec<Arc<str>>,
            /// Files with an answer about one object that do not say which.
            pub nameless: Vec<Arc<str>>,
        }

        /// The keys of calls whose absence is worth a word.
        pub const KEYS: &[&str] = &[$($key),*];

        impl Dump {
            fn list<'de, A: MapAccess<'de>>(&mut self, key: &str, file: &Source, map: &mut A) -> Result<bool, A::Error> {
                match key {
                    $($key => {
                        let items: Vec<shape::$shape> = map.next_value()?;
                        self.counted(key, items.len());
                        self.$field.extend(items.into_iter().map(|item| file.found(item)));
                    })*
                    _ => return Ok(false),
                }
                Ok(true)
            }
        }
    };
}

dump! {
    vpcs "Vpcs" Vpc
    subnets "Subnets" Subnet
    enis "NetworkInterfaces" NetworkInterface
    reservations "Reservations" Reservation
    groups "SecurityGroups" SecurityGroup
    acls "NetworkAcls" NetworkAcl
    tables "RouteTables" RouteTable
    prefix_lists "PrefixLists" PrefixList
    igws "InternetGateways" InternetGateway
    eigws "EgressOnlyInternetGateways" EgressOnlyInternetGateway
    nats "NatGateways" NatGateway
    peerings "VpcPeeringConnections" VpcPeeringConnection
    addresses "Addresses" Address
    flow_logs "FlowLogs" FlowLog
    balancers "LoadBalancers" LoadBalancer
    classic_balancers "LoadBalancerDescriptions" ClassicLoadBalancer
    listeners "Listeners" Listener
    listener_rules "Rules" ListenerRule
    target_groups "TargetGroups" TargetGroup
    balancer_listeners "LoadBalancerListeners" LoadBalancerListeners
    balancer_attributes "LoadBalancerAttributes" LoadBalancerAttributes
    balancer_health "LoadBalancerTargetHealth" TargetGroupHealth
    endpoints "VpcEndpoints" VpcEndpoint
    endpoint_connections "VpcEndpointConnections" VpcEndpointConnection
    endpoint_services "ServiceConfigurations" EndpointServiceConfiguration
    offered_services "ServiceDetails" OfferedService
    transit_gateways "TransitGateways" TransitGateway
    transit_attachments "TransitGatewayAttachments" TransitGatewayAttachment
    transit_vpc_attachments "TransitGatewayVpcAttachments" TransitGatewayVpcAttachment
    transit_peerings "TransitGatewayPeeringAttachments" TransitGatewayPeeringAttachment
    transit_tables "TransitGatewayRouteTables" TransitGatewayRouteTable
    transit_static_routes "TransitGatewayStaticRoutes" TransitGatewayRoutes
    group_associations "SecurityGroupVpcAssociations" SecurityGroupVpcAssociation
    transit_propagations "TransitGatewayPropagations" TransitGatewayPropagations
    public_access_exclusions "VpcBlockPublicAccessExclusions" PublicAccessExclusion
    vpn_gateways "VpnGateways" VpnGateway
    customer_gateways "CustomerGateways" CustomerGateway
    vpn_connections "VpnConnections" VpnConnection
    transit_connects "TransitGatewayConnects" TransitGatewayConnect
    transit_connect_peers "TransitGatewayConnectPeers" TransitGatewayConnectPeer
    local_gateways "LocalGateways" LocalGateway
    local_tables "LocalGatewayRouteTables" LocalGatewayRouteTable
    local_associations "LocalGatewayRouteTableVpcAssociations" LocalGatewayVpcAssociation
    carrier_gateways "CarrierGateways" CarrierGateway
    direct_connect_gateways "directConnectGateways" DirectConnectGateway
    direct_connect_associations "directConnectGatewayAssociations" DirectConnectAssociation
    virtual_interfaces "virtualInterfaces" VirtualInterface
    databases "DBInstances" DbInstance
    mirror_sessions "TrafficMirrorSessions" TrafficMirrorSession
    mirror_filters "TrafficMirrorFilters" TrafficMirrorFilter
    mirror_targets "TrafficMirrorTargets" TrafficMirrorTarget
}

impl Dump {
    /// What became of the items of every key.
    pub fn census(&self) -> Census {
        let lists = |lists: &BTreeMap<String, Vec<_>>| lists.values().map(Vec::len).sum::<usize>();
        let mut mapped = self.read.clone();
        for (key, items) in [
            (
                "Attributes",
                self.attributes.iter().map(|(_, all)| all.len()).sum(),
            ),
            (
                "TargetHealthDescriptions",
                self.health.iter().map(|(_, all)| all.len()).sum(),
            ),
            ("Entries", self.entries.values().map(Vec::len).sum()),
            ("Routes", lists(&self.transit_routes) + lists(&self.local_routes)),
            (
                "TransitGatewayRouteTablePropagations",
                self.transit_learned.values().map(Vec::len).sum(),
            ),
            ("Firewall", self.firewalls.len()),
            ("VpcEndpointAssociation", self.firewall_associations.len()),
            ("FirewallPolicy", self.firewall_policies.len()),
            ("RuleGroup", self.rule_groups.len()),
            ("VpcBlockPublicAccessOptions", self.public_access.len()),
            ("CoreNetwork", self.core_networks.len()),
            ("CoreNetworkPolicy", self.core_policies.len()),
            ("Attachments", self.core_attachments.len()),
            ("VpcAttachment", self.core_vpc_attachments.len()),
        ] {
            add(&mut mapped, key, items);
        }
        Census {
            mapped,
            aside: self.aside.clone(),
            unsupported: self.others.clone(),
            ..Census::default()
        }
    }

    /// So many more items of a key were read.
    fn counted(&mut self, key: &str, items: usize) {
        add(&mut self.read, key, items);
    }
}

fn add(counts: &mut Counts, key: &str, items: usize) {
    if items > 0 {
        *counts.entry(key.to_owned()).or_default() += items;
    }
}

/// Where a file is.
pub struct Source {
    name: Arc<str>,
    region: Option<Arc<str>>,
}

impl Source {
    /// Something that it holds.
    pub fn found<T>(&self, item: T) -> Found<T> {
        Found {
            file: Arc::clone(&self.name),
            region: self.region.clone(),
            item,
        }
    }
}

/// Reads every file; the mistakes of one hide those of no other.
pub fn collect(files: impl Iterator<Item = Result<File, Box<Diagnostic>>>) -> (Dump, Vec<Diagnostic>) {
    let mut dump = Dump::default();
    let mut mistakes = Vec::new();
    for file in files {
        let (name, bytes) = match file {
            Ok(file) => file,
            Err(mistake) => {
                mistakes.push(*mistake);
                continue;
            }
        };
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        if bytes.iter().all(u8::is_ascii_whitespace) {
            // What the AWS command line prints where a service has nothing to say.
            continue;
        }
        if let Err(error) = pages(&mut dump, &name, bytes) {
            let before = "this is not what `aws … --output json` prints";
            mistakes.push(broken_json((&name, bytes), before, &error));
        }
    }
    (dump, mistakes)
}

/// Reads a file; of a call with many pages it may hold the answers one after the other.
fn pages(dump: &mut Dump, name: &Arc<str>, bytes: &[u8]) -> Result<(), serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    loop {
        let source = Source {
            name: Arc::clone(name),
            region: region(name),
        };
        let page = Document {
            dump: &mut *dump,
            source,
        };
        page.deserialize(&mut reader)?;
        if reader.end().is_ok() {
            return Ok(());
        }
        // What a page leaves out the next one has.
        dump.truncated.retain(|cut| cut != name);
    }
}

/// The Region among the folders of a path: `eu-west-1`, `us-gov-west-1`.
fn region(path: &str) -> Option<Arc<str>> {
    let folders = path.rsplit(['/', '\\']).skip(1);
    folders
        .into_iter()
        .find(|folder| is_region(folder))
        .map(Into::into)
}

/// Whether a word is a Region's name.
pub fn is_region(word: &str) -> bool {
    let parts: Vec<&str> = word.split('-').collect();
    let letters = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    match parts.as_slice() {
        [first, middle @ .., last] => {
            first.len() == 2
                && letters(first)
                && !middle.is_empty()
                && middle.iter().all(letters)
                && last.len() == 1
                && last.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    }
}

/// Answers that say nothing of who reaches whom, or what others say, too: rules stand in their groups, tags with what they tag,
/// and with which table an attachment is associated it says itself.
const SILENT: [&str; 22] = [
    "AccountAttributes",
    "Associations",
    "AvailabilityZones",
    "CapacityReservations",
    "Certificates",
    "DBSubnetGroups",
    "DhcpOptions",
    "Hosts",
    "Images",
    "InstanceStatuses",
    "InstanceTypes",
    "KeyPairs",
    "LaunchTemplates",
    "NetworkInsightsAnalyses",
    "NetworkInsightsPaths",
    "PlacementGroups",
    "Regions",
    "ResponseMetadata",
    "SecurityGroupRules",
    "Snapshots",
    "Tags",
    "Volumes",
];

/// One file.
struct Document<'a> {
    dump: &'a mut Dump,
    source: Source,
}

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer of a describe call: a map")
    }

    /// Lists at the top are some other tool's; they say nothing to us.
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { dump, source } = self;
        let mut about = About::of(&source.name);
        let mut answer = firewall_shape::Answer::default();
        let mut lattice = lattice::Answer::default();
        while let Some(key) = map.next_key::<String>()? {
            if dump.list(&key, &source, &mut map)? {
                dump.seen.insert(key);
                continue;
            }
            match key.as_str() {
                "NextToken" => {
                    if map
                        .next_value::<Option<String>>()?
                        .is_some_and(|token| !token.is_empty())
                    {
                        dump.truncated.push(Arc::clone(&source.name));
                    }
                }
                "AdditionalRoutesAvailable" => {
                    if map.next_value::<Option<bool>>()? == Some(true) {
                        dump.truncated.push(Arc::clone(&source.name));
                    }
                }
                "VpcBlockPublicAccessOptions" => {
                    let options = map.next_value()?;
                    dump.public_access.push(source.found(options));
                    dump.seen.insert(key);
                }
                "CoreNetwork" => dump.core_networks.push(source.found(map.next_value()?)),
                "CoreNetworkPolicy" => dump.core_policies.push(source.found(map.next_value()?)),
                "VpcAttachment" => dump.core_vpc_attachments.push(source.found(map.next_value()?)),
                "Attachments" => {
                    let all: Vec<wan::Attachment> = map.next_value()?;
                    dump.core_attachments
                        .extend(all.into_iter().map(|one| source.found(one)));
                }
                "items" => {
                    let others = lattice::list(map.next_value()?, dump, &source);
                    *dump.others.entry(key).or_default() += others;
                }
                _ if about.read(&key, &mut map)?
                    || answer.read(&key, &mut map)?
                    || lattice.read(&key, &mut map)? => {}
                // What marks the version of an answer says nothing of the network.
                "UpdateToken" => drop(map.next_value::<IgnoredAny>()?),
                silent if SILENT.contains(&silent) => {
                    let Count(count) = map.next_value()?;
                    add(&mut dump.aside, &key, count);
                }
                _ => {
                    let Count(count) = map.next_value()?;
                    add(&mut dump.others, &key, count);
                }
            }
        }
        about.add_to(dump);
        answer.add_to(dump, &source);
        lattice.add_to(dump, &source);
        Ok(())
    }
}

/// Whose answer a file holds, where the call was about one object with an ARN.
#[derive(Debug, Clone)]
pub struct Whose {
    arn: Option<String>,
    file: Arc<str>,
}

impl Whose {
    /// Whether it is this object's: its ARN stands beside the answer, or at the end of the file's name with `_` for `/`.
    pub fn is(&self, arn: &str) -> bool {
        let stem = self.file.strip_suffix(".json").unwrap_or(&self.file);
        let flat = arn.replace(['/', ':'], "_");
        match &self.arn {
            Some(own) => own == arn,
            None => stem.ends_with(&arn.replace('/', "_")) || stem.ends_with(&flat),
        }
    }

    /// Whether nothing is known of it.
    pub fn is_nobody(&self) -> bool {
        self.arn.is_none() && !self.file.contains("arn")
    }
}

/// A call about one object: its id, from the file's name or beside the answer, and the answer.
struct About {
    list: Option<String>,
    table: Option<String>,
    /// Of a local gateway.
    local: Option<String>,
    arn: Option<String>,
    file: Arc<str>,
    attributes: Option<Vec<shape::Attribute>>,
    health: Option<Vec<shape::TargetHealthDescription>>,
    entries: Option<Vec<shape::PrefixListEntry>>,
    routes: Option<Vec<shape::TransitGatewayRoute>>,
    learned: Option<Vec<shape::TransitGatewayPropagation>>,
}

impl About {
    fn of(file: &Arc<str>) -> Self {
        Self {
            file: Arc::clone(file),
            list: id_in_name(file, "pl-"),
            table: id_in_name(file, "tgw-rtb-"),
            local: id_in_name(file, "lgw-rtb-"),
            arn: None,
            attributes: None,
            health: None,
            entries: None,
            routes: None,
            learned: None,
        }
    }

    /// Reads the value of a key, if it is of such a call.
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error> {
        match key {
            "PrefixListId" => self.list = map.next_value::<Option<String>>()?.or(self.list.take()),
            "TransitGatewayRouteTableId" => {
                self.table = map.next_value::<Option<String>>()?.or(self.table.take());
            }
            "TargetGroupArn" | "LoadBalancerArn" => self.arn = map.next_value()?,
            "Attributes" => self.attributes = Some(map.next_value()?),
            "TargetHealthDescriptions" => self.health = Some(map.next_value()?),
            "Entries" => self.entries = Some(map.next_value()?),
            "Routes" => self.routes = Some(map.next_value()?),
            "TransitGatewayRouteTablePropagations" => self.learned = Some(map.next_value()?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Keeps what was read; an answer without the id of what it is about is of no use.
    fn add_to(self, dump: &mut Dump) {
        let file = Arc::clone(&self.file);
        let whose = Whose {
            arn: self.arn,
            file: self.file,
        };
        dump.attributes
            .extend(self.attributes.map(|attributes| (whose.clone(), attributes)));
        dump.health.extend(self.health.map(|health| (whose, health)));
        let nameless = &mut dump.nameless;
        let mut lost = |count: usize| {
            if count > 0 {
                nameless.push(Arc::clone(&file));
            }
        };
        match (self.list, self.entries) {
            (Some(id), Some(entries)) => dump.entries.entry(id).or_default().extend(entries),
            (None, Some(entries)) => lost(entries.len()),
            _ => {}
        }
        let local = self.local.or_else(|| {
            let mut routes = self.routes.iter().flatten();
            routes.find_map(|route| route.local_gateway_route_table_id.clone())
        });
        match (&local.clone().or(self.table.clone()), self.routes) {
            (Some(id), Some(routes)) if local.is_some() => {
                dump.local_routes.entry(id.clone()).or_default().extend(routes);
            }
            (Some(id), Some(routes)) => dump.transit_routes.entry(id.clone()).or_default().extend(routes),
            (None, Some(routes)) => lost(routes.len()),
            _ => {}
        }
        match (self.table, self.learned) {
            (Some(id), Some(learned)) => dump.transit_learned.entry(id).or_default().extend(learned),
            (None, Some(learned)) => lost(learned.len()),
            _ => {}
        }
    }
}

/// The id at the end of a file's name, where a call is about one object.
fn id_in_name(name: &str, prefix: &str) -> Option<String> {
    let file = name.rsplit(['/', '\\']).next()?.strip_suffix(".json")?;
    let place = file.rfind(prefix)?;
    (place == 0 || !file.as_bytes()[place - 1].is_ascii_alphanumeric()).then(|| file[place..].to_owned())
}

/// How many items a value holds; nothing else of it is kept.
struct Count(usize);

impl<'de> serde::Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Counting;
        impl<'de> Visitor<'de> for Counting {
            type Value = Count;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Count, A::Error> {
                let mut count = 0;
                while list.next_element::<IgnoredAny>()?.is_some() {
                    count += 1;
                }
                Ok(Count(count))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Count, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Count(1))
            }
            fn visit_str<E>(self, _: &str) -> Result<Count, E> {
                Ok(Count(0))
            }
            fn visit_u64<E>(self, _: u64) -> Result<Count, E> {
                Ok(Count(0))
            }
            fn visit_i64<E>(self, _: i64) -> Result<Count, E> {
                Ok(Count(0))
            }
            fn visit_f64<E>(self, _: f64) -> Result<Count, E> {
                Ok(Count(0))
            }
            fn visit_bool<E>(self, _: bool) -> Result<Count, E> {
                Ok(Count(0))
            }
            fn visit_unit<E>(self) -> Result<Count, E> {
                Ok(Count(0))
            }
        }
        deserializer.deserialize_any(Counting)
    }
}
