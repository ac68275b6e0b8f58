//! One query to one provider, judged and redacted like evidence of a run, and not recorded.

use decision_gate_core::at::Timestamp;
use decision_gate_core::condition::{Comparator, Gap, Truth, judge};
use decision_gate_core::engine::derived_answer_under;
use decision_gate_core::evidence::{EvidenceResult, Query};
use decision_gate_core::policy::ProviderPolicy;
use decision_gate_core::scenario::check_query;
use decision_gate_core::trust::{Occasion, redact};
use serde_json::Value;

use super::{Caller, Orchestrator};
use crate::error::RuntimeError;
use crate::ports::EvidenceContext;

/// What to ask.
#[derive(Clone, Debug)]
pub struct QueryRequest {
    /// The question.
    pub query: Query,
    /// The caller's time.
    pub time: Option<Timestamp>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct QueryReply {
    /// The evidence as it may be shown.
    pub result: EvidenceResult,
    /// Whether the source answered that there is none.
    pub absent: bool,
    /// Whether value and content type were dropped.
    pub redacted: bool,
}

impl Orchestrator {
    /// Asks one provider.
    ///
    /// # Errors
    /// [`RuntimeError::Query`] when the query does not fit the provider's contract. A provider's fault is no error:
    /// it stands in the result.
    pub async fn query(&self, caller: &Caller, request: &QueryRequest) -> Result<QueryReply, RuntimeError> {
        let scope = self.declared(caller)?;
        let query = &request.query;
        check_query(query, &self.contracts).map_err(|(pointer, problem)| RuntimeError::Query { pointer, problem })?;
        let asked_at = self.clock(request.time)?;
        let policy = &self.configured;
        let answer = if policy.provider(&query.provider_id).is_some_and(ProviderPolicy::is_derived) {
            derived_answer_under(query, asked_at, &policy.snapshot().time)
        } else {
            let context = EvidenceContext {
                tenant: scope.tenant,
                namespace: scope.namespace,
                run: None,
                scenario: None,
                stage: None,
                subject: None,
                environment: None,
                payload: None,
                asked_at,
            };
            self.parts.providers.ask(query, &context).await
        };
        let exists = Comparator::named("exists")
            .ok_or_else(|| RuntimeError::Stored { what: "comparator", reason: "`exists` is not known".into() })?;
        let occasion = Occasion {
            tenant: scope.tenant,
            namespace: scope.namespace,
            run: None,
            subject: None,
            environment: None,
            at: self.clock(request.time)?,
        };
        let judged = judge(query, exists, &Value::Null, Some(&answer), policy, occasion);
        let absent = judged.status == Truth::False;
        let disclosure = policy.disclosure(&query.provider_id);
        let shown = redact(judged.result.clone(), disclosure);
        let redacted = judged.result.value.is_some() && shown.value.is_none();
        debug_assert!(judged.gap.as_ref().is_none_or(|gap| !matches!(gap, Gap::NoAnswer)), "every query is answered");
        Ok(QueryReply { result: shown, absent, redacted })
    }
}
