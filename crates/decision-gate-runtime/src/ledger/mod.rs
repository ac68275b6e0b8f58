//! What is done with the ledger as a whole: integrating heads, signing checkpoints, proving, checking, pruning.
//!
//! A store keeps rows and decides nothing; what they mean is decided here, the same for every store.

mod check;
mod documents;
mod error;
mod finding;
mod log;
mod marks;
mod prove;
mod prune;
mod prunings;
mod rows;
mod sign;
mod stream;
mod tiles;

pub use check::{HeldAgainst, KnownCheckpoint, LedgerReport, verify_ledger};
pub use error::LedgerError;
pub use finding::{LedgerFinding, LedgerFindingCode};
pub use prove::{EventProof, HeadProof, anchor_run, kept_checkpoint, prove_consistency, prove_event, prove_run};
pub use prune::{PruneRequest, PrunedRun, prune_runs};
pub use sign::{Cosigned, LogSigner, SignedCheckpoint, add_cosignatures, checkpoint};
