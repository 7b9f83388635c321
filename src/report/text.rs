//! The answer for people: the verdict in a sentence, every hop in order, what works and what fails, who is in the way.

use super::slice::{line, slices, slices_of};
use super::{Subject, fix, members, mirror, repair};
use crate::analysis::mirror::Mirror;
use crate::analysis::repair::Repair;
use crate::analysis::{Action, Blocker, Finding, Hop, Outcome, Verdict, Way};
use crate::evidence::{Evidence, State};
use crate::model::Location;
use crate::network::{Leg, ResourceRef, RuleRef};
use crate::packet::{Cube, PortSet};
use anstyle::{AnsiColor, Style as Ansi};
use std::fmt::Write;

/// How the text looks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    /// Whether to use colours.
    pub color: bool,
}

/// The most ways that are shown in full.
const PATHS_SHOWN: usize = 8;
/// The most slices of a set that are shown.
const SLICES_SHOWN: usize = 12;

/// Port ranges from which clients speak (VPC guide, "Ephemeral ports").
const CLIENTS: [(&str, u16, u16); 4] = [
    ("Linux (32768-60999)", 32768, 60999),
    ("Windows (49152-65535)", 49152, 65535),
    ("NAT gateways, load balancers, Lambda (1024-65535)", 1024, 65535),
    ("Windows before 2008 (1025-5000)", 1025, 5000),
];

/// The answer as text.
pub fn text(subject: Subject<'_>, style: Style) -> String {
    let mut page = Page {
        out: String::new(),
        style,
        finding: subject.finding,
        evidence: subject.evidence,
        repair: subject.repair,
        mirror: subject.mirror,
    };
    page.headline();
    page.members();
    page.paths();
    page.sets();
    page.blockers();
    page.logs();
    page.notes();
    page.repair();
    page.mirror();
    page.out
}

struct Page<'a> {
    out: String,
    style: Style,
    finding: &'a Finding,
    evidence: Option<&'a Evidence>,
    repair: Option<&'a Repair>,
    mirror: Option<&'a Mirror>,
}

impl Page<'_> {
    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    fn paint(&self, ansi: Ansi, text: &str) -> String {
        if self.style.color {
            format!("{ansi}{text}{ansi:#}")
        } else {
            text.to_owned()
        }
    }

    fn headline(&mut self) {
        let finding = self.finding;
        let (word, color) = match finding.verdict {
            Verdict::Reachable => ("REACHABLE", AnsiColor::Green),
            Verdict::PartlyReachable => ("PARTLY REACHABLE", AnsiColor::Yellow),
            Verdict::Blocked => ("BLOCKED", AnsiColor::Red),
            Verdict::Unknown => ("UNKNOWN", AnsiColor::Magenta),
        };
        let asked = &finding.asked;
        let way = if asked.one_way { " (one way)" } else { "" };
        let word = self.paint(Ansi::new().bold().fg_color(Some(color.into())), word);
        let head = format!("{word}  {} → {}  {}{way}", asked.from, asked.to, asked.packets);
        self.line(&head);
        let why = self.why();
        self.line(&why);
    }

    /// Where an end is a set: for which of its members the answer holds.
    fn members(&mut self) {
        for line in members::lines(self.finding) {
            self.line(&line);
        }
    }

    fn why(&self) -> String {
        let finding = self.finding;
        let arrived = finding
            .paths
            .iter()
            .any(|path| path.forward.outcome == Outcome::Delivered);
        match (finding.verdict, finding.blockers.first()) {
            (Verdict::Reachable, _) if finding.asked.one_way => {
                "Every packet asked about arrives.".to_owned()
            }
            (Verdict::Reachable, _) => "Every packet asked about arrives, and its reply returns.".to_owned(),
            (Verdict::Unknown, _) => match self.unknown() {
                Some(hop) => format!(
                    "The model does not decide it: {}{}.",
                    hop.message,
                    place(hop.at.as_ref())
                ),
                None => "The model does not decide it.".to_owned(),
            },
            (Verdict::PartlyReachable, Some(first)) => format!(
                "Some packets get through; the first blocker of the others: {}",
                told(first)
            ),
            (Verdict::Blocked, Some(first)) if arrived => format!(
                "The request arrives, its reply does not come back: {}",
                told(first)
            ),
            (Verdict::Blocked, Some(first)) => format!("Nothing arrives: {}", told(first)),
            _ => "Nothing arrives.".to_owned(),
        }
    }

    fn unknown(&self) -> Option<&Hop> {
        let ways = self
            .finding
            .paths
            .iter()
            .flat_map(|path| std::iter::once(&path.forward).chain(&path.reply));
        ways.flat_map(|way| &way.hops)
            .find(|hop| hop.action == Action::Unknown)
    }

    fn paths(&mut self) {
        let finding = self.finding;
        let several = finding.paths.len() > 1;
        for (index, path) in finding.paths.iter().enumerate().take(PATHS_SHOWN) {
            self.line("");
            let number = if several {
                format!(" {} of {}", index + 1, finding.paths.len())
            } else {
                String::new()
            };
            self.way(&format!("Forward{number}"), &path.forward, (index, Leg::Forward));
            if let Some(reply) = &path.reply {
                self.line("");
                let supposed = if path.forward.outcome == Outcome::Delivered {
                    ""
                } else {
                    ", if the request had arrived"
                };
                self.way(&format!("Return{number}{supposed}"), reply, (index, Leg::Return));
            }
        }
        if finding.paths.len() > PATHS_SHOWN {
            let rest = format!(
                "\n… {} more ways (--format json shows all)",
                finding.paths.len() - PATHS_SHOWN
            );
            self.line(&rest);
        }
    }

    fn way(&mut self, title: &str, way: &Way, (path, leg): (usize, Leg)) {
        let bold = self.paint(Ansi::new().bold(), title);
        self.line(&bold);
        let mut dropped = false;
        for (index, hop) in way.hops.iter().enumerate() {
            self.hop(hop, dropped, (path, leg, index));
            dropped |= hop.action == Action::Drop && way.outcome != Outcome::Delivered;
        }
    }

    fn hop(&mut self, hop: &Hop, supposed: bool, at: (usize, Leg, usize)) {
        let (mark, color) = match hop.action {
            Action::Drop => ("✗", AnsiColor::Red),
            Action::Unknown => ("?", AnsiColor::Magenta),
            Action::Deliver => ("●", AnsiColor::Green),
            Action::Route | Action::Translate => ("→", AnsiColor::Cyan),
            Action::Permit => ("✓", AnsiColor::Green),
        };
        let mark = self.paint(Ansi::new().fg_color(Some(color.into())), mark);
        let name = hop
            .name
            .as_ref()
            .filter(|name| *name != hop.component.id.as_str())
            .map(|name| format!(" ({name})"))
            .unwrap_or_default();
        let supposed = if supposed { "  [if it had passed]" } else { "" };
        let head = format!(
            "  {mark} {}{name}: {}{}{supposed}",
            resource(&hop.component),
            hop.message,
            place(hop.at.as_ref())
        );
        self.line(&head);
        if let Some(code) = hop.code {
            let packets = self.some_slices(&slices_of(&self.finding.work.space, hop.packets), 2);
            let rule = rule(&hop.rule, hop.component.kind);
            let detail = format!("      {code}{rule}: {}", packets.join("; "));
            self.line(&detail);
        }
        self.hop_evidence(at);
    }

    /// The evidence of a crossing stands at the last of its hops.
    fn hop_evidence(&mut self, (path, leg, index): (usize, Leg, usize)) {
        let Some(evidence) = self.evidence else { return };
        let Some(crossing) = evidence
            .at((path, leg, index))
            .filter(|crossing| crossing.hops.1 == index + 1)
        else {
            return;
        };
        let head = format!(
            "      log {} {}: predicted {}, {}: {}",
            crossing.interface,
            crossing.direction.as_str(),
            crossing.predicted,
            state(crossing.state),
            crossing.reason
        );
        let records: Vec<String> = crossing
            .records
            .iter()
            .map(|record| format!("          {}:{}  {}", record.file, record.line, record.text))
            .collect();
        self.line(&head);
        records.iter().for_each(|record| self.line(record));
    }

    fn sets(&mut self) {
        let finding = self.finding;
        let sets = [
            ("Works", &finding.works),
            ("Fails", &finding.fails),
            ("Works for some of AWS's picks", &finding.depends),
            ("Unknown", &finding.unknown),
        ];
        for (title, cubes) in sets.into_iter().filter(|(_, cubes)| !cubes.is_empty()) {
            self.line("");
            let bold = self.paint(Ansi::new().bold(), title);
            self.line(&bold);
            let all = slices(&finding.work.space, cubes);
            for slice in self.some_slices(&all, SLICES_SHOWN) {
                self.line(&format!("  {slice}"));
            }
            if let Some(first) = all.first() {
                self.line(&format!("  for example {}", first.witness));
            }
        }
        self.clients();
    }

    fn some_slices(&self, slices: &[super::slice::Slice], most: usize) -> Vec<String> {
        let mut lines: Vec<String> = slices.iter().take(most).map(line).collect();
        if slices.len() > most {
            lines.push(format!("… {} more", slices.len() - most));
        }
        lines
    }

    /// Which clients a part of the reply's ports serves.
    fn clients(&mut self) {
        let finding = self.finding;
        let partly = finding.verdict == Verdict::PartlyReachable;
        let reply = finding.blockers.iter().any(|blocker| blocker.leg == Leg::Return);
        if !(partly && reply) {
            return;
        }
        let ports = |cubes: &[Cube]| {
            cubes
                .iter()
                .fold(PortSet::empty(), |all, cube| all.union(&cube.source_ports))
        };
        let (works, fails) = (ports(&finding.works), ports(&finding.fails));
        let serves = works.subtract(&fails);
        if serves.is_empty() {
            return;
        }
        self.line("");
        self.line("Replies come back for part of the client ports; usual clients:");
        for (name, low, high) in CLIENTS {
            let range = PortSet::range(low, high);
            let word = if range.is_subset(&serves) {
                "served"
            } else if range.intersect(&serves).is_empty() {
                "not served"
            } else {
                "served in part"
            };
            self.line(&format!("  {name}: {word}"));
        }
    }

    fn blockers(&mut self) {
        let finding = self.finding;
        if finding.blockers.is_empty() {
            return;
        }
        self.line("");
        let bold = self.paint(Ansi::new().bold(), "In the way, in path order");
        self.line(&bold);
        for (index, blocker) in finding.blockers.iter().enumerate() {
            let first = if blocker.first { " (first)" } else { "" };
            self.line(&format!(
                "  {}. {} {}{}{first}",
                index + 1,
                blocker.leg.as_str(),
                told(blocker),
                where_of_several(finding, blocker)
            ));
            self.line(&format!("     fix: {}", fix(finding, blocker)));
        }
    }

    fn logs(&mut self) {
        let Some(evidence) = self.evidence else { return };
        self.line("");
        let bold = self.paint(Ansi::new().bold(), "Flow logs");
        self.line(&format!("{bold}: {}: {}", state(evidence.state), evidence.reason));
        for coverage in &evidence.coverage {
            if let Some(enable) = coverage.enable.as_ref().filter(|_| evidence.records.is_empty()) {
                self.line(&format!(
                    "  {} is seen by no flow log: enable {enable}",
                    coverage.interface
                ));
            }
        }
        for problem in &evidence.problems {
            self.line(&format!("  could not be read: {problem}"));
        }
    }

    fn repair(&mut self) {
        let Some(repair) = self.repair else { return };
        self.line("");
        for line in repair::lines(repair) {
            self.line(&line);
        }
    }

    fn mirror(&mut self) {
        let Some(mirror) = self.mirror else { return };
        self.line("");
        let bold = self.paint(Ansi::new().bold(), "Traffic mirroring");
        let verdict = mirror.verdict.as_str().replace('_', " ");
        self.line(&format!("{bold}: {verdict}"));
        for line in mirror::lines(mirror) {
            self.line(&line);
        }
    }

    fn notes(&mut self) {
        for note in &self.finding.notes {
            self.line("");
            // Writing to a string cannot fail.
            _ = writeln!(self.out, "Note: {note}");
        }
    }
}

/// At which interface, where one rule is in the way at several.
fn where_of_several(finding: &Finding, blocker: &Blocker) -> String {
    let same = |one: &&Blocker| {
        one.leg == blocker.leg
            && one.component == blocker.component
            && one.rule == blocker.rule
            && one.message == blocker.message
    };
    let several = finding.blockers.iter().filter(same).count() > 1;
    match blocker.interface.as_ref().filter(|_| several) {
        Some(interface) => format!(", at {}", interface.id),
        None => String::new(),
    }
}

fn told(blocker: &Blocker) -> String {
    format!(
        "{} at {}{}{}: {}",
        blocker.code,
        resource(&blocker.component),
        rule(&blocker.rule, blocker.component.kind),
        place(blocker.at.as_ref()),
        blocker.message
    )
}

/// Kind and id; the internet is the only one of its kind.
fn resource(resource: &ResourceRef) -> String {
    if resource.id.as_str() == resource.kind {
        return resource.kind.to_owned();
    }
    format!("{} {}", resource.kind, resource.id)
}

/// The rule, where somebody wrote or numbered it; of what a component does by itself the message says enough.
fn rule(rule: &RuleRef, kind: &str) -> String {
    match rule {
        RuleRef::Number(number) => format!(", rule {number}"),
        RuleRef::Route(route) => format!(", route {route}"),
        RuleRef::Default if kind == "network-acl" => ", rule *".to_owned(),
        RuleRef::Default | RuleRef::Implicit(_) => String::new(),
    }
}

fn place(at: Option<&Location>) -> String {
    at.map(|at| format!(" [{at}]")).unwrap_or_default()
}

fn state(state: State) -> &'static str {
    match state {
        State::Corroborated => "corroborated",
        State::Contradicted => "CONTRADICTED",
        State::Weak => "weak",
        State::Inconclusive => "inconclusive",
        State::Silent => "silent",
        State::NotObservable => "not observable",
    }
}
