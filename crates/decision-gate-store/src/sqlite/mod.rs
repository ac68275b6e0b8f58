//! The ledger in one SQLite file (WAL, fully synchronised), or in memory when asked for.
//!
//! Making a store touches nothing; the first call makes or opens the file. One thread writes. Reads have a connection
//! of their own, so that none waits for a disk that is being synchronised: a few rows are read at once on the
//! caller's thread, pages on a second one. Several processes may share the file: positions are claimed inside
//! `BEGIN IMMEDIATE`, and who comes second is told so.

mod append;
mod data_shape;
mod fault;
mod open;
mod policy;
mod read;
pub(crate) mod rows;
mod scenario;
mod schema;
mod seat;
mod settings;
#[cfg(test)]
mod tests;
mod worker;

use async_trait::async_trait;
use decision_gate_core::digest::Digest;
use decision_gate_core::ledger::Event;
use decision_gate_core::name::{RunId, ScenarioId, SchemaId, SchemaVersion};
use decision_gate_runtime::ports::{
    Append, Appended, EventPage, PutScenario, PutSchema, RunHead, ScenarioListing, SchemaListing, Scope, Store,
    StoreError, StoredEvent, StoredScenario, StoredSchema, Stream,
};
use rusqlite::Connection;

pub(crate) use self::append::{Prepared, belongs_to_stream, grown};
pub(crate) use self::fault::Fault;
pub use self::settings::{Place, SqliteSettings, SyncMode};
use self::worker::{Access, Worker};

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
        self.reader.as_ref().unwrap_or(&self.writer).call(Access::Read, work).await
    }

    /// For reads of a few rows.
    async fn glance<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnMut(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        self.reader.as_ref().unwrap_or(&self.writer).glance(work).await
    }

    async fn write<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnMut(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        self.writer.call(Access::Write, work).await
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

    async fn append(&self, append: Append) -> Result<Appended, StoreError> {
        let prepared = Prepared::new(&append)?;
        self.write(move |connection| prepared.append(connection)).await
    }

    async fn events(&self, stream: &Stream, from: u64, limit: usize) -> Result<EventPage, StoreError> {
        let stream = stream.clone();
        self.read(move |connection| read::page(connection, &stream, from, limit)).await
    }
}
