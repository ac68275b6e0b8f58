//! Why a key can't be read, and why a signature does not hold.

use crate::json::JsonError;

/// Why bytes are not a public key that can be verified with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyReadError {
    /// Nothing there.
    #[error("the key is empty")]
    Empty,
    /// Far more than any key.
    #[error("the key has `{length}` bytes, the limit is `{limit}`")]
    TooLarge {
        /// Bytes given.
        length: usize,
        /// Most bytes taken.
        limit: usize,
    },
    /// None of the known spellings.
    #[error("the text is no key: neither pem, jwk, signed-note key, base64 nor hex of a key")]
    Unrecognised,
    /// It says which spelling it is, and does not keep to it.
    #[error("the {form} key is malformed: {reason}")]
    Malformed {
        /// Which spelling.
        form: &'static str,
        /// What is wrong.
        reason: &'static str,
    },
    /// A JWK that is no JSON.
    #[error("the jwk is malformed: {0}")]
    Json(#[source] JsonError),
    /// A key of an algorithm that is not checked here.
    #[error("unsupported key `{found}`; ed25519 and ecdsa on p-256 are checked")]
    Unsupported {
        /// How it names itself, cut to a bounded length.
        found: String,
    },
    /// A private key where a public one belongs.
    #[error("a private key was given where a public key belongs")]
    Private,
    /// Not the encoding of a point on the curve.
    #[error("the key is no point of {curve}")]
    NotAPoint {
        /// Which curve.
        curve: &'static str,
    },
    /// A point for which signatures are easily made up.
    #[error("the key is weak: it is a point of low order")]
    Weak,
}

impl KeyReadError {
    /// Stable code for the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty
            | Self::TooLarge { .. }
            | Self::Unrecognised
            | Self::Malformed { .. }
            | Self::Json(_)
            | Self::NotAPoint { .. } => "key_malformed",
            Self::Unsupported { .. } => "key_unsupported",
            Self::Private => "key_is_private",
            Self::Weak => "key_weak",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Empty | Self::TooLarge { .. } | Self::Unrecognised | Self::Malformed { .. } | Self::Json(_) => {
                "give one public key as spki pem, jwk, signed-note key, base64 or hex"
            }
            Self::Unsupported { .. } => "sign with ed25519 or with ecdsa on p-256 and sha-256",
            Self::Private => "give the public key, and replace the private one if others could read it",
            Self::NotAPoint { .. } | Self::Weak => "make a new key pair",
        }
    }
}

/// Why a signature does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// No form that signatures of this algorithm have.
    #[error("the signature has `{length}` bytes, which is no form of an {algorithm} signature")]
    Malformed {
        /// Which algorithm, as on the wire.
        algorithm: &'static str,
        /// Bytes given.
        length: usize,
    },
    /// Well formed, and not over this message with this key.
    #[error("the {algorithm} signature does not hold")]
    Invalid {
        /// Which algorithm, as on the wire.
        algorithm: &'static str,
    },
}

impl SignatureFault {
    /// Stable code for the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "signature_malformed",
            Self::Invalid { .. } => "signature_invalid",
        }
    }
}

/// Why a text is no private key. It says nothing about the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningKeyError {
    /// Not an unencrypted Ed25519 key in PKCS#8 PEM.
    #[error("the private key is no unencrypted ed25519 key in pkcs#8 pem")]
    Malformed,
    /// It could not be written.
    #[error("the private key could not be written as pkcs#8 pem")]
    Unwritable,
}

impl SigningKeyError {
    /// Stable code for the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "signing_key_malformed",
            Self::Unwritable => "signing_key_unwritable",
        }
    }
}
