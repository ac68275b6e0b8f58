//! Why the run does not go on, and what to do: the explanation of its latest judgement. The one place of this crate that
//! knows how core explains.

use decision_gate_core::engine::RunStatus;
use decision_gate_core::explain::{EvidenceWhy, Explanation, NearMiss, Situation, Size};
use decision_gate_core::ledger::Body;
use decision_gate_core::runpack::{Account, RunSummary};

use crate::Verified;
use crate::badge::Badge;
use crate::shown::Shown;

/// Why not.
pub(crate) struct Why {
    pub(crate) stage: Shown,
    /// Whether the run goes on no more.
    pub(crate) ended: bool,
    /// What to do, first things first.
    pub(crate) actions: Vec<Shown>,
    /// What the actions come to, where it is known.
    pub(crate) then: Option<Shown>,
    /// What else to know.
    pub(crate) note: Option<Shown>,
    /// What stands in the way.
    pub(crate) obstacles: Vec<Obstacle>,
    /// What time alone will change: when, what, and what then.
    pub(crate) upcoming: Vec<(Shown, Shown, Shown)>,
}

/// A piece of evidence that stands in the way.
pub(crate) struct Obstacle {
    pub(crate) condition: Shown,
    pub(crate) gate: Shown,
    pub(crate) badge: Badge,
    /// The first step that failed.
    pub(crate) step: Shown,
    pub(crate) code: Shown,
    pub(crate) message: Shown,
    pub(crate) asks: Shown,
    pub(crate) expects: Shown,
    pub(crate) seen: Option<Shown>,
    /// What would have done, and release gates that block.
    pub(crate) more: Vec<Shown>,
}

/// The explanation, unless the run is well on its way or has ended well.
pub(crate) fn of(verified: &Verified<'_>) -> Option<Why> {
    let (run, account) = (verified.report.run.as_ref()?, verified.account()?);
    if run.status == RunStatus::Completed && run.degraded.is_none() {
        return None;
    }
    let (stage, explanation) = explanation(run, account)?;
    let next = &explanation.next_actions;
    let upcoming = explanation.upcoming.iter();
    Some(Why {
        stage,
        ended: run.status != RunStatus::Active,
        actions: next.changes.iter().map(|it| Shown::line(&it.text)).collect(),
        then: next.outcome().map(|it| Shown::line(format_args!("Then {it}."))),
        note: next.note.as_ref().map(Shown::line),
        obstacles: explanation.evidence.iter().map(obstacle).collect(),
        upcoming: upcoming.map(|it| (Shown::line(it.at), Shown::line(&it.of), Shown::line(&it.then))).collect(),
    })
}

/// The stage, and why the run does not go on from there. Of a run that was broken off, what stood in the way before.
fn explanation(run: &RunSummary, account: &Account) -> Option<(Shown, Explanation)> {
    let judged = judged(account);
    match run.last_decision.as_ref().and_then(|it| Explanation::of_end(&it.outcome)) {
        None => judged,
        Some(ended) => {
            let before = judged.map(|(_, it)| it).unwrap_or_default();
            let explanation = Explanation { next_actions: ended.next_actions, upcoming: Vec::new(), ..before };
            Some((Shown::line(&run.stage_id), explanation))
        }
    }
}

/// The explanation of the latest judgement.
fn judged(account: &Account) -> Option<(Shown, Explanation)> {
    let told = account.events.iter().rev().find(|told| told.evaluation.is_some())?;
    let Body::StepDecided(body) = &told.event.body else { return None };
    let situation = Situation {
        scenario: &account.scenario,
        stage: account.scenario.stage(&body.stage_id)?,
        evaluation: told.evaluation.as_ref()?,
        policy: account.policy(&told.event)?,
        told_under: account.policy(&told.event)?,
        at: told.event.at,
        entered_at: told.entered_at,
    };
    Some((Shown::line(&body.stage_id), situation.explain(Size::Whole)?))
}

fn obstacle(it: &EvidenceWhy) -> Obstacle {
    let misses = it.near_misses.iter().map(miss);
    let gates = it.release_gates.iter().flat_map(|gate| {
        let own = Shown::line(format_args!("Release gate `{}`: {} ({})", gate.gate, gate.message, gate.code));
        [own].into_iter().chain(gate.near_misses.iter().map(miss))
    });
    Obstacle {
        condition: Shown::line(&it.condition_id),
        gate: Shown::line(&it.gate_id),
        badge: Badge::truth(it.status),
        step: Shown::line(it.step),
        code: Shown::line(&it.code),
        message: Shown::line(&it.message),
        asks: Shown::line(&it.asks),
        expects: Shown::line(&it.expects),
        seen: it.seen.as_ref().map(Shown::line),
        more: misses.chain(gates).collect(),
    }
}

fn miss(it: &NearMiss) -> Shown {
    match &it.seen {
        Some(seen) => Shown::line(format_args!("Near miss: `{}` should be {}, not {seen}", it.field, it.expected)),
        None => Shown::line(format_args!("Near miss: `{}` should be {}", it.field, it.expected)),
    }
}
