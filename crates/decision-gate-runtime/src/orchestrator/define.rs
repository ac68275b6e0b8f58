//! Defining scenarios.

use decision_gate_core::digest::Digest;
use decision_gate_core::ledger::{Body, Event, ScenarioDefined};
use decision_gate_core::name::ScenarioId;
use decision_gate_core::policy::Policy;
use decision_gate_core::scenario::{Origin, Scenario, ScenarioSpec, Warning};
use serde_json::Value;

use super::{Caller, DraftPolicy, Orchestrator};
use crate::error::RuntimeError;
use crate::ports::{PutScenario, Scope};

/// A scenario that was defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defined {
    /// Which.
    pub scenario_id: ScenarioId,
    /// Digest of the expanded spec.
    pub spec_hash: Digest,
    /// Who wrote it.
    pub origin: Origin,
    /// Order of definition on its shelf, from 1.
    pub version: u64,
    /// Worth a second look.
    pub warnings: Vec<Warning>,
}

impl Orchestrator {
    /// Defines a scenario, as a draft.
    ///
    /// # Errors
    /// [`RuntimeError::Spec`] with everything that is wrong with it; [`RuntimeError::DraftsRefused`] where the
    /// configuration takes only pinned ones.
    pub async fn define(&self, caller: &Caller, spec: &Value) -> Result<Defined, RuntimeError> {
        let scope = self.declared(caller)?;
        let spec = Scenario::read(spec).map_err(RuntimeError::Spec)?;
        if self.parts.drafts == DraftPolicy::Refuse {
            return Err(RuntimeError::DraftsRefused { scenario: spec.scenario_id.to_string() });
        }
        let scope = self.open(Scope { namespace: spec.namespace_id, ..scope })?;
        let (_, policy) = self.in_force(scope).await?;
        self.keep(scope, spec, Origin::Draft, caller.actor.clone(), &policy).await
    }

    pub(super) async fn keep(
        &self,
        scope: Scope,
        spec: ScenarioSpec,
        origin: Origin,
        actor: Option<String>,
        policy: &Policy,
    ) -> Result<Defined, RuntimeError> {
        let (scenario, warnings) =
            Scenario::define(spec, &self.contracts, self.parts.bounds).map_err(RuntimeError::Spec)?;
        let spec = scenario.spec();
        let body = ScenarioDefined {
            scenario_id: spec.scenario_id.clone(),
            spec_version: spec.spec_version.clone(),
            spec_hash: scenario.hash(),
            origin,
        };
        let event = Event {
            tenant: scope.tenant,
            namespace: scope.namespace,
            run: None,
            seq: 0,
            at: self.parts.clock.now(),
            actor,
            key: None,
            policy_digest: policy.digest(),
            state_digest: None,
            body: Body::ScenarioDefined(body),
        };
        let put = PutScenario {
            scope,
            scenario_id: spec.scenario_id.clone(),
            spec_hash: scenario.hash(),
            origin,
            spec: scenario.to_bytes(),
            event,
        };
        let stored = self.parts.store.put_scenario(put).await?;
        let (scenario_id, spec_hash, version) = (stored.scenario_id, stored.spec_hash, stored.version);
        Ok(Defined { scenario_id, spec_hash, origin: stored.origin, version, warnings })
    }
}
