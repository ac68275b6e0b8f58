//! `gate_evals.json`: every gate with its own copy of the evidence, since a gate may ask for a higher lane.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Serialize;

use super::Views;
use crate::condition::Truth;
use crate::engine::StageEvaluation;
use crate::evidence::EvidenceResult;
use crate::gate::GateEvaluation;
use crate::json::canonical::form::{Form, append, object};
use crate::ledger::{Event, StepDecided};
use crate::name::{ConditionId, StageId, TriggerId};
use crate::policy::Policy;
use crate::runpack::array::Output;
use crate::runpack::manifest::Profile;
use crate::runpack::trail::Trail;
use crate::scenario::{ConditionSpec, GateSpec};
use crate::trust::redact;

#[derive(Serialize)]
struct GateEvalRecord<'a> {
    trigger_id: &'a TriggerId,
    stage_id: &'a StageId,
    evaluation: &'a GateEvaluation,
    evidence: Vec<EvidenceRecord<'a>>,
}

#[derive(Serialize)]
struct EvidenceRecord<'a> {
    condition_id: &'a ConditionId,
    status: Truth,
    result: Cow<'a, EvidenceResult>,
}

impl Form for GateEvalRecord<'_> {
    fn form(&self, out: &mut Vec<u8>) {
        object!(out, {
            "evaluation": self.evaluation,
            "evidence": &self.evidence,
            "stage_id": self.stage_id,
            "trigger_id": self.trigger_id,
        });
    }
}

impl Form for EvidenceRecord<'_> {
    fn form(&self, out: &mut Vec<u8>) {
        object!(out, { "condition_id": self.condition_id, "result": self.result.as_ref(), "status": &self.status });
    }
}

impl<O: Output> Views<O> {
    pub(super) fn push_gates(
        &mut self,
        trail: &Trail,
        event: &Event,
        body: &StepDecided,
        evaluation: &StageEvaluation,
    ) {
        let (Some(stage), Some(policy)) = (trail.scenario.stage(&body.stage_id), trail.policy(event)) else {
            return;
        };
        for (gate, evaluated) in stage.spec.gates.iter().zip(&evaluation.gates) {
            let record = GateEvalRecord {
                trigger_id: &body.trigger.trigger_id,
                stage_id: &body.stage_id,
                evaluation: evaluated,
                evidence: self.evidence(trail, gate, evaluation, policy),
            };
            self.scratch.item.clear();
            append(&record, &mut self.scratch.item);
            self.gate_evals.push(&self.scratch.item);
        }
    }

    fn evidence<'a>(
        &self,
        trail: &Trail,
        gate: &'a GateSpec,
        evaluation: &'a StageEvaluation,
        policy: &Policy,
    ) -> Vec<EvidenceRecord<'a>> {
        let mut conditions = BTreeSet::new();
        gate.requirement.leaves(&mut |id| {
            conditions.insert(id);
        });
        let record = |condition_id: &'a ConditionId| {
            let spec = trail.scenario.condition(condition_id)?;
            let within = evaluation.condition(condition_id)?.within(gate);
            let status = within.status;
            let result = match within {
                Cow::Borrowed(judged) => Cow::Borrowed(&judged.result),
                Cow::Owned(judged) => Cow::Owned(judged.result),
            };
            Some(EvidenceRecord { condition_id, status, result: shown(result, spec, policy, self.profile) })
        };
        conditions.into_iter().filter_map(record).collect()
    }
}

/// The result as a pack of `profile` shows it.
pub(crate) fn shown<'a>(
    result: Cow<'a, EvidenceResult>,
    spec: &ConditionSpec,
    policy: &Policy,
    profile: Profile,
) -> Cow<'a, EvidenceResult> {
    match profile {
        Profile::Audit => result,
        Profile::Disclosed => Cow::Owned(redact(result.into_owned(), policy.disclosure(&spec.query.provider_id))),
    }
}
