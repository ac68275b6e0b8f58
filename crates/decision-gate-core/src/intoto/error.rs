//! Why a payload is no statement.

use crate::dsse::VerifyError;
use crate::json::JsonError;

/// Why a payload is no in-toto statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// The payload is of another type.
    #[error("the payload type is `{}`, not `application/vnd.in-toto+json`", found.escape_debug())]
    PayloadType {
        /// As signed, cut to a bounded length.
        found: String,
    },
    /// Not JSON, or a name twice.
    #[error("the statement is malformed: {0}")]
    Json(#[source] JsonError),
    /// Another JSON value, or a member of another kind.
    #[error("the statement is malformed: `{pointer}` must be {expected}")]
    Member {
        /// JSON Pointer of the member; empty for the whole.
        pointer: String,
        /// What it must be.
        expected: &'static str,
    },
    /// Another version, or none.
    #[error("`_type` is no statement type that is read")]
    Type,
    /// No subject.
    #[error("the statement has no subject")]
    NoSubject,
    /// A subject that has neither name, nor uri, nor digest.
    #[error("`/subject/{index}` has neither `name` nor `uri` nor `digest`")]
    NamelessSubject {
        /// Which one, from 0.
        index: usize,
    },
    /// A subject that no digest identifies.
    #[error("`/subject/{index}` has no digest")]
    NoDigest {
        /// Which one, from 0.
        index: usize,
    },
    /// No predicate type.
    #[error("the statement has no `predicateType`")]
    NoPredicateType,
    /// No predicate.
    #[error("the statement has no `predicate`")]
    NoPredicate,
}

impl StatementError {
    /// Stable code for the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::PayloadType { .. } => "payload_type_unsupported",
            Self::Json(_) | Self::Member { .. } => "statement_malformed",
            Self::Type => "statement_type_unsupported",
            Self::NoSubject | Self::NamelessSubject { .. } => "statement_subject_missing",
            Self::NoDigest { .. } => "statement_digest_missing",
            Self::NoPredicateType => "statement_predicate_type_missing",
            Self::NoPredicate => "statement_predicate_missing",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::PayloadType { .. } => {
                "sign an in-toto statement with the payload type `application/vnd.in-toto+json`"
            }
            Self::Json(error) => error.hint(),
            Self::Member { .. } => "write the statement as the in-toto attestation framework describes it",
            Self::Type => "use `https://in-toto.io/Statement/v1`",
            Self::NoSubject | Self::NamelessSubject { .. } | Self::NoDigest { .. } => {
                "name each artifact that the statement is about, with its digest"
            }
            Self::NoPredicateType => "give the uri of the predicate's type",
            Self::NoPredicate => "give the predicate as an object",
        }
    }
}

/// Why an envelope gives no statement that can be believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementFault {
    /// Its signatures.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// What was signed.
    #[error(transparent)]
    Statement(#[from] StatementError),
}

impl StatementFault {
    /// Stable code for the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Verify(error) => error.code(),
            Self::Statement(error) => error.code(),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Verify(error) => error.hint(),
            Self::Statement(error) => error.hint(),
        }
    }
}
