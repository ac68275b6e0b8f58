//! Precheck: the same evaluation on values that the caller supplies, without providers and without a trace.
//!
//! It answers twice (DESIGN P24): under the trust rules, and as it would be were all of trust passed for the
//! supplied values. The second answer is [`Hypothetical`]: it can be shown, and nothing else.

use std::collections::BTreeMap;

use serde_json::Value;

use super::advance::{self, Edge};
use super::derived;
use super::evaluate::{StageEvaluation, evaluate_stage};
use super::state::{DecisionOutcome, DegradedReason, SafeSummary};
use crate::at::Timestamp;
use crate::condition::{Gap, Judged, Source, judge_from};
use crate::evidence::{Answer, Found};
use crate::gate::GateEvaluation;
use crate::name::{ConditionId, StageId, TenantId};
use crate::policy::Policy;
use crate::scenario::{ConditionSpec, Scenario, Stage};
use crate::trust::{Lane, Occasion};

/// Everything that a precheck depends on.
#[derive(Clone, Copy, Debug)]
pub struct PrecheckInput<'a> {
    /// Which scenario.
    pub scenario: &'a Scenario,
    /// Which stage; the first when left out.
    pub stage: Option<&'a StageId>,
    /// The caller's values by condition.
    pub supplied: &'a BTreeMap<ConditionId, Value>,
    /// What is in force.
    pub policy: &'a Policy,
    /// The evaluation time.
    pub at: Timestamp,
}

/// Both answers.
#[derive(Clone, Debug)]
pub struct Precheck {
    /// Which stage was judged.
    pub stage_id: StageId,
    /// Under the trust rules.
    pub decision: PrecheckAnswer,
    /// Were all of trust passed for the supplied values.
    pub if_verified: Hypothetical,
}

/// An answer that rests on an assumption. It can't be appended, and never means "allowed".
#[derive(Clone, Debug)]
pub struct Hypothetical(PrecheckAnswer);

impl Hypothetical {
    /// The answer, to be shown.
    pub fn shown(&self) -> &PrecheckAnswer {
        &self.0
    }
}

/// One answer.
#[derive(Clone, Debug)]
pub struct PrecheckAnswer {
    /// What would be decided.
    pub outcome: DecisionOutcome,
    /// What would be taken for granted.
    pub degraded: Option<DegradedReason>,
    /// The judgement behind it.
    pub evaluation: StageEvaluation,
    /// Why conditions are Unknown, and what was assumed.
    pub gaps: Vec<PrecheckGap>,
}

impl PrecheckAnswer {
    /// Every gate of the stage.
    pub fn gate_evaluations(&self) -> &[GateEvaluation] {
        &self.evaluation.gates
    }
}

/// Why a condition is Unknown, or what was assumed about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrecheckGap {
    /// Which condition.
    pub condition_id: ConditionId,
    /// Stable code.
    pub code: String,
    /// For people.
    pub message: String,
}

/// Judges a stage on the caller's values. `None` when the scenario has no such stage.
pub fn precheck(input: PrecheckInput<'_>) -> Option<Precheck> {
    let stage = match input.stage {
        Some(id) => input.scenario.stage(id)?,
        None => input.scenario.first_stage()?,
    };
    let decision = answer(input, stage, Lane::Asserted);
    let mut assumed = answer(input, stage, Lane::Verified);
    assumed.gaps.extend(unchecked_anchors(input, stage));
    assumed.gaps.sort_by(|a, b| a.condition_id.cmp(&b.condition_id));
    Some(Precheck { stage_id: stage.spec.stage_id.clone(), decision, if_verified: Hypothetical(assumed) })
}

fn answer(input: PrecheckInput<'_>, stage: Stage<'_>, lane: Lane) -> PrecheckAnswer {
    let evaluation = evaluate_stage(input.scenario, stage, input.policy, &|spec| judge_supplied(input, spec, lane));
    let (outcome, degraded) = match advance::by_outcome(input.scenario, stage, &evaluation) {
        Edge::To { stage_id, degraded } => {
            let from_stage = stage.spec.stage_id.clone();
            (DecisionOutcome::Advance { from_stage, to_stage: stage_id, timeout: false }, degraded)
        }
        Edge::End { degraded } => (DecisionOutcome::Complete { stage_id: stage.spec.stage_id.clone() }, degraded),
        Edge::None => {
            let unmet = evaluation.unmet().map(|gate| gate.gate_id.clone()).collect();
            (DecisionOutcome::Hold { summary: SafeSummary::hold(unmet) }, None)
        }
    };
    PrecheckAnswer { outcome, degraded, gaps: gaps(&evaluation, stage), evaluation }
}

fn judge_supplied(input: PrecheckInput<'_>, spec: &ConditionSpec, lane: Lane) -> Judged {
    let spec_of = input.scenario.spec();
    let occasion = Occasion {
        tenant: spec_of.default_tenant_id.unwrap_or(TenantId::FIRST),
        namespace: spec_of.namespace_id,
        run: None,
        subject: None,
        environment: None,
        at: input.at,
    };
    let Some(scale) = input.policy.scale(&spec.query, occasion) else {
        return Judged::unknown(Gap::ProviderMissing);
    };
    let (source, answer) = match input.supplied.get(&spec.condition_id) {
        Some(value) => (Source::Caller(lane), Some(Answer::Found(Box::new(Found::json(value.clone()))))),
        // Only what the gate computes itself is weighed here; a supplied value has no signature.
        None if scale.provider.is_derived() => {
            (Source::Provider(scale), Some(derived::answer_under(&spec.query, input.at, &input.policy.snapshot().time)))
        }
        None => (Source::Caller(lane), None),
    };
    judge_from(source, &spec.query, spec.comparator, spec.expected.value(), answer.as_ref(), input.policy)
}

/// Each condition's gap as the first gate that has one sees it.
fn gaps(evaluation: &StageEvaluation, stage: Stage<'_>) -> Vec<PrecheckGap> {
    let mut gaps = BTreeMap::new();
    for gate in &stage.spec.gates {
        gate.requirement.leaves(&mut |id| {
            let Some(view) = evaluation.condition(id).filter(|_| !gaps.contains_key(id)) else { return };
            let Some(gap) = view.judged.gap_in(view.needed(gate)) else { return };
            let (code, message) = (gap.code().to_owned(), gap.message());
            gaps.insert(&view.condition_id, PrecheckGap { condition_id: id.clone(), code, message });
        });
    }
    gaps.into_values().collect()
}

/// Supplied values have no anchors; where the policy asks for one, the hypothetical answer says so.
fn unchecked_anchors<'a>(input: PrecheckInput<'a>, stage: Stage<'a>) -> impl Iterator<Item = PrecheckGap> {
    input.scenario.conditions_of(stage).filter_map(move |spec| {
        let requirement = input.policy.snapshot().anchors.requirement(&spec.query.provider_id)?;
        input.supplied.get(&spec.condition_id)?;
        Some(PrecheckGap {
            condition_id: spec.condition_id.clone(),
            code: "anchor_not_checked".into(),
            message: format!("a supplied value has no `{}` anchor; a live run checks it", requirement.anchor_type),
        })
    })
}
