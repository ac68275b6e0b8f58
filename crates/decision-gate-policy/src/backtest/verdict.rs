//! What one decision comes to under one policy, as a backtest compares it.

use decision_gate_core::condition::Truth;
use decision_gate_core::trust::Lane;

use super::report::{Came, Standing};
use crate::chain::ReleaseDecision;
use crate::release::What;
use crate::release::hearing::truth_of;

/// The reason of a release that rests on what is only asserted.
const TRUST_LANE: &str = "trust_lane";

/// What is looked at, and what it must be believed by.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    pub(super) what: What,
    /// Whether the decision itself asks no more than what is looked at.
    pub(super) is_question: bool,
    /// The least lane that counts.
    pub(super) need: Lane,
    /// The highest lane that the source can have.
    pub(super) cap: Lane,
}

impl View {
    /// What a truth comes to. Its lane is asked for only where that depends on it.
    pub(super) fn standing(&self, truth: Option<Truth>, lane: impl FnOnce() -> Lane) -> Standing {
        match truth {
            // A gate that was not asked proves nothing: who asks for it alone is left without an answer.
            None if self.is_question => Standing::Unknown,
            None => Standing::NotAsked,
            Some(Truth::Unknown) => Standing::Unknown,
            Some(_) if self.need > Lane::Asserted && lane().min(self.cap) < self.need => Standing::Unknown,
            Some(Truth::True) => Standing::Allowed,
            Some(Truth::False) => Standing::Blocked,
        }
    }

    /// What a decision that stands so comes to, and who says so.
    pub(super) fn came(&self, decision: &ReleaseDecision, outcome: Standing) -> Came {
        let truth = truth_of(self.what, decision);
        let by_lane = outcome == Standing::Unknown && matches!(truth, Some(Truth::True | Truth::False));
        let id = match self.what {
            What::Chain => decision.decided_by,
            What::Gate(id) => Some(id),
        };
        let row = id.and_then(|id| decision.rows.iter().find(|row| row.gate == id));
        let reason = match row {
            _ if by_lane => TRUST_LANE,
            Some(row) => row.judged.reason,
            None => decision.reason,
        };
        Came { outcome, gate: id.map(str::to_owned), reason: reason.to_owned() }
    }
}
