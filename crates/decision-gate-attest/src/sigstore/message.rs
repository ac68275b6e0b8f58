//! A signature over a file.

use decision_gate_core::digest::Digest;
use decision_gate_core::keys::{KeyFault, KeyId, SignatureFault, TrustedKey};

use super::error::SigstoreFault;

/// A signature over a file that is not in the bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageSignature {
    /// What the bundle says the file's digest is: the algorithm, and the bytes. A hint, and yet it must match.
    pub(super) digest: Option<(String, Vec<u8>)>,
    pub(super) signature: Vec<u8>,
}

impl MessageSignature {
    /// Whether the digest in the bundle is that of `file`. One that is not there does not differ.
    ///
    /// # Errors
    /// [`SigstoreFault::Digest`], [`SigstoreFault::DigestAlgorithm`].
    pub fn check_digest(&self, file: &[u8]) -> Result<(), SigstoreFault> {
        match &self.digest {
            None => Ok(()),
            Some((algorithm, _)) if algorithm != "SHA2_256" => {
                Err(SigstoreFault::DigestAlgorithm { algorithm: algorithm.chars().take(64).collect() })
            }
            Some((_, digest)) if digest.as_slice() == Digest::of(file).as_bytes() => Ok(()),
            Some(_) => Err(SigstoreFault::Digest),
        }
    }

    /// The key of `keys` that signed `file`, if `judge` lets it count.
    ///
    /// # Errors
    /// [`SigstoreFault`]: the digest first, then the signature, then the key.
    pub fn verify<'k>(
        &self,
        file: &[u8],
        keys: impl IntoIterator<Item = &'k TrustedKey>,
        judge: impl Fn(&TrustedKey) -> Result<(), KeyFault>,
    ) -> Result<KeyId, SigstoreFault> {
        self.check_digest(file)?;
        let mut failed: Option<SignatureFault> = None;
        for key in keys {
            match key.key().verify(file, &self.signature) {
                Ok(()) => return judge(key).map(|()| key.key_id().clone()).map_err(SigstoreFault::Key),
                Err(fault) => failed = failed.or(Some(fault)),
            }
        }
        Err(failed.map_or_else(|| SigstoreFault::Key(KeyFault::unknown(None)), SigstoreFault::Signature))
    }
}
