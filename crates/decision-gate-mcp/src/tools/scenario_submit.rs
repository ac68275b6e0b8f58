//! `scenario_submit`: a document is handed in and committed to.

use decision_gate_core::at::Timestamp;
use decision_gate_core::ledger::Commitment;
use decision_gate_core::name::{NamespaceId, RunId, ScenarioId, SubmissionId, TenantId};
use decision_gate_core::scenario::packets::PacketPayload;
use decision_gate_runtime::SubmitRequest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::run::Run;
use super::shared::caller;
use super::{CallContext, Card, Hints, Profile, Summary, Tool, ToolError};

/// `scenario_submit`.
pub(super) struct ScenarioSubmit;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Which run.
    run_id: RunId,
    /// {"kind":"json","value":…}, {"kind":"bytes","bytes":[…]} or {"kind":"external","content_ref":{uri, content_hash}}.
    #[schemars(with = "Map<String, Value>")]
    payload: PacketPayload,
    /// Media type.
    #[serde(default = "json_type")]
    content_type: String,
    /// Idempotency key.
    #[serde(default)]
    submission_id: Option<SubmissionId>,
    /// Checked against the run.
    #[serde(default)]
    scenario_id: Option<ScenarioId>,
    /// Only under time.source = caller.
    #[serde(default)]
    #[schemars(with = "Option<Map<String, Value>>")]
    submitted_at: Option<Timestamp>,
    /// Default 1.
    #[serde(default)]
    namespace_id: Option<NamespaceId>,
    /// Default: the first.
    #[serde(default)]
    tenant_id: Option<TenantId>,
}

fn json_type() -> String {
    "application/json".to_owned()
}

/// What it gives.
#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    /// The run.
    #[serde(flatten)]
    run: Run,
    /// Its idempotency key.
    submission_id: SubmissionId,
    /// Media type.
    content_type: String,
    /// The salted commitment to the document.
    commitment: Commitment,
    /// When it was taken.
    submitted_at: Timestamp,
    /// True when it was taken before.
    repeated: bool,
}

impl Summary for Answer {
    fn text(&self) -> String {
        let again = if self.repeated { " (taken before)" } else { "" };
        format!("submission {} taken at {}{again}\n{}", self.submission_id, self.submitted_at, self.run.line())
    }
}

impl Tool for ScenarioSubmit {
    type Arguments = Arguments;
    type Answer = Answer;

    const CARD: Card = Card {
        name: "scenario_submit",
        title: "Submit a document",
        description: "Hand in a document for the record of a run. It is kept, never judged as evidence.",
        hints: Hints::APPENDS_ONCE,
        profiles: Profile::ALL,
    };

    async fn call(&self, context: &CallContext, arguments: Arguments) -> Result<Answer, ToolError> {
        let caller = caller(context, arguments.tenant_id, arguments.namespace_id);
        let request = SubmitRequest {
            run_id: arguments.run_id,
            scenario_id: arguments.scenario_id,
            submission_id: arguments.submission_id,
            payload: arguments.payload,
            content_type: arguments.content_type,
            time: arguments.submitted_at,
            correlation_id: None,
        };
        let reply = context.app().orchestrator().submit(&caller, &request).await?;
        Ok(Answer {
            run: Run::from(&**reply.state),
            submission_id: reply.submission_id,
            content_type: reply.content_type,
            commitment: reply.commitment,
            submitted_at: reply.submitted_at,
            repeated: reply.repeated,
        })
    }
}
