//! Stage 6: decisions as an append-only ledger.
//!
//! One event row for each acknowledged call. Values lie apart: an event holds only salted commitments to them, so
//! that its bytes, and every root above them, are the same however much is shown or pruned. A run is the fold of
//! its events.

mod commitment;
mod event;
mod merkle;

pub use commitment::{Commitment, Salt, SaltError, SideValue, Slot};
pub use event::{
    Body, EVENT_VERSION, Event, EventKind, EventReadError, EvidenceEntry, IssuedPacket, PolicyActivated, RULES_VERSION,
    RunStarted, ScenarioDefined, SchemaRegistered, StepDecided, Submitted, TriggerEntry,
};
pub use merkle::{CompactRange, leaf_hash, node_hash, root_of};
