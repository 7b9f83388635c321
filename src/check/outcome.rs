//! What became of something that was expected, or was found: the one shape that every report is made of.

use crate::analysis::repair::{Goal, Repair};
use crate::analysis::{Action, Blocker, Finding, Hop, Options};
use crate::model::{Diagnostic, Location};

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// As expected.
    Pass,
    /// Not as expected.
    Fail,
    /// The model does not decide it.
    Unknown,
    /// Not as expected, and put up with.
    Suppressed,
}

impl Status {
    /// `pass`, `fail`, `unknown` or `suppressed`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::Suppressed => "suppressed",
        }
    }
}

/// A sort of outcome: what reports call a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its stable id.
    pub id: &'static str,
    /// What it says.
    pub summary: &'static str,
    /// Why it is so, and what to do.
    pub help: &'static str,
}

/// Every rule, in the order in which reports list them.
pub const RULES: &[Rule] = &[
    Rule {
        id: "expect",
        summary: "An expected answer is another",
        help: "A question of the check file has another answer than the one that is expected. Change the network, or what \
               is expected of it.",
    },
    Rule {
        id: "only",
        summary: "Somebody else gets there",
        help: "The check file promises that nobody else gets packets to something, and somebody does. Close the rule that \
               lets them in, or name them.",
    },
    Rule {
        id: "isolate",
        summary: "Things that never talk can talk",
        help: "The check file promises that sets of things never talk, and packets get from one to another. Close the rule \
               that lets them in.",
    },
    Rule {
        id: "access",
        summary: "A scope finds access",
        help: "Packets get from one end to another on a way that an access scope is about. Close the rule that lets them \
               in, or exclude the way in the scope.",
    },
    Rule {
        id: "opened",
        summary: "A change lets packets through",
        help: "With this change of the model packets get through that did not before. Take the change back, or make it \
               smaller, if that is not what it is for.",
    },
    Rule {
        id: "closed",
        summary: "A change cuts a connection",
        help: "With this change of the model packets no longer get through that did before. Take the change back, or let \
               through what is still needed, if that is not what it is for.",
    },
    Rule {
        id: "shadowed-rule",
        summary: "A rule decides nothing",
        help: "All that a rule is for is taken by others. In a network ACL the one asked first decides; in a security group \
               the others allow it anyway. Remove it, or put it first.",
    },
    Rule {
        id: "unused-group",
        summary: "A security group that nobody carries",
        help: "No interface carries this group and no rule names it. What is unused is opened by mistake and missed in \
               reviews: remove it.",
    },
    Rule {
        id: "ephemeral-gap",
        summary: "A network ACL lets requests pass and not their replies",
        help: "Network ACLs are stateless: a reply needs a rule of its own, for the client's ports. Amazon's advice is \
               1024-65535 (VPC guide, Ephemeral ports).",
    },
    Rule {
        id: "asymmetric-route",
        summary: "The reply takes another way than the request",
        help: "One subnet's route leads to another through a connection, and the way back does not lead through the same \
               connection. Give both the same.",
    },
    Rule {
        id: "world-open-port",
        summary: "A security group lets the whole internet in, on other ports than 80 and 443",
        help: "A rule for 0.0.0.0/0 or ::/0 lets everybody in. Security Hub's control EC2.18 allows it on 80 and 443 only. \
               Name the addresses or groups that need it.",
    },
    Rule {
        id: "overlapping-cidr",
        summary: "Two VPCs have addresses in common",
        help: "Networks whose addresses overlap can be joined neither by peering nor by a transit gateway without \
               translation (VPC guide, VPC CIDR blocks).",
    },
];

/// The question whose answer is not the wanted one.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// From, to, packets.
    pub words: [String; 3],
    /// What else was asked.
    pub options: Options,
    /// What is wanted.
    pub goal: Goal,
}

/// The question behind an outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Where packets begin.
    pub from: String,
    /// Where they should arrive.
    pub to: String,
    /// Which packets.
    pub packets: String,
}

/// One step of the way that explains an outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where the rule is written.
    pub at: Option<Location>,
    /// What happens.
    pub message: String,
}

/// What became of one thing.
#[derive(Debug)]
pub struct Outcome {
    /// The id of its rule.
    pub rule: &'static str,
    /// What its author calls it; else what it is about.
    pub name: String,
    /// What became of it.
    pub status: Status,
    /// Whether it fails the check, or is a warning only.
    pub error: bool,
    /// One sentence.
    pub message: String,
    /// What else there is to say, a line each.
    pub details: Vec<String>,
    /// The question.
    pub question: Option<Question>,
    /// The ids of what it concerns, the first one first.
    pub subjects: Vec<String>,
    /// Where the model says what led to it.
    pub at: Option<Location>,
    /// Where it was expected.
    pub expected_at: Option<Location>,
    /// Why it is expected.
    pub why: Option<String>,
    /// Why it is put up with.
    pub reason: Option<String>,
    /// The way that explains it.
    pub steps: Vec<Step>,
    /// Whether what is in the way was to let packets through, and so is what has to change.
    pub in_the_way: bool,
    /// The answer, where one explains it.
    pub finding: Option<Finding>,
    /// What would be as expected, where edits of the model may bring it about.
    pub wanted: Option<Wanted>,
    /// The edits that do, where that was asked for.
    pub repair: Option<Repair>,
}

impl Outcome {
    /// Nothing to complain of yet.
    pub fn new(rule: &'static str, name: impl Into<String>) -> Self {
        Self {
            rule,
            name: name.into(),
            status: Status::Pass,
            error: true,
            message: String::new(),
            details: Vec::new(),
            question: None,
            subjects: Vec::new(),
            at: None,
            expected_at: None,
            why: None,
            reason: None,
            steps: Vec::new(),
            in_the_way: false,
            finding: None,
            wanted: None,
            repair: None,
        }
    }

    /// Explained by an answer: the rule that decided, the way to it, the components concerned.
    pub fn explain(&mut self, finding: Finding) {
        let blocker = finding.blockers.first();
        let opened = opening(&finding);
        if self.at.is_none() {
            self.at = match blocker {
                Some(first) => first.at.clone(),
                None => opened.and_then(|hop| hop.at.clone()),
            };
        }
        let deciders = blocker.map(|first| first.component.id.to_string());
        let deciders = deciders.or_else(|| opened.map(|hop| hop.author.id.to_string()));
        self.subjects.extend(deciders);
        self.steps = steps(&finding);
        self.finding = Some(finding);
    }

    /// What stays the same about it when lines move: for reports that follow it from run to run.
    pub fn key(&self) -> String {
        let question = self.question.as_ref().map_or_else(String::new, |question| {
            format!("{} {} {}", question.from, question.to, question.packets)
        });
        [self.rule, &self.name, &question, &self.subjects.join(" ")].join("|")
    }
}

/// The rule that let packets in: the last one on a way that arrives which somebody wrote.
pub fn opening(finding: &Finding) -> Option<&Hop> {
    let ways = finding.paths.iter().map(|path| &path.forward);
    let arrived = |hop: &&Hop| hop.action == Action::Deliver;
    let way = ways
        .into_iter()
        .find(|way| way.hops.iter().any(|hop| arrived(&hop)) && !dropped(way))?;
    let written = |hop: &&Hop| hop.at.is_some() && hop.action == Action::Permit;
    let mut written: Vec<&Hop> = way.hops.iter().filter(written).collect();
    written.pop().or_else(|| way.hops.last())
}

fn dropped(way: &crate::analysis::Way) -> bool {
    way.hops.iter().all(|hop| hop.action == Action::Drop)
        || way.outcome != crate::analysis::Outcome::Delivered
}

/// The hops of the first way, there and back.
fn steps(finding: &Finding) -> Vec<Step> {
    let Some(path) = finding.paths.first() else {
        return Vec::new();
    };
    let back = path.reply.iter().flat_map(|way| &way.hops);
    let told = |hop: &Hop| Step {
        at: hop.at.clone(),
        message: match hop.code {
            Some(code) => format!("{}: {code}: {}", hop.component.id, hop.message),
            None => format!("{}: {}", hop.component.id, hop.message),
        },
    };
    path.forward.hops.iter().chain(back).map(told).collect()
}

/// A blocker in one line.
pub fn told(blocker: &Blocker) -> String {
    format!(
        "{} at {} ({}): {}",
        blocker.code,
        blocker.component.id,
        blocker.leg.as_str(),
        blocker.message
    )
}

/// Everything that was checked.
#[derive(Debug, Default)]
pub struct Report {
    /// What was checked: the check file.
    pub name: String,
    /// The outcomes, in the order of the file.
    pub outcomes: Vec<Outcome>,
    /// What is odd about the check file itself.
    pub warnings: Vec<Diagnostic>,
}

impl Report {
    /// How many outcomes there are of a status.
    pub fn count(&self, status: Status) -> usize {
        self.outcomes.iter().filter(|one| one.status == status).count()
    }
    /// Whether something is not as expected, and that is an error.
    pub fn failed(&self) -> bool {
        self.outcomes
            .iter()
            .any(|one| one.status == Status::Fail && one.error)
    }
    /// Whether the model does not decide something.
    pub fn undecided(&self) -> bool {
        self.outcomes
            .iter()
            .any(|one| one.status == Status::Unknown && one.error)
    }
}
