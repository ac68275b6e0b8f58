//! An external server as a provider: one query, one call, one answer or one fault.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use decision_gate_config::sections::providers::{McpSettings, Protocol, Provider as Setting};
use decision_gate_core::at::Timestamp;
use decision_gate_core::contract::ProviderContract;
use decision_gate_core::evidence::{Answer, Fault, Query};
use decision_gate_runtime::ports::{EvidenceContext, Provider};
use rmcp::model::JsonObject;
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

use super::FederationError;
use super::answer::{Call, translate};
use super::contract::Terms;
use super::evidence;
use super::fault::QueryFault;
use super::launch::Launch;
use super::meter::Death;
use super::session::{Session, within};
use super::supervisor::Supervisor;

/// The key of a call's `_meta` that says which check is asked for by whom.
const QUERY: &str = "decision-gate/query";

/// Whether a provider's own words may be kept: only where its raw values may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Texts {
    /// They may.
    Shown,
    /// They may not.
    Withheld,
}

/// An external server as a provider.
#[derive(Debug)]
pub struct FederatedProvider {
    terms: Terms,
    supervisor: Supervisor,
    places: Semaphore,
    protocol: Protocol,
    send_context: bool,
    max_message: usize,
    limit: Duration,
    texts: Texts,
}

impl FederatedProvider {
    /// The provider with these settings; `base` is the folder of the configuration. Nothing is started.
    ///
    /// # Errors
    /// [`FederationError`] when its contract does not hold, or there is nothing to start.
    pub(crate) fn new(
        setting: &Setting,
        settings: &McpSettings,
        base: &Path,
        limit: Duration,
        texts: Texts,
    ) -> Result<Self, FederationError> {
        let launch = Launch::new(setting.name.as_str(), settings, base)?;
        Ok(Self {
            terms: Terms::of(&setting.name, settings)?,
            places: Semaphore::new(settings.max_concurrent.as_usize()),
            protocol: settings.protocol,
            send_context: settings.send_context,
            max_message: launch.max_message,
            supervisor: Supervisor::new(launch),
            limit: within(limit),
            texts,
        })
    }

    /// Answers within the time limit. A provider that said nothing at all in that time is ended; one that was busy with
    /// other queries is not, since that would cost their conditions.
    async fn answer(&self, query: &Query, context: &EvidenceContext) -> Result<Answer, QueryFault> {
        let mut asked: Option<(Arc<Session>, u64)> = None;
        let answer = tokio::time::timeout(self.limit, async {
            let _place = self.places.acquire().await;
            let mut lost = false;
            loop {
                let session = self.supervisor.session().await?;
                asked = Some((Arc::clone(&session), session.vitals().heard()));
                match self.ask(&session, query, context).await {
                    // It did not even look at the call; once more in a new session, as the protocol has it.
                    Err(QueryFault::Died(Death::Forgotten)) if !lost => lost = true,
                    answer => break answer,
                }
            }
        });
        let answer = answer.await;
        let Ok(answer) = answer else {
            if let Some((session, heard)) = asked
                && session.vitals().heard() == heard
            {
                session.kill(Death::Silent);
            }
            return Err(QueryFault::Timeout { limit_ms: u64::try_from(self.limit.as_millis()).unwrap_or(u64::MAX) });
        };
        if asked.is_some_and(|(session, _)| session.vitals().death().is_none()) {
            self.supervisor.answered();
        }
        answer
    }

    async fn ask(&self, session: &Session, query: &Query, context: &EvidenceContext) -> Result<Answer, QueryFault> {
        let mapping = self.terms.mappings.get(&query.check_id);
        let mapping = mapping.ok_or_else(|| QueryFault::NoCheck { check: query.check_id.to_string() })?;
        if self.protocol == Protocol::DecisionGateV0 {
            let result = session.ask_v0(json!({ "query": query, "context": public_context(context) })).await?;
            return evidence::answer(result, None, self.texts);
        }
        let arguments = mapping.arguments(query)?;
        let meta = self.send_context.then(|| meta(query, context));
        let result = session.call(&mapping.tool, arguments.clone(), meta).await?;
        let max_bytes = self.max_message;
        translate(result, &Call { mapping, arguments: &arguments, max_bytes, texts: self.texts })
    }
}

#[async_trait]
impl Provider for FederatedProvider {
    fn contract(&self) -> &ProviderContract {
        &self.terms.contract
    }

    async fn fetch(&self, query: &Query, context: &EvidenceContext) -> Answer {
        self.answer(query, context).await.unwrap_or_else(|fault| Answer::Fault(Fault::from(fault)))
    }
}

/// What a signature over the answer has to bind.
fn meta(query: &Query, context: &EvidenceContext) -> JsonObject {
    let context = json!({
        "tenant_id": context.tenant,
        "namespace_id": context.namespace,
        "run_id": context.run,
        "scenario_id": context.scenario,
        "stage_id": context.stage,
        "subject": context.subject,
        "environment": context.environment,
        "asked_at": context.asked_at,
    });
    Map::from_iter([(QUERY.to_owned(), json!({ "query": query, "context": context }))])
}

/// The context as the public project sends it: every key, and a dash where there is no run.
fn public_context(context: &EvidenceContext) -> Value {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let time: Timestamp = context.asked_at;
    json!({
        "tenant_id": context.tenant,
        "namespace_id": context.namespace,
        "run_id": or_dash(context.run.as_ref().map(ToString::to_string)),
        "scenario_id": or_dash(context.scenario.as_ref().map(ToString::to_string)),
        "stage_id": or_dash(context.stage.as_ref().map(ToString::to_string)),
        "trigger_id": "-",
        "trigger_time": time,
        "correlation_id": null,
    })
}
