//! For people: the verdict in a sentence, what is copied at each interface on the way, and where the copies get to.

use super::{amount, flow};
use crate::analysis::mirror::{Delivered, Delivery, Loss, Mirror, Mirrored, Part, Share, Tap};
use crate::analysis::{Blocker, Finding};
use crate::model::Location;
use crate::network::{Direction, Leg, ResourceRef, RuleRef};
use crate::packet::{PacketSet, Space};
use crate::report::slice::{line, slices, slices_of};
use crate::report::{Style, fix};
use anstyle::{AnsiColor, Style as Ansi};

/// The most slices of a set that are shown.
const SLICES_SHOWN: usize = 3;

/// The answer as text.
pub fn text(mirror: &Mirror, style: Style) -> String {
    let (word, color) = match mirror.verdict {
        Mirrored::Wholly => ("MIRRORED", AnsiColor::Green),
        Mirrored::Partly => ("PARTLY MIRRORED", AnsiColor::Yellow),
        Mirrored::Not => ("NOT MIRRORED", AnsiColor::Red),
        Mirrored::Unknown => ("UNKNOWN", AnsiColor::Magenta),
    };
    let asked = &mirror.finding.asked;
    let way = if asked.one_way { " (one way)" } else { "" };
    let ansi = Ansi::new().bold().fg_color(Some(color.into()));
    let word = match style.color {
        true => format!("{ansi}{word}{ansi:#}"),
        false => word.to_owned(),
    };
    let mut out = format!(
        "{word}  {} → {}  {}{way}\n{}\n",
        asked.from,
        asked.to,
        asked.packets,
        sentence(mirror)
    );
    for line in lines(mirror) {
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn sentence(mirror: &Mirror) -> String {
    let told = |(leg, mirrored): &(Leg, Mirrored)| {
        let what = match leg {
            Leg::Forward => "The request",
            Leg::Return => "the reply",
        };
        let how = match mirrored {
            Mirrored::Wholly => "is copied as a whole, and the copies arrive",
            Mirrored::Partly => "is copied in part by copies that arrive",
            Mirrored::Not => "is not copied by copies that arrive",
            Mirrored::Unknown => "may be copied: the model does not decide it",
        };
        format!("{what} {how}")
    };
    let legs: Vec<String> = mirror.legs.iter().map(told).collect();
    format!("{}.", legs.join("; "))
}

/// Everything but the verdict.
pub fn lines(mirror: &Mirror) -> Vec<String> {
    let mut page = Page {
        space: &mirror.finding.work.space,
        out: Vec::new(),
    };
    for tap in &mirror.taps {
        page.tap(tap);
    }
    if !mirror.deliveries.is_empty() {
        page.say("");
        page.say("Copies");
    }
    for delivery in &mirror.deliveries {
        page.delivery(delivery);
    }
    for note in &mirror.notes {
        page.say("");
        page.say(format!("Note: {note}"));
    }
    page.out
}

struct Page<'a> {
    space: &'a Space,
    out: Vec<String>,
}

impl Page<'_> {
    fn say(&mut self, line: impl Into<String>) {
        self.out.push(line.into());
    }

    fn packets(&self, packets: PacketSet) -> String {
        let all = slices_of(self.space, packets);
        let mut shown: Vec<String> = all.iter().take(SLICES_SHOWN).map(line).collect();
        if all.len() > SLICES_SHOWN {
            shown.push(format!("… {} more", all.len() - SLICES_SHOWN));
        }
        shown.join("; ")
    }

    fn tap(&mut self, tap: &Tap) {
        let leg = match tap.leg {
            Leg::Forward => "Request",
            Leg::Return => "Reply",
        };
        let way = match tap.direction {
            Direction::Egress => "out of",
            Direction::Ingress => "into",
        };
        let name = tap
            .name
            .as_ref()
            .map_or(String::new(), |name| format!(" ({name})"));
        self.say("");
        self.say(format!("{leg}, {way} {}{name}", tap.interface.id));
        for loss in &tap.dropped {
            self.loss(loss, "✗", "dropped before the tap, and not copied");
        }
        for share in &tap.shares {
            self.share(share);
        }
        for loss in &tap.undecided {
            self.loss(
                loss,
                "?",
                "dropped on the way out; whether that is copied AWS does not say",
            );
        }
        if !tap.never.is_empty() {
            let packets = self.packets(tap.never);
            self.say(format!("  ✗ never copied, by no session: {packets}"));
        }
        if !tap.rest.is_empty() {
            let packets = self.packets(tap.rest);
            self.say(format!("  ✗ no session copies {packets}"));
        }
    }

    fn loss(&mut self, loss: &Loss, mark: &str, what: &str) {
        let code = loss.code.map_or(String::new(), |code| format!("{code}, "));
        let component = resource(&loss.component);
        let packets = self.packets(loss.packets);
        self.say(format!("  {mark} {component}: {what}: {packets}"));
        self.say(format!("      {code}{}{}", loss.message, place(loss.at.as_ref())));
    }

    fn share(&mut self, share: &Share) {
        self.say(format!("  {} (number {})", share.session, share.number));
        for part in &share.parts {
            self.part(part);
        }
        if !share.taken.is_empty() {
            let packets = self.packets(share.taken);
            self.say(format!(
                "    – an earlier session has copied {packets}: a packet is copied once"
            ));
        }
        if !share.unsure.is_empty() {
            let packets = self.packets(share.unsure);
            self.say(format!(
                "    ? the model does not describe its filter, which may accept {packets}"
            ));
        }
    }

    fn part(&mut self, part: &Part) {
        let mark = if part.copied { "✓" } else { "✗" };
        let does = if part.copied { "copies" } else { "passes over" };
        let rule = match &part.rule {
            RuleRef::Number(number) => format!("rule {number} {does}"),
            RuleRef::Implicit("amazon-dns") if part.copied => {
                "the network service amazon-dns copies".to_owned()
            }
            RuleRef::Implicit("amazon-dns") => {
                "Amazon's DNS server is no network service of the filter, which passes over".to_owned()
            }
            _ => "no rule accepts".to_owned(),
        };
        let packets = self.packets(part.packets);
        self.say(format!("    {mark} {rule} {packets}{}", place(part.at.as_ref())));
    }

    fn delivery(&mut self, delivery: &Delivery) {
        let (mark, word) = match delivery.state {
            Delivered::Arrive => ("●", "arrive"),
            Delivered::Partly => ("?", "arrive in part"),
            Delivered::Lost => ("✗", "do not arrive"),
            Delivered::Unknown => ("?", "may or may not arrive"),
        };
        let session = &delivery.described;
        let whom = delivery
            .taker
            .as_ref()
            .map_or(String::new(), |taker| format!(" at {taker}"));
        let vni = session
            .vni
            .map_or("a network identifier of AWS's choice".to_owned(), |vni| {
                format!("VNI {vni}")
            });
        self.say(format!(
            "  {mark} {} to {}: {}, in VXLAN with {vni}, {word}{whom}",
            delivery.session,
            session.target,
            amount(session)
        ));
        let sent: Vec<String> = slices(self.space, flow(delivery)).iter().map(line).collect();
        if !sent.is_empty() {
            self.say(format!("      {}", sent.join("; ")));
        }
        if let Some(why) = &delivery.why {
            self.say(format!("      {why}"));
        }
        if let Some(finding) = &delivery.finding {
            self.way(finding);
        }
    }

    fn way(&mut self, finding: &Finding) {
        for blocker in &finding.blockers {
            self.say(format!("      {}", told(blocker)));
            self.say(format!("      fix: {}", fix(finding, blocker)));
        }
        for note in &finding.notes {
            self.say(format!("      {note}"));
        }
    }
}

fn told(blocker: &Blocker) -> String {
    format!(
        "{} at {}{}: {}",
        blocker.code,
        resource(&blocker.component),
        place(blocker.at.as_ref()),
        blocker.message
    )
}

fn resource(resource: &ResourceRef) -> String {
    match resource.id.as_str() == resource.kind {
        true => resource.kind.to_owned(),
        false => format!("{} {}", resource.kind, resource.id),
    }
}

fn place(at: Option<&Location>) -> String {
    at.map(|at| format!(" [{at}]")).unwrap_or_default()
}
