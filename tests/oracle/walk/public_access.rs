//! VPC Block Public Access (VPC guide, "Block public access to VPCs and subnets").

use super::super::edges::{BlockMode, Exclusion};
use super::super::filters::Direction;
use super::super::packet::Packet;
use super::Walk;

/// What talks to the gateway.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Talker {
    Host,
    /// A NAT gateway, or the gateway is an egress-only one.
    Softly,
    /// An endpoint of Network Firewall, for which no exclusion counts.
    Firewall,
    /// The same, to an egress-only gateway.
    FirewallSoftly,
}

impl Walk<'_> {
    /// At the border of a VPC. The subnet is the one of what talks to the gateway. What was let through one way comes back the other.
    pub(super) fn public_access(
        &mut self,
        vpc: &str,
        subnet: Option<&str>,
        way: Direction,
        by: Talker,
        packet: &Packet,
    ) -> Result<(), String> {
        let answers = self
            .crossed
            .iter()
            .any(|(of, other, first)| of == vpc && *other != way && first.reply() == Some(*packet));
        if answers || self.lets(vpc, subnet, way, by) {
            if !self.network.block_public_access.is_empty() {
                self.tell(|| format!("Block Public Access lets it {way:?}"));
            }
            self.crossed.push((vpc.to_owned(), way, *packet));
            return Ok(());
        }
        Err(format!(
            "Block Public Access: {packet}, {way:?} at the border of {vpc}"
        ))
    }

    fn lets(&self, vpc: &str, subnet: Option<&str>, way: Direction, by: Talker) -> bool {
        let network = self.network;
        let Some(mode) = network.block_public_access.get(&network.vpcs[vpc].region) else {
            return true;
        };
        if matches!(by, Talker::Firewall | Talker::FirewallSoftly) {
            return by == Talker::FirewallSoftly && *mode == BlockMode::Ingress;
        }
        let of = |id: &str| network.exclusions.get(id).copied();
        let excluded = [Some(vpc), subnet].map(|id| id.and_then(of));
        if excluded.contains(&Some(Exclusion::Bidirectional)) {
            return true;
        }
        match mode {
            BlockMode::Bidirectional => way == Direction::Out && excluded.contains(&Some(Exclusion::Egress)),
            BlockMode::Ingress => way == Direction::Out && by == Talker::Softly,
        }
    }
}
