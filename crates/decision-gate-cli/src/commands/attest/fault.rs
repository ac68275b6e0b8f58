//! Why an attestation can't be made, or can't be judged at all.

use std::path::PathBuf;

use decision_gate_attest::builders::BuildFault;
use decision_gate_core::dsse::EnvelopeError;
use decision_gate_core::intoto::StatementError;
use decision_gate_core::json::JsonError;

use crate::input::InputFault;

/// Why an attestation can't be made, or can't be judged at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AttestFault {
    /// A file can't be read.
    #[error(transparent)]
    Input(#[from] InputFault),
    /// A file has no envelope.
    #[error("`{}`: {error}", path.display())]
    Envelope {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: EnvelopeError,
    },
    /// A statement or predicate is not strict JSON.
    #[error("`{}` is not strict json: {error}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: JsonError,
    },
    /// No predicate can be made.
    #[error("`{}`: {error}", path.display())]
    Build {
        /// The trace or the log.
        path: PathBuf,
        /// Why not.
        error: BuildFault,
    },
    /// There is no statement to sign.
    #[error("`{}`: {error}", path.display())]
    Statement {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: StatementError,
    },
}

impl AttestFault {
    /// Stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Input(fault) => fault.code(),
            Self::Envelope { error, .. } => error.code(),
            Self::Json { error, .. } => error.code(),
            Self::Build { error, .. } => error.code(),
            Self::Statement { error, .. } => error.code(),
        }
    }

    /// What to do.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::Input(fault) => fault.hint(),
            Self::Envelope { error, .. } => error.hint(),
            Self::Json { error, .. } => error.hint(),
            Self::Build { error, .. } => error.hint(),
            Self::Statement { error, .. } => error.hint(),
        }
    }
}
