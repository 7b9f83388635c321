//! One question, answered: every member of one end to every member of the other.

use super::finding::{Asked, Finding, Member, Outcome, Pair, Path, Verdict};
use super::index::Index;
use super::quant::Fate;
use super::question::{Between, Endpoint, Packets, QuestionError, Resolver};
use super::walk::{Demands, Ends, Walk};
use super::{assumption, blame};
use crate::model::{Model, near};
use crate::network::{Network, Workspace};
use crate::packet::{Cube, PacketPattern, PacketSet, PortSet, Space, parse_packets};
use std::rc::Rc;

/// What a question may say besides its ends and packets.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The source ports of TCP and UDP; a client's choice, 1024-65535, where none are given.
    pub source_ports: Option<PortSet>,
    /// Whether only the arrival counts.
    pub one_way: bool,
    /// Components that the way there must pass.
    pub through: Vec<String>,
    /// Components that no way may pass.
    pub avoid: Vec<String>,
    /// Whether two interfaces that both have both families are asked about both; a question of somebody's is about IPv4.
    pub both_families: bool,
    /// Only these packets, as they are sent.
    pub sent: Option<Vec<Cube>>,
    /// Only these packets, as they arrive.
    pub arriving: Option<Vec<Cube>>,
    /// Whether the ways end where packets are dropped, and nothing that is merely supposed comes behind.
    pub live: bool,
}

/// The sets of the answer, in the coordinates of the sources.
struct Sets {
    asked: PacketSet,
    fate: Fate,
}

/// The components that `--through` or `--avoid` name, by id or by unique name. A word that names none would demand nothing.
fn demanded(
    words: &[String],
    model: &Model,
    network: &Network,
    index: &Index,
) -> Result<Vec<String>, QuestionError> {
    if words.is_empty() {
        // A large network has many components, and most questions demand none.
        return Ok(Vec::new());
    }
    let graph = network.graph();
    let components = graph.nodes().filter_map(|node| graph.component(node));
    let ids: Vec<&str> = components
        .flat_map(|component| std::iter::once(&component.resource().id).chain(component.part_of()))
        .map(|id| id.as_str())
        .chain(model.security_groups.keys().map(|id| id.as_str()))
        .collect();
    let one = |word: &String| match index.names.get(word).map(Vec::as_slice) {
        _ if ids.contains(&word.as_str()) => Ok(word.clone()),
        Some([one]) => Ok(one.to_string()),
        _ => Err(QuestionError {
            message: format!("no component of the network is called `{word}`"),
            hint: near(
                word,
                ids.iter().copied().chain(index.names.keys().map(String::as_str)),
            )
            .map(|near| format!("did you mean {near}?")),
        }),
    };
    words.iter().map(one).collect()
}

/// Asks whether `from` can reach `to`.
pub fn ask(
    ground: Ground<'_>,
    [from, to, packets]: [&str; 3],
    options: &Options,
) -> Result<Finding, QuestionError> {
    let resolver = Resolver::new(ground.model, ground.network, ground.index);
    let (sources, destinations) = (resolver.endpoints(from)?, resolver.endpoints(to)?);
    let ends = Members {
        words: [from, to],
        sources: &sources,
        destinations: &destinations,
    };
    ask_between(ground, ends, packets, options)
}

/// Asks whether every member of one end can reach every member of the other.
pub fn ask_between(
    ground: Ground<'_>,
    ends: Members<'_>,
    packets: &str,
    options: &Options,
) -> Result<Finding, QuestionError> {
    let words = Words::read(ground, packets, options)?;
    let mut asking = Asking::new(ground, &words, true);
    asking.all(ends)?;
    let members = |ends: &[Endpoint]| ends.iter().map(|end| end.resource.clone()).collect();
    let asked = Asked {
        from: ends.words[0].to_owned(),
        to: ends.words[1].to_owned(),
        packets: packets.to_owned(),
        source_ports: ports_text(&words.source_ports),
        one_way: options.one_way,
        sources: members(ends.sources),
        destinations: members(ends.destinations),
    };
    Ok(asking.finding(asked))
}

/// The sets alone, without what is in the way. Pairs that have nothing to say to each other are left out.
pub fn reach(
    ground: Ground<'_>,
    ends: Members<'_>,
    packets: &str,
    options: &Options,
) -> Result<Vec<Pair>, QuestionError> {
    let words = Words::read(ground, packets, options)?;
    let mut asking = Asking::new(ground, &words, false);
    for source in ends.sources {
        for destination in ends.destinations {
            asking.pair(source, destination, 2)?;
        }
    }
    Ok(asking.pairs)
}

/// A question's words besides its ends, read.
struct Words {
    patterns: Vec<PacketPattern>,
    source_ports: PortSet,
    demands: Demands,
    both_families: bool,
    sent: Option<PacketSet>,
    live: bool,
}

impl Words {
    fn read(ground: Ground<'_>, packets: &str, options: &Options) -> Result<Self, QuestionError> {
        let Ground {
            model,
            network,
            index,
            work,
        } = ground;
        let patterns = parse_packets(packets).map_err(|error| QuestionError {
            message: error.message,
            hint: Some(error.hint),
        })?;
        let clients = || PortSet::range(1024, u16::MAX);
        Ok(Self {
            patterns,
            source_ports: options.source_ports.clone().unwrap_or_else(clients),
            demands: Demands {
                one_way: options.one_way,
                through: demanded(&options.through, model, network, index)?,
                avoid: demanded(&options.avoid, model, network, index)?,
                arriving: options.arriving.clone().map(|cubes| work.space.cubes_of(cubes)),
            },
            both_families: options.both_families,
            sent: options.sent.clone().map(|cubes| work.space.cubes_of(cubes)),
            live: options.live,
        })
    }
}

/// Ports in the port notation.
pub fn ports_text(ports: &PortSet) -> String {
    let range = |&(low, high): &(u16, u16)| {
        if low == high {
            low.to_string()
        } else {
            format!("{low}-{high}")
        }
    };
    ports.ranges().iter().map(range).collect::<Vec<_>>().join(",")
}

/// Where questions are asked: a model, what it means, where its names are looked up, and where sets are kept.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// What the user wrote.
    pub model: &'a Model,
    /// What it means.
    pub network: &'a Network,
    /// Its names.
    pub index: &'a Index,
    /// The sets.
    pub work: &'a Rc<Workspace>,
}

/// The two ends of a question: as they were named, and the members that they stand for.
#[derive(Clone, Copy)]
pub struct Members<'a> {
    /// The words.
    pub words: [&'a str; 2],
    /// Where packets begin.
    pub sources: &'a [Endpoint],
    /// Where they should arrive.
    pub destinations: &'a [Endpoint],
}

struct Asking<'a> {
    network: &'a Network,
    work: &'a Rc<Workspace>,
    demands: &'a Demands,
    packets: Packets<'a>,
    both_families: bool,
    sent: Option<PacketSet>,
    /// Whether what is in the way is asked for, too.
    blame: bool,
    live: bool,
    sets: Sets,
    paths: Vec<Path>,
    notes: Vec<String>,
    pairs: Vec<Pair>,
    /// Why a pair has nothing to say to each other.
    idle: Option<QuestionError>,
}

impl<'a> Asking<'a> {
    fn new(ground: Ground<'a>, words: &'a Words, blame: bool) -> Self {
        Self {
            network: ground.network,
            work: ground.work,
            demands: &words.demands,
            packets: Packets {
                patterns: &words.patterns,
                source_ports: &words.source_ports,
            },
            both_families: words.both_families,
            sent: words.sent,
            blame,
            live: words.live,
            sets: Sets {
                asked: PacketSet::EMPTY,
                fate: Fate::LOST,
            },
            paths: Vec::new(),
            notes: Vec::new(),
            pairs: Vec::new(),
            idle: None,
        }
    }

    /// Every member of one end to every member of the other. Of a set, pairs that share no address family send each other
    /// nothing; when that is so of all, the question makes no sense.
    fn all(&mut self, ends: Members<'_>) -> Result<(), QuestionError> {
        let pairs = ends.sources.len() * ends.destinations.len();
        for source in ends.sources {
            for destination in ends.destinations {
                self.pair(source, destination, pairs)?;
            }
        }
        match self.idle.take() {
            Some(why) if self.pairs.is_empty() => Err(why),
            Some(why) => {
                self.note(&format!("not every pair was asked about: {}", why.message));
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn pair(&mut self, from: &Endpoint, to: &Endpoint, pairs: usize) -> Result<(), QuestionError> {
        // Interfaces of a set are not asked about themselves.
        if pairs > 1 && from.resource == to.resource {
            return Ok(());
        }
        let Some(source) = from.node else {
            let message = format!(
                "nobody in the model has the address {}, so nothing begins there",
                from.resource.id
            );
            return Err(QuestionError {
                message,
                hint: Some("an address of the internet is written internet:ADDRESS".into()),
            });
        };
        let stranger = from.undescribed.or(to.undescribed);
        let between = Between::of(from, to, self.packets.patterns, self.both_families);
        if between.sources.is_empty() {
            let message = format!(
                "{} and {} have no address family in common",
                from.resource.id, to.resource.id
            );
            self.idle.get_or_insert(QuestionError { message, hint: None });
            return Ok(());
        }
        if between.v6_left_out {
            self.note("both ends have IPv6 addresses as well; this answer is about IPv4 (ask by address for the other)");
        }
        let space = &self.work.space;
        let asked = self.packets.set(&between, space);
        let asked = self.sent.map_or(asked, |sent| space.intersect(asked, sent));
        if asked.is_empty() {
            let message = format!("{} sends no such packets to {}", from.resource.id, to.resource.id);
            self.idle.get_or_insert(QuestionError {
                message,
                hint: Some("ICMP is IPv4's, ICMPv6 is IPv6's".into()),
            });
            return Ok(());
        }
        // Of who is not described, the first word is the last.
        let ends = Ends {
            source: stranger.unwrap_or(source),
            destination: self.destination(from, to),
            internet: from.stated || to.stated,
        };
        let fate = self.walk(ends, asked);
        self.pairs.push(Pair {
            from: self.member(from),
            to: self.member(to),
            verdict: verdict(space, asked, fate),
            asked,
            works: fate.works.all,
            depends: space.subtract(fate.works.some, fate.works.all),
            unknown: space.subtract(fate.unknown, fate.works.some),
        });
        self.sets.asked = space.union(self.sets.asked, asked);
        self.sets.fate = self.sets.fate.union(space, fate);
        Ok(())
    }

    fn member(&self, end: &Endpoint) -> Member {
        Member {
            resource: end.resource.clone(),
            name: self.network.name(&end.resource.id),
        }
    }

    /// Where packets should arrive. An address that nobody has may be one that Amazon serves in the source's VPC.
    fn destination(&self, from: &Endpoint, to: &Endpoint) -> Option<crate::network::NodeId> {
        to.node
            .or_else(|| self.network.server(from.vpc.as_ref()?, &to.private))
    }

    fn walk(&mut self, ends: Ends, asked: PacketSet) -> Fate {
        let mut walk = Walk::new(self.network, self.work, ends, self.demands, false);
        let fate = walk.run(asked);
        if !self.blame {
            return fate;
        }
        let mut paths = std::mem::take(&mut walk.paths);
        let mut truncated = walk.truncated;
        if walk.lossy && !self.live {
            let mut past = Walk::new(self.network, self.work, ends, self.demands, true);
            past.run(asked);
            paths = past.paths.into_iter().map(|path| judge(path, &walk)).collect();
            truncated |= past.truncated;
        }
        if truncated {
            self.note("there are more ways than are shown here; the sets are exact all the same");
        }
        self.paths.extend(paths);
        fate
    }

    fn note(&mut self, note: &str) {
        if !self.notes.iter().any(|known| known == note) {
            self.notes.push(note.to_owned());
        }
    }

    fn finding(mut self, asked: Asked) -> Finding {
        let space = &self.work.space;
        let Sets { asked: all, fate } = self.sets;
        let depends = space.subtract(fate.works.some, fate.works.all);
        let unknown = space.subtract(fate.unknown, fate.works.some);
        let fails = space.subtract(all, space.union(fate.works.all, unknown));
        if !depends.is_empty() {
            self.note("some packets work only for some of the source ports that a NAT gateway may pick, or of AWS's other picks");
        }
        self.paths
            .sort_by_key(|path| path.forward.outcome != Outcome::Delivered);
        for note in assumption::notes(&self.paths) {
            self.note(&note);
        }
        let verdict = together(&self.pairs.iter().map(|pair| pair.verdict).collect::<Vec<_>>());
        let mut blockers = blame::blockers(&self.work.space, &self.paths);
        if verdict == Verdict::Reachable {
            for blocker in std::mem::take(&mut blockers) {
                let (code, id) = (blocker.code, &blocker.component.id);
                self.note(&format!(
                    "not every target works: {code} at {id}: {}",
                    blocker.message
                ));
            }
        }
        let space = &self.work.space;
        Finding {
            asked,
            verdict,
            pairs: self.pairs,
            packets: space.cubes(all),
            arrives: space.cubes(fate.arrives.all),
            works: space.cubes(fate.works.all),
            depends: space.cubes(depends),
            fails: space.cubes(fails),
            unknown: space.cubes(unknown),
            blockers,
            paths: self.paths,
            notes: self.notes,
            work: Rc::clone(self.work),
        }
    }
}

/// What a way past drops really came to: the walk that stops at drops knows.
fn judge(mut path: Path, live: &Walk<'_>) -> Path {
    let there = path.forward.links.clone();
    let arrived = live.taken.contains(&(there.clone(), None));
    path.forward.outcome = match (arrived, live.doubtful.contains(&(there.clone(), None))) {
        (true, _) => Outcome::Delivered,
        (false, true) => Outcome::Unknown,
        (false, false) => Outcome::Dropped,
    };
    if let Some(reply) = &mut path.reply {
        let both = (there, Some(reply.links.clone()));
        reply.outcome = match (live.taken.contains(&both), live.doubtful.contains(&both)) {
            (true, _) => Outcome::Delivered,
            (false, true) => Outcome::Unknown,
            (false, false) => Outcome::Dropped,
        };
    }
    path
}

fn verdict(space: &Space, asked: PacketSet, fate: Fate) -> Verdict {
    let unknown = space.subtract(fate.unknown, fate.works.all);
    let lost = space.subtract(asked, space.union(fate.works.some, unknown));
    if fate.works.all == asked {
        Verdict::Reachable
    } else if !unknown.is_empty() && (fate.works.some.is_empty() || lost.is_empty()) {
        Verdict::Unknown
    } else if fate.works.some.is_empty() {
        Verdict::Blocked
    } else {
        Verdict::PartlyReachable
    }
}

/// The verdict over all pairs: `reachable` means all, `blocked` means none.
pub fn together(verdicts: &[Verdict]) -> Verdict {
    let has = |verdict| verdicts.contains(&verdict);
    let all = |verdict| verdicts.iter().all(|other| *other == verdict);
    if all(Verdict::Reachable) {
        Verdict::Reachable
    } else if all(Verdict::Blocked) {
        Verdict::Blocked
    } else if has(Verdict::PartlyReachable) || (has(Verdict::Reachable) && has(Verdict::Blocked)) {
        Verdict::PartlyReachable
    } else {
        Verdict::Unknown
    }
}
