//! Cutting an explanation to a size. What was left out is counted, never just gone.

use super::model::Explanation;
use crate::json::size;

/// The most bytes of an explanation as JSON that was not asked to be long.
pub const BRIEF_BYTES: usize = 2_048;

/// What is taken away, one thing a step; says whether there was something to take.
type Cut = fn(&mut Explanation) -> bool;

/// In the order in which it is missed least. The last ones stay longest: why the first piece of evidence fails, and the
/// first change.
const CUTS: [Cut; 10] = [
    |it| it.upcoming.len() > 2 && pop_upcoming(it),
    |it| it.evidence.len() > it.next_actions.changes.len().max(1) && pop_evidence(it),
    pop_near_miss,
    |it| it.gates.len() > 2 && pop_gate(it),
    |it| it.evidence.len() > 2 && pop_evidence(it),
    |it| it.next_actions.changes.len() > 2 && pop_change(it),
    pop_upcoming,
    |it| it.gates.len() > 1 && pop_gate(it),
    |it| it.evidence.len() > 1 && pop_evidence(it),
    |it| it.next_actions.changes.len() > 1 && pop_change(it),
];

/// When even one of each is too much.
const LAST: [Cut; 3] = [pop_gate, pop_evidence, pop_change];

/// The explanation in at most `bytes` bytes of JSON.
pub(super) fn fit(mut explanation: Explanation, bytes: usize) -> Explanation {
    let mut cuts = CUTS.into_iter().chain(LAST).peekable();
    while size(&explanation) > bytes
        && let Some(cut) = cuts.peek()
    {
        if !cut(&mut explanation) {
            cuts.next();
        }
    }
    explanation
}

fn pop_gate(it: &mut Explanation) -> bool {
    let popped = it.gates.pop().is_some();
    it.left_out.gates += usize::from(popped);
    popped
}

fn pop_evidence(it: &mut Explanation) -> bool {
    let popped = it.evidence.pop();
    it.left_out.evidence += usize::from(popped.is_some());
    popped.is_some()
}

fn pop_change(it: &mut Explanation) -> bool {
    let popped = it.next_actions.changes.pop().is_some();
    it.left_out.changes += usize::from(popped);
    popped
}

fn pop_upcoming(it: &mut Explanation) -> bool {
    let popped = it.upcoming.pop().is_some();
    it.left_out.upcoming += usize::from(popped);
    popped
}

/// The last near miss of the last piece of evidence that has any.
fn pop_near_miss(it: &mut Explanation) -> bool {
    let popped = it.evidence.iter_mut().rev().any(|why| {
        let of_gates = why.release_gates.iter_mut().rev().any(|gate| gate.near_misses.pop().is_some());
        of_gates || why.near_misses.pop().is_some()
    });
    it.left_out.near_misses += usize::from(popped);
    popped
}
