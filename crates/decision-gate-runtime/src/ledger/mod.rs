//! What is done with the ledger as a whole: integrating heads, signing checkpoints, proving, checking, pruning.
//!
//! A store keeps rows and decides nothing; what they mean is decided here, the same for every store.

mod check;
mod error;
mod finding;
mod marks;
mod prove;
mod prune;
mod sign;
mod stream;

pub use check::{KnownCheckpoint, LedgerReport, verify_ledger};
pub use error::LedgerError;
pub use finding::{LedgerFinding, LedgerFindingCode};
pub use prove::{EventProof, HeadProof, anchor_run, prove_consistency, prove_event, prove_run};
pub use prune::{PruneRequest, PrunedRun, prune_runs};
pub use sign::{LogSigner, SignedCheckpoint, add_cosignatures, checkpoint};
