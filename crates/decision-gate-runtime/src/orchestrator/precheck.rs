//! Prechecks: the caller's values through the same evaluator, without a trace.

use std::collections::BTreeMap;
use std::sync::Arc;

use decision_gate_core::at::Timestamp;
use decision_gate_core::engine::{Precheck, PrecheckInput, StartFault, precheck};
use decision_gate_core::explain::{Explanation, Situation, Size};
use decision_gate_core::name::{ConditionId, RunId, ScenarioId, SchemaId, SchemaVersion, StageId};
use decision_gate_core::policy::Policy;
use decision_gate_core::scenario::Scenario;
use serde_json::Value;

use super::{Caller, Orchestrator, SchemaLine, SchemaView};
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
    /// The data shape that they must fit.
    pub data_shape: Option<DataShapeName>,
    /// The caller's time.
    pub time: Option<Timestamp>,
}

/// A version of a data shape, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataShapeName {
    /// Which.
    pub schema_id: SchemaId,
    /// Its version.
    pub version: SchemaVersion,
}

/// What was judged, and how.
#[derive(Clone, Debug)]
pub struct Prechecked {
    /// Both answers.
    pub answer: Precheck,
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// The data shape that the values fit.
    pub data_shape: Option<SchemaLine>,
    /// What they were judged under.
    pub policy: Arc<Policy>,
    /// When.
    pub at: Timestamp,
}

impl Prechecked {
    /// Why the run would not go on even if all of trust were passed for the values; nothing where it would.
    pub fn explanation(&self, size: Size) -> Option<Explanation> {
        let situation = Situation {
            scenario: &self.scenario,
            stage: self.scenario.stage(&self.answer.stage_id)?,
            evaluation: &self.answer.if_verified.shown().evaluation,
            policy: &self.policy,
            told_under: &self.policy,
            at: self.at,
            entered_at: None,
        };
        situation.explain(size)
    }
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
    /// [`RuntimeError`] when the scenario, the stage or the data shape does not exist, or the values do not fit.
    pub async fn precheck(&self, caller: &Caller, request: &PrecheckRequest) -> Result<Prechecked, RuntimeError> {
        let scope = self.declared(caller)?;
        let shape = match &request.data_shape {
            Some(name) => Some(self.fitting_shape(caller, name, &request.values).await?),
            None => None,
        };
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
                stage_id.get_or_insert(view.state.stage_id.clone());
                view.scenario
            }
            PrecheckSource::Inline(spec) => {
                let spec = Scenario::read(spec).map_err(RuntimeError::Spec)?;
                Arc::new(Scenario::define(spec, &self.contracts, self.parts.bounds).map_err(RuntimeError::Spec)?.0)
            }
        };
        // A scenario for another tenant can't be started here either (defect D24).
        if let Some(tenant) = scenario.spec().default_tenant_id.filter(|it| *it != scope.tenant) {
            return Err(StartFault::Tenant { scenario: tenant, run: scope.tenant }.into());
        }
        let at = self.clock(request.time)?;
        let supplied = &request.values;
        let input = PrecheckInput { scenario: &scenario, stage: stage_id.as_ref(), supplied, policy: &policy, at };
        let answer = precheck(input).ok_or_else(|| RuntimeError::StageNotFound {
            scenario: scenario.spec().scenario_id.to_string(),
            stage: stage_id.as_ref().map(ToString::to_string).unwrap_or_default(),
        })?;
        if let Some(shape) = &shape {
            describes(shape, &scenario, &answer.stage_id, &policy)?;
        }
        Ok(Prechecked { answer, scenario, data_shape: shape.map(|it| it.line), policy, at })
    }

    /// The data shape, if the values fit it.
    async fn fitting_shape(
        &self,
        caller: &Caller,
        name: &DataShapeName,
        values: &BTreeMap<ConditionId, Value>,
    ) -> Result<SchemaView, RuntimeError> {
        let view = self.schema(caller, &name.schema_id, &name.version).await?;
        let payload = values.iter().map(|(id, value)| (id.to_string(), value.clone())).collect();
        view.shape.check(&Value::Object(payload)).map_err(RuntimeError::Payload)?;
        Ok(view)
    }
}

/// Whether the shape describes every condition of the stage that a caller can supply; the others are derived.
fn describes(view: &SchemaView, scenario: &Scenario, stage: &StageId, policy: &Policy) -> Result<(), RuntimeError> {
    let Some(stage) = scenario.stage(stage) else { return Ok(()) };
    let supplied = scenario.conditions_of(stage).filter(|it| {
        let provider = policy.provider(&it.query.provider_id);
        provider.is_none_or(|provider| !provider.is_derived())
    });
    let gaps = view.shape.gaps(supplied);
    if gaps.is_empty() { Ok(()) } else { Err(RuntimeError::ShapeGaps { gaps }) }
}
