//! Whether an event can have been made from the state that it is folded onto.
//!
//! The fold takes most of a state from the event itself. So a decision that was made on another state, as where somebody
//! changed the row of a run's state and changed it back, folds to a state like any other. These rules see that.

use super::state::{DecisionOutcome, RunState, RunStatus, StateFault};
use crate::ledger::{Body, Event, StepDecided};

impl RunState {
    /// Whether `event` can follow: time does not go back, and a decision is the next one of a run that goes on, about the
    /// stage where it stands.
    ///
    /// # Errors
    /// [`StateFault`] when it can't.
    pub fn admit(&self, event: &Event) -> Result<(), StateFault> {
        if self.last_event_at.later(event.at) != Ok(event.at) {
            return Err(StateFault::Earlier { seq: event.seq, at: event.at, before: self.last_event_at });
        }
        match &event.body {
            Body::StepDecided(body) => self.admit_step(event.seq, body),
            Body::RunStarted(_)
            | Body::Submitted(_)
            | Body::ScenarioDefined(_)
            | Body::PolicyActivated(_)
            | Body::SchemaRegistered(_) => Ok(()),
        }
    }

    fn admit_step(&self, seq: u64, body: &StepDecided) -> Result<(), StateFault> {
        if self.status != RunStatus::Active {
            return Err(StateFault::Ended { seq, status: self.status.word() });
        }
        let decision = &body.decision;
        let left = match &decision.outcome {
            DecisionOutcome::Advance { from_stage, .. } => from_stage,
            DecisionOutcome::Start { stage_id } | DecisionOutcome::Complete { stage_id } => stage_id,
            DecisionOutcome::Hold { .. } | DecisionOutcome::Fail { .. } => &decision.stage_id,
        };
        if let Some(other) = [&body.stage_id, &decision.stage_id, left].into_iter().find(|it| **it != self.stage_id) {
            let (stands, judged) = (self.stage_id.to_string(), other.to_string());
            return Err(StateFault::Stage { seq, stands, judged });
        }
        if decision.seq != self.decisions + 1 {
            return Err(StateFault::Decision { seq, after: self.decisions, got: decision.seq });
        }
        Ok(())
    }
}
