//! Elastic IP addresses: a public address for a private one of an interface. No component: the internet gateway
//! translates.
//!
//! One private IPv4 address has at most one public one; an interface's primary one is meant where none is named (EC2 API,
//! `AssociateAddress`). Read 2026-11-23.

use crate::code::ExplanationCode;
use crate::model::{AddressSpec, Model};
use crate::network::{Association, Builder, Kind};
use crate::packet::AddressSet;
use std::net::IpAddr;

/// The kind.
pub struct ElasticIps;

impl Kind for ElasticIps {
    fn name(&self) -> &'static str {
        "elastic-ip"
    }
    fn section(&self) -> Option<&'static str> {
        Some("elastic_ips")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &["addresses that a customer brings and that are not advertised"]
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for ip in model.elastic_ips.values() {
            let Some(id) = &ip.eni else { continue };
            let Some(eni) = model.enis.get(id) else { continue };
            let Some(subnet) = model.subnets.get(&eni.subnet) else {
                continue;
            };
            let primary = eni.ip.iter().find_map(|spec| match spec {
                AddressSpec::Known(IpAddr::V4(address)) => Some(*address),
                _ => None,
            });
            let private = match ip.private_ip.or(primary) {
                Some(address) => AddressSet::one(IpAddr::V4(address)),
                None => builder.addresses_of(eni).0.v4_alone(),
            };
            let open = ip.private_ip.or(primary).is_none();
            let unassigned = open.then(|| builder.place("network-interface", id));
            if eni.public_ip != Some(ip.public_ip) {
                builder.associate(
                    &subnet.vpc,
                    Association {
                        public: ip.public_ip,
                        private,
                        owner: id.into(),
                        unassigned,
                        entrance: None,
                    },
                );
            }
        }
    }

    fn connect(&self, _: &Model, _: &mut Builder<'_>) {}
}
