//! `scenario_status`: where a run stands. It reads and writes nothing.

use decision_gate_core::engine::{DecisionOutcome, DecisionRecord, SafeSummary};
use decision_gate_core::name::{NamespaceId, RunId, ScenarioId, TenantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::brief::{cut_unmet_gates, fitting, is_zero};
use super::run::{Run, decision_line};
use super::shared::caller;
use super::{CallContext, Card, Hints, Profile, Summary, Tool, ToolError};

/// `scenario_status`.
pub(super) struct ScenarioStatus;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Which run.
    run_id: RunId,
    /// Checked against the run.
    #[serde(default)]
    scenario_id: Option<ScenarioId>,
    /// Default 1.
    #[serde(default)]
    namespace_id: Option<NamespaceId>,
    /// Default: the first.
    #[serde(default)]
    tenant_id: Option<TenantId>,
}

/// What it gives.
#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    /// The run.
    #[serde(flatten)]
    run: Run,
    /// The latest decision.
    last_decision: DecisionRecord,
    /// How many unmet gates it does not name here.
    #[serde(skip_serializing_if = "is_zero")]
    unmet_gates_left_out: usize,
    /// What is not met, when that decision is a hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    safe_summary: Option<SafeSummary>,
    /// How many events the run has.
    events: u64,
}

impl Summary for Answer {
    fn text(&self) -> String {
        let decision = decision_line(&self.last_decision, self.unmet_gates_left_out);
        format!("{}\n{decision}\n{} events", self.run.line(), self.events)
    }
}

impl Tool for ScenarioStatus {
    type Arguments = Arguments;
    type Answer = Answer;

    const CARD: Card = Card {
        name: "scenario_status",
        title: "Look at a run",
        description: "Where a run stands, and its latest decision.",
        hints: Hints::READS,
        profiles: Profile::ALL,
    };

    async fn call(&self, context: &CallContext, arguments: Arguments) -> Result<Answer, ToolError> {
        let caller = caller(context, arguments.tenant_id, arguments.namespace_id);
        let named = arguments.scenario_id.as_ref();
        let view = context.app().orchestrator().status(&caller, &arguments.run_id, named).await?;
        Ok(fitting(|shown| {
            let mut last_decision = view.state.last_decision.clone();
            let unmet_gates_left_out = cut_unmet_gates(&mut last_decision.outcome, shown);
            let safe_summary = match &last_decision.outcome {
                DecisionOutcome::Hold { summary } => Some(summary.clone()),
                DecisionOutcome::Start { .. }
                | DecisionOutcome::Complete { .. }
                | DecisionOutcome::Advance { .. }
                | DecisionOutcome::Fail { .. } => None,
            };
            let (run, events) = (Run::from(&**view.state), view.state.seq);
            Answer { run, last_decision, unmet_gates_left_out, safe_summary, events }
        }))
    }
}
