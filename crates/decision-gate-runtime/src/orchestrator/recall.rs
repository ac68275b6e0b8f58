//! An answer that was given before, with the judgement behind it made again from what the ledger kept.

use std::sync::Arc;

use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::engine::{Again, DecisionOutcome, Kept, RunState, SealedState, judge_again};
use decision_gate_core::ledger::{Body, Event, SideValue};
use decision_gate_core::policy::Policy;
use decision_gate_core::scenario::Scenario;

use super::Orchestrator;
use super::step::{StepReply, step_of};
use crate::error::RuntimeError;
use crate::ports::Stream;

/// How many events are read at a time when the one is looked for that entered a stage.
const PAGE: u64 = 256;

/// Why a decision that was made before has no judgement any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgotten {
    /// What it rested on was pruned or redacted.
    ValuesGone,
    /// This build, or what is kept of the policy, does not come to it.
    Differs,
}

impl Forgotten {
    /// For people.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::ValuesGone => "this was decided before, and the values that it rested on are no longer kept",
            Self::Differs => "this was decided before, and can't be judged again as it was recorded",
        }
    }
}

impl Orchestrator {
    /// The reply of a step that was decided before. Its explanation is made again and is never stored.
    pub(super) async fn recalled(
        &self,
        scenario: &Arc<Scenario>,
        stream: &Stream,
        state: &Arc<SealedState>,
        event: &Event,
        in_force: &Arc<Policy>,
    ) -> Result<StepReply, RuntimeError> {
        let body = step_of(event)?;
        let policy = self.kept_policy(event.policy_digest, in_force).await?;
        let again = match &policy {
            None => Again::Differs,
            Some(policy) => {
                let page = self.parts.store.events(stream, event.seq, 1).await?;
                let values = page.values.into_iter().filter(|it| it.seq == event.seq).map(|it| it.value);
                let values: Vec<SideValue> = values.collect();
                judge_again(Kept { state, scenario, event, values: &values, policy })
            }
        };
        let (evaluation, forgotten) = match again {
            Again::Judged(evaluation) => (Some(*evaluation), None),
            Again::TimedOut => (None, None),
            Again::ValuesGone => (None, Some(Forgotten::ValuesGone)),
            Again::Differs => (None, Some(Forgotten::Differs)),
        };
        let entered_at = match &body.decision.outcome {
            DecisionOutcome::Advance { to_stage, .. } => (*to_stage == body.stage_id).then_some(event.at),
            _ => self.entered(scenario, stream, state, event).await?,
        };
        Ok(StepReply {
            decision: body.decision.clone(),
            state: Arc::clone(state),
            packets: body.packets.clone(),
            relaxations: body.relaxations.clone(),
            repeated: true,
            evaluation,
            forgotten,
            entered_at,
            scenario: Arc::clone(scenario),
            policy: policy.unwrap_or_else(|| Arc::clone(in_force)),
            told_under: Arc::clone(in_force),
        })
    }

    /// The policy of a digest: the one in force, or as the store keeps it.
    async fn kept_policy(&self, digest: Digest, in_force: &Arc<Policy>) -> Result<Option<Arc<Policy>>, RuntimeError> {
        if digest == in_force.digest() {
            return Ok(Some(Arc::clone(in_force)));
        }
        let Some(bytes) = self.parts.store.policy(digest).await? else { return Ok(None) };
        // A snapshot of another build may not read; then nothing is judged by it.
        Ok(Policy::read(&bytes).ok().map(|policy| Arc::new(policy.with_readers(self.configured.readers()))))
    }

    /// When the run had entered the stage that it stayed at.
    async fn entered(
        &self,
        scenario: &Scenario,
        stream: &Stream,
        state: &RunState,
        event: &Event,
    ) -> Result<Option<Timestamp>, RuntimeError> {
        let body = step_of(event)?;
        let still_there = state.stage_id == body.stage_id && event.at.later(state.stage_entered_at) == Ok(event.at);
        if still_there {
            return Ok(Some(state.stage_entered_at));
        }
        // Only a time limit asks for it, and only of a stage that the run has left since.
        let limited = scenario.stage(&body.stage_id).is_some_and(|stage| stage.spec.timeout.is_some());
        let mut before = event.seq;
        while limited && before > 1 {
            let from = before.saturating_sub(PAGE).max(1);
            let page = self.parts.store.events(stream, from, usize::try_from(before - from).unwrap_or(1)).await?;
            for stored in page.events.iter().rev() {
                let earlier = super::step::event_of(stored)?;
                if enters(&earlier, body.stage_id.as_str()) {
                    return Ok(Some(earlier.at));
                }
            }
            before = from;
        }
        Ok(None)
    }
}

/// Whether a run comes to a stage by an event.
fn enters(event: &Event, stage: &str) -> bool {
    match &event.body {
        Body::RunStarted(_) => true,
        Body::StepDecided(body) => {
            matches!(&body.decision.outcome, DecisionOutcome::Advance { to_stage, .. } if to_stage.as_str() == stage)
        }
        Body::Submitted(_) | Body::ScenarioDefined(_) | Body::PolicyActivated(_) | Body::SchemaRegistered(_) => false,
    }
}
