//! The fields of a flow log's records, and their order.
//!
//! The default format is version 2's fourteen fields; a custom one names its fields in a header line (S3) or in the flow
//! log's `LogFormat`. Hyphens and underscores are one
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>, read 2026-11-23).

/// The fields that are read. Others are known by name and passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// `interface-id`
    Interface,
    /// `srcaddr`
    Source,
    /// `dstaddr`
    Destination,
    /// `srcport`
    SourcePort,
    /// `dstport`
    DestinationPort,
    /// `protocol`
    Protocol,
    /// `packets`
    Packets,
    /// `start`
    Start,
    /// `end`
    End,
    /// `action`
    Action,
    /// `log-status`
    Status,
    /// `tcp-flags`
    TcpFlags,
    /// `pkt-srcaddr`
    PacketSource,
    /// `pkt-dstaddr`
    PacketDestination,
    /// `flow-direction`
    Direction,
    /// `traffic-path`
    TrafficPath,
    /// `reject-reason`
    RejectReason,
    /// Any other one.
    Other,
}

/// Every field name of versions 2 to 11, in AWS's order.
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

/// How many fields the default format has: the first of [`NAMES`].
const DEFAULT: usize = 14;

/// The fields of a record, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format(pub Vec<Field>);

impl Default for Format {
    fn default() -> Self {
        Self(NAMES.iter().take(DEFAULT).map(|name| field(name)).collect())
    }
}

impl Format {
    /// The format that a header line names, if the line is one: every word looks like a field's name, and one is known.
    /// AWS adds fields, and transit gateways have fields of their own; those are passed over.
    pub fn from_header(line: &str) -> Option<Self> {
        let words: Vec<String> = line
            .split_ascii_whitespace()
            .map(|word| word.replace('_', "-"))
            .collect();
        let known = |word: &String| NAMES.contains(&word.as_str());
        let shaped = |word: &String| {
            let tail = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            word.starts_with(|first: char| first.is_ascii_lowercase()) && word.bytes().all(tail)
        };
        (words.iter().all(shaped) && words.iter().any(known))
            .then(|| Self(words.iter().map(|word| field(word)).collect()))
    }

    /// The format of a `LogFormat`: `${version} ${account-id} …`.
    pub fn from_log_format(text: &str) -> Option<Self> {
        Self::from_header(&text.replace(['$', '{', '}'], ""))
    }
}

fn field(name: &str) -> Field {
    match name {
        "interface-id" => Field::Interface,
        "srcaddr" => Field::Source,
        "dstaddr" => Field::Destination,
        "srcport" => Field::SourcePort,
        "dstport" => Field::DestinationPort,
        "protocol" => Field::Protocol,
        "packets" => Field::Packets,
        "start" => Field::Start,
        "end" => Field::End,
        "action" => Field::Action,
        "log-status" => Field::Status,
        "tcp-flags" => Field::TcpFlags,
        "pkt-srcaddr" => Field::PacketSource,
        "pkt-dstaddr" => Field::PacketDestination,
        "flow-direction" => Field::Direction,
        "traffic-path" => Field::TrafficPath,
        "reject-reason" => Field::RejectReason,
        _ => Field::Other,
    }
}
