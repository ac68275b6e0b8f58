//! Why what belongs to a command on the ledger can't be used.

use std::path::PathBuf;

use decision_gate_core::ledger::{ProofFault, TlogProofError, WitnessPolicyError};

use crate::input::InputFault;

/// Why what belongs to a command on the ledger can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LedgerFault {
    /// A file can't be read.
    #[error(transparent)]
    Input(#[from] InputFault),
    /// A file is no text.
    #[error("`{}` is not utf-8", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// A witness policy.
    #[error("`{}`: {error}", path.display())]
    Policy {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: WitnessPolicyError,
    },
    /// A proof.
    #[error("`{}`: {error}", path.display())]
    Proof {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: TlogProofError,
    },
    /// A proof that reads, and holds nothing.
    #[error("`{}`: {fault}", path.display())]
    ProofBroken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: ProofFault,
    },
    /// Nobody signs.
    #[error("no key signs checkpoints of this ledger")]
    NoKey,
    /// The log has no name.
    #[error("the logs of this ledger have no name")]
    NoOrigin,
    /// Whose checkpoint it must be was not said.
    #[error("a checkpoint proves nothing without the key of its log")]
    NoTrust,
    /// What a proof of consistency begins with was not said.
    #[error("a proof of consistency proves nothing without the older checkpoint")]
    NoOldCheckpoint,
    /// Nothing says which runs.
    #[error("neither a run nor a time says whose values are to be taken away")]
    NothingToPrune,
    /// A time that does not read.
    #[error("`{text}` is no time (RFC 3339, such as `2026-01-31T00:00:00Z`)")]
    Time {
        /// As given.
        text: String,
    },
}

impl LedgerFault {
    /// Stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Input(fault) => fault.code(),
            Self::NotText { .. } => "input_not_text",
            Self::Policy { error, .. } => error.code(),
            Self::Proof { error, .. } => error.code(),
            Self::ProofBroken { fault, .. } => fault.code(),
            Self::NoKey => "ledger_key_missing",
            Self::NoOrigin => "ledger_origin_missing",
            Self::NoTrust => "checkpoint_key_missing",
            Self::NoOldCheckpoint => "old_checkpoint_missing",
            Self::NothingToPrune => "prune_selection_missing",
            Self::Time { .. } => "time_invalid",
        }
    }

    /// What to do.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::Input(fault) => fault.hint(),
            Self::NotText { .. } => "name the file as it was published",
            Self::Policy { error, .. } => error.hint(),
            Self::Proof { error, .. } => error.hint(),
            Self::ProofBroken { fault, .. } => fault.hint(),
            Self::NoKey => "set `ledger.signing_key` and `ledger.origin`, or give `--key FILE` with `--origin NAME`",
            Self::NoOrigin => "set `ledger.origin`, or give `--origin NAME`, such as `gate.example/ledger`",
            Self::NoTrust => "give `--checkpoint-key VKEY` or `--witness-policy FILE`",
            Self::NoOldCheckpoint => "give the one that was kept before: `--old-checkpoint FILE`",
            Self::NothingToPrune => "give `--run ID` or `--before TIME`; `--dry-run` shows what would go",
            Self::Time { .. } => "write date, `T`, time and `Z`",
        }
    }
}
