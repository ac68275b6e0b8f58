//! Why an issuer directory or a record of an outcome can't be used.

use std::path::PathBuf;

use decision_gate_attest::issuers::{DirectoryError, DirectoryFileFault};
use decision_gate_attest::predicate::PredicateFault;
use decision_gate_core::dsse::{EnvelopeError, VerifyError};
use decision_gate_core::intoto::StatementError;
use decision_gate_core::keys::KeyId;

use crate::input::InputFault;

/// Why an issuer directory or a record of an outcome can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IssuersFault {
    /// There is no directory.
    #[error("there is no issuer directory `{}`", path.display())]
    NoDirectory {
        /// The file.
        path: PathBuf,
    },
    /// A file can't be read.
    #[error(transparent)]
    Input(#[from] InputFault),
    /// A file has no directory.
    #[error("the issuer directory `{}`: {fault}", path.display())]
    Directory {
        /// The file.
        path: PathBuf,
        /// Why not.
        fault: DirectoryFileFault,
    },
    /// A file is being changed.
    #[error("`{}` is being changed: another command holds `{}` for `{age_s}` s", path.display(), lock.display())]
    Busy {
        /// The file.
        path: PathBuf,
        /// What stands in the way.
        lock: PathBuf,
        /// How long it has been there, in seconds.
        age_s: u64,
    },
    /// The id is taken.
    #[error("the issuer directory `{}` has an issuer `{issuer}` already", path.display())]
    Taken {
        /// Which id.
        issuer: String,
        /// The file.
        path: PathBuf,
    },
    /// No issuer has that id.
    #[error("the issuer directory `{}` has no issuer `{issuer}`", path.display())]
    NoIssuer {
        /// Which id.
        issuer: String,
        /// The file.
        path: PathBuf,
    },
    /// No key of the keyring has that id.
    #[error("the keyring `{}` has no key `{key_id}`", path.display())]
    NoKey {
        /// Which id.
        key_id: KeyId,
        /// The file.
        path: PathBuf,
    },
    /// The new issuer does not go with the others, or would never count.
    #[error(transparent)]
    Issuer(#[from] DirectoryError),
    /// A record is no envelope.
    #[error("`{}`, line {line}: {error}", path.display())]
    Envelope {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// Why not.
        error: EnvelopeError,
    },
    /// A record was signed by none of the keys that may record.
    #[error("`{}`, line {line}: {error}", path.display())]
    Signature {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// Why not.
        error: VerifyError,
    },
    /// What was signed is no statement.
    #[error("`{}`, line {line}: {error}", path.display())]
    Statement {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// Why not.
        error: StatementError,
    },
    /// A record is none, or its signer may not record it.
    #[error("`{}`, line {line}: {fault}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// Why not.
        fault: PredicateFault,
    },
}

impl IssuersFault {
    /// Stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NoDirectory { .. } => "issuers_not_found",
            Self::Input(fault) => fault.code(),
            Self::Directory { fault, .. } => fault.code(),
            Self::Busy { .. } => "issuers_busy",
            Self::Taken { .. } => "issuer_exists",
            Self::NoIssuer { .. } => "issuer_not_found",
            Self::NoKey { .. } => "key_not_found",
            Self::Issuer(error) => error.code(),
            Self::Envelope { error, .. } => error.code(),
            Self::Signature { error, .. } => error.code(),
            Self::Statement { error, .. } => error.code(),
            Self::Record { .. } => "outcome_record_refused",
        }
    }

    /// What to do.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::NoDirectory { .. } => "name it with `--directory`, or make one with `issuers add`",
            Self::Input(fault) => fault.hint(),
            Self::Directory { .. } => "write it as a list of issuers, as `issuers add` does",
            Self::Busy { .. } => "wait for the other command to end",
            Self::Taken { .. } => "choose another id: an issuer is never replaced",
            Self::NoIssuer { .. } => "`decision-gate issuers list` shows the ids",
            Self::NoKey { .. } => "`decision-gate keys list` shows the ids",
            Self::Issuer(DirectoryError::SharedKey { .. }) => {
                "a key leads to one issuer: have one of them make its own"
            }
            Self::Issuer(_) => "nothing was written; give what is missing",
            Self::Envelope { .. } | Self::Statement { .. } => {
                "nothing was written; restore the file: lines are only ever added to it"
            }
            Self::Signature { .. } => {
                "nothing was written; import the public keys of those who record into the keyring"
            }
            Self::Record { .. } => "nothing was written; somebody else than the issuer has to record it",
        }
    }
}
