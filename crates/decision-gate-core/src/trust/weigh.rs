//! Weighing: from an answer and the provider's policy to a lane and a proof. Pure.

use serde::{Deserialize, Serialize};

use super::Lane;
use crate::digest::Digest;
use crate::evidence::{EvidenceError, Found};
use crate::policy::ProviderPolicy;

/// What a lane rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The gate pulled the value itself; no signature.
    Pulled,
    /// The gate computed the value from its own inputs (`time`).
    Derived,
    /// The caller supplied the value.
    Supplied,
}

/// An answer after weighing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weighed {
    /// The lane that the gate assigned.
    pub lane: Lane,
    /// What it rests on.
    pub proof: Proof,
    /// Hash of the value, computed here.
    pub hash: Digest,
}

/// Why an answer was refused before it could be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The sender's hash is not that of the value.
    #[error("evidence hash mismatch")]
    HashMismatch {
        /// What the sender claims.
        claimed: Digest,
        /// What the value hashes to.
        computed: Digest,
    },
    /// A signature came that this version can't check. One that can't be checked counts as one that fails.
    #[error("unsupported signature scheme")]
    SignatureScheme {
        /// As it came.
        scheme: String,
    },
}

impl Refusal {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::HashMismatch { .. } => "evidence_hash_mismatch",
            Self::SignatureScheme { .. } => "signature_scheme_unsupported",
        }
    }

    /// As an evidence result's error.
    pub fn to_error(&self) -> EvidenceError {
        EvidenceError { code: self.code().into(), message: self.to_string(), details: None }
    }
}

/// Weighs a value that a provider found. The lane is the lowest of what the provider is capped at and what it
/// lowered itself to.
///
/// # Errors
/// [`Refusal`] when what came with the value contradicts it.
pub fn weigh(found: &Found, provider: &ProviderPolicy) -> Result<Weighed, Refusal> {
    let computed = found.value.digest();
    if let Some(claimed) = found.claimed_hash
        && claimed != computed
    {
        return Err(Refusal::HashMismatch { claimed, computed });
    }
    if let Some(signature) = &found.signature {
        return Err(Refusal::SignatureScheme { scheme: signature.scheme.chars().take(64).collect() });
    }
    let lane = found.lane_ceiling.map_or(provider.max_lane, |ceiling| ceiling.min(provider.max_lane));
    Ok(Weighed { lane, proof: Proof::Pulled, hash: computed })
}
