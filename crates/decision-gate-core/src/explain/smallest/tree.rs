//! A gate's tree made ready for the search: every group is "at least so many of", every leaf knows what it is now and
//! whether a change can move it.

use super::{Atom, Cost, Fix};
use crate::condition::Truth;

/// A node. `And` asks for all of its parts, `Or` for one.
#[derive(Clone, Debug)]
pub(in crate::explain) enum Node {
    /// At least `min` of the parts hold.
    Group {
        /// How many.
        min: usize,
        /// The parts.
        parts: Vec<Self>,
    },
    /// The part does not hold.
    Not(Box<Self>),
    /// A condition.
    Leaf(Leaf),
}

/// A condition where it stands in a gate.
#[derive(Clone, Copy, Debug)]
pub(in crate::explain) struct Leaf {
    /// Which, by number.
    pub(in crate::explain) atom: usize,
    /// What it is to this gate now.
    pub(in crate::explain) now: Truth,
    /// Whether a change of the condition moves it here: not where the gate asks for a lane that it can't reach.
    pub(in crate::explain) movable: bool,
}

impl Leaf {
    /// What it is once `set` of the conditions have been given a truth.
    fn truth(self, set: &dyn Fn(usize) -> Option<bool>) -> Truth {
        let changed = if self.movable { set(self.atom) } else { None };
        changed.map_or(self.now, Truth::from)
    }

    /// What it costs to make it so.
    fn cost(self, want: bool, atoms: &[Atom], fixes: &[Fix]) -> Option<Cost> {
        let is_so = (self.now == Truth::from(want)).then_some(Cost::NONE);
        if !self.movable {
            return is_so;
        }
        let own = || atoms.get(self.atom).and_then(|atom| atom.cost(want));
        match fixes.get(self.atom).copied().unwrap_or(Fix::Open) {
            Fix::Keep => is_so,
            // Paid for where it was chosen.
            Fix::Set(to) => (to == want).then_some(Cost::NONE),
            Fix::Gift => is_so.or_else(|| own().map(|_| Cost::NONE)),
            Fix::Open => is_so.or_else(own),
        }
    }
}

impl Node {
    /// What it is once `set` of the conditions have been given a truth. Strong Kleene, as the gates themselves.
    pub(super) fn truth(&self, set: &dyn Fn(usize) -> Option<bool>) -> Truth {
        match self {
            Self::Leaf(leaf) => leaf.truth(set),
            Self::Not(part) => !part.truth(set),
            Self::Group { min, parts } => {
                let (mut holding, mut unknown) = (0_usize, 0_usize);
                for part in parts {
                    match part.truth(set) {
                        Truth::True => holding += 1,
                        Truth::Unknown => unknown += 1,
                        Truth::False => {}
                    }
                }
                match holding >= *min {
                    true => Truth::True,
                    false if holding + unknown < *min => Truth::False,
                    false => Truth::Unknown,
                }
            }
        }
    }

    /// The least that it costs to make it so, where no open condition stands in it twice. Exact then: parts don't share
    /// conditions, so the cheapest parts are the cheapest way.
    pub(super) fn cost(&self, want: bool, atoms: &[Atom], fixes: &[Fix], work: &mut usize) -> Option<Cost> {
        match self {
            Self::Leaf(leaf) => {
                *work += 1;
                leaf.cost(want, atoms, fixes)
            }
            Self::Not(part) => part.cost(!want, atoms, fixes, work),
            Self::Group { min, parts } => {
                let mut costs: Vec<_> = parts.iter().filter_map(|part| part.cost(want, atoms, fixes, work)).collect();
                let needed = needed(*min, parts.len(), want);
                costs.sort_unstable();
                (costs.len() >= needed).then(|| costs.into_iter().take(needed).fold(Cost::NONE, Cost::and))
            }
        }
    }

    /// The changes behind [`Node::cost`]: of parts that cost the same, the first.
    pub(super) fn plan(&self, want: bool, atoms: &[Atom], fixes: &[Fix], plan: &mut Vec<(usize, bool)>) {
        match self {
            Self::Leaf(leaf) => {
                if leaf.cost(want, atoms, fixes).is_some_and(|cost| cost > Cost::NONE) {
                    plan.push((leaf.atom, want));
                }
            }
            Self::Not(part) => part.plan(!want, atoms, fixes, plan),
            Self::Group { min, parts } => {
                let costed = parts.iter().filter_map(|part| Some((part.cost(want, atoms, fixes, &mut 0)?, part)));
                let mut costed: Vec<_> = costed.collect();
                costed.sort_by_key(|(cost, _)| *cost);
                let needed = needed(*min, parts.len(), want);
                costed.into_iter().take(needed).for_each(|(_, part)| part.plan(want, atoms, fixes, plan));
            }
        }
    }

    /// Visits every leaf that a change can move, with the truth that helps.
    pub(in crate::explain) fn leaves(&self, want: bool, visit: &mut dyn FnMut(Leaf, bool)) {
        match self {
            Self::Leaf(leaf) if leaf.movable => visit(*leaf, want),
            Self::Leaf(_) => {}
            Self::Not(part) => part.leaves(!want, visit),
            Self::Group { parts, .. } => parts.iter().for_each(|part| part.leaves(want, visit)),
        }
    }
}

/// How many parts must be so: `min` to hold, and to fail so many that `min` can't be reached.
fn needed(min: usize, parts: usize, want: bool) -> usize {
    if want { min } else { (parts + 1).saturating_sub(min) }
}
