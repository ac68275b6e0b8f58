//! `scenario_next`: the agent asks for the next step.

use decision_gate_core::at::Timestamp;
use decision_gate_core::engine::TriggerKind;
use decision_gate_core::name::{NamespaceId, RunId, ScenarioId, TenantId, TriggerId};
use decision_gate_runtime::StepRequest;
use schemars::JsonSchema;
use serde::Deserialize;

use super::shared::caller;
use super::step::{Feedback, StepAnswer};
use super::{CallContext, Card, Hints, Profile, Tool, ToolError};

/// `scenario_next`.
pub(super) struct ScenarioNext;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Which run.
    run_id: RunId,
    /// Checked against the run.
    #[serde(default)]
    scenario_id: Option<ScenarioId>,
    /// Idempotency key.
    #[serde(default)]
    trigger_id: Option<TriggerId>,
    /// Default summary.
    #[serde(default)]
    feedback: Feedback,
    /// Only under time.source = caller.
    #[serde(default)]
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    time: Option<Timestamp>,
    /// Ties calls together.
    #[serde(default)]
    correlation_id: Option<String>,
    /// Default 1.
    #[serde(default)]
    namespace_id: Option<NamespaceId>,
    /// Default: the first.
    #[serde(default)]
    tenant_id: Option<TenantId>,
}

impl Tool for ScenarioNext {
    type Arguments = Arguments;
    type Answer = StepAnswer;

    const CARD: Card = Card {
        name: "scenario_next",
        title: "Take the next step",
        description: "Pull the stage's evidence, decide, and record the decision. On a hold it says what is missing and what to do; mend that and call again.",
        hints: Hints::APPENDS.open_world(),
        profiles: Profile::ALL,
    };

    async fn call(&self, context: &CallContext, arguments: Arguments) -> Result<StepAnswer, ToolError> {
        let caller = caller(context, arguments.tenant_id, arguments.namespace_id);
        let request = StepRequest {
            run_id: arguments.run_id,
            scenario_id: arguments.scenario_id,
            trigger_id: arguments.trigger_id,
            kind: TriggerKind::AgentRequestNext,
            source_id: None,
            payload: None,
            time: arguments.time,
            correlation_id: arguments.correlation_id,
        };
        let reply = context.app().orchestrator().step(&caller, &request).await?;
        Ok(StepAnswer::new(&reply, arguments.feedback))
    }
}
