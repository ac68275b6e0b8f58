//! The evidence result that people, agents and packs see (`reference/payloads.md` 1.4): a view of an answer after
//! it was weighed. All eight keys are always written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{EvidenceAnchor, EvidenceValue};
use crate::digest::Digest;
use crate::json::canonical::form::{Form, object};
use crate::trust::Lane;

/// One piece of evidence with what was established about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceResult {
    /// What was seen; null when absent, faulty or redacted.
    pub value: Option<EvidenceValue>,
    /// The lane that the gate assigned.
    pub lane: Lane,
    /// Why it can't be used.
    pub error: Option<EvidenceError>,
    /// Hash of the value, computed here.
    pub evidence_hash: Option<Digest>,
    /// A link for people.
    pub evidence_ref: Option<EvidenceRef>,
    /// Where it was seen.
    pub evidence_anchor: Option<EvidenceAnchor>,
    /// The signature that came with it.
    pub signature: Option<EvidenceSignature>,
    /// Media type of the source.
    pub content_type: Option<String>,
}

/// Why a piece of evidence can't be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceError {
    /// Stable code.
    pub code: String,
    /// For people.
    pub message: String,
    /// Facts.
    pub details: Option<Value>,
}

/// A link for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceRef {
    /// The link.
    pub uri: String,
}

/// A signature as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceSignature {
    /// `ed25519` or `dsse`.
    pub scheme: String,
    /// Who is said to have signed.
    pub key_id: String,
    /// The signature's bytes.
    pub signature: Vec<u8>,
}

impl Form for EvidenceResult {
    fn form(&self, out: &mut Vec<u8>) {
        object!(out, {
            "content_type": &self.content_type,
            "error": &self.error,
            "evidence_anchor": &self.evidence_anchor,
            "evidence_hash": &self.evidence_hash,
            "evidence_ref": &self.evidence_ref,
            "lane": &self.lane,
            "signature": &self.signature,
            "value": &self.value,
        });
    }
}

impl Form for EvidenceError {
    fn form(&self, out: &mut Vec<u8>) {
        object!(out, { "code": &self.code, "details": &self.details, "message": &self.message });
    }
}

impl Form for EvidenceRef {
    fn form(&self, out: &mut Vec<u8>) {
        object!(out, { "uri": &self.uri });
    }
}

impl Form for EvidenceSignature {
    fn form(&self, out: &mut Vec<u8>) {
        object!(out, { "key_id": &self.key_id, "scheme": &self.scheme, "signature": &self.signature });
    }
}
