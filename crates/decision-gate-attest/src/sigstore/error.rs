//! Why something is no bundle, and why a bundle is not believed.

use decision_gate_core::dsse::EnvelopeError;
use decision_gate_core::json::JsonError;
use decision_gate_core::keys::{KeyFault, SignatureFault};

/// Why a document is no Sigstore bundle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// Not JSON, too large, too deep, or a name twice.
    #[error("the sigstore bundle is malformed: {0}")]
    Json(#[source] JsonError),
    /// A member that is not there, or of another kind.
    #[error("the sigstore bundle is malformed: `{pointer}` must be {expected}")]
    Member {
        /// JSON Pointer of the member.
        pointer: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// Not base64.
    #[error("the sigstore bundle is malformed: `{pointer}` is not base64")]
    Base64 {
        /// JSON Pointer of the member.
        pointer: &'static str,
    },
    /// A form of bundle that is not read.
    #[error("the media type `{}` is no sigstore bundle that is read", found.escape_debug())]
    MediaType {
        /// As it stands there, cut to a bounded length.
        found: String,
    },
    /// The envelope in it.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
}

impl BundleError {
    /// Stable code for the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Json(_) | Self::Member { .. } => "sigstore_malformed",
            Self::Base64 { .. } => "sigstore_base64",
            Self::MediaType { .. } => "sigstore_media_type_unsupported",
            Self::Envelope(error) => error.code(),
        }
    }
}

/// Why a bundle is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigstoreFault {
    /// It would need Sigstore's roots, log and time.
    #[error("the bundle is signed with a certificate, which is not checked here")]
    Certificate,
    /// Not exactly one.
    #[error("the envelope of the bundle has `{count}` signatures, and must have one")]
    SignatureCount {
        /// How many there are.
        count: usize,
    },
    /// A signature over a file where an envelope was wanted.
    #[error("the bundle holds a signature over a file and no envelope")]
    NotEnvelope,
    /// An envelope where a signature over a file was wanted.
    #[error("the bundle holds an envelope and no signature over a file")]
    NotMessage,
    /// The file is another one.
    #[error("the digest in the bundle is not the file's")]
    Digest,
    /// A digest that is not computed here.
    #[error("the digest in the bundle is `{}`, and only `SHA2_256` is read", algorithm.escape_debug())]
    DigestAlgorithm {
        /// As it stands there, cut to a bounded length.
        algorithm: String,
    },
    /// The signature does not hold with any of the keys.
    #[error("the signature of the bundle does not hold")]
    Signature(#[source] SignatureFault),
    /// The signature holds, and its key does not count here and now; or there is no key at all.
    #[error("{0}")]
    Key(#[source] KeyFault),
}

impl SigstoreFault {
    /// Stable code for the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Certificate => "sigstore_certificate_unsupported",
            Self::SignatureCount { .. } => "sigstore_signature_count",
            Self::NotEnvelope | Self::NotMessage => "sigstore_content_mismatch",
            Self::Digest => "digest_mismatch",
            Self::DigestAlgorithm { .. } => "digest_unsupported",
            Self::Signature(fault) => fault.code(),
            Self::Key(fault) => fault.code(),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Certificate => "sign with a key that is pinned under `trust.keys`, such as `cosign sign-blob --key`",
            Self::SignatureCount { .. } => "write one bundle for each signature",
            Self::NotEnvelope => "attest the artifact: a signature over a file says nothing but that it was signed",
            Self::NotMessage => "verify the envelope and the subject of its statement",
            Self::Digest => "give the file that was signed",
            Self::DigestAlgorithm { .. } => "sign with SHA-256",
            Self::Signature(_) => "give the file that was signed and the key that signed it",
            Self::Key(fault) => fault.hint(),
        }
    }
}
