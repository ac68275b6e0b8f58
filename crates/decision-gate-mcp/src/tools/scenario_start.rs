//! `scenario_start`: a run begins.

use decision_gate_core::at::Timestamp;
use decision_gate_core::engine::DecisionRecord;
use decision_gate_core::evidence::Subject;
use decision_gate_core::name::{EnvironmentName, NamespaceId, RunId, ScenarioId, TenantId};
use decision_gate_core::scenario::packets::DispatchTarget;
use decision_gate_runtime::StartRequest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::run::{Packet, Run, decision_line, packets};
use super::shared::caller;
use super::{CallContext, Card, Hints, Profile, Summary, Tool, ToolError};

/// `scenario_start`.
pub(super) struct ScenarioStart;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Which scenario.
    scenario_id: ScenarioId,
    /// Made up when left out.
    #[serde(default)]
    run_id: Option<RunId>,
    /// Artifacts that the run is about.
    #[serde(default)]
    subject: Option<Subject>,
    /// Declared target environment.
    #[serde(default)]
    environment: Option<EnvironmentName>,
    /// Receivers of packets.
    #[serde(default)]
    #[schemars(with = "Option<Vec<serde_json::Map<String, serde_json::Value>>>")]
    dispatch_targets: Vec<DispatchTarget>,
    #[serde(default = "yes")]
    issue_entry_packets: bool,
    /// Only under time.source = caller.
    #[serde(default)]
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    started_at: Option<Timestamp>,
    /// Default 1.
    #[serde(default)]
    namespace_id: Option<NamespaceId>,
    /// Default: the first.
    #[serde(default)]
    tenant_id: Option<TenantId>,
}

fn yes() -> bool {
    true
}

/// What it gives.
#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    /// The run.
    #[serde(flatten)]
    run: Run,
    /// The `start` decision.
    decision: DecisionRecord,
    /// Packets of the first stage.
    packets: Vec<Packet>,
}

impl Summary for Answer {
    fn text(&self) -> String {
        format!("{}\n{}\nnext: call scenario_next", self.run.line(), decision_line(&self.decision, 0))
    }
}

impl Tool for ScenarioStart {
    type Arguments = Arguments;
    type Answer = Answer;

    const CARD: Card = Card {
        name: "scenario_start",
        title: "Start a run",
        description: "Start a run of a scenario. It is bound to the scenario's current version. Then call scenario_next.",
        hints: Hints::APPENDS,
        profiles: Profile::ALL,
    };

    async fn call(&self, context: &CallContext, arguments: Arguments) -> Result<Answer, ToolError> {
        let caller = caller(context, arguments.tenant_id, arguments.namespace_id);
        let request = StartRequest {
            scenario_id: arguments.scenario_id,
            run_id: arguments.run_id,
            subject: arguments.subject,
            environment: arguments.environment,
            dispatch_targets: arguments.dispatch_targets,
            issue_entry_packets: arguments.issue_entry_packets,
            time: arguments.started_at,
            correlation_id: None,
        };
        let reply = context.app().orchestrator().start(&caller, &request).await?;
        let run = Run::from(&**reply.state);
        let decision = reply.state.last_decision.clone();
        let packets = packets(&reply.scenario, &reply.state, &decision, &reply.packets);
        Ok(Answer { run, decision, packets })
    }
}
