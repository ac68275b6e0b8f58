//! Salted commitments to what lies beside the events.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::digest::{self, Digest};
use crate::json::canonical::form::Form;
use crate::name::ConditionId;

/// Separates value commitments from every other use of SHA-256.
pub(super) const TAG: &[u8] = b"decision-gate:value:v1\0";

/// 32 random bytes, made where I/O is allowed and handed in.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Salt([u8; 32]);

impl Salt {
    /// A salt from random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Not 64 lower-case hexadecimal characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a salt is written as 64 lower-case hexadecimal characters")]
pub struct SaltError;

impl TryFrom<String> for Salt {
    type Error = SaltError;

    fn try_from(text: String) -> Result<Self, SaltError> {
        let bytes = digest::from_hex(&text).ok_or(SaltError)?;
        bytes.try_into().map(Self).map_err(|_| SaltError)
    }
}

impl From<Salt> for String {
    fn from(salt: Salt) -> Self {
        digest::to_hex(&salt.0)
    }
}

impl std::fmt::Debug for Salt {
    /// A salt is as secret as the value that it hides.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Salt(…)")
    }
}

/// `SHA-256(tag ‖ salt ‖ canonical value)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Commitment(Digest);

impl Commitment {
    /// Commits to `canonical`, the canonical JSON of a value.
    pub fn to(salt: &Salt, canonical: &[u8]) -> Self {
        Self(Digest::of_parts(&[TAG, salt.as_bytes(), canonical]))
    }

    /// The digest.
    pub fn digest(&self) -> Digest {
        self.0
    }
}

impl Form for Commitment {
    fn form(&self, out: &mut Vec<u8>) {
        self.0.form(out);
    }
}

/// Which part of an event a side value belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// The answer to a condition's query.
    Evidence(ConditionId),
    /// A trigger's or a submission's payload.
    Payload,
}

impl Slot {
    /// The text in the store and in packs: `evidence:<condition>` or `payload`.
    pub fn name(&self) -> String {
        match self {
            Self::Evidence(condition) => format!("evidence:{condition}"),
            Self::Payload => "payload".to_owned(),
        }
    }

    /// Reads what [`Slot::name`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("evidence:") {
            Some(condition) => ConditionId::try_from(condition).ok().map(Self::Evidence),
            None => (text == "payload").then_some(Self::Payload),
        }
    }
}

/// A value that lies beside its event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SideValue {
    /// Which part of the event it belongs to.
    pub slot: Slot,
    /// The salt of its commitment.
    pub salt: Salt,
    /// Its canonical JSON.
    pub canonical: Vec<u8>,
}

impl SideValue {
    /// The commitment that its event holds.
    pub fn commitment(&self) -> Commitment {
        Commitment::to(&self.salt, &self.canonical)
    }
}
