//! Checking who signed.
//!
//! First the signatures: each is claimed by at most one key, so that one signature never counts twice, whatever keys
//! it was made to fit. Then the keys that signed are judged, and distinct ones are counted.

use std::num::NonZeroUsize;

use super::envelope::{Envelope, Signature};
use super::error::VerifyError;
use super::verified::{Payload, Verified};
use crate::keys::{KeyFault, KeyId, SignatureFault, TrustedKey};

/// The payload, if at least `threshold` distinct keys signed it. Windows and scopes of the keys are not judged: offer
/// keys that count, or use [`verify_judged`].
///
/// # Errors
/// [`VerifyError`].
pub fn verify<'k>(
    envelope: &Envelope,
    keys: impl IntoIterator<Item = &'k TrustedKey>,
    threshold: NonZeroUsize,
) -> Result<Verified<Payload>, VerifyError> {
    verify_judged(envelope, keys, threshold, |_| Ok(()))
}

/// Like [`verify`]; each key whose signature holds must also pass `judge`. Where too few do, the first key that did
/// not is the error.
///
/// # Errors
/// [`VerifyError`].
pub fn verify_judged<'k>(
    envelope: &Envelope,
    keys: impl IntoIterator<Item = &'k TrustedKey>,
    threshold: NonZeroUsize,
    judge: impl FnMut(&TrustedKey) -> Result<(), KeyFault>,
) -> Result<Verified<Payload>, VerifyError> {
    let signed = Signed::check(envelope, keys)?;
    let signers = signed.count(threshold, judge)?;
    Ok(Verified::new(signed.payload, signers))
}

/// What at least one of the offered keys signed.
pub(crate) struct Signed<'k> {
    payload: Payload,
    /// Every offered key that signed, also one key under several ids.
    keys: Vec<&'k TrustedKey>,
}

impl<'k> Signed<'k> {
    /// Finds the keys that signed.
    pub(crate) fn check(
        envelope: &Envelope,
        keys: impl IntoIterator<Item = &'k TrustedKey>,
    ) -> Result<Self, VerifyError> {
        let payload = Payload::new(&envelope.payload_type, &envelope.payload);
        // A hint only says where to look first.
        let hinted = |key: &&TrustedKey| envelope.key_hints().any(|hint| hint == Some(key.key_id().as_str()));
        let (first, rest): (Vec<&TrustedKey>, Vec<&TrustedKey>) = keys.into_iter().partition(hinted);
        let mut unclaimed: Vec<&Signature> = envelope.signatures.iter().collect();
        let mut signed: Vec<&TrustedKey> = Vec::new();
        let mut failed: Option<SignatureFault> = None;
        for key in first.into_iter().chain(rest) {
            if signed.iter().any(|it| it.key() == key.key()) {
                signed.push(key);
                continue;
            }
            match claim(key, &unclaimed, payload.message()) {
                Ok(index) => {
                    unclaimed.remove(index);
                    signed.push(key);
                }
                Err(fault) => failed = failed.or(fault),
            }
        }
        if signed.is_empty() {
            return Err(match failed {
                Some(fault) => VerifyError::Signature(fault),
                None => VerifyError::UnknownKey(KeyFault::unknown(envelope.key_hints().flatten().next())),
            });
        }
        Ok(Self { payload, keys: signed })
    }

    /// What they signed.
    pub(crate) fn payload(&self) -> &Payload {
        &self.payload
    }

    /// The ids of the distinct keys that pass `judge`, sorted, if there are at least `threshold`.
    pub(crate) fn count(
        &self,
        threshold: NonZeroUsize,
        mut judge: impl FnMut(&TrustedKey) -> Result<(), KeyFault>,
    ) -> Result<Vec<KeyId>, VerifyError> {
        let mut counted: Vec<&TrustedKey> = Vec::new();
        let mut refused = None;
        for key in &self.keys {
            // The same key under another id is still one signer.
            if counted.iter().any(|it| it.key() == key.key()) {
                continue;
            }
            match judge(key) {
                Ok(()) => counted.push(key),
                Err(fault) => refused = refused.or(Some(fault)),
            }
        }
        if counted.len() < threshold.get() {
            let too_few = VerifyError::Threshold { got: counted.len(), required: threshold.get() };
            return Err(refused.map_or(too_few, VerifyError::Key));
        }
        let mut signers: Vec<KeyId> = counted.iter().map(|key| key.key_id().clone()).collect();
        signers.sort();
        Ok(signers)
    }
}

/// Which of the signatures is by this key, those that name it first. A failure is this key's only where a signature
/// names it, or names nobody: the rest are other keys'.
fn claim(key: &TrustedKey, signatures: &[&Signature], message: &[u8]) -> Result<usize, Option<SignatureFault>> {
    let named = |signature: &Signature| signature.hint.as_deref() == Some(key.key_id().as_str());
    let mut failed = None;
    for wanted in [true, false] {
        for (index, signature) in signatures.iter().enumerate().filter(|(_, it)| named(it) == wanted) {
            match key.key().verify(message, &signature.bytes) {
                Ok(()) => return Ok(index),
                Err(fault) if wanted || signature.hint.is_none() => failed = failed.or(Some(fault)),
                Err(_) => {}
            }
        }
    }
    Err(failed)
}
