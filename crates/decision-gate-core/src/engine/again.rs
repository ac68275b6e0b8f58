//! A step that was decided before, judged again from what the ledger kept of it: what its explanation is made of.
//!
//! The explanation of a decision is a view and is never stored. An answer that is given again gets the same one by the
//! same judgement, from the answers that the event commits to. Where it can't be had, that is said and not guessed.

use std::collections::BTreeMap;

use super::decide::{Bench, SaltedAnswer};
use super::evaluate::StageEvaluation;
use super::state::RunState;
use super::withheld::Withheld;
use crate::json::{self, Limits};
use crate::ledger::{Body, Commitment, Event, EvidenceEntry, SideValue, Slot};
use crate::name::ConditionId;
use crate::policy::Policy;
use crate::scenario::Scenario;

/// A step as the ledger kept it.
#[derive(Clone, Copy, Debug)]
pub struct Kept<'a> {
    /// The run, at any time after it was started: whose it is and what it is about never changes.
    pub state: &'a RunState,
    /// The scenario version that the run is bound to.
    pub scenario: &'a Scenario,
    /// The event of the step.
    pub event: &'a Event,
    /// The values that it commits to, as far as they are still there.
    pub values: &'a [SideValue],
    /// The policy that the event names.
    pub policy: &'a Policy,
}

/// What a step that was decided before comes to when it is judged again.
#[derive(Clone, Debug)]
pub enum Again {
    /// The judgement behind it.
    Judged(Box<StageEvaluation>),
    /// There was none: time had run out before anything was judged.
    TimedOut,
    /// Values that it rested on are gone, or can't be read.
    ValuesGone,
    /// It comes out another way than it was recorded.
    Differs,
}

/// Judges a step again that was decided before.
pub fn judge_again(kept: Kept<'_>) -> Again {
    let Kept { state, scenario, event, policy, .. } = kept;
    let Body::StepDecided(body) = &event.body else { return Again::Differs };
    let Some(stage) = scenario.stage(&body.stage_id).filter(|_| policy.digest() == event.policy_digest) else {
        return Again::Differs;
    };
    if body.gates.is_empty() && !stage.spec.gates.is_empty() {
        return Again::TimedOut;
    }
    let Some(answers) = answers(&body.evidence, kept.values) else { return Again::ValuesGone };
    let answers: BTreeMap<_, _> = answers.iter().map(|it| (&it.condition_id, it)).collect();
    let bench = Bench { scenario, policy, occasion: state.occasion(event.at), answers, withheld: &Withheld::default() };
    let evaluation = bench.judge(stage);
    let same = evaluation.gates == body.gates && bench.entries(&evaluation, &mut Vec::new()) == body.evidence;
    if same { Again::Judged(Box::new(evaluation)) } else { Again::Differs }
}

/// The answers that the entries commit to; nothing where one of them is not there.
fn answers(entries: &[EvidenceEntry], values: &[SideValue]) -> Option<Vec<SaltedAnswer>> {
    let committed = entries.iter().filter_map(|entry| Some((&entry.condition_id, entry.answer?)));
    let answer = |(condition_id, commitment): (&ConditionId, Commitment)| {
        let own = |it: &&SideValue| matches!(&it.slot, Slot::Evidence(id) if id == condition_id);
        let value = values.iter().find(own).filter(|it| it.commitment() == commitment)?;
        let parsed = json::parse_exact(&value.canonical, &Limits::message(value.canonical.len())).ok()?;
        let answer = serde_json::from_value(parsed).ok()?;
        Some(SaltedAnswer { condition_id: condition_id.clone(), answer, salt: value.salt })
    };
    committed.map(answer).collect()
}
