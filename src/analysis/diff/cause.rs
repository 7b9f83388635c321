//! Which changes bring differences about.
//!
//! Each change is made to the old model alone, and the pairs that differ are asked again: what fares then as it fares in
//! the new network is this change's doing. What no change does alone is the doing of several: of all the changes those
//! that it does not need are taken back, one after the other, until none can be.

use super::{Asking, Build, Cause, Found, Group, Part, Standing, everybody};
use crate::analysis::question::QuestionError;
use crate::model::{Change, ResourceId, with_changes};
use crate::packet::{Header, PacketSet};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The most walks that are made to find out which single change is a cause.
const WALKS_MAX: usize = 200_000;
/// The most causes of several changes that are looked for.
const SEVERAL_MAX: usize = 64;
/// Up to so many changes, every two are tried before more are.
const PAIRS_MAX: usize = 24;

/// What the causes are found from.
pub(super) struct Weighing<'a> {
    pub asking: &'a Asking<'a>,
    pub base: &'a Map<String, Value>,
    pub changes: &'a [Change],
    pub groups: &'a [Group],
    pub found: &'a [Found],
    pub build: &'a Build<'a>,
}

/// What is left to explain of each difference: what opened, and what closed.
type Left = Vec<[PacketSet; 2]>;

/// Causes by their size and their changes.
type Causes = BTreeMap<(usize, Vec<usize>), Cause>;

impl Weighing<'_> {
    pub fn causes(&self) -> Result<Vec<Cause>, QuestionError> {
        let space = &self.asking.work.space;
        let mut causes = Causes::new();
        let whole = |one: &Found| {
            let (opened, closed) = (one.is.above(space, one.was), one.was.above(space, one.is));
            [opened.all(space), closed.all(space)]
        };
        let mut left: Left = self.found.iter().map(whole).collect();
        for (index, one) in self.found.iter().enumerate() {
            let ends = self.own_changes(one);
            if !ends.is_empty() {
                let all = std::mem::replace(&mut left[index], [PacketSet::EMPTY; 2]);
                self.put_down(&mut causes, ends, index, all);
            }
        }
        self.single(&mut causes, &mut left)?;
        self.several(&mut causes, &mut left)?;
        for (index, rest) in left.into_iter().enumerate() {
            self.put_down(&mut causes, Vec::new(), index, rest);
        }
        // Those without an explanation come last.
        let (unexplained, mut sorted): (Vec<_>, Vec<_>) =
            causes.into_iter().partition(|((size, _), _)| *size == 0);
        sorted.extend(unexplained);
        Ok(sorted.into_iter().map(|(_, cause)| cause).collect())
    }

    /// The changes that make or take away the ends themselves.
    fn own_changes(&self, one: &Found) -> Vec<usize> {
        let groups = [one.from, one.to].map(|group| &self.groups[group]);
        let partial = groups.into_iter().filter(|group| group.before != group.after);
        let ids: BTreeSet<&ResourceId> = partial
            .flat_map(|group| group.members.iter().map(|end| &end.id))
            .collect();
        let own = |change: &Change| change.field.is_none() && ids.contains(&change.id);
        let changes = self.changes.iter().enumerate();
        changes
            .filter(|(_, change)| own(change))
            .map(|(index, _)| index)
            .collect()
    }

    fn put_down(
        &self,
        causes: &mut Causes,
        changes: Vec<usize>,
        difference: usize,
        [opened, closed]: [PacketSet; 2],
    ) {
        let space = &self.asking.work.space;
        let one = &self.found[difference];
        let parts = [
            one.is.above(space, one.was).within(space, opened),
            one.was.above(space, one.is).within(space, closed),
        ];
        if parts.iter().all(|part| part.is_empty()) {
            return;
        }
        let cause = causes
            .entry((changes.len(), changes.clone()))
            .or_insert_with(|| Cause {
                changes,
                ..Cause::default()
            });
        let [opened, closed] = parts.map(|packets| Part {
            difference,
            packets: packets.cubes(space),
        });
        cause.opened.extend((!parts[0].is_empty()).then_some(opened));
        cause.closed.extend((!parts[1].is_empty()).then_some(closed));
    }

    /// What each change does alone. Two that do the same alone are both told.
    fn single(&self, causes: &mut Causes, left: &mut Left) -> Result<(), QuestionError> {
        let open = unexplained(left);
        if open.is_empty() || open.len() * self.changes.len() > WALKS_MAX {
            return Ok(());
        }
        let mut explained: Vec<(usize, [PacketSet; 2])> = Vec::new();
        for change in 0..self.changes.len() {
            for (index, done) in self.done(&[change], &open, left)? {
                self.put_down(causes, vec![change], index, done);
                explained.push((index, done));
            }
        }
        self.take(left, explained);
        Ok(())
    }

    /// What several do together.
    fn several(&self, causes: &mut Causes, left: &mut Left) -> Result<(), QuestionError> {
        for _ in 0..SEVERAL_MAX {
            let open = unexplained(left);
            let Some((index, side, packet)) = open.first().and_then(|index| self.example(*index, left))
            else {
                return Ok(());
            };
            let Some(changes) = self.smallest(index, side, &packet)? else {
                // Taken back together the changes do not lead to the old network: nothing to be found here.
                return Ok(());
            };
            let explained = self.done(&changes, &open, left)?;
            for (index, done) in &explained {
                self.put_down(causes, changes.clone(), *index, *done);
            }
            self.take(left, explained);
        }
        Ok(())
    }

    /// A packet that is not explained yet, and whether it opened (0) or closed (1).
    fn example(&self, index: usize, left: &Left) -> Option<(usize, usize, Header)> {
        let space = &self.asking.work.space;
        let [opened, closed] = left[index];
        let opened = space.witness(opened).map(|packet| (index, 0, packet));
        opened.or_else(|| space.witness(closed).map(|packet| (index, 1, packet)))
    }

    fn take(&self, left: &mut Left, explained: Vec<(usize, [PacketSet; 2])>) {
        let space = &self.asking.work.space;
        for (index, [opened, closed]) in explained {
            let [open, close] = left[index];
            left[index] = [space.subtract(open, opened), space.subtract(close, closed)];
        }
    }

    /// Of what is left, that which fares as in the new network when these changes are made.
    fn done(
        &self,
        changes: &[usize],
        of: &[usize],
        left: &Left,
    ) -> Result<Vec<(usize, [PacketSet; 2])>, QuestionError> {
        let space = &self.asking.work.space;
        let mut done = Vec::new();
        for (index, then) in self.made(changes, of)? {
            let (is, [opened, closed]) = (self.found[index].is, left[index]);
            let both = [then.reaches(space, opened, is), is.reaches(space, closed, then)];
            if both != [PacketSet::EMPTY; 2] {
                done.push((index, both));
            }
        }
        Ok(done)
    }

    /// How some differences fare in the old network with some changes made.
    fn made(&self, changes: &[usize], of: &[usize]) -> Result<Vec<(usize, Standing)>, QuestionError> {
        let changes = changes.iter().filter_map(|index| self.changes.get(*index));
        let Some(model) = with_changes(self.base, changes) else {
            return Ok(Vec::new());
        };
        let mut standings = Ok(Vec::new());
        (self.build)(model, &mut |ground| {
            let ends = everybody(ground).into_iter();
            let ends = ends.map(|end| (end.resource.id.clone(), end)).collect();
            let ask = |index: &usize| {
                let between = &self.found[*index].between;
                let (standing, _) = self.asking.standing(ground, &ends, between)?;
                Ok((*index, standing))
            };
            standings = of.iter().map(ask).collect();
        });
        standings
    }

    /// The smallest set of changes that does to a packet what all of them do: two where two are enough and there are not
    /// too many to try, else a set of which none can be taken back.
    fn smallest(
        &self,
        index: usize,
        side: usize,
        packet: &Header,
    ) -> Result<Option<Vec<usize>>, QuestionError> {
        let all: Vec<usize> = (0..self.changes.len()).collect();
        if !self.does(&all, index, side, packet)? {
            return Ok(None);
        }
        if all.len() <= PAIRS_MAX {
            for first in &all {
                for second in all.iter().filter(|second| *second > first) {
                    if self.does(&[*first, *second], index, side, packet)? {
                        return Ok(Some(vec![*first, *second]));
                    }
                }
            }
        }
        let mut needed = all;
        let mut size = needed.len().div_ceil(2).max(1);
        loop {
            let mut start = 0;
            while start < needed.len() {
                let end = (start + size).min(needed.len());
                let without = [&needed[..start], &needed[end..]].concat();
                match !without.is_empty() && self.does(&without, index, side, packet)? {
                    true => needed = without,
                    false => start = end,
                }
            }
            if size == 1 {
                return Ok(Some(needed));
            }
            size = size.div_ceil(2);
        }
    }

    fn does(
        &self,
        changes: &[usize],
        index: usize,
        side: usize,
        packet: &Header,
    ) -> Result<bool, QuestionError> {
        let space = &self.asking.work.space;
        let made = self.made(changes, &[index])?;
        let is = self.found[index].is;
        Ok(made.into_iter().any(|(_, then)| {
            let (upper, lower) = if side == 0 { (is, then) } else { (then, is) };
            !space.contains(upper.above(space, lower).all(space), packet)
        }))
    }
}

/// The differences of which something is left to explain.
fn unexplained(left: &Left) -> Vec<usize> {
    let open = left.iter().enumerate();
    open.filter(|(_, rest)| **rest != [PacketSet::EMPTY; 2])
        .map(|(index, _)| index)
        .collect()
}
