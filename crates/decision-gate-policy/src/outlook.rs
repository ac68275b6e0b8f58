//! What gates will say by time alone: evidence that counts now becomes too old, and evidence of a time to come begins to
//! count.
//!
//! ```text
//! moments of a gate ─▶ the gate judged again at each, soonest first ─▶ the first that says otherwise
//! ```
//!
//! Nothing is guessed: what a gate says at a time is what it answers when it is asked about this release at that time, with
//! the evidence that there is now. Where nothing ages, no gate is asked again.

use decision_gate_core::condition::Truth;

use crate::chain;
use crate::context::ReleaseContext;
use crate::policy::{ReadyGate, ReleasePolicy};
use crate::result::GateResult;

/// The most moments of one gate that are looked at.
const MAX_MOMENTS: usize = 32;

/// A gate that will let through, or no longer, by time alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    /// From when on, in milliseconds since 1970.
    pub(crate) at: i64,
    /// Which gate.
    pub(crate) gate: &'static str,
    /// What it comes to then.
    pub(crate) to: Truth,
    /// In its own words, as it will say it then.
    pub(crate) message: String,
}

/// The first turn of each gate of a decision, soonest first.
pub(crate) fn turns(policy: &ReleasePolicy, release: &ReleaseContext, rows: &[GateResult]) -> Vec<Turn> {
    let gates = policy.gates(release.environment.as_str(), release.tenant.as_deref());
    let of = |gate: &ReadyGate| {
        let row = rows.iter().find(|row| row.gate == gate.kind.id)?;
        Outlook::of(gate, row, release)?.first()
    };
    let mut turns: Vec<_> = gates.iter().filter_map(of).collect();
    turns.sort_by_key(|it| (it.at, it.gate));
    turns
}

/// A gate, what it says now, and the release as time goes on.
struct Outlook<'a> {
    gate: &'a ReadyGate,
    lets_through: bool,
    moments: Vec<i64>,
    release: ReleaseContext,
}

impl<'a> Outlook<'a> {
    /// Nothing where the gate proves nothing, or never changes by time.
    fn of(gate: &'a ReadyGate, row: &GateResult, release: &ReleaseContext) -> Option<Self> {
        let lets_through = row.truth? == Truth::True;
        let mut moments = gate.gate.moments(release);
        moments.retain(|at| *at > release.at);
        moments.sort_unstable();
        moments.dedup();
        moments.truncate(MAX_MOMENTS);
        (!moments.is_empty()).then(|| Self { gate, lets_through, moments, release: release.clone() })
    }

    fn first(mut self) -> Option<Turn> {
        let mut before = self.release.at;
        for moment in std::mem::take(&mut self.moments) {
            if self.turned(moment).is_some() {
                return self.earliest(before, moment);
            }
            before = moment;
        }
        None
    }

    /// The first time after `before`, and up to `then`, from which on it says otherwise.
    fn earliest(&mut self, mut before: i64, mut then: i64) -> Option<Turn> {
        // Most evidence counts in full until it does not at all.
        if self.turned(then.saturating_sub(1)).is_none() {
            return self.turned(then);
        }
        while then.saturating_sub(before) > 1 {
            let middle = before.midpoint(then);
            if self.turned(middle).is_some() { then = middle } else { before = middle }
        }
        self.turned(then)
    }

    /// What the gate says at a time, where that is otherwise than now.
    fn turned(&mut self, at: i64) -> Option<Turn> {
        self.release.at = at;
        let (outcome, judged) = chain::said(self.gate, &self.release)?;
        let to = crate::result::truth(outcome, judged.basis)?;
        let otherwise = (to == Truth::True) != self.lets_through;
        otherwise.then_some(Turn { at, gate: self.gate.kind.id, to, message: judged.message })
    }
}

#[cfg(test)]
mod tests;
