//! The scopes that are built in: the four that AWS makes in every account, and ours.
//!
//! AWS publishes the names of its four and what they find, not their content (Network Access Analyzer guide,
//! "Amazon-created Network Access Scopes", read 2026-11-23); the content here is our reading of that.

/// A scope that is built in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Library {
    /// Its name.
    pub name: &'static str,
    /// What it finds.
    pub finds: &'static str,
    /// The scope as JSON.
    pub json: &'static str,
}

macro_rules! library {
    ($($name:literal: $finds:literal,)*) => {
        /// All of them.
        pub const LIBRARY: &[Library] = &[$(Library {
            name: $name,
            finds: $finds,
            json: include_str!(concat!("library/", $name, ".json")),
        }),*];
    };
}

library! {
    "All-IGW-Ingress": "what gets from internet gateways to interfaces",
    "AWS-IGW-Egress": "what gets from interfaces to internet gateways",
    "AWS-VPC-Ingress": "what gets into VPCs from gateways and connections",
    "AWS-VPC-Egress": "what gets out of VPCs to gateways and connections",
    "internet-to-ssh": "SSH from the internet",
    "internet-to-rdp": "Remote Desktop and WinRM from the internet",
    "internet-to-databases": "the ports of databases and caches, open to the internet",
    "egress-without-inspection": "ways to the internet around every firewall and inspection endpoint",
    "cross-environment": "between what is tagged Environment=production and Environment=development, either way",
    "public-data": "the internet and what is tagged Tier=data, either way",
    "cardholder-data": "to what is tagged PCI=true, from what is not",
}
