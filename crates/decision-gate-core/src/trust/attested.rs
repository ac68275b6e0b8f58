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
}

/// An answer that was read from attestations.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The answer to the question.
    pub answer: Answer,
    /// Who signed it; nothing where nobody did.
    pub signed: Option<AttestedBy>,
}

/// Reads the answer to a question from what its source brought: query, what was brought, the policy's signer rules,
/// what keys are judged against, the largest value in bytes.
pub type AttestationReader = fn(&Query, &Answer, &Value, &Scale<'_>, u64) -> Reading;
