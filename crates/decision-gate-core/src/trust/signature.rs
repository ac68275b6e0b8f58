//! The signatures that come with an answer: which there are, whether they hold, whose they are, and what they are
//! bound to.
//!
//! A `keyid` is only a hint: an envelope counts by the key that its signature holds under. All trusted keys are tried,
//! also those that may not sign here, so that the refusal says why and not only that.

use std::num::NonZeroUsize;

use super::statement::{Claim, EVIDENCE_PREDICATE, EvidenceStatement, StatementFault};
use super::weigh::{CheckedSignature, Scale, Scheme};
use super::{Binding, Lane, Refusal};
use crate::at::Timestamp;
use crate::digest::Digest;
use crate::dsse::{self, Envelope, EnvelopeError, VerifyError};
use crate::evidence::EvidenceSignature;
use crate::intoto::StatementError;
use crate::json::canonical;
use crate::keys::{Algorithm, KeyFault, KeyId, SignatureFault, TrustedKey};

/// What came with an answer.
#[derive(Clone, Copy)]
pub(super) struct Attached<'a> {
    pub(super) claim: Claim<'a>,
    pub(super) signature: Option<&'a EvidenceSignature>,
    pub(super) attestation: Option<&'a str>,
}

/// A signature that holds.
pub(super) struct Checked {
    pub(super) proof: CheckedSignature,
    /// As results show it.
    pub(super) signature: EvidenceSignature,
    /// What the signer lowered the lane to.
    pub(super) lane_ceiling: Option<Lane>,
    /// Until when the statement counts; a bare signature has no end.
    pub(super) until: Option<Timestamp>,
}

/// Checks everything that came. What is there and fails is refused, whatever the policy asks for; of several that hold
/// the one that binds more counts.
pub(super) fn check(attached: Attached<'_>, scale: &Scale<'_>) -> Result<Option<Checked>, Refusal> {
    let bare = match attached.signature.map(|signature| (signature.scheme.as_str(), signature)) {
        None => None,
        // Under a policy without any key there is no scheme that can be checked; so it was before there were keys.
        Some((scheme, _)) if scale.keys.is_empty() => {
            return Err(Refusal::SignatureScheme { scheme: scheme.chars().take(64).collect() });
        }
        Some(("ed25519", signature)) => Some(check_bare(signature, attached.claim, scale)?),
        Some(("dsse", signature)) => {
            let named = attached.attestation.map(|envelope| Digest::of(envelope.as_bytes()));
            if named.is_none_or(|digest| digest.as_bytes().as_slice() != signature.signature) {
                return Err(Refusal::SignatureEncoding { part: "not the digest of the envelope that came with it" });
            }
            None
        }
        Some((scheme, _)) => return Err(Refusal::SignatureScheme { scheme: scheme.chars().take(64).collect() }),
    };
    match attached.attestation {
        Some(envelope) => check_envelope(envelope, attached.claim, scale).map(Some),
        None => Ok(bare),
    }
}

/// `ed25519` over `{"algorithm":"sha256","value":"<hex>"}`, as the public project signs: bound to the value alone.
fn check_bare(signature: &EvidenceSignature, claim: Claim<'_>, scale: &Scale<'_>) -> Result<Checked, Refusal> {
    let found = KeyId::try_from(signature.key_id.as_str()).ok().and_then(|id| scale.keys.get(&id));
    let key = found.ok_or(Refusal::KeyUnknown)?;
    may_sign(key, scale)?;
    if key.key().algorithm() != Algorithm::Ed25519 {
        return Err(Refusal::SignatureScheme { scheme: Scheme::Ed25519.word().to_owned() });
    }
    let message = claim.value.evidence_hash().and_then(|hash| canonical::of(&hash).ok()).unwrap_or_default();
    key.key().verify(&message, &signature.signature).map_err(|fault| match fault {
        SignatureFault::Malformed { .. } => Refusal::SignatureEncoding { part: "not 64 bytes" },
        SignatureFault::Invalid { .. } => Refusal::SignatureInvalid,
    })?;
    let proof = CheckedSignature { scheme: Scheme::Ed25519, key_id: key.key_id().clone(), binding: Binding::Value };
    Ok(Checked { proof, signature: signature.clone(), lane_ceiling: None, until: None })
}

/// Whether policy and keyring let this key sign evidence of this provider now.
pub(super) fn may_sign(key: &TrustedKey, scale: &Scale<'_>) -> Result<(), Refusal> {
    let required = scale.provider.trust.requirement();
    if required.is_some_and(|required| !required.keys.contains(key.key_id())) {
        return Err(Refusal::KeyNotListed { key_id: key.key_id().clone() });
    }
    key.judge(scale.occasion.at, &scale.query.provider_id, Some(EVIDENCE_PREDICATE)).map_err(Refusal::Key)
}

/// A DSSE envelope around an evidence statement: bound to what the statement says.
fn check_envelope(envelope: &str, claim: Claim<'_>, scale: &Scale<'_>) -> Result<Checked, Refusal> {
    let envelope = Envelope::parse(envelope.as_bytes()).map_err(|error| match error {
        EnvelopeError::NoSignature => Refusal::SignatureMissing,
        EnvelopeError::Json(_)
        | EnvelopeError::NotObject
        | EnvelopeError::Member { .. }
        | EnvelopeError::Base64 { .. }
        | EnvelopeError::EmptySignature { .. }
        | EnvelopeError::TooManySignatures { .. } => Refusal::SignatureEncoding { part: "not a dsse envelope" },
    })?;
    // Which of the keys that signed may do so is for `may_sign` to say; its first refusal is the answer.
    let mut refused = None;
    let judge = |key: &TrustedKey| {
        may_sign(key, scale).map_err(|refusal| {
            refused.get_or_insert(refusal);
            KeyFault::unknown(None)
        })
    };
    let verified = dsse::verify_judged(&envelope, scale.keys.iter(), NonZeroUsize::MIN, judge);
    let verified = verified.map_err(|error| refused.unwrap_or_else(|| refusal(&error)))?;
    let statement = verified.into_statement().map_err(|error| match error {
        StatementError::PayloadType { .. } | StatementError::Type => StatementFault::Type,
        StatementError::Json(_)
        | StatementError::Member { .. }
        | StatementError::NoSubject
        | StatementError::NamelessSubject { .. }
        | StatementError::NoDigest { .. }
        | StatementError::NoPredicateType
        | StatementError::NoPredicate => StatementFault::Form,
    })?;
    let said = EvidenceStatement::read(&statement.get().document().value)?;
    let required = scale.provider.trust.requirement().map_or(Binding::Query, |required| required.binding);
    let binding = said.bind(scale.query, claim, &scale.occasion, required, scale.skew_ms)?;
    let key_id = statement.signers().first().ok_or(Refusal::SignatureInvalid)?.clone();
    let signature = EvidenceSignature {
        scheme: Scheme::Dsse.word().to_owned(),
        key_id: key_id.to_string(),
        signature: envelope.digest().as_bytes().to_vec(),
    };
    let proof = CheckedSignature { scheme: Scheme::Dsse, key_id, binding };
    Ok(Checked { proof, signature, lane_ceiling: said.predicate.lane_ceiling, until: Some(said.predicate.expires_at) })
}

/// What the gate says of an envelope that nobody signed who may. The name of an unknown key is a text of the sender's
/// and is left out.
fn refusal(error: &VerifyError) -> Refusal {
    match error {
        VerifyError::UnknownKey(_) | VerifyError::Key(_) => Refusal::KeyUnknown,
        VerifyError::Signature(SignatureFault::Malformed { .. }) => {
            Refusal::SignatureEncoding { part: "of no form that its key makes" }
        }
        VerifyError::Signature(SignatureFault::Invalid { .. }) | VerifyError::Threshold { .. } => {
            Refusal::SignatureInvalid
        }
    }
}
