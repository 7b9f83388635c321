//! The fields of a flow log's records, and their order.
//!
//! The default format is version 2's fourteen fields; a custom one names its fields in a header line (S3) or in the flow
//! log's `LogFormat`. Hyphens and underscores are one
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>, read 2026-11-23). A transit gateway's records
//! have their own default (<https://docs.aws.amazon.com/vpc/latest/tgw/tgw-flow-logs.html>, read 2026-11-23).

macro_rules! fields {
    ($($name:ident = $text:literal,)*) => {
        /// The fields that are decoded. The others are known by name, and kept as text.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Field {
            $(#[doc = concat!("`", $text, "`")] $name,)*
            /// Any other one.
            Other,
        }

        fn field(name: &str) -> Field {
            match name {
                $($text => Field::$name,)*
                _ => Field::Other,
            }
        }
    };
}

fields! {
    Version = "version",
    Interface = "interface-id",
    Source = "srcaddr",
    Destination = "dstaddr",
    SourcePort = "srcport",
    DestinationPort = "dstport",
    Protocol = "protocol",
    Packets = "packets",
    Bytes = "bytes",
    Start = "start",
    End = "end",
    Action = "action",
    Status = "log-status",
    TcpFlags = "tcp-flags",
    PacketSource = "pkt-srcaddr",
    PacketDestination = "pkt-dstaddr",
    Direction = "flow-direction",
    TrafficPath = "traffic-path",
    RejectReason = "reject-reason",
    Resource = "resource-id",
    NextHop = "next-hop-interface-id",
    Attachment = "tgw-attachment-id",
    PairAttachment = "tgw-pair-attachment-id",
    LostNoRoute = "packets-lost-no-route",
    LostBlackhole = "packets-lost-blackhole",
    LostMtu = "packets-lost-mtu-exceeded",
    LostTtl = "packets-lost-ttl-expired",
}

/// Every field name of a VPC's records, versions 2 to 11, in AWS's order.
const NAMES: [&str; 54] = [
    "version",
    "account-id",
    "interface-id",
    "srcaddr",
    "dstaddr",
    "srcport",
    "dstport",
    "protocol",
    "packets",
    "bytes",
    "start",
    "end",
    "action",
    "log-status",
    "vpc-id",
    "subnet-id",
    "instance-id",
    "tcp-flags",
    "type",
    "pkt-srcaddr",
    "pkt-dstaddr",
    "region",
    "az-id",
    "sublocation-type",
    "sublocation-id",
    "pkt-src-aws-service",
    "pkt-dst-aws-service",
    "flow-direction",
    "traffic-path",
    "ecs-cluster-arn",
    "ecs-cluster-name",
    "ecs-container-instance-arn",
    "ecs-container-instance-id",
    "ecs-container-id",
    "ecs-second-container-id",
    "ecs-service-name",
    "ecs-task-definition-arn",
    "ecs-task-arn",
    "ecs-task-id",
    "reject-reason",
    "resource-id",
    "encryption-status",
    "instance-tag",
    "instance-tag-2",
    "interface-tag",
    "interface-tag-2",
    "asg-tag",
    "asg-tag-2",
    "interface-type",
    "next-hop-interface-id",
    "next-hop-subnet-id",
    "next-hop-az-id",
    "next-hop-vpc-id",
    "next-hop-interface-type",
];

/// Every field of a transit gateway's records (version 6), in the order of their default format.
const TRANSIT: [&str; 36] = [
    "version",
    "resource-type",
    "account-id",
    "tgw-id",
    "tgw-attachment-id",
    "tgw-src-vpc-account-id",
    "tgw-dst-vpc-account-id",
    "tgw-src-vpc-id",
    "tgw-dst-vpc-id",
    "tgw-src-subnet-id",
    "tgw-dst-subnet-id",
    "tgw-src-eni",
    "tgw-dst-eni",
    "tgw-src-az-id",
    "tgw-dst-az-id",
    "tgw-pair-attachment-id",
    "srcaddr",
    "dstaddr",
    "srcport",
    "dstport",
    "protocol",
    "packets",
    "bytes",
    "start",
    "end",
    "log-status",
    "type",
    "packets-lost-no-route",
    "packets-lost-blackhole",
    "packets-lost-mtu-exceeded",
    "packets-lost-ttl-expired",
    "tcp-flags",
    "region",
    "flow-direction",
    "pkt-src-aws-service",
    "pkt-dst-aws-service",
];

/// How many fields the default format has: the first of [`NAMES`].
const DEFAULT: usize = 14;

/// The fields of a record, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// What they are.
    pub fields: Vec<Field>,
    /// What they are called, with hyphens.
    pub names: Vec<Box<str>>,
}

impl Default for Format {
    fn default() -> Self {
        Self::of(NAMES.iter().take(DEFAULT).copied())
    }
}

impl Format {
    fn of<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        let names: Vec<Box<str>> = names.map(Box::from).collect();
        Self {
            fields: names.iter().map(|name| field(name)).collect(),
            names,
        }
    }

    /// The default format of a transit gateway's flow logs.
    pub fn transit() -> Self {
        Self::of(TRANSIT.into_iter())
    }

    /// The format that a header line names, if the line is one: every word looks like a field's name, and one is known.
    /// AWS adds fields; those are kept as text.
    pub fn from_header(line: &str) -> Option<Self> {
        let shaped = |word: &str| {
            let tail = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
            word.starts_with(|first: char| first.is_ascii_lowercase()) && word.bytes().all(tail)
        };
        if line.is_empty() || !line.split_ascii_whitespace().all(shaped) {
            return None;
        }
        let words: Vec<String> = line
            .split_ascii_whitespace()
            .map(|word| word.replace('_', "-"))
            .collect();
        words
            .iter()
            .any(|word| Self::is_field(word))
            .then(|| Self::of(words.iter().map(String::as_str)))
    }

    /// The format of a `LogFormat`: `${version} ${account-id} …`. The words may be separated by commas, as Athena's are.
    pub fn from_log_format(text: &str) -> Option<Self> {
        if text.trim() == "default" {
            return Some(Self::default());
        }
        Self::from_header(&text.replace(['$', '{', '}'], "").replace(',', " "))
    }

    /// Whether AWS has a field of this name, written with hyphens or underscores.
    pub fn is_field(name: &str) -> bool {
        let name = name.replace('_', "-");
        NAMES.contains(&name.as_str()) || TRANSIT.contains(&name.as_str())
    }

    /// How many fields there are.
    pub fn width(&self) -> usize {
        self.fields.len()
    }

    /// Whether a field is among them.
    pub fn has(&self, field: Field) -> bool {
        self.fields.contains(&field)
    }
}

#[cfg(test)]
mod tests {
    use super::{Field, Format, NAMES};

    #[test]
    fn a_header_is_known_by_its_words() {
        let all = Format::from_header(&NAMES.join(" "));
        assert_eq!(all.map(|format| format.width()), Some(54));
        let parquet = Format::from_header("interface_id pkt_dstaddr some_new_field");
        assert_eq!(
            parquet.map(|format| format.fields),
            Some(vec![Field::Interface, Field::PacketDestination, Field::Other])
        );
        let written = Format::from_log_format("${srcaddr} ${dstaddr}");
        assert_eq!(written, Format::from_header("srcaddr dstaddr"));
        for text in [
            "",
            "2 123456789010 eni-a",
            "some words only",
            "- - -",
            "srcaddr 10.0.0.1",
        ] {
            assert_eq!(Format::from_header(text), None, "{text}");
        }
        assert_eq!(Format::default().width(), 14);
        assert_eq!(
            Format::transit()
                .fields
                .iter()
                .filter(|one| **one == Field::Other)
                .count(),
            17
        );
    }
}
