//! `gate_evals.json`: every gate with its own copy of the evidence, since a gate may ask for a higher lane.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Views, bytes_of};
use crate::condition::Truth;
use crate::engine::StageEvaluation;
use crate::evidence::EvidenceResult;
use crate::gate::GateEvaluation;
use crate::ledger::{Event, StepDecided};
use crate::name::{ConditionId, StageId, TriggerId};
use crate::policy::Policy;
use crate::runpack::manifest::Profile;
use crate::scenario::{ConditionSpec, GateSpec};
use crate::trust::{Disclosure, redact};

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
    result: EvidenceResult,
}

impl Views<'_> {
    pub(super) fn push_gates(&mut self, event: &Event, body: &StepDecided, evaluation: &StageEvaluation) {
        let (Some(stage), Some(policy)) = (self.trail.scenario.stage(&body.stage_id), self.trail.policy(event)) else {
            return;
        };
        for (gate, evaluated) in stage.spec.gates.iter().zip(&evaluation.gates) {
            let record = GateEvalRecord {
                trigger_id: &body.trigger.trigger_id,
                stage_id: &body.stage_id,
                evaluation: evaluated,
                evidence: self.evidence(gate, evaluation, policy),
            };
            let bytes = bytes_of(&record);
            self.gate_evals.push(&bytes);
        }
    }

    fn evidence<'a>(
        &self,
        gate: &'a GateSpec,
        evaluation: &StageEvaluation,
        policy: &Policy,
    ) -> Vec<EvidenceRecord<'a>> {
        let mut conditions = BTreeSet::new();
        gate.requirement.leaves(&mut |id| {
            conditions.insert(id);
        });
        let record = |condition_id: &'a ConditionId| {
            let spec = self.trail.scenario.condition(condition_id)?;
            let within = evaluation.condition(condition_id)?.within(gate);
            let result = shown(within.result, spec, policy, self.profile);
            Some(EvidenceRecord { condition_id, status: within.status, result })
        };
        conditions.into_iter().filter_map(record).collect()
    }
}

/// The result as a pack of `profile` shows it.
pub(crate) fn shown(result: EvidenceResult, spec: &ConditionSpec, policy: &Policy, profile: Profile) -> EvidenceResult {
    let disclosure = match profile {
        Profile::Audit => Disclosure::Raw,
        Profile::Disclosed => policy.disclosure(&spec.query.provider_id),
    };
    redact(result, disclosure)
}
