//! The course of a run of the public project, as its pack records it: one step for each decision.

use std::collections::BTreeMap;

use super::Pack;
use super::wire::{Outcome, TriggerEvent};
use crate::at::Timestamp;
use crate::engine::TriggerKind;

/// A decision of the public project, and what asked for it. Ids and words are that project's, and opaque.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicStep {
    /// Its number, from 1.
    pub seq: u64,
    /// When it was made, as recorded.
    pub at: Timestamp,
    /// The stage that was judged.
    pub stage: String,
    /// What was decided.
    pub outcome: PublicOutcome,
    /// What asked for it, where the pack has it.
    pub trigger: Option<PublicTrigger>,
}

/// What asked for a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicTrigger {
    /// Its kind.
    pub kind: TriggerKind,
    /// Where it came from, as claimed.
    pub source: String,
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicOutcome {
    /// The run began.
    Start,
    /// It came to its end.
    Complete,
    /// It went on.
    Advance {
        /// From there.
        from: String,
        /// To there.
        to: String,
        /// Whether only since time had run out.
        timeout: bool,
    },
    /// It did not go on.
    Hold {
        /// The gates that were not met.
        unmet: Vec<String>,
    },
    /// It was broken off.
    Fail {
        /// Why, as recorded.
        reason: String,
    },
}

/// The steps of a pack, in the order of its records.
pub(super) fn of(pack: &Pack) -> Vec<PublicStep> {
    let triggers: BTreeMap<&str, &TriggerEvent> =
        pack.triggers.iter().map(|it| (it.event.trigger_id.as_str(), &it.event)).collect();
    let trigger = |id: &str| {
        let event = triggers.get(id)?;
        Some(PublicTrigger { kind: event.kind, source: event.source_id.clone() })
    };
    let steps = pack.decisions.iter().map(|it| PublicStep {
        seq: it.seq,
        at: it.decided_at,
        stage: it.stage_id.clone(),
        outcome: outcome(&it.outcome),
        trigger: trigger(&it.trigger_id),
    });
    steps.collect()
}

fn outcome(outcome: &Outcome) -> PublicOutcome {
    match outcome {
        Outcome::Start { .. } => PublicOutcome::Start,
        Outcome::Complete { .. } => PublicOutcome::Complete,
        Outcome::Advance { from_stage, to_stage, timeout } => {
            PublicOutcome::Advance { from: from_stage.clone(), to: to_stage.clone(), timeout: *timeout }
        }
        Outcome::Hold { summary } => PublicOutcome::Hold { unmet: summary.unmet_gates.clone() },
        Outcome::Fail { reason } => PublicOutcome::Fail { reason: reason.clone() },
    }
}
