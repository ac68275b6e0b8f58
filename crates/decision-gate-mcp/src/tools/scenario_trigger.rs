//! `scenario_trigger`: something else than an agent asks for a step (`reference/payloads.md` 1.6, TriggerEvent).

use decision_gate_core::at::Timestamp;
use decision_gate_core::engine::TriggerKind;
use decision_gate_core::name::{NamespaceId, RunId, ScenarioId, TenantId, TriggerId};
use decision_gate_core::scenario::packets::PacketPayload;
use decision_gate_runtime::StepRequest;
use schemars::JsonSchema;
use serde::Deserialize;

use super::shared::caller;
use super::step::{Feedback, StepAnswer};
use super::{CallContext, Card, Hints, Profile, Tool, ToolError};

/// `scenario_trigger`.
pub(super) struct ScenarioTrigger;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Checked against the run.
    #[serde(default)]
    scenario_id: Option<ScenarioId>,
    /// The event.
    trigger: TriggerEvent,
}

/// The event that asks for a step.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub(super) struct TriggerEvent {
    /// Which run.
    run_id: RunId,
    /// `tick` tries timeouts.
    kind: TriggerKind,
    /// Idempotency key.
    #[serde(default)]
    trigger_id: Option<TriggerId>,
    /// Where it comes from.
    #[serde(default)]
    source_id: Option<String>,
    /// What it carries.
    #[serde(default)]
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    payload: Option<PacketPayload>,
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

impl Tool for ScenarioTrigger {
    type Arguments = Arguments;
    type Answer = StepAnswer;

    const CARD: Card = Card {
        name: "scenario_trigger",
        title: "Trigger a step",
        description: "Like scenario_next, for ticks (which try stage timeouts) and events from other systems.",
        hints: Hints::APPENDS.open_world(),
        profiles: &[Profile::Ci, Profile::Full],
    };

    async fn call(&self, context: &CallContext, arguments: Arguments) -> Result<StepAnswer, ToolError> {
        let trigger = arguments.trigger;
        let caller = caller(context, trigger.tenant_id, trigger.namespace_id);
        let request = StepRequest {
            run_id: trigger.run_id,
            scenario_id: arguments.scenario_id,
            trigger_id: trigger.trigger_id,
            kind: trigger.kind,
            source_id: trigger.source_id,
            payload: trigger.payload,
            time: trigger.time,
            correlation_id: trigger.correlation_id,
        };
        let reply = context.app().orchestrator().step(&caller, &request).await?;
        Ok(StepAnswer::new(&reply, Feedback::Summary))
    }
}
