//! Asking providers: all at once, each with a time limit, and none able to hurt another.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use decision_gate_core::contract::Contracts;
use decision_gate_core::evidence::{Answer, Fault, FaultCode, Query};
use decision_gate_core::name::ProviderId;
use futures_util::FutureExt;
use serde_json::json;

use crate::ports::{EvidenceContext, Provider};

const TIMEOUT: FaultCode = FaultCode::known("provider_timeout");
const PANICKED: FaultCode = FaultCode::known("provider_failed");
const MISSING: FaultCode = FaultCode::known("provider_missing");

/// A provider and how long it may take.
#[derive(Clone)]
pub struct Registered {
    /// Who answers.
    pub provider: Arc<dyn Provider>,
    /// How long one query may take.
    pub time_limit: Duration,
}

/// The configured providers.
#[derive(Clone, Default)]
pub struct ProviderSet(BTreeMap<ProviderId, Registered>);

impl ProviderSet {
    /// The contracts of all, for checking scenarios.
    pub fn contracts(&self) -> Contracts {
        self.0.values().map(|it| it.provider.contract().clone()).collect()
    }

    /// All, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&ProviderId, &Registered)> {
        self.0.iter()
    }

    /// Asks one provider. A late, missing or panicking one gives a fault.
    pub async fn ask(&self, query: &Query, context: &EvidenceContext) -> Answer {
        let Some(registered) = self.0.get(&query.provider_id) else {
            return Answer::Fault(Fault::new(MISSING, format!("no provider `{}` is configured", query.provider_id)));
        };
        // Within a block of its own, so that a provider that panics before its first await is caught as well.
        let answer = AssertUnwindSafe(async { registered.provider.fetch(query, context).await }).catch_unwind();
        let provider = &query.provider_id;
        match tokio::time::timeout(registered.time_limit, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Answer::Fault(Fault::new(PANICKED, format!("provider `{provider}` broke down"))),
            Err(_) => {
                let limit = registered.time_limit.as_millis();
                let fault = Fault::new(TIMEOUT, format!("provider `{provider}` did not answer within {limit} ms"));
                Answer::Fault(fault.with_details(json!({ "timeout_ms": u64::try_from(limit).unwrap_or(u64::MAX) })))
            }
        }
    }
}

impl FromIterator<Registered> for ProviderSet {
    fn from_iter<I: IntoIterator<Item = Registered>>(providers: I) -> Self {
        Self(providers.into_iter().map(|it| (it.provider.contract().provider_id.clone(), it)).collect())
    }
}
