//! Release decisions in one call: a run of a built-in scenario with one stage, which asks all gates of a policy.
//!
//! It is a run like any other: its proof is exported, verified and replayed in the same way. The scenario is the same
//! for every release under one policy and on one shelf, so that an auditor can name its hash; what is asked of this
//! release travels with the trigger, and is asserted.

use std::sync::Arc;

use decision_gate_core::at::Timestamp;
use decision_gate_core::condition::{Judged, Truth};
use decision_gate_core::engine::{ConditionView, TriggerKind};
use decision_gate_core::evidence::Subject;
use decision_gate_core::name::{EnvironmentName, RunId, ScenarioId};
use decision_gate_core::scenario::packets::PacketPayload;
use decision_gate_core::scenario::{Origin, Scenario};
use decision_gate_core::trust::Released;
use decision_gate_policy::release::{Asked, CHAIN_CHECK, Rules};
use serde_json::json;

use super::{Caller, Orchestrator, StartRequest, StepReply, StepRequest};
use crate::error::RuntimeError;

/// The provider of releases.
pub const RELEASE_PROVIDER: &str = "release";

/// The one condition of the built-in scenario.
const CONDITION: &str = "chain";

/// What to decide.
#[derive(Clone, Debug)]
pub struct ReleaseRequest {
    /// The artifact.
    pub subject: Subject,
    /// Where it is to go: a declared environment.
    pub environment: EnvironmentName,
    /// The name of a configured policy; the one that is meant when left out.
    pub policy: Option<String>,
    /// What whoever asks says about it.
    pub asked: Asked,
    /// The run's name; made up when left out.
    pub run_id: Option<RunId>,
    /// The caller's time.
    pub time: Option<Timestamp>,
}

/// A release that was decided.
#[derive(Clone, Debug)]
pub struct ReleaseReply {
    /// The run's one step.
    pub step: StepReply,
    /// What the condition came to under the trust rules.
    pub judged: Judged,
    /// What the gates came to; nothing where they could not be asked.
    pub released: Option<Arc<Released>>,
}

impl ReleaseReply {
    /// Whether the release may advance.
    pub fn is_allowed(&self) -> bool {
        self.step.state.is_allowed() && self.judged.status == Truth::True
    }
}

impl Orchestrator {
    /// The names of the configured release policies; none where releases are not configured.
    pub fn release_policies(&self) -> Vec<String> {
        self.release_rules().map(|rules| rules.policies.into_keys().collect()).unwrap_or_default()
    }

    /// Decides a release. What is returned is on disk.
    ///
    /// # Errors
    /// [`RuntimeError`] when nothing was decided, such as for a policy or an environment that there is not.
    pub async fn release(&self, caller: &Caller, request: &ReleaseRequest) -> Result<ReleaseReply, RuntimeError> {
        let scope = self.declared(caller)?;
        let rules = self.release_rules().ok_or(RuntimeError::ReleaseNotConfigured)?;
        let named = request.policy.as_deref();
        let policy = rules.policy_name(named).ok_or_else(|| RuntimeError::ReleasePolicyUnknown {
            policy: named.map(str::to_owned),
            known: rules.policies.keys().cloned().collect(),
        })?;
        let (_, in_force) = self.in_force(scope).await?;
        let spec = scenario(policy, scope.namespace.get())?;
        let scenario_id = spec.scenario_id.clone();
        let defined = self.keep(scope, spec, Origin::Pinned, None, &in_force).await?;
        let start = StartRequest {
            scenario_id: scenario_id.clone(),
            run_id: request.run_id.clone(),
            subject: Some(request.subject.clone()),
            environment: Some(request.environment.clone()),
            dispatch_targets: Vec::new(),
            issue_entry_packets: false,
            time: request.time,
            correlation_id: None,
        };
        let started = self.start_version(caller, &start, Some(defined.spec_hash)).await?;
        let asked = serde_json::to_value(&request.asked).unwrap_or_default();
        let step = StepRequest {
            run_id: started.state.run.clone(),
            scenario_id: Some(scenario_id),
            trigger_id: None,
            kind: TriggerKind::AgentRequestNext,
            source_id: None,
            payload: (!request.asked.is_empty()).then_some(PacketPayload::Json { value: asked }),
            time: request.time,
            correlation_id: None,
        };
        let step = self.step(caller, &step).await?;
        let lost = || RuntimeError::Stored { what: "run", reason: "a release was decided without its gates".into() };
        let judged = step.evaluation.as_ref().and_then(|it| it.conditions.first()).map(ConditionView::own);
        let judged = judged.ok_or_else(lost)?;
        Ok(ReleaseReply { released: judged.release.clone(), judged: judged.into_owned(), step })
    }

    /// What releases are judged by, if they are configured.
    pub(super) fn release_rules(&self) -> Option<Rules> {
        let provider = RELEASE_PROVIDER.try_into().ok()?;
        let rules = self.configured.provider(&provider)?.release.as_ref()?;
        Rules::read(rules).ok()
    }
}

/// The built-in scenario of a policy.
fn scenario(policy: &str, namespace: u64) -> Result<decision_gate_core::scenario::ScenarioSpec, RuntimeError> {
    let spec = json!({
        "scenario_id": scenario_id(policy)?,
        "namespace_id": namespace,
        "spec_version": "1",
        "stages": [{
            "stage_id": "release",
            "gates": [{ "gate_id": "release-gates", "requirement": { "Condition": CONDITION } }],
        }],
        "conditions": [{
            "condition_id": CONDITION,
            "query": {
                "provider_id": RELEASE_PROVIDER,
                "check_id": CHAIN_CHECK,
                "params": { "from_trigger": true, "policy": policy },
            },
            "comparator": "equals",
            "expected": "pass",
        }],
    });
    Scenario::read(&spec).map_err(RuntimeError::Spec)
}

/// The id of the built-in scenario of a policy.
fn scenario_id(policy: &str) -> Result<ScenarioId, RuntimeError> {
    let invalid = |_| RuntimeError::ReleasePolicyUnknown { policy: Some(policy.to_owned()), known: Vec::new() };
    ScenarioId::try_from(format!("release.{policy}")).map_err(invalid)
}
