//! The value of a piece of evidence: JSON, or raw bytes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::digest::Digest;
use crate::json::canonical;
use crate::json::canonical::form::{Form, object};

/// What was seen: `{"kind":"json","value":…}` or `{"kind":"bytes","value":[0..255,…]}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case", deny_unknown_fields)]
pub enum EvidenceValue {
    /// A JSON value.
    Json(Value),
    /// Raw bytes.
    Bytes(Vec<u8>),
}

impl EvidenceValue {
    /// The bytes that its hash covers: canonical JSON of the inner value, or the bytes as they are.
    pub fn hashed_bytes(&self) -> Vec<u8> {
        match self {
            Self::Json(value) => canonical::to_vec(value),
            Self::Bytes(bytes) => bytes.clone(),
        }
    }

    /// Digest of [`EvidenceValue::hashed_bytes`].
    pub fn digest(&self) -> Digest {
        Digest::of(&self.hashed_bytes())
    }
}

impl Form for EvidenceValue {
    fn form(&self, out: &mut Vec<u8>) {
        match self {
            Self::Json(value) => object!(out, { "kind": "json", "value": value }),
            Self::Bytes(bytes) => object!(out, { "kind": "bytes", "value": bytes }),
        }
    }
}
