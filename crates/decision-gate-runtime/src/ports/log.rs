//! What stands over the events: the log of stream heads, its tiles, kept checkpoints; and rows as they lie there, for
//! whoever checks them (`docs/spec/ledger.md`).

use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::ledger::{CompactRange, StreamHead};

use super::store::{Scope, Stream};

/// Which tree tiles are of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tree {
    /// Over the events of a stream, as far as its head is in the log.
    Events(Stream),
    /// Over the stream heads of a shelf.
    Log(Scope),
}

/// A stream head in the log of its shelf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Position in the log, from 0.
    pub index: u64,
    /// Of which stream.
    pub stream: Stream,
    /// How many events it had.
    pub size: u64,
    /// RFC 6962 root over them.
    pub root: Digest,
}

impl LogEntry {
    /// What is hashed.
    pub fn head(&self) -> StreamHead {
        let Scope { tenant, namespace } = self.stream.scope;
        StreamHead { tenant, namespace, run: self.stream.run.clone(), size: self.size, root: self.root }
    }
}

/// What came of an integration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integrated {
    /// The log after it.
    pub tree: CompactRange,
    /// How many heads were appended.
    pub added: u64,
    /// Whether further streams have grown that did not fit into the batch.
    pub more: bool,
}

/// A checkpoint that the ledger keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptCheckpoint {
    /// How many entries the log had.
    pub size: u64,
    /// RFC 6962 root over them.
    pub root: Digest,
    /// The note, byte for byte.
    pub note: String,
}

/// A record of values that were taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pruning {
    /// Of which stream.
    pub stream: Stream,
    /// Those of events up to this position.
    pub through: u64,
    /// When.
    pub at: Timestamp,
    /// How many.
    pub values: u64,
}

/// How much a shelf has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Streams: runs, and the shelf's own.
    pub streams: u64,
    /// Events of all streams.
    pub events: u64,
    /// Values that are there.
    pub values: u64,
    /// Values that were pruned.
    pub pruned: u64,
    /// Heads in the log.
    pub entries: u64,
    /// Streams that have grown since their last head in the log.
    pub pending: u64,
    /// Kept checkpoints.
    pub checkpoints: u64,
}

/// An event row as it lies there. Nothing in it was checked; what is no UTF-8 in a text has U+FFFD in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawEvent {
    /// Its position.
    pub seq: i64,
    /// The column that says its kind.
    pub kind: String,
    /// The column that says its key.
    pub key: Option<String>,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The column that says its leaf hash.
    pub leaf: Vec<u8>,
}

/// A value row as it lies there. Nothing in it was checked; what is no UTF-8 in a text has U+FFFD in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawValue {
    /// Position of its event.
    pub seq: i64,
    /// Which value of that event.
    pub slot: String,
    /// Its salt.
    pub salt: Vec<u8>,
    /// Its canonical JSON.
    pub canonical: Vec<u8>,
}

/// Rows of a stream as they lie there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawPage {
    /// Events, by position.
    pub events: Vec<RawEvent>,
    /// Values, by position and slot.
    pub values: Vec<RawValue>,
}

/// An event of any run on a shelf as it lies there, with the values beside it. Nothing in it was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScannedEvent {
    /// The name of its stream.
    pub run: String,
    /// Its position.
    pub seq: i64,
    /// The column that says its kind.
    pub kind: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The column that says its leaf hash.
    pub leaf: Vec<u8>,
    /// The values at its position, by slot.
    pub values: Vec<RawValue>,
}

/// The head row of a stream as it lies there. Nothing in it was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawHead {
    /// How many events it says there are.
    pub size: i64,
    /// The roots of the perfect subtrees, 32 bytes each.
    pub peaks: Vec<u8>,
    /// The canonical JSON of the run's state.
    pub state: Option<Vec<u8>>,
    /// Its digest.
    pub state_digest: Option<Vec<u8>>,
}
