//! Two networks: which packets get through in the one and not in the other, and which change of the model is the cause.
//!
//! Every pair of ends is asked about in both networks with the same walk, and the sets are subtracted. Who is treated
//! alike in both is asked once. A difference is its own cause where an end is new or gone; any other is put down to the
//! changes that bring it about when they alone are made to the old model.

mod align;
mod cause;
mod level;
mod structure;

pub use level::{Standing, Standings};
pub(super) use structure::located;

use super::answer::{Ground, Members, Options, ports_text, reach};
use super::matrix::classes;
use super::question::{Endpoint, QuestionError, Resolver};
use crate::model::{Change, Model, ResourceId, tree};
use crate::network::{ResourceRef, Workspace};
use crate::packet::{Cube, PacketSet, PortSet, Space};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Makes a network of a model, and lets somebody ask on it.
pub type Build<'a> = dyn Fn(Model, &mut dyn FnMut(Ground<'_>)) + 'a;

/// Ends that are treated alike in both networks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The members, in order.
    pub members: Vec<ResourceRef>,
    /// Whether they are in the old network.
    pub before: bool,
    /// Whether they are in the new one.
    pub after: bool,
}

/// Packets between two groups of ends that fare differently.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The group where they begin.
    pub from: usize,
    /// The group where they should arrive.
    pub to: usize,
    /// The members for whom the sets are written.
    pub between: [ResourceId; 2],
    /// What was asked about in either network.
    pub asked: Vec<Cube>,
    /// What became possible, by how sure it is now.
    pub opened: Standings,
    /// What ceased, by how sure it was.
    pub closed: Standings,
}

/// What a cause did to the packets of one difference.
#[derive(Debug, Clone)]
pub struct Part {
    /// Which difference.
    pub difference: usize,
    /// The packets.
    pub packets: Standings,
}

/// The smallest set of changes that brings some differences about.
#[derive(Debug, Clone, Default)]
pub struct Cause {
    /// Which changes; none: the cause was not found.
    pub changes: Vec<usize>,
    /// What it opened.
    pub opened: Vec<Part>,
    /// What it closed.
    pub closed: Vec<Part>,
}

/// All that differs.
#[derive(Debug)]
pub struct Diff {
    /// The packets asked about, in the packet notation.
    pub packets: String,
    /// The source ports, in the port notation.
    pub source_ports: String,
    /// Whether only the arrival was asked for.
    pub one_way: bool,
    /// The ends.
    pub groups: Vec<Group>,
    /// What is written differently.
    pub changes: Vec<Change>,
    /// What fares differently.
    pub differences: Vec<Difference>,
    /// Why; the smallest causes first.
    pub causes: Vec<Cause>,
    /// The names of the ends that have one.
    pub names: BTreeMap<ResourceId, String>,
    /// The space of the sets.
    pub work: Rc<Workspace>,
}

impl Diff {
    /// Whether something became possible, for some of AWS's picks at least.
    pub fn opened(&self) -> bool {
        let sure = |sets: &Standings| !sets.works.is_empty() || !sets.depends.is_empty();
        self.differences.iter().any(|one| sure(&one.opened))
    }
    /// Whether something ceased that worked, for some of AWS's picks at least.
    pub fn closed(&self) -> bool {
        let sure = |sets: &Standings| !sets.works.is_empty() || !sets.depends.is_empty();
        self.differences.iter().any(|one| sure(&one.closed))
    }
    /// Whether there is something that only the model's gaps hold back or let through.
    pub fn undecided(&self) -> bool {
        let unknown = |one: &Difference| !one.opened.unknown.is_empty();
        self.differences.iter().any(unknown)
    }
    /// How many pairs fare differently besides those between these ends with these packets.
    pub fn besides(&self, ends: [&[ResourceRef]; 2], asked: &[Cube]) -> usize {
        let space = &self.work.space;
        let asked = space.cubes_of(asked.to_vec());
        let mut besides = 0;
        for one in &self.differences {
            let members = |group: usize| self.groups.get(group).map_or(&[][..], |group| &group.members);
            let own = |group: usize, ends: &[ResourceRef]| {
                members(group).iter().filter(|end| ends.contains(end)).count()
            };
            let all = members(one.from).len() * members(one.to).len();
            let meant = own(one.from, ends[0]) * own(one.to, ends[1]);
            let sets = [&one.opened, &one.closed];
            let sets = sets
                .into_iter()
                .flat_map(|sets| [&sets.works, &sets.depends, &sets.unknown]);
            let differ = space.cubes_of(sets.flatten().cloned().collect());
            let more = !space.subtract(differ, asked).is_empty();
            besides += (all - meant) + if more { meant } else { 0 };
        }
        besides
    }
    /// The changes that are no cause of anything.
    pub fn idle(&self) -> impl Iterator<Item = &Change> {
        let causes = |index: &usize| self.causes.iter().any(|cause| cause.changes.contains(index));
        let changes = self.changes.iter().enumerate();
        changes
            .filter(move |(index, _)| !causes(index))
            .map(|(_, change)| change)
    }
}

/// A question about both networks.
struct Asking<'a> {
    packets: &'a str,
    options: Options,
    work: Rc<Workspace>,
}

/// A difference, while its causes are looked for.
struct Found {
    from: usize,
    to: usize,
    between: [ResourceId; 2],
    asked: PacketSet,
    was: Standing,
    is: Standing,
}

/// The ends of a network by their ids, and which are alike.
#[derive(Default)]
struct Side {
    ends: BTreeMap<ResourceId, Endpoint>,
    class: BTreeMap<ResourceId, usize>,
    names: BTreeMap<ResourceId, String>,
}

/// Asks all pairs of ends of both networks.
pub fn diff(
    models: [Model; 2],
    packets: &str,
    options: &Options,
    build: &Build<'_>,
) -> Result<Diff, QuestionError> {
    let asking = Asking::new(packets, options);
    let (base, compared, mut diff) = asking.both(models, build)?;
    diff.causes = cause::Weighing {
        asking: &asking,
        base: &base,
        changes: &diff.changes,
        groups: &diff.groups,
        found: &compared,
        build,
    }
    .causes()?;
    Ok(diff)
}

/// The same without its causes: where the changes are one thing, such as a repair.
pub fn effect(
    models: [Model; 2],
    packets: &str,
    options: &Options,
    build: &Build<'_>,
) -> Result<Diff, QuestionError> {
    let (.., diff) = Asking::new(packets, options).both(models, build)?;
    Ok(diff)
}

fn everybody(ground: Ground<'_>) -> Vec<Endpoint> {
    Resolver::new(ground.model, ground.network, ground.index).everybody()
}

impl Side {
    fn of(ground: Ground<'_>) -> Self {
        let mut side = Self::default();
        for (number, class) in classes(ground.model, everybody(ground)).into_iter().enumerate() {
            for end in class.members {
                let id = end.resource.id.clone();
                if let Some(name) = ground.network.name(&id) {
                    side.names.insert(id.clone(), name);
                }
                side.class.insert(id.clone(), number);
                side.ends.insert(id, end);
            }
        }
        side
    }
}

/// The old model's sections, what differs as sets, and the same as it is told.
type Both = (Map<String, Value>, Vec<Found>, Diff);

/// What two networks have in common and what not: the groups of ends, what fares differently, the names.
type Compared = (Vec<Group>, Vec<Found>, BTreeMap<ResourceId, String>);

impl<'a> Asking<'a> {
    fn new(packets: &'a str, options: &Options) -> Self {
        Self {
            packets,
            options: Options {
                both_families: true,
                ..options.clone()
            },
            work: Rc::default(),
        }
    }

    /// Asks both.
    fn both(&self, [old, new]: [Model; 2], build: &Build<'_>) -> Result<Both, QuestionError> {
        let new = align::align(&old, new);
        let trees = [tree(&old), tree(&new)];
        let changes = structure::changes([&old, &new], [&trees[0], &trees[1]]);
        let mut compared = Ok((Vec::new(), Vec::new(), BTreeMap::new()));
        build(old, &mut |before| {
            build(new.clone(), &mut |after| {
                compared = self.compare([before, after]);
            });
        });
        let (groups, found, names) = compared?;
        let space = &self.work.space;
        let told = |one: &Found| Difference {
            from: one.from,
            to: one.to,
            between: one.between.clone(),
            asked: space.cubes(one.asked),
            opened: one.is.above(space, one.was).cubes(space),
            closed: one.was.above(space, one.is).cubes(space),
        };
        let clients = || PortSet::range(1024, u16::MAX);
        let diff = Diff {
            packets: self.packets.to_owned(),
            source_ports: ports_text(&self.options.source_ports.clone().unwrap_or_else(clients)),
            one_way: self.options.one_way,
            differences: found.iter().map(told).collect(),
            groups,
            changes,
            causes: Vec::new(),
            names,
            work: Rc::clone(&self.work),
        };
        let [base, _] = trees;
        Ok((base, found, diff))
    }

    fn compare(&self, grounds: [Ground<'_>; 2]) -> Result<Compared, QuestionError> {
        let sides = grounds.map(Side::of);
        let groups = groups(&sides);
        let mut found = Vec::new();
        for from in 0..groups.len() {
            for to in 0..groups.len() {
                let Some(between) = two(&groups, from, to) else {
                    continue;
                };
                let [was, is] = [
                    self.standing(grounds[0], &sides[0].ends, &between)?,
                    self.standing(grounds[1], &sides[1].ends, &between)?,
                ];
                if was.0 != is.0 {
                    found.push(Found {
                        from,
                        to,
                        between,
                        asked: self.work.space.union(was.1, is.1),
                        was: was.0,
                        is: is.0,
                    });
                }
            }
        }
        let [old, new] = sides;
        let names = old.names.into_iter().chain(new.names).collect();
        Ok((groups, found, names))
    }

    /// What becomes of the packets between two ends, and which packets these are; nothing where one is not there.
    fn standing(
        &self,
        ground: Ground<'_>,
        ends: &BTreeMap<ResourceId, Endpoint>,
        [from, to]: &[ResourceId; 2],
    ) -> Result<(Standing, PacketSet), QuestionError> {
        let nothing = (Standing::NONE, PacketSet::EMPTY);
        let (Some(source), Some(destination)) = (ends.get(from), ends.get(to)) else {
            return Ok(nothing);
        };
        let ends = Members {
            words: [from.as_str(), to.as_str()],
            sources: std::slice::from_ref(source),
            destinations: std::slice::from_ref(destination),
        };
        let Some(pair) = reach(ground, ends, self.packets, &self.options)?.pop() else {
            return Ok(nothing);
        };
        let here = |set| carry(&ground.work.space, &self.work.space, set);
        let standing = Standing {
            works: here(pair.works),
            depends: here(pair.depends),
            unknown: here(pair.unknown),
        };
        Ok((standing, here(pair.asked)))
    }
}

/// A set in another space.
pub(super) fn carry(from: &Space, to: &Space, set: PacketSet) -> PacketSet {
    if set.is_empty() {
        return PacketSet::EMPTY;
    }
    to.cubes_of(from.cubes(set))
}

/// Sorts the ends of both networks into groups that are alike in both, in the order of their first members.
fn groups([old, new]: &[Side; 2]) -> Vec<Group> {
    let ids = old.ends.iter().chain(&new.ends);
    let ids: BTreeMap<&ResourceId, &Endpoint> = ids.collect();
    let mut place: BTreeMap<[Option<usize>; 2], usize> = BTreeMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for (id, end) in ids {
        let key = [old, new].map(|side| side.class.get(id).copied());
        let next = groups.len();
        let at = *place.entry(key).or_insert(next);
        match groups.get_mut(at) {
            Some(group) => group.members.push(end.resource.clone()),
            None => groups.push(Group {
                members: vec![end.resource.clone()],
                before: key[0].is_some(),
                after: key[1].is_some(),
            }),
        }
    }
    groups
}

/// A member of each, different ones.
fn two(groups: &[Group], from: usize, to: usize) -> Option<[ResourceId; 2]> {
    let source = groups.get(from)?.members.first()?;
    let other = groups.get(to)?.members.iter().find(|end| *end != source)?;
    Some([source.id.clone(), other.id.clone()])
}
