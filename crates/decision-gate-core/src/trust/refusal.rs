//! Why an answer is refused before it is compared. Messages name keys and fields that the policy knows, and nothing
//! that came with the answer: what may not be shown must not come out through an error either.

use crate::digest::Digest;
use crate::evidence::EvidenceError;
use crate::keys::{KeyFault, KeyId};

use super::StatementFault;

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
    /// The policy asks for a signature, and none came.
    #[error("missing evidence signature")]
    SignatureMissing,
    /// A signature came that this version can't check. One that can't be checked counts as one that fails.
    #[error("unsupported signature scheme")]
    SignatureScheme {
        /// As it came.
        scheme: String,
    },
    /// The signature or its envelope does not read.
    #[error("invalid signature bytes: {part}")]
    SignatureEncoding {
        /// What does not read.
        part: &'static str,
    },
    /// The signature does not hold.
    #[error("signature verification failed")]
    SignatureInvalid,
    /// The signature covers the value alone, and the policy asks for more.
    #[error("the signature is bound to the value alone, and the policy asks for one that is bound to the {required}")]
    SignatureUnbound {
        /// What the policy asks for.
        required: &'static str,
    },
    /// The signature names a key that is not in the keyring.
    #[error("signature key not authorized: it is not among the trusted keys")]
    KeyUnknown,
    /// A trusted key, and not one that the policy lists for this provider.
    #[error("signature key not authorized: `{key_id}` is not among the keys of this provider")]
    KeyNotListed {
        /// Which key.
        key_id: KeyId,
    },
    /// A trusted key that does not count here and now.
    #[error(transparent)]
    Key(#[from] KeyFault),
    /// The signed statement is not about this.
    #[error(transparent)]
    Statement(#[from] StatementFault),
}

impl Refusal {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::HashMismatch { .. } => "evidence_hash_mismatch",
            Self::SignatureMissing => "signature_missing",
            Self::SignatureScheme { .. } => "signature_scheme_unsupported",
            Self::SignatureEncoding { .. } => "signature_encoding",
            Self::SignatureInvalid => "signature_invalid",
            Self::SignatureUnbound { .. } => "signature_unbound",
            Self::KeyUnknown => "key_unknown",
            Self::KeyNotListed { .. } => "key_not_for_provider",
            Self::Key(fault) => fault.code(),
            Self::Statement(fault) => fault.code(),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::HashMismatch { .. } => "do not rely on it: what was sent is not what was hashed",
            Self::SignatureMissing => "let the provider sign its answers, or set its `trust` to `audit`",
            Self::SignatureScheme { .. } => "sign with `ed25519` or send a `dsse` envelope",
            Self::SignatureEncoding { .. } => "send 64 bytes for `ed25519`, or the envelope as JSON text for `dsse`",
            Self::SignatureInvalid => "do not rely on it: what was sent is not what was signed, or by another key",
            Self::SignatureUnbound { .. } => "let the provider sign an evidence statement, which names the question",
            Self::KeyUnknown => "add the signer's public key under `trust.keys`, or sign with a key that is there",
            Self::KeyNotListed { .. } => "sign with a key of this provider, or list the key in its `require_signature`",
            Self::Key(fault) => fault.hint(),
            Self::Statement(fault) => fault.hint(),
        }
    }

    /// As an evidence result's error.
    pub fn to_error(&self) -> EvidenceError {
        EvidenceError { code: self.code().into(), message: self.to_string(), details: None }
    }
}
