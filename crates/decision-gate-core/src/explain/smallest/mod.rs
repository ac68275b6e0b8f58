//! A smallest set of changes that makes gates come out as wanted.
//!
//! Conditions are numbered, and each may be given a truth at a price. Where no condition stands in the gates twice, one
//! walk over the trees finds the cheapest set. Where some do, those are tried in every way, cheapest first and cut off
//! as soon as a way can't beat the best, and the walk does the rest; that is exact as well. Beyond a limit of work a set
//! is still given, made small until no part of it does, and not called the smallest.

mod search;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

pub(super) use self::tree::{Leaf, Node};
use crate::condition::Truth;

/// The most leaves that one search looks at: about a millisecond.
pub(super) const WORK: usize = 100_000;

/// What changes cost: how many there are, then how much trouble they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cost {
    /// How many changes.
    pub(super) changes: u32,
    /// The sum of their trouble.
    pub(super) trouble: u32,
}

impl Cost {
    /// Nothing to do.
    pub(super) const NONE: Self = Self { changes: 0, trouble: 0 };

    /// Both.
    pub(super) fn and(self, other: Self) -> Self {
        Self { changes: self.changes + other.changes, trouble: self.trouble + other.trouble }
    }
}

/// A condition, and what it costs to make it False and True; nothing where it can't be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Atom {
    pub(super) to_false: Option<Cost>,
    pub(super) to_true: Option<Cost>,
}

impl Atom {
    fn cost(&self, want: bool) -> Option<Cost> {
        if want { self.to_true } else { self.to_false }
    }
}

/// What is settled about a condition while the search goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fix {
    /// Nothing: it stands in the trees once.
    Open,
    /// It stays as it is.
    Keep,
    /// It is given this truth, and that is paid for.
    Set(bool),
    /// It is not settled yet, so for a lower bound it costs nothing.
    Gift,
}

/// What a gate must come out as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// True.
    True,
    /// False.
    False,
    /// Either of them.
    Decided,
}

impl Want {
    fn is_met_by(self, truth: Truth) -> bool {
        match self {
            Self::True => truth == Truth::True,
            Self::False => truth == Truth::False,
            Self::Decided => truth != Truth::Unknown,
        }
    }

    /// The truths that do.
    pub(super) fn truths(self) -> &'static [bool] {
        match self {
            Self::True => &[true],
            Self::False => &[false],
            Self::Decided => &[true, false],
        }
    }
}

/// Gates by number, and what each must come out as.
pub(super) type Goal = Vec<(usize, Want)>;

/// Conditions by number, and what each is to become.
pub(super) type Changes = BTreeMap<usize, bool>;

/// Gates and conditions.
#[derive(Debug)]
pub(super) struct Puzzle {
    /// One for each gate.
    pub(super) trees: Vec<Node>,
    /// One for each condition.
    pub(super) atoms: Vec<Atom>,
}

/// What a search came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// These changes reach the goal of that number.
    Changes {
        /// What to change.
        changes: Changes,
        /// What that costs.
        cost: Cost,
        /// Which goal.
        goal: usize,
        /// Whether it is shown that fewer don't do.
        smallest: bool,
    },
    /// No changes do; or none were found within the limit.
    Nothing {
        /// Whether it is shown that none do.
        shown: bool,
    },
}

impl Puzzle {
    /// The cheapest changes that reach any of the goals; of goals at the same number of changes, the first.
    pub(super) fn solve(&self, goals: &[Goal], limit: usize) -> Found {
        let mut work = 0;
        let mut best: Option<Candidate> = None;
        let mut exact = true;
        for goal in goals {
            let beyond = best.as_ref().map(|best| best.number);
            let (found, all) = search::search(self, goal, beyond, &mut work, limit);
            exact &= all;
            let found = if all { found } else { self.smaller(found, self.any_set(goal), goals) };
            best = best.into_iter().chain(found.and_then(|changes| self.candidate(changes, goals))).min();
        }
        // A goal that was not searched to its end may be reached by a part of what reaches another.
        if let (false, Some(found)) = (exact, &best) {
            best = self.smaller(Some(found.changes.clone()), None, goals).and_then(|it| self.candidate(it, goals));
        }
        match best {
            Some(Candidate { changes, goal, .. }) => {
                Found::Changes { cost: self.price(&changes), changes, goal, smallest: exact }
            }
            None => Found::Nothing { shown: exact },
        }
    }

    /// Changes, with the first goal that they reach.
    fn candidate(&self, changes: Changes, goals: &[Goal]) -> Option<Candidate> {
        let goal = goals.iter().position(|goal| self.reaches(goal, &changes))?;
        let cost = self.price(&changes);
        Some(Candidate { number: cost.changes, goal, trouble: cost.trouble, changes })
    }

    /// What changes cost.
    fn price(&self, changes: &Changes) -> Cost {
        let cost = |(atom, to): (&usize, &bool)| self.atoms.get(*atom)?.cost(*to);
        changes.iter().filter_map(cost).fold(Cost::NONE, Cost::and)
    }

    /// Whether changes reach a goal.
    pub(super) fn reaches(&self, goal: &Goal, changes: &Changes) -> bool {
        let set = |atom: usize| changes.get(&atom).copied();
        goal.iter().all(|(gate, want)| self.trees.get(*gate).is_some_and(|tree| want.is_met_by(tree.truth(&set))))
    }

    /// Of two sets the cheaper one, with nothing in it that it can do without.
    fn smaller(&self, one: Option<Changes>, other: Option<Changes>, goals: &[Goal]) -> Option<Changes> {
        let enough = |changes: &Changes| goals.iter().any(|goal| self.reaches(goal, changes));
        let both = [one, other].into_iter().flatten();
        both.map(|changes| without_waste(changes, &enough)).min_by_key(|it| self.price(it))
    }

    /// Some set that reaches the goal, whatever it costs, if the obvious ones do: every condition as its first place
    /// wants it, or as its last one does.
    fn any_set(&self, goal: &Goal) -> Option<Changes> {
        let mut wanted: BTreeMap<usize, (bool, bool)> = BTreeMap::new();
        for (gate, want) in goal {
            let (Some(tree), Some(first)) = (self.trees.get(*gate), want.truths().first()) else { continue };
            tree.leaves(*first, &mut |leaf, to| {
                wanted.entry(leaf.atom).and_modify(|(_, last)| *last = to).or_insert((to, to));
            });
        }
        let of = |last: bool| -> Changes {
            let to = |(atom, (first, latest)): (&usize, &(bool, bool))| (*atom, if last { *latest } else { *first });
            let possible = |(atom, to): &(usize, bool)| self.atoms.get(*atom).is_some_and(|it| it.cost(*to).is_some());
            wanted.iter().map(to).filter(possible).collect()
        };
        [of(false), of(true)].into_iter().find(|changes| self.reaches(goal, changes))
    }
}

/// Changes that reach a goal, in the order in which they are preferred.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    number: u32,
    goal: usize,
    trouble: u32,
    changes: Changes,
}

/// The most changes of which every part is tried.
const EVERY_PART: u32 = 10;

/// Takes away what is not needed: one by one, and then, where there are few, to the smallest part that does.
fn without_waste(mut changes: Changes, enough: &dyn Fn(&Changes) -> bool) -> Changes {
    let atoms: Vec<usize> = changes.keys().copied().collect();
    for atom in atoms {
        if let Some(to) = changes.remove(&atom)
            && !enough(&changes)
        {
            changes.insert(atom, to);
        }
    }
    let all: Vec<(usize, bool)> = changes.iter().map(|(atom, to)| (*atom, *to)).collect();
    let size = u32::try_from(all.len()).unwrap_or(u32::MAX);
    if size > EVERY_PART {
        return changes;
    }
    let part = |mask: u32| -> Changes {
        (0_u32..).zip(&all).filter(|(bit, _)| mask & (1 << bit) != 0).map(|(_, change)| *change).collect()
    };
    let mut masks: Vec<u32> = (0..1 << size).collect();
    masks.sort_by_key(|mask| mask.count_ones());
    let found = masks.into_iter().try_for_each(|mask| match part(mask) {
        part if enough(&part) => ControlFlow::Break(part),
        _ => ControlFlow::Continue(()),
    });
    match found {
        ControlFlow::Break(part) => part,
        ControlFlow::Continue(()) => changes,
    }
}
