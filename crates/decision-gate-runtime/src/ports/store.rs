//! Where the ledger is kept. Every store passes the same contract suite.

use std::sync::Arc;

use async_trait::async_trait;
use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::engine::SealedState;
use decision_gate_core::ledger::{CompactRange, Event, SideValue, TileId};
use decision_gate_core::name::{NamespaceId, RunId, ScenarioId, SchemaId, SchemaVersion, TenantId};
use decision_gate_core::scenario::Origin;
use decision_gate_core::trust::Height;

use super::log::{Counts, Integrated, KeptCheckpoint, LogEntry, Pruning, RawHead, RawPage, ScannedEvent, Tree};
use super::rows::{Cell, RowsOf};
use super::store_error::StoreError;

/// Whose data, on which shelf. Part of every key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// Whose.
    pub tenant: TenantId,
    /// On which shelf.
    pub namespace: NamespaceId,
}

/// One sequence of events: a run's, or the namespace's own (scenarios and policies).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stream {
    /// Whose.
    pub scope: Scope,
    /// Of which run; `None` for the namespace's own.
    pub run: Option<RunId>,
}

/// What is appended in one transaction: an event with its values and the state after it.
#[derive(Clone, Debug)]
pub struct Append {
    /// To which stream.
    pub stream: Stream,
    /// The event; its `seq` is the position that it claims.
    pub event: Event,
    /// The values that it commits to.
    pub values: Vec<SideValue>,
    /// The run's state after it; `None` in the namespace's own stream.
    pub state: Option<Arc<SealedState>>,
    /// Digest of the run's state that it was decided on; `None` for the first event. Where the run stands otherwise, it is
    /// a conflict, even at the same position.
    pub follows: Option<Digest>,
    /// The policy epoch under which it was decided; `None` to skip the check (the event that activates a policy).
    pub policy_epoch: Option<u64>,
    /// How far things have come that this event was decided by. All are raised with it, in the same transaction; where
    /// one has gone higher since, nothing is written and it is a conflict.
    pub marks: Vec<Mark>,
}

/// How far something on a shelf has come. Marks only ever go up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// Of what: a path of its own kind, such as `version/…`.
    pub name: String,
    /// How far.
    pub height: Height,
}

/// An event that is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Its position.
    pub seq: u64,
    /// Its RFC 6962 leaf hash.
    pub leaf: Digest,
}

/// The latest of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunHead {
    /// What it has come to.
    pub state: Arc<SealedState>,
    /// The tree over its events.
    pub tree: CompactRange,
}

/// An event as it lies in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its position.
    pub seq: u64,
    /// Its canonical bytes.
    pub bytes: Vec<u8>,
    /// Its RFC 6962 leaf hash.
    pub leaf: Digest,
}

/// A value as it lies in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredValue {
    /// Position of the event that commits to it.
    pub seq: u64,
    /// The value.
    pub value: SideValue,
}

/// Some events, oldest first, with the values that they commit to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventPage {
    /// The events.
    pub events: Vec<StoredEvent>,
    /// Their values, by position and slot.
    pub values: Vec<StoredValue>,
}

/// A version of a scenario to keep.
#[derive(Clone, Debug)]
pub struct PutScenario {
    /// On which shelf.
    pub scope: Scope,
    /// Which scenario.
    pub scenario_id: ScenarioId,
    /// Digest of the expanded spec.
    pub spec_hash: Digest,
    /// Who wrote it.
    pub origin: Origin,
    /// Canonical JSON of the expanded spec.
    pub spec: Vec<u8>,
    /// The `scenario_defined` event; the store sets its `seq`.
    pub event: Event,
}

/// A version of a scenario as it lies in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredScenario {
    /// Which scenario.
    pub scenario_id: ScenarioId,
    /// Digest of the expanded spec.
    pub spec_hash: Digest,
    /// Who wrote it.
    pub origin: Origin,
    /// Canonical JSON of the expanded spec.
    pub spec: Vec<u8>,
    /// Order of definition on its shelf, from 1.
    pub version: u64,
}

/// One line of a list of scenarios: the current version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioListing {
    /// Which scenario.
    pub scenario_id: ScenarioId,
    /// Digest of the current version.
    pub spec_hash: Digest,
    /// Who wrote it.
    pub origin: Origin,
    /// How many versions there are.
    pub versions: u64,
}

/// A version of a data shape to keep.
#[derive(Clone, Debug)]
pub struct PutSchema {
    /// On which shelf.
    pub scope: Scope,
    /// Which.
    pub schema_id: SchemaId,
    /// Its version.
    pub version: SchemaVersion,
    /// What it is for, in the words of whoever registered it.
    pub description: Option<String>,
    /// Digest of the schema.
    pub schema_hash: Digest,
    /// Canonical JSON of the schema.
    pub schema: Vec<u8>,
    /// How many versions a shelf takes, of all data shapes together.
    pub max_entries: u64,
    /// The `schema_registered` event; the store sets its `seq`.
    pub event: Event,
}

/// A version of a data shape as it lies in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSchema {
    /// Which.
    pub schema_id: SchemaId,
    /// Its version.
    pub version: SchemaVersion,
    /// What it is for.
    pub description: Option<String>,
    /// Digest of the schema.
    pub schema_hash: Digest,
    /// Canonical JSON of the schema.
    pub schema: Vec<u8>,
    /// Position of the event that registered it.
    pub registered: u64,
}

/// One line of a list of data shapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaListing {
    /// Which.
    pub schema_id: SchemaId,
    /// Its version.
    pub version: SchemaVersion,
    /// What it is for.
    pub description: Option<String>,
    /// Digest of the schema.
    pub schema_hash: Digest,
}

/// A place to keep the ledger. What is acknowledged is on disk.
#[async_trait]
pub trait Store: Send + Sync {
    /// Puts a policy in force for a shelf: keeps its bytes, and unless it is in force already appends `event` (whose
    /// `seq` the store sets) to the shelf's own stream and counts the epoch up. Gives the epoch.
    async fn activate_policy(
        &self,
        scope: Scope,
        digest: Digest,
        bytes: Vec<u8>,
        event: Event,
    ) -> Result<u64, StoreError>;

    /// The policy in force on a shelf, with its epoch.
    async fn active_policy(&self, scope: Scope) -> Result<Option<(u64, Digest)>, StoreError>;

    /// The bytes of a policy that was once in force anywhere.
    async fn policy(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError>;

    /// Keeps a version of a scenario and makes it the current one. Unless it is that already, appends the event
    /// (whose `seq` the store sets; it carries no key) to the shelf's own stream: a version that comes back is no new
    /// version, but the log says when it came back. A draft that became pinned is the same version, now pinned.
    async fn put_scenario(&self, put: PutScenario) -> Result<StoredScenario, StoreError>;

    /// A version of a scenario, or the current one, as the event says that defined it last.
    async fn scenario(
        &self,
        scope: Scope,
        id: &ScenarioId,
        hash: Option<Digest>,
    ) -> Result<Option<StoredScenario>, StoreError>;

    /// Current versions by id, after `after`.
    async fn scenarios(
        &self,
        scope: Scope,
        after: Option<&ScenarioId>,
        limit: usize,
    ) -> Result<Vec<ScenarioListing>, StoreError>;

    /// Keeps a version of a data shape and appends the event (whose `seq` the store sets; it carries no key) to the
    /// shelf's own stream. One that is there already with the same schema is given back as it is.
    async fn put_schema(&self, put: PutSchema) -> Result<StoredSchema, StoreError>;

    /// A version of a data shape, as the event says that registered it.
    async fn schema(
        &self,
        scope: Scope,
        id: &SchemaId,
        version: &SchemaVersion,
    ) -> Result<Option<StoredSchema>, StoreError>;

    /// Data shapes by id and version, after `after`.
    async fn schemas(
        &self,
        scope: Scope,
        after: Option<(&SchemaId, &SchemaVersion)>,
        limit: usize,
    ) -> Result<Vec<SchemaListing>, StoreError>;

    /// The latest of a run.
    async fn run(&self, scope: Scope, run: &RunId) -> Result<Option<RunHead>, StoreError>;

    /// The event of a stream whose kind and key are these: what makes calls idempotent.
    async fn by_key(&self, stream: &Stream, kind: &'static str, key: &str) -> Result<Option<StoredEvent>, StoreError>;

    /// Appends one event if its position is free, its run stands as it follows, and its policy epoch is current. On disk
    /// once this returns.
    async fn append(&self, append: &Append) -> Result<Appended, StoreError>;

    /// Marks of a shelf, sorted by name: those of these names, and those whose name begins with one of `below`, each of
    /// which ends with `/`.
    async fn marks(&self, scope: Scope, names: &[String], below: &[String]) -> Result<Vec<Mark>, StoreError>;

    /// Events of a stream from position `from` on, with their values.
    async fn events(&self, stream: &Stream, from: u64, limit: usize) -> Result<EventPage, StoreError>;

    /// Appends to the shelf's log the heads of streams that have grown since their last head there: by name, the shelf's
    /// own first, at most `limit` of them, in one transaction, with the tiles of their events and of the log. They are
    /// found without a look at all streams. An [`Store::append`] never waits for an integration of other streams, and
    /// one that commits meanwhile is found by the next integration. Where nothing has grown, nothing is written. Of
    /// several that integrate at once, each head is taken by one.
    ///
    /// A stream that has fewer events than its last head in the log says is [`StoreError::Corrupt`].
    async fn integrate(&self, scope: Scope, limit: usize) -> Result<Integrated, StoreError>;

    /// The tree over the shelf's log.
    async fn log(&self, scope: Scope) -> Result<CompactRange, StoreError>;

    /// Entries of the log from position `from` on. A hole in the numbering is not looked for.
    async fn log_entries(&self, scope: Scope, from: u64, limit: usize) -> Result<Vec<LogEntry>, StoreError>;

    /// The last entry of a stream whose position is below `before`.
    async fn log_entry(&self, stream: &Stream, before: u64) -> Result<Option<LogEntry>, StoreError>;

    /// Entries of one stream with more than `above` events, by that number.
    async fn stream_entries(&self, stream: &Stream, above: u64, limit: usize) -> Result<Vec<LogEntry>, StoreError>;

    /// Tiles of a tree; those that are not there are left out.
    async fn tiles(&self, tree: &Tree, ids: Vec<TileId>) -> Result<Vec<(TileId, Vec<Digest>)>, StoreError>;

    /// Keeps a checkpoint, or another note of one that is kept already (with more cosignatures). One of a size that the
    /// log has not reached, or with another root than the one that is kept of this size, is [`StoreError::Misplaced`].
    async fn keep_checkpoint(&self, scope: Scope, checkpoint: KeptCheckpoint) -> Result<(), StoreError>;

    /// Kept checkpoints of at least this size, by size.
    async fn checkpoints(&self, scope: Scope, from: u64, limit: usize) -> Result<Vec<KeptCheckpoint>, StoreError>;

    /// The kept checkpoint of the greatest size.
    async fn last_checkpoint(&self, scope: Scope) -> Result<Option<KeptCheckpoint>, StoreError>;

    /// Takes away the values of a stream's events up to a position, and keeps a record of it. Where there are none,
    /// nothing is written and the record says zero.
    async fn prune(&self, stream: &Stream, through: u64, at: Timestamp) -> Result<Pruning, StoreError>;

    /// Sees to it that what was pruned can't be read where the store lies, as far as that is the store's to do. May take
    /// as long as copying the store does, and keeps writers waiting meanwhile.
    async fn scrub(&self) -> Result<(), StoreError>;

    /// The records of what was pruned of a stream, by position.
    async fn prunings(&self, stream: &Stream) -> Result<Vec<Pruning>, StoreError>;

    /// Every shelf that has an event, a head, a log or a mark, by tenant and namespace.
    async fn scopes(&self) -> Result<Vec<Scope>, StoreError>;

    /// Streams of a shelf that have an event, a head or an entry in the log, by name after `after`, the shelf's own
    /// first. `after` is the run's id, or the empty text for the shelf's own.
    async fn streams(&self, scope: Scope, after: Option<&str>, limit: usize) -> Result<Vec<Stream>, StoreError>;

    /// How much a shelf has.
    async fn counts(&self, scope: Scope) -> Result<Counts, StoreError>;

    /// Rows of a stream from position `from` on as they lie there, unchecked. The values are those of the positions
    /// that the events span; of the last page, all that follow.
    async fn raw_events(&self, stream: &Stream, from: i64, limit: usize) -> Result<RawPage, StoreError>;

    /// Events of all runs of a shelf as they lie there, unchecked, with their values: by run and position, after a place.
    /// The shelf's own stream is left out.
    async fn scan(
        &self,
        scope: Scope,
        after: Option<(&str, i64)>,
        limit: usize,
    ) -> Result<Vec<ScannedEvent>, StoreError>;

    /// About how many events there are on all shelves together, found at once.
    async fn about_how_many(&self) -> Result<u64, StoreError>;

    /// The head row of a stream as it lies there, unchecked.
    async fn raw_head(&self, stream: &Stream) -> Result<Option<RawHead>, StoreError>;

    /// Rows of any table as they lie there, unchecked.
    async fn raw_rows(&self, rows: &RowsOf) -> Result<Vec<Vec<Cell>>, StoreError>;

    /// The names of a shelf's streams in any table as they lie there, unchecked, by their bytes after `after`.
    async fn raw_streams(&self, scope: Scope, after: Option<&[u8]>, limit: usize) -> Result<Vec<Vec<u8>>, StoreError>;

    /// What the database has beside the tables of this version, lacks of them, or has in another form: each in words.
    async fn schema_changes(&self) -> Result<Vec<String>, StoreError>;

    /// Has the next integration find a run that has grown, or all streams of a shelf, where that was lost; how many.
    async fn find_unlogged(&self, scope: Scope, run: Option<&RunId>) -> Result<u64, StoreError>;
}
