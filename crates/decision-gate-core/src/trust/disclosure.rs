//! What may leave the gate in the clear (seed 002, "Evidence Disclosure Policy").
//!
//! Raw values leave only when the operator allows it globally and, by default, for the provider too. Everything
//! that leaves goes through [`redact`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::evidence::EvidenceResult;

/// What becomes of a redacted value's plain hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HashProfile {
    /// The plain hash stays, as the seeds say.
    Kept,
    /// Only the salted commitment of the ledger is given.
    Salted,
    /// No hash at all.
    Withheld,
}

/// Whether one result's raw value may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disclosure {
    /// Value and content type are shown.
    Raw,
    /// Value and content type are dropped; the hash as the profile says.
    Redacted(HashProfile),
}

/// The result as it may leave the gate. Anchors stay; a signature goes where the hash goes, since it would
/// let a low-entropy value be guessed.
#[must_use]
pub fn redact(mut result: EvidenceResult, disclosure: Disclosure) -> EvidenceResult {
    let Disclosure::Redacted(profile) = disclosure else {
        return result;
    };
    result.value = None;
    result.content_type = None;
    match profile {
        HashProfile::Kept => {}
        HashProfile::Salted | HashProfile::Withheld => {
            result.evidence_hash = None;
            result.signature = None;
        }
    }
    if let Some(error) = &mut result.error
        && !SAFE_DETAILS.contains(&error.code.as_str())
    {
        error.details = None;
    }
    result
}

/// Errors whose details are of the gate's own making and show no value: lanes, and the offending anchor (DESIGN P18).
const SAFE_DETAILS: [&str; 2] = ["anchor_invalid", "trust_lane"];
