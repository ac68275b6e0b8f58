//! What sources of attestations brought, and who reads it.
//!
//! Such a source gives files as they are, and what they say is established here, from the kept bytes and again in every
//! replay. Predicates are not core's: the reader is handed in with the policy, and is as pure as everything else.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Scale;
use crate::digest::Digest;
use crate::evidence::{Answer, Query};
use crate::keys::KeyId;

/// Who signed what an answer was read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttestedBy {
    /// The predicate type.
    pub predicate_type: String,
    /// One id for each distinct key, sorted; at least one.
    pub signers: Vec<KeyId>,
    /// SHA-256 of the envelopes, sorted.
    pub envelopes: Vec<Digest>,
    /// SHA-256 of the envelopes that count as well and under which the condition does not hold, sorted; only beside a
    /// condition that holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<Digest>,
}

/// An answer that was read from attestations.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The answer to the question.
    pub answer: Answer,
    /// Who signed it; nothing where nobody did.
    pub signed: Option<AttestedBy>,
    /// Every answer that enough keys stand behind, where there are several and they differ, in a fixed order. Then
    /// `answer` is the fault that says so.
    pub standing: Vec<(Answer, AttestedBy)>,
}

/// Reads the answer to a question from what its source brought: query, what was brought, the policy's signer rules,
/// what keys are judged against, the largest value in bytes.
pub type AttestationReader = fn(&Query, &Answer, &Value, &Scale<'_>, u64) -> Reading;
