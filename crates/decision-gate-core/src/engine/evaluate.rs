//! One stage, judged: the function that live runs, prechecks, CI and replays share.

use std::borrow::Cow;

use crate::condition::{Judged, Truth, meet_lane};
use crate::gate::{self, GateEvaluation, Need};
use crate::name::ConditionId;
use crate::policy::Policy;
use crate::scenario::{ConditionSpec, GateSpec, Scenario, Stage};
use crate::trust::Lane;

/// A stage after judgement.
#[derive(Clone, Debug)]
pub struct StageEvaluation {
    /// Every condition of the stage, in canonical order, under its own lane requirement.
    pub conditions: Vec<ConditionView>,
    /// Every gate, in the order of the text.
    pub gates: Vec<GateEvaluation>,
}

/// A condition after judgement.
#[derive(Clone, Debug)]
pub struct ConditionView {
    /// Which.
    pub condition_id: ConditionId,
    /// Before any lane requirement.
    pub judged: Judged,
    /// The lane that global policy, provider override and the condition ask for.
    pub required: Lane,
}

impl ConditionView {
    /// Under the condition's own lane requirement.
    pub fn own(&self) -> Cow<'_, Judged> {
        meet_lane(&self.judged, self.required)
    }

    /// The lane that it needs within a gate, which may ask for more.
    pub fn needed(&self, gate: &GateSpec) -> Lane {
        gate.trust.map_or(self.required, |trust| trust.min_lane.max(self.required))
    }

    /// Within a gate, which may ask for more.
    pub fn within(&self, gate: &GateSpec) -> Cow<'_, Judged> {
        meet_lane(&self.judged, self.needed(gate))
    }
}

impl StageEvaluation {
    /// The condition of that id.
    pub fn condition(&self, id: &ConditionId) -> Option<&ConditionView> {
        find(&self.conditions, id)
    }

    /// The gates that are not True, in the order of the text.
    pub fn unmet(&self) -> impl Iterator<Item = &GateEvaluation> {
        self.gates.iter().filter(|it| it.status != Truth::True)
    }
}

/// Judges every condition of `stage` with `judge`, applies the lane requirements, and evaluates the gates.
///
/// The effective lane is the strictest of global, provider override, condition and gate: a spec only tightens.
pub fn evaluate_stage(
    scenario: &Scenario,
    stage: Stage<'_>,
    policy: &Policy,
    judge: &dyn Fn(&ConditionSpec) -> Judged,
) -> StageEvaluation {
    let conditions: Vec<ConditionView> = scenario
        .conditions_of(stage)
        .map(|spec| {
            let floor = policy.required_lane(&spec.query.provider_id);
            let required = spec.trust.map_or(floor, |trust| trust.min_lane.max(floor));
            ConditionView { condition_id: spec.condition_id.clone(), judged: judge(spec), required }
        })
        .collect();
    let gates = stage.spec.gates.iter().map(|gate| {
        let truth = |id: &ConditionId, need: Need| {
            find(&conditions, id).map_or(Truth::Unknown, |view| view.judged.status_in(view.needed(gate), need))
        };
        gate::evaluate(&gate.gate_id, &gate.requirement, &truth)
    });
    let gates = gates.collect();
    StageEvaluation { conditions, gates }
}

/// The condition of that id, among conditions in canonical order.
fn find<'a>(conditions: &'a [ConditionView], id: &ConditionId) -> Option<&'a ConditionView> {
    let found = conditions.binary_search_by(|it| it.condition_id.cmp(id)).ok()?;
    conditions.get(found)
}
