//! The ledger in one SQLite file (WAL, fully synchronised), or in memory when asked for.
//!
//! Making a store touches nothing; the first call makes or opens the file. One connection writes, on a thread of its own
//! or, where nobody else writes and the disk is quick, on the caller's. Reads have a connection of their own, so that
//! none waits for a disk that is being synchronised: a few rows are read at once on the caller's thread, by whichever
//! connection is idle, pages on a second one. Several processes may share the file: positions are claimed inside
//! `BEGIN IMMEDIATE`, and who comes second is told so.

mod append;
mod data_shape;
mod examine;
mod fault;
mod log;
mod look;
mod marks;
mod open;
mod policy;
mod raw;
mod read;
pub(crate) mod rows;
mod scan;
mod scenario;
mod schema;
mod scrub;
mod seat;
mod settings;
#[cfg(test)]
mod tests;
mod tile;
mod worker;

use async_trait::async_trait;
use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::ledger::{CompactRange, Event, TileId};
use decision_gate_core::name::{RunId, ScenarioId, SchemaId, SchemaVersion};
use decision_gate_runtime::ports::{
    Append, Appended, Cell, Counts, EventPage, Integrated, KeptCheckpoint, LogEntry, Mark, Pruning, PutScenario,
    PutSchema, RawHead, RawPage, RowsOf, RunHead, ScannedEvent, ScenarioListing, SchemaListing, Scope, Store,
    StoreError, StoredEvent, StoredScenario, StoredSchema, Stream, Tree,
};
use rusqlite::Connection;

#[cfg(feature = "postgres")]
pub(crate) use self::append::grown;
pub(crate) use self::append::{Prepared, belongs_to_stream};
#[cfg(feature = "postgres")]
pub(crate) use self::data_shape::is_registered_by;
pub(crate) use self::fault::Fault;
#[cfg(feature = "postgres")]
pub(crate) use self::scenario::is_defined_by;
pub use self::settings::{Place, SqliteSettings, SyncMode};
use self::worker::Worker;

/// A ledger in SQLite.
#[derive(Debug)]
pub struct SqliteStore {
    // Closed first, so that the writer's connection is the last one and leaves a single file behind.
    reader: Option<Worker>,
    writer: Worker,
}

impl SqliteStore {
    /// A store that opens on first use.
    pub fn new(settings: SqliteSettings) -> Self {
        let reader = match settings.place {
            Place::File(_) => Some(Worker::new("ledger-reader", settings.clone())),
            Place::Memory => None,
        };
        Self { reader, writer: Worker::new("ledger-writer", settings) }
    }

    /// Whether the store can be opened and read.
    ///
    /// # Errors
    /// [`StoreError`] as any call would give it.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.read(|connection| {
            Ok(connection.query_row("SELECT count(*) FROM policy_epochs LIMIT 1", [], |_| Ok(()))?)
        })
        .await
    }

    async fn read<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnMut(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        self.reader.as_ref().unwrap_or(&self.writer).read(work).await
    }

    /// For reads of a few rows. The connection that writes has the pages at hand that it wrote, the other one has to read
    /// them again.
    async fn glance<T, W>(&self, mut work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnMut(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        let mut idle = [Some(&self.writer), self.reader.as_ref()].into_iter().flatten();
        match idle.find_map(|it| it.glance(&mut work)) {
            Some(seen) => Ok(seen),
            None => self.read(work).await,
        }
    }

    async fn write<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnMut(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        self.writer.write(work).await
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn activate_policy(
        &self,
        scope: Scope,
        digest: Digest,
        bytes: Vec<u8>,
        event: Event,
    ) -> Result<u64, StoreError> {
        let stream = Stream { scope, run: None };
        belongs_to_stream(&stream, &event)?;
        if Digest::of(&bytes) != digest {
            return Err(StoreError::Misplaced { seq: event.seq, what: "the policy does not have its digest" });
        }
        self.write(move |connection| policy::activate(connection, &stream, digest, &bytes, &event)).await
    }

    async fn active_policy(&self, scope: Scope) -> Result<Option<(u64, Digest)>, StoreError> {
        self.glance(move |connection| policy::active(connection, scope)).await
    }

    async fn policy(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.glance(move |connection| policy::bytes(connection, digest)).await
    }

    async fn put_scenario(&self, put: PutScenario) -> Result<StoredScenario, StoreError> {
        belongs_to_stream(&Stream { scope: put.scope, run: None }, &put.event)?;
        if Digest::of(&put.spec) != put.spec_hash {
            return Err(StoreError::Misplaced { seq: put.event.seq, what: "the scenario does not have its hash" });
        }
        self.write(move |connection| scenario::put(connection, &put)).await
    }

    async fn scenario(
        &self,
        scope: Scope,
        id: &ScenarioId,
        hash: Option<Digest>,
    ) -> Result<Option<StoredScenario>, StoreError> {
        let id = id.clone();
        self.glance(move |connection| scenario::find(connection, scope, &id, hash)).await
    }

    async fn scenarios(
        &self,
        scope: Scope,
        after: Option<&ScenarioId>,
        limit: usize,
    ) -> Result<Vec<ScenarioListing>, StoreError> {
        let after = after.cloned();
        self.read(move |connection| scenario::list(connection, scope, after.as_ref(), limit)).await
    }

    async fn put_schema(&self, put: PutSchema) -> Result<StoredSchema, StoreError> {
        belongs_to_stream(&Stream { scope: put.scope, run: None }, &put.event)?;
        if Digest::of(&put.schema) != put.schema_hash {
            return Err(StoreError::Misplaced { seq: put.event.seq, what: "the schema does not have its hash" });
        }
        self.write(move |connection| data_shape::put(connection, &put)).await
    }

    async fn schema(
        &self,
        scope: Scope,
        id: &SchemaId,
        version: &SchemaVersion,
    ) -> Result<Option<StoredSchema>, StoreError> {
        let (id, version) = (id.clone(), version.clone());
        self.glance(move |connection| data_shape::find(connection, scope, &id, &version)).await
    }

    async fn schemas(
        &self,
        scope: Scope,
        after: Option<(&SchemaId, &SchemaVersion)>,
        limit: usize,
    ) -> Result<Vec<SchemaListing>, StoreError> {
        let after = after.map(|(id, version)| (id.clone(), version.clone()));
        self.read(move |connection| data_shape::list(connection, scope, after.as_ref(), limit)).await
    }

    async fn run(&self, scope: Scope, run: &RunId) -> Result<Option<RunHead>, StoreError> {
        let stream = Stream { scope, run: Some(run.clone()) };
        self.glance(move |connection| read::head(connection, &stream)).await
    }

    async fn by_key(&self, stream: &Stream, kind: &'static str, key: &str) -> Result<Option<StoredEvent>, StoreError> {
        let (stream, key) = (stream.clone(), key.to_owned());
        self.glance(move |connection| read::by_key(connection, &stream, kind, &key)).await
    }

    async fn append(&self, append: &Append) -> Result<Appended, StoreError> {
        let prepared = Prepared::new(append)?;
        self.write(move |connection| prepared.append(connection)).await
    }

    async fn marks(&self, scope: Scope, names: &[String], below: &[String]) -> Result<Vec<Mark>, StoreError> {
        let (names, below) = (names.to_vec(), below.to_vec());
        self.read(move |connection| marks::find(connection, scope, &names, &below)).await
    }

    async fn events(&self, stream: &Stream, from: u64, limit: usize) -> Result<EventPage, StoreError> {
        let stream = stream.clone();
        self.read(move |connection| read::page(connection, &stream, from, limit)).await
    }

    async fn integrate(&self, scope: Scope, limit: usize) -> Result<Integrated, StoreError> {
        self.write(move |connection| log::integrate(connection, scope, limit)).await
    }

    async fn log(&self, scope: Scope) -> Result<CompactRange, StoreError> {
        self.glance(move |connection| log::tree(connection, scope)).await
    }

    async fn log_entries(&self, scope: Scope, from: u64, limit: usize) -> Result<Vec<LogEntry>, StoreError> {
        self.read(move |connection| log::entries(connection, scope, from, limit)).await
    }

    async fn log_entry(&self, stream: &Stream, before: u64) -> Result<Option<LogEntry>, StoreError> {
        let stream = stream.clone();
        self.glance(move |connection| log::last_of(connection, &stream, before)).await
    }

    async fn stream_entries(&self, stream: &Stream, above: u64, limit: usize) -> Result<Vec<LogEntry>, StoreError> {
        let stream = stream.clone();
        self.read(move |connection| log::of_stream(connection, &stream, above, limit)).await
    }

    async fn tiles(&self, tree: &Tree, ids: Vec<TileId>) -> Result<Vec<(TileId, Vec<Digest>)>, StoreError> {
        let tree = tree.clone();
        self.glance(move |connection| tile::all(connection, &tree, &ids)).await
    }

    async fn keep_checkpoint(&self, scope: Scope, checkpoint: KeptCheckpoint) -> Result<(), StoreError> {
        self.write(move |connection| log::keep(connection, scope, &checkpoint)).await
    }

    async fn checkpoints(&self, scope: Scope, from: u64, limit: usize) -> Result<Vec<KeptCheckpoint>, StoreError> {
        self.read(move |connection| log::checkpoints(connection, scope, from, limit)).await
    }

    async fn last_checkpoint(&self, scope: Scope) -> Result<Option<KeptCheckpoint>, StoreError> {
        self.glance(move |connection| log::last_checkpoint(connection, scope)).await
    }

    async fn prune(&self, stream: &Stream, through: u64, at: Timestamp) -> Result<Pruning, StoreError> {
        let stream = stream.clone();
        self.write(move |connection| scrub::overwriting(connection, || raw::prune(connection, &stream, through, at)))
            .await
    }

    async fn scrub(&self) -> Result<(), StoreError> {
        // Not within a transaction, as a write would be.
        self.writer.read(scrub::rewrite).await
    }

    async fn prunings(&self, stream: &Stream) -> Result<Vec<Pruning>, StoreError> {
        let stream = stream.clone();
        self.read(move |connection| raw::prunings(connection, &stream)).await
    }

    async fn scopes(&self) -> Result<Vec<Scope>, StoreError> {
        self.read(raw::scopes).await
    }

    async fn streams(&self, scope: Scope, after: Option<&str>, limit: usize) -> Result<Vec<Stream>, StoreError> {
        let after = after.map(str::to_owned);
        self.read(move |connection| raw::streams(connection, scope, after.as_deref(), limit)).await
    }

    async fn counts(&self, scope: Scope) -> Result<Counts, StoreError> {
        self.read(move |connection| raw::counts(connection, scope)).await
    }

    async fn raw_events(&self, stream: &Stream, from: i64, limit: usize) -> Result<RawPage, StoreError> {
        let stream = stream.clone();
        self.read(move |connection| raw::page(connection, &stream, from, limit)).await
    }

    async fn scan(
        &self,
        scope: Scope,
        after: Option<(&str, i64)>,
        limit: usize,
    ) -> Result<Vec<ScannedEvent>, StoreError> {
        let after = after.map(|(run, seq)| (run.to_owned(), seq));
        self.read(move |connection| scan::page(connection, scope, after.as_ref(), limit)).await
    }

    async fn about_how_many(&self) -> Result<u64, StoreError> {
        self.glance(scan::about_how_many).await
    }

    async fn raw_head(&self, stream: &Stream) -> Result<Option<RawHead>, StoreError> {
        let stream = stream.clone();
        self.read(move |connection| raw::head(connection, &stream)).await
    }

    async fn raw_rows(&self, rows: &RowsOf) -> Result<Vec<Vec<Cell>>, StoreError> {
        let rows = rows.clone();
        self.read(move |connection| raw::rows_of(connection, &rows)).await
    }

    async fn raw_streams(&self, scope: Scope, after: Option<&[u8]>, limit: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        let after = after.map(<[u8]>::to_vec);
        self.read(move |connection| raw::stream_names(connection, scope, after.as_deref(), limit)).await
    }

    async fn schema_changes(&self) -> Result<Vec<String>, StoreError> {
        self.read(schema::changes).await
    }

    async fn find_unlogged(&self, scope: Scope, run: Option<&RunId>) -> Result<u64, StoreError> {
        let run = run.cloned();
        self.write(move |connection| raw::find_unlogged(connection, scope, run.as_ref())).await
    }
}
