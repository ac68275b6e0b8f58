//! Prechecks: the caller's values through the same evaluator, without a trace.

use std::collections::BTreeMap;
use std::sync::Arc;

use decision_gate_core::at::Timestamp;
use decision_gate_core::engine::{Precheck, PrecheckInput, precheck};
use decision_gate_core::name::{ConditionId, RunId, ScenarioId, StageId};
use decision_gate_core::scenario::Scenario;
use serde_json::Value;

use super::{Caller, Orchestrator};
use crate::error::RuntimeError;

/// What to judge.
#[derive(Clone, Debug)]
pub struct PrecheckRequest {
    /// Which scenario.
    pub source: PrecheckSource,
    /// Which stage; the run's, else the first, when left out.
    pub stage_id: Option<StageId>,
    /// Values by condition.
    pub values: BTreeMap<ConditionId, Value>,
    /// The caller's time.
    pub time: Option<Timestamp>,
}

/// Which scenario.
#[derive(Clone, Debug)]
pub enum PrecheckSource {
    /// The current version of a defined one.
    Defined(ScenarioId),
    /// The version that a run is bound to, at the stage where it stands.
    Run(RunId),
    /// One that comes with the call.
    Inline(Value),
}

impl Orchestrator {
    /// Judges a stage on the caller's values.
    ///
    /// # Errors
    /// [`RuntimeError`] when the scenario or stage does not exist.
    pub async fn precheck(
        &self,
        caller: &Caller,
        request: &PrecheckRequest,
    ) -> Result<(Precheck, Arc<Scenario>), RuntimeError> {
        let scope = self.declared(caller)?;
        let mut stage_id = request.stage_id.clone();
        // Judged under what the gate itself would judge under (defect D12): one that comes with the call as well, as
        // soon as this process has looked which policy that is.
        let mut policy = self.policy_at_hand(scope).await;
        let scenario = match &request.source {
            PrecheckSource::Defined(id) => {
                policy = self.in_force(scope).await?.1;
                let stored = self.current_scenario(scope, id).await?;
                self.parsed(stored.spec_hash, &stored.spec)?
            }
            PrecheckSource::Run(run) => {
                let view = self.status(caller, run, None).await?;
                policy = self.in_force(scope).await?.1;
                stage_id.get_or_insert(view.state.stage_id);
                view.scenario
            }
            PrecheckSource::Inline(spec) => {
                let spec = Scenario::read(spec).map_err(RuntimeError::Spec)?;
                Arc::new(Scenario::define(spec, &self.contracts, self.parts.bounds).map_err(RuntimeError::Spec)?.0)
            }
        };
        let at = self.clock(request.time)?;
        let supplied = &request.values;
        let input = PrecheckInput { scenario: &scenario, stage: stage_id.as_ref(), supplied, policy: &policy, at };
        let answer = precheck(input).ok_or_else(|| RuntimeError::StageNotFound {
            scenario: scenario.spec().scenario_id.to_string(),
            stage: stage_id.as_ref().map(ToString::to_string).unwrap_or_default(),
        })?;
        Ok((answer, scenario))
    }
}
