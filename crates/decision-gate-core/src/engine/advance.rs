//! Which edge is taken (DESIGN P12).
//!
//! A plain edge needs every gate True. Branches are tried in order on the real outcomes, and one is taken only once
//! those before it are decided, or its gate is Unknown and it asks for that: else leaving evidence out would skip a
//! branch that leads to a rejection. The default needs every gate decided. No edge means hold, never an error. An
//! edge on `unknown` or by timeout degrades the run.

use super::evaluate::StageEvaluation;
use super::state::DegradedReason;
use crate::condition::Truth;
use crate::name::{GateId, StageId};
use crate::scenario::{AdvanceTo, GateOutcome, Scenario, Stage, TimeoutPolicy};

/// The way out of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edge {
    /// To another stage.
    To {
        /// Which.
        stage_id: StageId,
        /// What was taken for granted, if anything.
        degraded: Option<DegradedReason>,
    },
    /// To the end.
    End {
        /// What was taken for granted, if anything.
        degraded: Option<DegradedReason>,
    },
    /// Nowhere: hold.
    None,
}

/// The edge that the gates' outcomes open.
pub(crate) fn by_outcome(scenario: &Scenario, stage: Stage<'_>, evaluation: &StageEvaluation) -> Edge {
    let AdvanceTo::Branch { branches, default } = &stage.spec.advance_to else {
        let all_true = evaluation.gates.iter().all(|gate| gate.status == Truth::True);
        return if all_true { plain(scenario, stage, None) } else { Edge::None };
    };
    let status = |id: &GateId| evaluation.gates.iter().find(|it| it.gate_id == *id).map(|it| it.status);
    let mut open = false;
    for rule in branches {
        let status = status(&rule.gate_id).unwrap_or(Truth::Unknown);
        let taken = status == rule.outcome.truth();
        match rule.outcome {
            GateOutcome::Unknown if taken => {
                let degraded = Some(DegradedReason::UnknownOutcome);
                return Edge::To { stage_id: rule.next_stage_id.clone(), degraded };
            }
            GateOutcome::True | GateOutcome::False if taken && !open => {
                return Edge::To { stage_id: rule.next_stage_id.clone(), degraded: None };
            }
            GateOutcome::True | GateOutcome::False => open |= status == Truth::Unknown,
            GateOutcome::Unknown => {}
        }
    }
    let decided = evaluation.gates.iter().all(|gate| gate.status != Truth::Unknown);
    match default {
        Some(stage_id) if decided => Edge::To { stage_id: stage_id.clone(), degraded: None },
        Some(_) | None => Edge::None,
    }
}

/// The edge when time ran out; `None` when the run is to fail.
pub(super) fn by_timeout(scenario: &Scenario, stage: Stage<'_>) -> Option<Edge> {
    let forced = match stage.spec.on_timeout {
        TimeoutPolicy::Fail => return None,
        TimeoutPolicy::AdvanceWithFlag => GateOutcome::True,
        TimeoutPolicy::AlternateBranch => GateOutcome::Unknown,
    };
    let degraded = Some(DegradedReason::Timeout);
    let AdvanceTo::Branch { branches, default } = &stage.spec.advance_to else {
        return Some(plain(scenario, stage, degraded));
    };
    let target =
        branches.iter().find(|rule| rule.outcome == forced).map(|rule| &rule.next_stage_id).or(default.as_ref());
    Some(target.map_or(Edge::None, |stage_id| Edge::To { stage_id: stage_id.clone(), degraded }))
}

fn plain(scenario: &Scenario, stage: Stage<'_>, degraded: Option<DegradedReason>) -> Edge {
    match &stage.spec.advance_to {
        AdvanceTo::Fixed { stage_id } => Edge::To { stage_id: stage_id.clone(), degraded },
        AdvanceTo::Linear => match scenario.stage_after(stage) {
            Some(next) => Edge::To { stage_id: next.spec.stage_id.clone(), degraded },
            None => Edge::End { degraded },
        },
        AdvanceTo::Terminal => Edge::End { degraded },
        AdvanceTo::Branch { .. } => Edge::None,
    }
}
