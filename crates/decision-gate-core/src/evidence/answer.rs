//! How a query ended, as it goes into the ledger's side table: the input of a decision, before any judgement.
//!
//! The canonical JSON of an [`Answer`] is what an event commits to, so that a replay starts from the same bytes
//! as the live run did.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{EvidenceAnchor, EvidenceRef, EvidenceSignature, EvidenceValue};
use crate::digest::Digest;
use crate::json::canonical::form::{Form, Optional, Plain, object};
use crate::trust::Lane;

/// How a query ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// The source has it.
    Found(Box<Found>),
    /// The source answered, and has none.
    Absent {
        /// Where it looked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        anchor: Option<EvidenceAnchor>,
        /// The lane that the provider lowers its answer to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lane_ceiling: Option<Lane>,
        /// The DSSE envelope that says so, as its JSON text; checked, never believed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attestation: Option<String>,
    },
    /// There is no answer.
    Fault(Fault),
}

impl Answer {
    /// The source has none, and nothing came with that.
    pub fn absent() -> Self {
        Self::Absent { anchor: None, lane_ceiling: None, attestation: None }
    }

    /// The envelope that came with it, if any.
    pub fn attestation(&self) -> Option<&str> {
        match self {
            Self::Found(found) => found.attestation.as_deref(),
            Self::Absent { attestation, .. } => attestation.as_deref(),
            Self::Fault(_) => None,
        }
    }
}

/// A value and what came with it. The lane is not in here: the gate assigns it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// What was seen.
    pub value: EvidenceValue,
    /// Media type of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Where it was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<EvidenceAnchor>,
    /// A link for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<EvidenceRef>,
    /// The hash that the sender claims; checked, never believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_hash: Option<Digest>,
    /// A signature that the sender attached; checked, never believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<EvidenceSignature>,
    /// The DSSE envelope that came with the value, as its JSON text; checked, never believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attestation: Option<String>,
    /// The lane that the provider lowers its answer to. It can't raise it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane_ceiling: Option<Lane>,
}

impl Form for Answer {
    fn form(&self, out: &mut Vec<u8>) {
        let Self::Found(found) = self else {
            return Plain(self).form(out);
        };
        object!(out, {
            "anchor": &Optional(&found.anchor),
            "answer": "found",
            "attestation": &Optional(&found.attestation),
            "claimed_hash": &Optional(&found.claimed_hash),
            "content_type": &Optional(&found.content_type),
            "lane_ceiling": &Optional(&found.lane_ceiling),
            "reference": &Optional(&found.reference),
            "signature": &Optional(&found.signature),
            "value": &found.value,
        });
    }
}

impl Found {
    /// A bare JSON value.
    pub fn json(value: Value) -> Self {
        Self {
            value: EvidenceValue::Json(value),
            content_type: None,
            anchor: None,
            reference: None,
            claimed_hash: None,
            signature: None,
            attestation: None,
            lane_ceiling: None,
        }
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Stable code, `snake_case`.
    pub code: FaultCode,
    /// What went wrong, for people.
    pub message: String,
    /// Facts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
    /// Where it was looked for, when that was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<EvidenceAnchor>,
}

impl Fault {
    /// A fault of `code` with a `message`.
    pub fn new(code: FaultCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: None, anchor: None }
    }

    /// The same with `details`.
    #[must_use]
    pub fn with_details(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }

    /// The same with an `anchor`.
    #[must_use]
    pub fn with_anchor(mut self, anchor: EvidenceAnchor) -> Self {
        self.anchor = Some(anchor);
        self
    }
}

/// A fault's code: 1–64 of `[a-z0-9_]`, first a letter. Providers outside this project bring their own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FaultCode(std::borrow::Cow<'static, str>);

impl FaultCode {
    /// A code of our own.
    pub const fn known(code: &'static str) -> Self {
        Self(std::borrow::Cow::Borrowed(code))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that is not a fault code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an error code (1 to 64 of `a-z0-9_`, first a letter)")]
pub struct FaultCodeError(String);

impl TryFrom<String> for FaultCode {
    type Error = FaultCodeError;

    fn try_from(text: String) -> Result<Self, FaultCodeError> {
        let grammar = text.len() <= 64
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if grammar { Ok(Self(text.into())) } else { Err(FaultCodeError(text.chars().take(80).collect())) }
    }
}

impl From<FaultCode> for String {
    fn from(code: FaultCode) -> Self {
        code.0.into_owned()
    }
}
