//! The provider itself: from parameters to a target, and from what is there to an answer.

use std::sync::Arc;

use async_trait::async_trait;
use decision_gate_core::contract::ProviderContract;
use decision_gate_core::digest::Digest;
use decision_gate_core::evidence::{
    Answer, EvidenceAnchor, EvidenceRef, EvidenceValue, Fault, FaultCode, Found, Query,
};
use decision_gate_core::json::{self, Limits, canonical};
use decision_gate_core::trust::Lane;
use decision_gate_runtime::ports::{EvidenceContext, Provider};
use serde_json::{Value, json};

use super::client::{Client, Fetched};
use super::fault::HttpFault;
use super::resolve::{Resolve, SystemNames};
use super::url::Target;
use super::{CONTRACT, HttpSettings};
use crate::error::bounded;
use crate::params::Params;
use crate::paths::JsonPaths;
use crate::refusal::{Refusal, fault};
use crate::select::{SelectFault, select};
use crate::{BuildError, contract};

const PROVIDER_FAILED: FaultCode = FaultCode::known("provider_failed");
const CHECK_MISSING: FaultCode = FaultCode::known("check_missing");

/// The provider `http`.
#[derive(Debug)]
pub struct HttpProvider {
    contract: ProviderContract,
    client: Client,
    paths: Arc<JsonPaths>,
    max_lane: Option<Lane>,
    max_bytes: usize,
}

/// What is asked about the answer of a server.
#[derive(Clone, Debug)]
enum Check {
    Status,
    BodyHash,
    Json { jsonpath: Option<String> },
}

impl HttpProvider {
    /// The provider with these settings.
    ///
    /// # Errors
    /// Authorities that can't be read, or settings that open nothing sensible.
    pub fn new(settings: &HttpSettings) -> Result<Self, BuildError> {
        Self::with_names(settings, Arc::new(SystemNames::default()))
    }

    pub(super) fn with_names(settings: &HttpSettings, names: Arc<dyn Resolve>) -> Result<Self, BuildError> {
        settings.check()?;
        Ok(Self {
            contract: fitted(contract::read(CONTRACT)?, settings),
            client: Client::new(settings, names)?,
            paths: Arc::default(),
            max_lane: settings.max_lane,
            max_bytes: settings.max_response_bytes,
        })
    }

    async fn answer(&self, query: &Query) -> Result<Answer, Box<Fault>> {
        let (check, url) = asked(query)?;
        let target = Target::parse(url).map_err(|it| fault(&HttpFault::Url(it), "param", "url", None))?;
        let place = target.to_text();
        let fetched = self.client.fetch(target).await;
        let fetched = fetched.map_err(|refusal| fault(&refusal, "url", &shortened(&place), None))?;
        let reading = Reading {
            check,
            place,
            fetched,
            paths: Arc::clone(&self.paths),
            max_bytes: self.max_bytes,
            max_lane: self.max_lane,
        };
        // A large body with a wide path takes its time, and the server has one thread.
        let work = tokio::task::spawn_blocking(move || reading.answer());
        work.await.map_err(|_| Fault::new(PROVIDER_FAILED, "the reader stopped"))?
    }
}

/// The check of a query, and the URL that it names.
fn asked(query: &Query) -> Result<(Check, &str), Box<Fault>> {
    let known = |names: &[&str]| Params::of(query, query.check_id.as_str(), names);
    let (check, params) = match query.check_id.as_str() {
        "status" => (Check::Status, known(&["url"])?),
        "body_hash" => (Check::BodyHash, known(&["url"])?),
        "json" => {
            let params = known(&["url", "jsonpath"])?;
            (Check::Json { jsonpath: params.text("jsonpath")?.map(str::to_owned) }, params)
        }
        other => {
            let message = format!("`http` has no check `{}`, only `status`, `body_hash` and `json`", bounded(other));
            return Err(Fault::new(CHECK_MISSING, message).into());
        }
    };
    Ok((check, params.required_text("url")?))
}

/// What is there, and what is asked about it.
struct Reading {
    check: Check,
    place: String,
    fetched: Fetched,
    paths: Arc<JsonPaths>,
    max_bytes: usize,
    max_lane: Option<Lane>,
}

impl Reading {
    fn answer(self) -> Result<Answer, Box<Fault>> {
        let anchor = self.anchor();
        let lane_ceiling = self.max_lane;
        match self.value() {
            Ok(None) => Ok(Answer::Absent { anchor: Some(anchor), attestation: None, lane_ceiling }),
            Ok(Some(value)) => Ok(Answer::Found(Box::new(Found {
                value: EvidenceValue::Json(value),
                content_type: Some("application/json".to_owned()),
                anchor: Some(anchor),
                reference: Some(EvidenceRef { uri: self.place }),
                lane_ceiling,
                ..Found::json(Value::Null)
            }))),
            Err(refusal) => Err(fault(&*refusal, "url", &shortened(&self.place), Some(anchor)).into()),
        }
    }

    fn value(&self) -> Result<Option<Value>, Box<dyn Refusal>> {
        let status = self.fetched.answered.status.as_u16();
        match &self.check {
            Check::Status => Ok(Some(json!(status))),
            Check::BodyHash => {
                self.is_whole()?;
                let digest = Digest::of(&self.fetched.answered.body);
                Ok(Some(json!({ "algorithm": "sha256", "value": digest.to_hex() })))
            }
            Check::Json { jsonpath } => {
                self.is_whole()?;
                let compile = |text: &String| self.paths.get(text).map_err(SelectFault::from);
                let jsonpath = jsonpath.as_ref().map(compile).transpose()?;
                let body = &self.fetched.answered.body;
                if body.iter().all(u8::is_ascii_whitespace) {
                    return Err(HttpFault::Empty.into());
                }
                let document =
                    json::parse(body, &Limits::evidence(body.len())).map_err(|error| HttpFault::NotJson { error })?;
                Ok(select(document, jsonpath.as_deref(), self.max_bytes)?)
            }
        }
    }

    /// Refuses a body that is not the thing itself: what is missing in an error page is missing nowhere else.
    fn is_whole(&self) -> Result<(), HttpFault> {
        let answered = &self.fetched.answered;
        let status = answered.status.as_u16();
        if !answered.status.is_success() || status == 206 {
            return Err(HttpFault::Status { status });
        }
        if answered.encoded { Err(HttpFault::Encoded) } else { Ok(()) }
    }

    /// What was asked, where it ended, and what was there.
    fn anchor(&self) -> EvidenceAnchor {
        let Fetched { answered, last } = &self.fetched;
        let value = canonical::to_vec(&json!({
            "body_sha256": Digest::of(&answered.body).to_hex(),
            "final_url": last.to_text_without_query(),
            "status": answered.status.as_u16(),
            "url": self.place,
        }));
        EvidenceAnchor { anchor_type: "url".to_owned(), anchor_value: String::from_utf8(value).unwrap_or_default() }
    }
}

/// The contract with what the settings loosen, so that the policy's digest covers it.
fn fitted(mut contract: ProviderContract, settings: &HttpSettings) -> ProviderContract {
    for host in &settings.hosts {
        for (loosened, what) in [
            (host.allow_http, "may be asked over plain `http`, where anybody on the way can answer"),
            (host.allow_private, "may be a loopback or private address"),
        ] {
            if loosened {
                contract.notes.push(format!("The host `{}` {what}.", host.host));
            }
        }
    }
    contract
}

/// An URL for a message, cut so that it can't flood it.
fn shortened(url: &str) -> String {
    const MAX: usize = 256;
    url.chars().take(MAX).collect()
}

#[async_trait]
impl Provider for HttpProvider {
    fn contract(&self) -> &ProviderContract {
        &self.contract
    }

    async fn fetch(&self, query: &Query, _context: &EvidenceContext) -> Answer {
        self.answer(query).await.unwrap_or_else(|fault| Answer::Fault(*fault))
    }
}
