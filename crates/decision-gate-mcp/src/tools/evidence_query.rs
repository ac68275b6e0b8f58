//! `evidence_query`: one question to one provider, judged and redacted like evidence of a run, and not recorded.

use decision_gate_core::at::Timestamp;
use decision_gate_core::evidence::EvidenceValue;
use decision_gate_core::evidence::{EvidenceResult, Query};
use decision_gate_core::explain::asks;
use decision_gate_core::json::canonical;
use decision_gate_core::name::{NamespaceId, TenantId};
use decision_gate_runtime::QueryRequest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shared::{caller, clip};
use super::{CallContext, Card, Hints, Profile, Summary, Tool, ToolError};

/// `evidence_query`.
pub(super) struct EvidenceQuery;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// The question.
    query: Query,
    /// Only under time.source = caller.
    #[serde(default)]
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    time: Option<Timestamp>,
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
    /// The evidence, redacted by policy.
    result: EvidenceResult,
    /// True when the source answered that there is none.
    absent: bool,
    /// True when value and content type were dropped.
    redacted: bool,
    #[serde(skip)]
    asked: String,
}

impl Summary for Answer {
    fn text(&self) -> String {
        let lane = self.result.lane;
        match (&self.result.error, &self.result.value) {
            (Some(error), _) => format!("{}: {} ({})", self.asked, error.message, error.code),
            (None, Some(EvidenceValue::Json(value))) => {
                let value = String::from_utf8_lossy(&canonical::to_vec(value)).into_owned();
                format!("{}: {} ({lane})", self.asked, clip(&value, 400))
            }
            (None, Some(EvidenceValue::Bytes(bytes))) => format!("{}: {} bytes ({lane})", self.asked, bytes.len()),
            (None, None) if self.absent => format!("{}: there is none ({lane})", self.asked),
            (None, None) => {
                let hash =
                    self.result.evidence_hash.map_or_else(|| "hash withheld".into(), |it| format!("sha256 {it}"));
                format!("{}: found, not shown by policy ({lane}, {hash})", self.asked)
            }
        }
    }
}

impl Tool for EvidenceQuery {
    type Arguments = Arguments;
    type Answer = Answer;

    const CARD: Card = Card {
        name: "evidence_query",
        title: "Query evidence",
        description: "Ask one provider one question, without recording anything. providers_list shows what can be asked.",
        hints: Hints::READS.open_world(),
        profiles: Profile::ALL,
    };

    async fn call(&self, context: &CallContext, arguments: Arguments) -> Result<Answer, ToolError> {
        let caller = caller(context, arguments.tenant_id, arguments.namespace_id);
        let request = QueryRequest { query: arguments.query, time: arguments.time };
        let reply = context.app().orchestrator().query(&caller, &request).await?;
        let asked = asks(&request.query);
        Ok(Answer { result: reply.result, absent: reply.absent, redacted: reply.redacted, asked })
    }
}
