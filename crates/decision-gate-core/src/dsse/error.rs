//! Why an envelope is none, and why it is not believed.

use crate::json::JsonError;
use crate::keys::{KeyFault, SignatureFault};

/// Why bytes are not an envelope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not JSON, too large, too deep, or a name twice.
    #[error("the envelope is malformed: {0}")]
    Json(#[source] JsonError),
    /// Another JSON value.
    #[error("the envelope is no json object")]
    NotObject,
    /// A member that is not there, or of another kind.
    #[error("the envelope is malformed: `{pointer}` must be {expected}")]
    Member {
        /// JSON Pointer of the member.
        pointer: String,
        /// What it must be.
        expected: &'static str,
    },
    /// Not base64.
    #[error("`{pointer}` is not padded base64 of one alphabet")]
    Base64 {
        /// JSON Pointer of the member.
        pointer: String,
    },
    /// Nobody signed.
    #[error("the envelope has no signature")]
    NoSignature,
    /// A signature without bytes.
    #[error("`/signatures/{index}/sig` is empty")]
    EmptySignature {
        /// Which one, from 0.
        index: usize,
    },
    /// More signatures than are looked at.
    #[error("the envelope has `{count}` signatures, the limit is `{limit}`")]
    TooManySignatures {
        /// How many there are.
        count: usize,
        /// Most taken.
        limit: usize,
    },
}

impl EnvelopeError {
    /// Stable code for the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Json(_) | Self::NotObject | Self::Member { .. } | Self::TooManySignatures { .. } => {
                "envelope_malformed"
            }
            Self::Base64 { .. } => "envelope_base64",
            Self::NoSignature | Self::EmptySignature { .. } => "signature_missing",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Json(error) => error.hint(),
            Self::NotObject | Self::Member { .. } => "send a dsse envelope: `payloadType`, `payload` and `signatures`",
            Self::Base64 { .. } => "write base64 with padding, in the standard or the url-safe alphabet",
            Self::NoSignature | Self::EmptySignature { .. } => "sign the envelope",
            Self::TooManySignatures { .. } => "keep the signatures that the reader needs",
        }
    }
}

/// Why an envelope is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// No signature is by a trusted key, and none names one.
    #[error("no trusted key signed the envelope")]
    UnknownKey(#[source] KeyFault),
    /// A signature that names a trusted key, or none at all, does not hold.
    #[error("no signature of the envelope holds")]
    Signature(#[source] SignatureFault),
    /// The signature holds, and its key does not count here and now.
    #[error("{0}")]
    Key(#[source] KeyFault),
    /// Some keys signed, and too few of them.
    #[error("`{got}` of the trusted keys signed, and `{required}` must")]
    Threshold {
        /// How many distinct keys signed.
        got: usize,
        /// How many must.
        required: usize,
    },
}

impl VerifyError {
    /// Stable code for the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownKey(fault) | Self::Key(fault) => fault.code(),
            Self::Signature(fault) => fault.code(),
            Self::Threshold { .. } => "threshold_not_met",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::UnknownKey(fault) | Self::Key(fault) => fault.hint(),
            Self::Signature(_) => "sign the exact payload again, with the key that the signature names",
            Self::Threshold { .. } => "have more of the trusted keys sign the same payload",
        }
    }
}
