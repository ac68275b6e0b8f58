//! Why the run does not go on, and what to do: the explanation of its latest judgement. The one place of this crate that
//! knows how core explains.

use decision_gate_core::engine::RunStatus;
use decision_gate_core::explain::{ConditionWhy, explain};
use decision_gate_core::ledger::Body;

use crate::Verified;
use crate::badge::Badge;
use crate::shown::Shown;

/// Why not.
pub(crate) struct Why {
    pub(crate) stage: Shown,
    /// What stands in the way.
    pub(crate) obstacles: Vec<Obstacle>,
    /// What to do, first things first.
    pub(crate) actions: Vec<Shown>,
    /// What the actions come to, where it is known.
    pub(crate) then: Option<Shown>,
    /// What time alone will change.
    pub(crate) upcoming: Vec<(Shown, Shown)>,
    pub(crate) left_out: usize,
}

/// A piece of evidence that stands in the way.
pub(crate) struct Obstacle {
    pub(crate) condition: Shown,
    pub(crate) gate: Shown,
    pub(crate) badge: Badge,
    pub(crate) code: Shown,
    pub(crate) message: Shown,
    pub(crate) asks: Shown,
    pub(crate) expects: Shown,
    pub(crate) seen: Option<Shown>,
}

/// The explanation, unless the run is well on its way or has ended well.
pub(crate) fn of(verified: &Verified<'_>) -> Option<Why> {
    let (run, account) = (verified.report.run.as_ref()?, verified.account?);
    if run.status == RunStatus::Completed && run.degraded.is_none() {
        return None;
    }
    let told = account.events.iter().rev().find(|told| told.evaluation.is_some())?;
    let Body::StepDecided(body) = &told.event.body else { return None };
    let (stage, policy) = (account.scenario.stage(&body.stage_id)?, account.policy(&told.event)?);
    let explanation = explain(&account.scenario, stage, told.evaluation.as_ref()?, policy);
    let obstacles = explanation.gates.iter().flat_map(|gate| {
        let gate_id = &gate.gate_id;
        gate.conditions.iter().map(move |it| obstacle(gate_id.as_str(), it))
    });
    let why = Why {
        stage: Shown::line(&body.stage_id),
        obstacles: obstacles.collect(),
        actions: explanation.next_actions.iter().map(Shown::line).collect(),
        then: None,
        upcoming: Vec::new(),
        left_out: explanation.left_out,
    };
    (!why.obstacles.is_empty() || !why.actions.is_empty()).then_some(why)
}

fn obstacle(gate: &str, it: &ConditionWhy) -> Obstacle {
    Obstacle {
        condition: Shown::line(&it.condition_id),
        gate: Shown::line(gate),
        badge: Badge::truth(it.status),
        code: Shown::line(&it.code),
        message: Shown::line(&it.message),
        asks: Shown::line(&it.asks),
        expects: Shown::line(&it.expects),
        seen: it.seen.as_ref().map(Shown::line),
    }
}
