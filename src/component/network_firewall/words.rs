//! What the words of a Suricata rule match: its header as sets, its options as far as they can be known from headers.

use crate::model::{Addresses, Expression, FirewallPolicy, Model, PortWords, RuleGroup, SuricataRule, VpcId};
use crate::network::Leg;
use crate::packet::{AddressSet, Cube, PortSet, Protocol, ProtocolSet};

/// What `$NAME` and `@NAME` stand for in a group's rules.
pub struct Variables<'m> {
    group: &'m RuleGroup,
    home: Option<AddressSet>,
    model: &'m Model,
}

impl<'m> Variables<'m> {
    /// Those of a group in a policy. HOME_NET is the group's own, else the policy's, else the CIDRs of the firewall's VPC
    /// (Network Firewall guide, "Suricata HOME_NET"; that the group's goes before the policy's is from memory).
    pub fn new(group: &'m RuleGroup, policy: &FirewallPolicy, vpc: Option<&VpcId>, model: &'m Model) -> Self {
        let of = |cidrs: &[crate::model::Cidr]| AddressSet::from_cidrs(cidrs.iter().map(|cidr| cidr.net()));
        let of_vpc = || Some(of(&model.vpcs.get(vpc?)?.cidr.0));
        let home = match group.ip_sets.get("HOME_NET") {
            Some(own) => Some(of(own)),
            None if !policy.home_net.is_empty() => Some(of(&policy.home_net.0)),
            None => of_vpc(),
        };
        Self { group, home, model }
    }

    /// The addresses of a variable or reference; none if nobody says.
    pub fn addresses(&self, name: &str) -> Option<AddressSet> {
        if let Some(reference) = name.strip_prefix('@') {
            let id = self.group.references.get(reference)?;
            let list = self.model.prefix_lists.get(id.as_str())?;
            return Some(AddressSet::from_cidrs(list.entries.iter().map(|cidr| cidr.net())));
        }
        let name = name.trim_start_matches('$');
        match (name, self.group.ip_sets.get(name)) {
            ("HOME_NET", _) => self.home.clone(),
            (_, Some(set)) => Some(AddressSet::from_cidrs(set.iter().map(|cidr| cidr.net()))),
            // Everything else, unless the group says otherwise.
            ("EXTERNAL_NET", None) => Some(AddressSet::all().subtract(self.home.as_ref()?)),
            _ => None,
        }
    }

    fn ports(&self, name: &str) -> Option<PortSet> {
        let set = self.group.port_sets.get(name.trim_start_matches('$'))?;
        Some(set.0.clone())
    }
}

/// A kind of set that an expression may stand for.
trait Set: Sized + Clone {
    fn none() -> Self;
    fn all() -> Self;
    fn or(&self, other: &Self) -> Self;
    fn but(&self, other: &Self) -> Self;
}

impl Set for AddressSet {
    fn none() -> Self {
        Self::empty()
    }
    fn all() -> Self {
        Self::all()
    }
    fn or(&self, other: &Self) -> Self {
        self.union(other)
    }
    fn but(&self, other: &Self) -> Self {
        self.subtract(other)
    }
}

impl Set for PortSet {
    fn none() -> Self {
        Self::empty()
    }
    fn all() -> Self {
        Self::all()
    }
    fn or(&self, other: &Self) -> Self {
        self.union(other)
    }
    fn but(&self, other: &Self) -> Self {
        self.subtract(other)
    }
}

/// What an expression stands for; none if it names something of which nobody says what it is. In a list, what is negated is
/// taken away from the rest, or from everything if there is no rest (Suricata guide, "Rules Format").
fn set<T, S: Set>(
    expression: &Expression<T>,
    one: &impl Fn(&T) -> S,
    named: &impl Fn(&str) -> Option<S>,
) -> Option<S> {
    Some(match expression {
        Expression::Any => S::all(),
        Expression::One(value) => one(value),
        Expression::Variable(name) => named(name)?,
        Expression::Not(inner) => S::all().but(&set(inner, one, named)?),
        Expression::List(items) => {
            let (mut with, mut without) = (None, S::none());
            for item in items {
                match item {
                    Expression::Not(inner) => without = without.or(&set(inner, one, named)?),
                    item => with = Some(with.unwrap_or_else(S::none).or(&set(item, one, named)?)),
                }
            }
            with.unwrap_or_else(S::all).but(&without)
        }
    })
}

fn addresses(expression: &Addresses, variables: &Variables<'_>) -> Option<AddressSet> {
    set(expression, &|net| AddressSet::cidr(*net), &|name| {
        variables.addresses(name)
    })
}

fn ports(expression: &PortWords, variables: &Variables<'_>) -> Option<PortSet> {
    let one = |(low, high): &(u16, u16)| PortSet::range(*low, *high);
    set(expression, &one, &|name| variables.ports(name))
}

/// What a header matches, at most.
pub struct Header {
    /// The packets.
    pub cubes: Vec<Cube>,
    /// Whether it matches all of them.
    pub sure: bool,
    /// Whether its protocol is known only by what an open TCP connection carries.
    pub late: bool,
}

/// The packets of a rule's header.
pub fn header(rule: &SuricataRule, variables: &Variables<'_>) -> Header {
    let (protocols, known) = protocol(&rule.protocol);
    let mut sure = known;
    let mut known_or = |set: Option<AddressSet>| {
        sure &= set.is_some();
        set.unwrap_or_else(AddressSet::all)
    };
    let sources = known_or(addresses(&rule.source, variables));
    let destinations = known_or(addresses(&rule.destination, variables));
    let (from, to) = (
        ports(&rule.source_ports, variables),
        ports(&rule.ports, variables),
    );
    sure &= from.is_some() && to.is_some();
    let from = from.unwrap_or_else(PortSet::all);
    let to = to.unwrap_or_else(PortSet::all);
    // What Suricata compares with the ports of a rule in packets that have none is not documented.
    let narrow = !(from.is_all() && to.is_all());
    let portless = !protocols.is_subset(&super::with_ports());
    let (from, to) = if narrow && portless {
        sure = false;
        (PortSet::all(), PortSet::all())
    } else {
        (from, to)
    };
    let cube = Cube {
        protocols,
        source_ports: from,
        destination_ports: to,
        sources,
        destinations,
    };
    let mirrored = rule.both.then(|| Cube {
        protocols: cube.protocols.clone(),
        source_ports: cube.destination_ports.clone(),
        destination_ports: cube.source_ports.clone(),
        sources: cube.destinations.clone(),
        destinations: cube.sources.clone(),
    });
    Header {
        cubes: std::iter::once(cube).chain(mirrored).collect(),
        sure,
        late: !known,
    }
}

/// The protocols of a header's word, and whether the header alone tells it. Words of the application layer are told by what
/// is sent; which transport they may use is Suricata's (guide, "Rules Format", "Protocol").
fn protocol(word: &str) -> (ProtocolSet, bool) {
    let of = |protocols: &[u8]| ProtocolSet::from_ranges(protocols.iter().map(|one| (*one, *one)));
    match word {
        "ip" | "any" => (ProtocolSet::all(), true),
        "tcp" => (of(&[6]), true),
        "udp" => (of(&[17]), true),
        "icmp" => (of(&[1, 58]), true),
        "sctp" => (of(&[132]), true),
        "http" | "http1" | "http2" | "ftp" | "ftp-data" | "tls" | "ssl" | "ssh" | "smtp" | "smb" | "imap"
        | "msn" | "pop3" | "rdp" | "rfb" | "mqtt" | "pgsql" | "modbus" | "websocket" | "telnet" => {
            (of(&[6]), false)
        }
        "quic" | "ntp" | "dhcp" | "tftp" | "ikev2" | "ike" | "snmp" => (of(&[17]), false),
        "dns" | "krb5" | "dcerpc" | "nfs" | "sip" | "dnp3" | "enip" => (of(&[6, 17]), false),
        _ => (ProtocolSet::all(), false),
    }
}

/// What the options of a rule say of headers.
pub struct Options {
    /// The rule's number.
    pub sid: Option<u32>,
    /// Whether they are all understood.
    pub sure: bool,
    /// Whether they can match only what an open TCP connection carries.
    pub late: bool,
    /// The direction that they ask for.
    pub only: Option<Leg>,
    icmp_type: Option<u8>,
    icmp_code: Option<u8>,
}

/// Options that do not change what a rule matches (Suricata guide, "Meta Keywords").
const NEUTRAL: [&str; 10] = [
    "msg",
    "rev",
    "gid",
    "classtype",
    "reference",
    "metadata",
    "priority",
    "target",
    "noalert",
    "alert",
];

/// Options about what a connection carries, by name or by the beginning of it.
const CARRIED: [&str; 12] = [
    "content",
    "pcre",
    "nocase",
    "fast_pattern",
    "startswith",
    "endswith",
    "dotprefix",
    "bsize",
    "app-layer-protocol",
    "ssl_state",
    "ssl_version",
    "urilen",
];
const CARRIED_PREFIXES: [&str; 9] = [
    "tls.", "tls_", "ja3", "ja4", "http.", "http_", "ssh.", "file.", "aws_",
];

/// Reads the options of a rule.
pub fn options(options: &[(String, Option<String>)]) -> Options {
    let mut read = Options {
        sid: None,
        sure: true,
        late: false,
        only: None,
        icmp_type: None,
        icmp_code: None,
    };
    for (keyword, settings) in options {
        let settings = settings.as_deref().unwrap_or_default();
        match keyword.as_str() {
            "sid" => read.sid = settings.parse().ok(),
            "flow" => read.flow(settings),
            "itype" => read.icmp(settings, |read| &mut read.icmp_type),
            "icode" => read.icmp(settings, |read| &mut read.icmp_code),
            word if NEUTRAL.contains(&word) => {}
            word => {
                read.sure = false;
                let carried =
                    CARRIED.contains(&word) || CARRIED_PREFIXES.iter().any(|prefix| word.starts_with(prefix));
                // What asks that something be absent may match a packet that carries nothing.
                read.late |= carried && !settings.starts_with('!');
            }
        }
    }
    read
}

impl Options {
    fn flow(&mut self, settings: &str) {
        for word in settings.split(',').map(str::trim) {
            match word {
                "to_server" | "from_client" => self.only = Some(Leg::Forward),
                "to_client" | "from_server" => self.only = Some(Leg::Return),
                "established" => self.late = true,
                "stateless" => {}
                _ => self.sure = false,
            }
        }
    }

    fn icmp(&mut self, settings: &str, field: impl Fn(&mut Self) -> &mut Option<u8>) {
        match settings.parse() {
            Ok(number) => *field(self) = Some(number),
            Err(_) => self.sure = false,
        }
    }

    /// The packets of a header that the options about ICMP leave.
    pub fn narrow(&self, cubes: Vec<Cube>) -> Vec<Cube> {
        let ports = match (self.icmp_type, self.icmp_code) {
            (None, None) => return cubes,
            (Some(kind), Some(code)) => PortSet::one(u16::from(kind) * 256 + u16::from(code)),
            (Some(kind), None) => PortSet::range(u16::from(kind) * 256, u16::from(kind) * 256 + 255),
            (None, Some(code)) => PortSet::from_ranges(
                (0..=255).map(|kind| (kind * 256 + u16::from(code), kind * 256 + u16::from(code))),
            ),
        };
        let icmp = [Protocol::ICMP, Protocol::ICMPV6].map(|protocol| (protocol.0, protocol.0));
        let icmp = ProtocolSet::from_ranges(icmp);
        let narrowed = cubes.into_iter().map(|cube| Cube {
            protocols: cube.protocols.intersect(&icmp),
            destination_ports: ports.clone(),
            ..cube
        });
        narrowed.collect()
    }
}
