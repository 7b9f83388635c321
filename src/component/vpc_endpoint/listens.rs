//! What the services of AWS take at their interface endpoints.
//!
//! HTTPS, unless a service's own guide says otherwise: the PrivateLink guide tells to open port 443 to the endpoint ("Access an
//! AWS service using an interface VPC endpoint"). None answers pings: so it was measured.

use crate::model::{VpcEndpoint, VpcEndpointType};
use crate::network::last_word;
use crate::packet::{Cube, PortSet, Protocol, ProtocolSet};

/// HTTPS, and those ports of which the guides say nothing for all services: plain HTTP.
const HTTPS: u16 = 443;
const HTTP: u16 = 80;

/// Services that take other ports, by what follows the Region in their names.
const PORTS: [(&str, &[(u16, u16)]); 6] = [
    // Amazon S3 guide, "AWS PrivateLink for Amazon S3"; General Reference, "Amazon S3 endpoints".
    ("s3", &[(80, 80), (443, 443)]),
    // Athena guide, "Connect to Athena using an interface endpoint": the drivers stream results over 444.
    ("athena", &[(443, 444)]),
    // Keyspaces guide, "Service endpoints".
    ("cassandra", &[(9142, 9142)]),
    ("cassandra-fips", &[(9142, 9142)]),
    // SES guide, "Connecting to an SMTP endpoint".
    (
        "email-smtp",
        &[(25, 25), (465, 465), (587, 587), (2465, 2465), (2587, 2587)],
    ),
    // IoT Core guide, "Protocols, port mappings, and authentication".
    ("iot.data", &[(443, 443), (8443, 8443), (8883, 8883)]),
];

/// Services of which more than an API is behind the endpoint, so that HTTPS may not be all.
const MORE: [&str; 8] = [
    "transfer.server",
    "appstream.streaming",
    "workspaces",
    "iotwireless.lns",
    "iotwireless.cups",
    "lorawan.lns",
    "lorawan.cups",
    "pcs",
];

/// What takes the packets behind an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listens {
    /// What is certainly taken.
    pub heard: Vec<Cube>,
    /// What may be taken: of this nobody knows.
    pub perhaps: Vec<Cube>,
}

impl Listens {
    /// Of an endpoint whose service the model does not describe.
    pub fn of(endpoint: &VpcEndpoint) -> Self {
        if let Some(spec) = &endpoint.listens {
            let heard = spec.patterns.iter().map(|pattern| Cube {
                protocols: pattern
                    .protocol
                    .map_or_else(ProtocolSet::all, |one| ProtocolSet::one(one.0)),
                destination_ports: pattern.destination_ports.clone(),
                ..Cube::all()
            });
            return Self {
                heard: heard.collect(),
                perhaps: Vec::new(),
            };
        }
        let service = endpoint.service.as_deref().unwrap_or_default();
        if endpoint.kind != VpcEndpointType::Interface || !is_aws(service) {
            return Self::anything();
        }
        let word = after_region(service);
        if let Some((_, ports)) = PORTS.iter().find(|(name, _)| *name == word) {
            return Self {
                heard: vec![tcp(PortSet::from_ranges(ports.iter().copied()))],
                perhaps: Vec::new(),
            };
        }
        let https = vec![tcp(PortSet::one(HTTPS))];
        if MORE.contains(&word) {
            return Self {
                heard: https,
                ..Self::anything()
            };
        }
        Self {
            heard: https,
            perhaps: vec![tcp(PortSet::one(HTTP))],
        }
    }

    /// Somebody else's service may listen to any port.
    fn anything() -> Self {
        let udp = Cube {
            protocols: ProtocolSet::one(Protocol::UDP.0),
            ..Cube::all()
        };
        Self {
            heard: Vec::new(),
            perhaps: vec![tcp(PortSet::all()), udp],
        }
    }
}

fn tcp(ports: PortSet) -> Cube {
    Cube {
        protocols: ProtocolSet::one(Protocol::TCP.0),
        destination_ports: ports,
        ..Cube::all()
    }
}

/// Whether AWS itself offers a service: customers' are named `com.amazonaws.vpce.REGION.vpce-svc-…`.
fn is_aws(service: &str) -> bool {
    let own = ["com.amazonaws.", "aws.", "cn.com.amazonaws."];
    own.iter().any(|prefix| service.starts_with(prefix)) && !last_word(service).starts_with("vpce-svc-")
}

/// What follows the Region in a service's name: `iot.data` of `com.amazonaws.eu-west-1.iot.data`.
fn after_region(service: &str) -> &str {
    let region =
        |word: &&str| word.matches('-').count() >= 2 && word.ends_with(|last: char| last.is_ascii_digit());
    let Some(word) = service.split('.').find(region) else {
        return last_word(service);
    };
    service
        .split_once(word)
        .map_or(service, |(_, rest)| rest.trim_start_matches('.'))
}
