//! The provider `env`: the text of an environment variable that the settings name.
//!
//! A variable that is not set is absent, which is an answer. One that the settings do not name is a fault, whether it
//! is set or not, so that nobody can find out by asking.

mod fault;
mod settings;
#[cfg(test)]
mod tests;

use std::ffi::OsString;

use async_trait::async_trait;
use decision_gate_core::contract::ProviderContract;
use decision_gate_core::evidence::{Answer, EvidenceAnchor, EvidenceValue, Fault, Found, Query};
use decision_gate_core::json::canonical;
use decision_gate_runtime::ports::{EvidenceContext, Provider};
use serde_json::{Value, json};

use self::fault::EnvFault;
pub use self::settings::EnvSettings;
use crate::params::Params;
use crate::{BuildError, contract};

pub(crate) const CONTRACT: &str = include_str!("contract.json");

/// The provider `env`.
#[derive(Debug)]
pub struct EnvProvider {
    contract: ProviderContract,
    settings: EnvSettings,
}

impl EnvProvider {
    /// The provider with these settings.
    ///
    /// # Errors
    /// Settings that open nothing sensible.
    pub fn new(settings: EnvSettings) -> Result<Self, BuildError> {
        settings.check()?;
        Ok(Self { contract: contract::read(CONTRACT)?, settings })
    }

    fn answer(&self, query: &Query) -> Result<Answer, Box<Fault>> {
        let key = Params::of(query, "get", &["key"])?.required_text("key")?;
        self.open(key).map_err(Fault::from)?;
        let anchor = anchor(key);
        let lane_ceiling = self.settings.max_lane;
        match self.text(key) {
            Ok(None) => Ok(Answer::Absent { anchor: Some(anchor), lane_ceiling, attestation: None }),
            Ok(Some(text)) => Ok(Answer::Found(Box::new(Found {
                value: EvidenceValue::Json(Value::String(text)),
                content_type: Some("text/plain".to_owned()),
                anchor: Some(anchor),
                lane_ceiling,
                ..Found::json(Value::Null)
            }))),
            Err(refused) => Err(Fault::from(refused).with_anchor(anchor).into()),
        }
    }

    /// Refuses a name that the settings do not open.
    fn open<'a>(&self, key: &'a str) -> Result<(), EnvFault<'a>> {
        let (length, limit) = (key.len(), self.settings.max_key_bytes);
        if length > limit {
            return Err(EnvFault::KeyTooLong { length, limit });
        }
        let replaced = self.settings.overrides.as_ref().is_some_and(|it| it.contains_key(key));
        if replaced || self.settings.allow.contains(key) { Ok(()) } else { Err(EnvFault::NotAllowed { key }) }
    }

    /// The text of an open variable; nothing if it is not set.
    fn text<'a>(&self, key: &'a str) -> Result<Option<String>, EnvFault<'a>> {
        let value = match &self.settings.overrides {
            Some(overrides) => overrides.get(key).map(OsString::from),
            None => std::env::var_os(key),
        };
        text(key, value, self.settings.max_value_bytes)
    }
}

/// A value as text of at most `limit` bytes.
fn text(key: &str, value: Option<OsString>, limit: usize) -> Result<Option<String>, EnvFault<'_>> {
    let Some(value) = value else { return Ok(None) };
    let length = value.len();
    if length > limit {
        return Err(EnvFault::TooLarge { key, length, limit });
    }
    value.into_string().map(Some).map_err(|_| EnvFault::NotUtf8 { key })
}

/// Where it was looked for.
fn anchor(key: &str) -> EvidenceAnchor {
    let value = canonical::to_vec(&json!({ "key": key }));
    EvidenceAnchor { anchor_type: "env".to_owned(), anchor_value: String::from_utf8(value).unwrap_or_default() }
}

#[async_trait]
impl Provider for EnvProvider {
    fn contract(&self) -> &ProviderContract {
        &self.contract
    }

    async fn fetch(&self, query: &Query, _context: &EvidenceContext) -> Answer {
        self.answer(query).unwrap_or_else(|fault| Answer::Fault(*fault))
    }
}
