//! What an interface does with packets that are not its own: it forwards them, as they are or under its own address, or drops them.

use super::Interface;
use crate::code::ExplanationCode;
use crate::network::{Arrival, Passage, Rewrite, RuleRef, Step, Workspace};
use crate::packet::{Family, PacketSet, PortSet};

impl Interface {
    /// The replies to what a NAT instance sent for others.
    pub(super) fn answers(&self, arrival: &Arrival<'_>, work: &Workspace) -> PacketSet {
        let memory = arrival.undoes().filter(|_| self.stopped.is_none());
        memory.map_or(PacketSet::EMPTY, |memory| {
            let replies = work.space.replies(memory.after);
            work.space.intersect(arrival.packets, replies)
        })
    }

    /// What is for others: as it is, or under this interface's own address.
    pub(super) fn forwarded(&self, packets: PacketSet, answers: PacketSet, work: &Workspace) -> Vec<Step> {
        let id = &self.resource.id;
        let onward = || Passage::over(self.out).anonymous();
        let because = self.says(format!(
            "{id} gives the reply back to the address and port that asked"
        ));
        let mut steps = vec![Step::Restore {
            packets: answers,
            passage: onward(),
            because,
        }];
        let Some(own) = self.translates.as_ref().filter(|_| !self.check) else {
            steps.push(self.foreign(packets, onward(), "destination"));
            return steps;
        };
        let v4 = work.space.plane(packets, Family::V4);
        let rewrite = Rewrite {
            source: Some(own.clone()),
            source_ports: Some(PortSet::range(1024, u16::MAX)),
            ..Rewrite::default()
        };
        let passage = Passage::over(self.out).rewriting(rewrite).sent_by(self.node);
        let passage = match self.vpc.clone() {
            Some(vpc) => passage.sent_from(vpc),
            None => passage.anonymous(),
        };
        let because = self.says(format!("{id} forwards under its own address (`source_nat`)"));
        steps.push(Step::forward(v4, passage, because));
        let v6 = work.space.subtract(packets, v4);
        steps.push(self.foreign(v6, onward(), "destination"));
        steps
    }

    /// What is for others or from others, as it is.
    pub(super) fn foreign(&self, packets: PacketSet, passage: Passage, which: &str) -> Step {
        let id = &self.resource.id;
        if let Some(service) = &self.unmodelled {
            let message = format!("{id} is the interface of a {service}, which forwards nothing for others");
            let because = self.refuses(ExplanationCode::EniAddressRestriction, message);
            return Step::drop(packets, passage, because);
        }
        if !self.check {
            let because = self.says(format!("{id} forwards: its source/destination check is off"));
            return Step::forward(
                packets,
                passage,
                because.assumed().by(RuleRef::Implicit("source-dest-check off")),
            );
        }
        let message =
            format!("{id} does not own the {which} address, and its source/destination check is on");
        Step::drop(
            packets,
            passage,
            self.refuses(ExplanationCode::EniSourceDestCheckRestriction, message),
        )
    }
}
