//! Stage 6: decisions as an append-only ledger.
//!
//! One event row for each acknowledged call. Values lie apart: an event holds only salted commitments to them, so
//! that its bytes, and every root above them, are the same however much is shown or pruned. A run is the fold of
//! its events. Over the events of each stream stands a tree, over the heads of these trees a log, and signed checkpoints
//! of the log let others hold the ledger to it (`docs/spec/ledger.md`).

mod checkpoint;
mod commitment;
mod event;
mod head;
mod judge;
mod merkle;
mod note;
mod origin;
mod preimage;
mod proof;
mod tiles;
mod tlog_proof;
mod witness;

pub use checkpoint::{Checkpoint, CheckpointBody, CheckpointError};
pub use commitment::{Commitment, Salt, SaltError, SideValue, Slot};
pub use event::{
    Body, EVENT_VERSION, Event, EventKind, EventReadError, EvidenceEntry, IssuedPacket, PolicyActivated, RULES_VERSION,
    RunStarted, ScenarioDefined, SchemaRegistered, StepDecided, Submitted, TriggerEntry,
};
pub use head::StreamHead;
pub use judge::{Accepted, CheckpointFault, CheckpointTrust, read_checkpoint};
pub use merkle::{CompactRange, leaf_hash, node_hash, root_of};
pub use note::{
    KeyUse, MAX_NOTE_BYTES, Note, NoteError, NoteKeyId, NoteSignature, Signed, VerifierKey, VerifierKeyError,
};
pub use origin::{OriginBase, OriginError, is_origin_of, shelf_of};
pub use preimage::Preimage;
pub use proof::{
    MAX_PROOF_HASHES, ProofFault, consistency_ranges, inclusion_ranges, verify_consistency, verify_inclusion,
};
pub use tiles::{TILE_WIDTH, TileId, TileWriter, Tiles};
pub use tlog_proof::{ConsistencyProof, TlogProof, TlogProofError};
pub use witness::{WitnessPolicy, WitnessPolicyError, WitnessPolicyProblem};
