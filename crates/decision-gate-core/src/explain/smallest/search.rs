//! The exact search for one goal: conditions that stand in the gates more than once are tried in every way that can
//! help, and for each way the walk over the trees gives the rest.

use std::collections::BTreeMap;

use super::{Changes, Cost, Fix, Goal, Puzzle};
use crate::condition::Truth;

/// How a condition stands in the gates of a goal.
#[derive(Default)]
struct Use {
    places: usize,
    /// The truths that help somewhere.
    to_true: bool,
    to_false: bool,
    /// Whether it is already as some place would have it no better.
    settled: bool,
}

/// The cheapest changes for one goal, and whether the search went to its end. `most` is a number of changes that is not
/// worth exceeding.
pub(super) fn search(
    puzzle: &Puzzle,
    goal: &Goal,
    most: Option<u32>,
    work: &mut usize,
    limit: usize,
) -> (Option<Changes>, bool) {
    let repeated = repeated(puzzle, goal);
    let mut fixes = vec![Fix::Open; puzzle.atoms.len()];
    for (atom, _) in &repeated {
        if let Some(fix) = fixes.get_mut(*atom) {
            *fix = Fix::Gift;
        }
    }
    let mut search = Search { puzzle, goal, repeated, fixes, most, best: None, work, limit };
    search.descend(0, Cost::NONE);
    let ended = *search.work <= limit;
    (search.best.map(|(_, changes)| changes), ended)
}

/// Conditions that stand in the gates of the goal more than once, with the truths to try. One that every place wants
/// the same, and has, is left alone: it is as good as any.
fn repeated(puzzle: &Puzzle, goal: &Goal) -> Vec<(usize, Vec<bool>)> {
    let mut uses: BTreeMap<usize, Use> = BTreeMap::new();
    for (gate, want) in goal {
        let Some(tree) = puzzle.trees.get(*gate) else { continue };
        for (round, first) in want.truths().iter().enumerate() {
            tree.leaves(*first, &mut |leaf, to| {
                let it = uses.entry(leaf.atom).or_insert_with(|| Use { settled: true, ..Use::default() });
                it.places += usize::from(round == 0);
                it.settled &= leaf.now == Truth::from(to);
                it.to_true |= to;
                it.to_false |= !to;
            });
        }
    }
    let ways = |it: &Use| -> Vec<bool> {
        let truths = [(true, it.to_true), (false, it.to_false)];
        if it.settled { Vec::new() } else { truths.into_iter().filter(|(_, helps)| *helps).map(|(to, _)| to).collect() }
    };
    uses.iter().filter(|(_, it)| it.places > 1).map(|(atom, it)| (*atom, ways(it))).collect()
}

struct Search<'a> {
    puzzle: &'a Puzzle,
    goal: &'a Goal,
    repeated: Vec<(usize, Vec<bool>)>,
    fixes: Vec<Fix>,
    most: Option<u32>,
    best: Option<(Cost, Changes)>,
    work: &'a mut usize,
    limit: usize,
}

impl Search<'_> {
    /// Settles the repeated conditions from the `depth`-th on; `spent` is what those before cost.
    fn descend(&mut self, depth: usize, spent: Cost) {
        if *self.work > self.limit {
            return;
        }
        // With what is not settled for nothing this is a lower bound; with everything settled, the price itself.
        let Some(rest) = self.rest() else { return };
        let price = spent.and(rest);
        let beaten = self.best.as_ref().is_some_and(|(best, _)| price >= *best);
        if beaten || self.most.is_some_and(|most| price.changes > most) {
            return;
        }
        let Some((atom, ways)) = self.repeated.get(depth).cloned() else {
            self.best = Some((price, self.changes()));
            return;
        };
        self.settle(atom, Fix::Keep);
        self.descend(depth + 1, spent);
        for to in ways {
            if let Some(cost) = self.puzzle.atoms.get(atom).and_then(|it| it.cost(to)) {
                self.settle(atom, Fix::Set(to));
                self.descend(depth + 1, spent.and(cost));
            }
        }
        self.settle(atom, Fix::Gift);
    }

    fn settle(&mut self, atom: usize, fix: Fix) {
        if let Some(slot) = self.fixes.get_mut(atom) {
            *slot = fix;
        }
    }

    /// What the conditions that stand there once cost, under what is settled.
    fn rest(&mut self) -> Option<Cost> {
        let mut sum = Cost::NONE;
        for (gate, want) in self.goal {
            let tree = self.puzzle.trees.get(*gate)?;
            let mut costs = want.truths().iter();
            let cost = |to: &bool| tree.cost(*to, &self.puzzle.atoms, &self.fixes, self.work);
            let mut least = None;
            costs.by_ref().filter_map(cost).for_each(|it| least = Some(least.map_or(it, |old: Cost| old.min(it))));
            sum = sum.and(least?);
        }
        Some(sum)
    }

    /// The changes under what is settled.
    fn changes(&mut self) -> Changes {
        let mut plan = Vec::new();
        for (gate, want) in self.goal {
            let Some(tree) = self.puzzle.trees.get(*gate) else { continue };
            let cost = |to: &&bool| tree.cost(**to, &self.puzzle.atoms, &self.fixes, &mut 0);
            let costed = want.truths().iter().filter_map(|to| Some((cost(&to)?, *to)));
            if let Some((_, to)) = costed.min_by_key(|(cost, _)| *cost) {
                tree.plan(to, &self.puzzle.atoms, &self.fixes, &mut plan);
            }
        }
        let set = self.fixes.iter().enumerate().filter_map(|(atom, fix)| match fix {
            Fix::Set(to) => Some((atom, *to)),
            Fix::Open | Fix::Keep | Fix::Gift => None,
        });
        plan.into_iter().chain(set).collect()
    }
}
