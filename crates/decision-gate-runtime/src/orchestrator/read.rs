//! Looking without touching.

use std::sync::Arc;

use decision_gate_core::digest::Digest;
use decision_gate_core::engine::RunState;
use decision_gate_core::name::{RunId, ScenarioId};
use decision_gate_core::scenario::{Scenario, nearest};

use super::{Caller, Orchestrator};
use crate::error::RuntimeError;
use crate::ports::{RunHead, ScenarioListing, Scope, StoredScenario};

/// A run and the scenario that it is bound to.
#[derive(Clone, Debug)]
pub struct RunView {
    /// What it has come to.
    pub state: RunState,
    /// The version that it is bound to.
    pub scenario: Arc<Scenario>,
}

impl Orchestrator {
    /// Where a run stands. Writes nothing.
    ///
    /// # Errors
    /// [`RuntimeError::RunNotFound`], or [`RuntimeError::ScenarioMismatch`] when it is of another scenario.
    pub async fn status(
        &self,
        caller: &Caller,
        run: &RunId,
        named: Option<&ScenarioId>,
    ) -> Result<RunView, RuntimeError> {
        let scope = self.declared(caller)?;
        let head = self.head(scope, run, named).await?;
        let scenario = self.bound_scenario(scope, &head.state).await?;
        Ok(RunView { state: head.state, scenario })
    }

    /// Current versions of scenarios by id, after `after`.
    ///
    /// # Errors
    /// [`RuntimeError::Store`] when the store can't be read.
    pub async fn scenarios(
        &self,
        caller: &Caller,
        after: Option<&ScenarioId>,
        limit: usize,
    ) -> Result<Vec<ScenarioListing>, RuntimeError> {
        let scope = self.declared(caller)?;
        self.in_force(scope).await?;
        Ok(self.parts.store.scenarios(scope, after, limit).await?)
    }

    pub(super) async fn head(
        &self,
        scope: Scope,
        run: &RunId,
        named: Option<&ScenarioId>,
    ) -> Result<RunHead, RuntimeError> {
        let missing = || RuntimeError::RunNotFound { run: run.to_string() };
        let head = self.parts.store.run(scope, run).await?.ok_or_else(missing)?;
        match named {
            Some(named) if *named != head.state.scenario_id => Err(RuntimeError::ScenarioMismatch {
                run: run.to_string(),
                bound: head.state.scenario_id.to_string(),
                named: named.to_string(),
            }),
            Some(_) | None => Ok(head),
        }
    }

    pub(super) async fn current_scenario(&self, scope: Scope, id: &ScenarioId) -> Result<StoredScenario, RuntimeError> {
        self.scenario_version(scope, id, None).await
    }

    /// One version of a scenario; the current one where none is named.
    pub(super) async fn scenario_version(
        &self,
        scope: Scope,
        id: &ScenarioId,
        version: Option<Digest>,
    ) -> Result<StoredScenario, RuntimeError> {
        if let Some(stored) = self.parts.store.scenario(scope, id, version).await? {
            return Ok(stored);
        }
        let known = self.parts.store.scenarios(scope, None, 1_000).await?;
        let nearest = nearest(id.as_str(), known.iter().map(|it| it.scenario_id.as_str()));
        Err(RuntimeError::ScenarioNotFound { scenario: id.to_string(), nearest })
    }

    pub(super) async fn bound_scenario(&self, scope: Scope, state: &RunState) -> Result<Arc<Scenario>, RuntimeError> {
        if let Some(scenario) = self.at_hand(state.spec_hash) {
            return Ok(scenario);
        }
        let missing = || RuntimeError::Stored { what: "scenario", reason: "the version of a run is gone".into() };
        let stored =
            self.parts.store.scenario(scope, &state.scenario_id, Some(state.spec_hash)).await?.ok_or_else(missing)?;
        self.parsed(stored.spec_hash, &stored.spec)
    }

    fn at_hand(&self, hash: Digest) -> Option<Arc<Scenario>> {
        self.scenarios.lock().ok()?.get(&hash).cloned()
    }
}
