//! From an open edge to an outcome: where the run goes, and what it issues on entering.

use super::advance::{self, Edge};
use super::decide::Step;
use super::evaluate::StageEvaluation;
use super::start::issue_packets;
use super::state::{DecisionOutcome, DegradedReason, SafeSummary};
use crate::ledger::IssuedPacket;
use crate::name::StageId;
use crate::scenario::Stage;

/// What a step comes to.
pub(super) struct Taken {
    pub(super) outcome: DecisionOutcome,
    pub(super) packets: Vec<IssuedPacket>,
    pub(super) degraded: Option<DegradedReason>,
}

impl Taken {
    fn plain(outcome: DecisionOutcome, degraded: Option<DegradedReason>) -> Self {
        Self { outcome, packets: Vec::new(), degraded }
    }
}

/// The way out when time ran out: an edge, or the end of the run. `None` when no edge says what then.
pub(super) fn by_time(step: Step<'_>, stage: Stage<'_>) -> Option<Taken> {
    match advance::by_timeout(step.scenario, stage) {
        Some(edge) => follow(step, stage, edge, true),
        None => Some(Taken::plain(DecisionOutcome::Fail { reason: "timeout".into() }, None)),
    }
}

/// The way out that the gates' outcomes open, or a hold.
pub(super) fn by_judgement(step: Step<'_>, stage: Stage<'_>, evaluation: &StageEvaluation) -> Taken {
    let edge = advance::by_outcome(step.scenario, stage, evaluation);
    follow(step, stage, edge, false).unwrap_or_else(|| {
        let unmet = evaluation.unmet().map(|gate| gate.gate_id.clone()).collect();
        Taken::plain(DecisionOutcome::Hold { summary: SafeSummary::hold(unmet) }, None)
    })
}

fn follow(step: Step<'_>, stage: Stage<'_>, edge: Edge, timeout: bool) -> Option<Taken> {
    let here = stage.spec.stage_id.clone();
    match edge {
        Edge::None => None,
        Edge::End { degraded } => Some(Taken::plain(DecisionOutcome::Complete { stage_id: here }, degraded)),
        Edge::To { stage_id, degraded } => Some(enter(step, here, &stage_id, timeout, degraded)),
    }
}

fn enter(step: Step<'_>, from_stage: StageId, to: &StageId, timeout: bool, degraded: Option<DegradedReason>) -> Taken {
    let fail = |reason: String| Taken::plain(DecisionOutcome::Fail { reason }, degraded);
    let Some(stage) = step.scenario.stage(to) else {
        return fail(format!("stage `{to}` is not in the scenario"));
    };
    match issue_packets(step.scenario, stage, &step.state.dispatch_targets, step.policy) {
        Ok(packets) => {
            let outcome = DecisionOutcome::Advance { from_stage, to_stage: to.clone(), timeout };
            Taken { outcome, packets, degraded }
        }
        Err(denied) => fail(denied.to_string()),
    }
}
