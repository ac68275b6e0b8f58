//! Why something could not be done with the ledger as a whole.

use decision_gate_core::ledger::{CheckpointFault, ProofFault, VerifierKeyError};

use crate::ports::StoreError;

/// Why something could not be done with the ledger as a whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is nothing to sign or to prove.
    #[error("the ledger has no events of namespace `{namespace}` of tenant `{tenant}`")]
    Empty {
        /// Whose.
        tenant: String,
        /// On which shelf.
        namespace: String,
    },
    /// No such run.
    #[error("run `{run}` is not in the log")]
    RunNotFound {
        /// Which.
        run: String,
    },
    /// It is not known yet what its values are needed for.
    #[error("run `{run}` has not ended, and keeps its values until then")]
    RunGoesOn {
        /// Which.
        run: String,
    },
    /// No such event.
    #[error("run `{run}` has {size} events, and none with number {seq}")]
    EventNotFound {
        /// Which run.
        run: String,
        /// How many it has in the log.
        size: u64,
        /// Which event.
        seq: u64,
    },
    /// No checkpoint is kept.
    #[error("no checkpoint of this log is kept")]
    NoCheckpoint,
    /// None of this size is kept.
    #[error("no checkpoint of size `{size}` is kept of this log")]
    NoCheckpointOf {
        /// Which size.
        size: u64,
    },
    /// The run came into the log later.
    #[error("run `{run}` is not in the checkpoint of size `{size}`")]
    RunNotInCheckpoint {
        /// Which run.
        run: String,
        /// Size of the checkpoint.
        size: u64,
    },
    /// The log was never that small, or is not that large yet.
    #[error("the log of size `{old}` is no beginning of that of the checkpoint, whose size is `{size}`")]
    NoBeginning {
        /// What was asked for.
        old: u64,
        /// Size of the checkpoint.
        size: u64,
    },
    /// The log is not that of the last checkpoint any more: it was rewritten.
    #[error("the log does not go on from its own checkpoint of size {size}: {fault}")]
    Rewritten {
        /// Size of the checkpoint.
        size: u64,
        /// What does not hold.
        fault: ProofFault,
    },
    /// Tiles are missing, or do not lead to the root.
    #[error("the ledger's tiles give no proof: {fault}")]
    Tiles {
        /// What does not hold.
        fault: ProofFault,
    },
    /// The sizes do not fit.
    #[error(transparent)]
    Proof(#[from] ProofFault),
    /// The key can't sign for such a log.
    #[error(transparent)]
    Key(#[from] VerifierKeyError),
    /// A checkpoint that is not accepted.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointFault),
    /// Cosignatures of something else.
    #[error("the cosignatures are not over the kept checkpoint of size {size}")]
    OtherCheckpoint {
        /// Its size.
        size: u64,
    },
    /// A key of a log that this ledger has not.
    #[error("the key is of log `{origin}`, and this ledger has no such shelf")]
    KeyOfOtherLog {
        /// Which log.
        origin: String,
    },
    /// A checkpoint of a log that this ledger has not.
    #[error("the checkpoint is of log `{origin}`, which this ledger does not have")]
    OtherLog {
        /// Which log.
        origin: String,
    },
}

impl LedgerError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Empty { .. } => "ledger_empty",
            Self::RunNotFound { .. } | Self::RunNotInCheckpoint { .. } => "run_not_found",
            Self::RunGoesOn { .. } => "run_not_ended",
            Self::EventNotFound { .. } => "event_not_found",
            Self::NoCheckpoint | Self::NoCheckpointOf { .. } => "checkpoint_not_found",
            Self::NoBeginning { .. } => "merkle_proof_invalid",
            Self::Rewritten { .. } => "ledger_rewritten",
            Self::Tiles { .. } => "ledger_tiles_damaged",
            Self::Proof(fault) => fault.code(),
            Self::Key(error) => error.code(),
            Self::Checkpoint(fault) => fault.code(),
            Self::OtherCheckpoint { .. } => "cosignature_other_checkpoint",
            Self::OtherLog { .. } | Self::KeyOfOtherLog { .. } => "checkpoint_other_log",
        }
    }

    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Store(error) => error.hint(),
            Self::Empty { .. } => "name the tenant and namespace that have runs: `decision-gate ledger stats`",
            Self::RunNotFound { .. } => "check the run's id, tenant and namespace",
            Self::RunGoesOn { .. } => "bring it to its end with `decision-gate check`, or prune others",
            Self::EventNotFound { .. } => "events are numbered from 1",
            Self::NoCheckpoint => "sign one with `decision-gate ledger checkpoint`",
            Self::NoCheckpointOf { .. } => "name the size of one that was signed, or leave it out for the last",
            Self::RunNotInCheckpoint { .. } => {
                "name a later checkpoint; `decision-gate ledger checkpoint` signs one that has every run"
            }
            Self::NoBeginning { .. } => "name a size from 1 to that of the checkpoint",
            Self::Rewritten { .. } | Self::Tiles { .. } => {
                "keep the file as it is, and run `decision-gate ledger verify`"
            }
            Self::Proof(fault) => fault.hint(),
            Self::Key(error) => error.hint(),
            Self::Checkpoint(fault) => fault.hint(),
            Self::OtherCheckpoint { .. } => "give the note that the witness returned for this very checkpoint",
            Self::KeyOfOtherLog { .. } => {
                "nothing was checked; give keys of this ledger's logs, and where a shelf was emptied its `--checkpoint` too"
            }
            Self::OtherLog { .. } => "check `ledger.origin`, and that the ledger is the one that the checkpoint is of",
        }
    }
}
