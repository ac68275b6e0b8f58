//! The ledger in a PostgreSQL database, for many servers that share it.
//!
//! Making a store touches nothing; the first call connects, and makes the tables in an empty schema. No lock is
//! global: writers of one run meet at its head's row, unique keys decide who was first, and whoever comes second is
//! told so. A server that goes away gives `store_unavailable`, and the next call tries anew; an append whose answer
//! was lost is looked up, so that it counts once.

mod append;
mod connection;
mod data_shape;
mod fault;
mod locks;
mod log;
mod marks;
mod open;
mod policy;
mod pool;
mod raw;
mod read;
mod scan;
mod scenario;
mod schema;
mod settings;
#[cfg(test)]
mod tests;
mod tile;
mod tls;
mod trees;

use std::sync::Arc;

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
use futures_util::future::BoxFuture;

pub use self::append::APPEND_STATEMENTS;
use self::append::AppendEvent;
use self::connection::Connection;
use self::fault::Fault;
use self::pool::{Ask, Connections};
pub use self::settings::{Host, Password, PostgresSettings, Tls};
use self::trees::Trees;
use crate::Durability;
use crate::sqlite::{Prepared, belongs_to_stream};

/// A ledger in PostgreSQL.
#[derive(Debug)]
pub struct PostgresStore {
    connections: Arc<Connections>,
    trees: Arc<Trees>,
}

impl PostgresStore {
    /// A store that connects on first use.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when no pool of connections can be made with these settings.
    pub fn new(settings: PostgresSettings) -> Result<Self, StoreError> {
        let place = settings.place();
        let connections = Connections::new(settings).map_err(|fault| fault.at(&place))?;
        Ok(Self { connections: Arc::new(connections), trees: Arc::default() })
    }

    /// Whether the store can be reached and read.
    ///
    /// # Errors
    /// [`StoreError`] as any call would give it.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.connections.work(read::Ready).await
    }

    /// Which settings of the server keep an acknowledged write from being on its disk.
    ///
    /// # Errors
    /// [`StoreError`] as any call would give it.
    pub async fn durability(&self) -> Result<Durability, StoreError> {
        self.connections.apart(async |connection, _| read::durability(connection).await).await
    }

    /// Whether a decision could be written: the role may do what the ledger does, and the server takes writes. Only
    /// asks: nothing is made, brought up or written.
    ///
    /// # Errors
    /// [`StoreError`] as a call would give it, and [`StoreError::Older`] where the next one would bring the tables up.
    pub async fn examine(&self) -> Result<(), StoreError> {
        self.connections.apart(async |connection, settings| open::examine(connection, settings).await).await
    }

    /// When the last event was of all runs, by the clock of whoever decided; nothing where there is none.
    ///
    /// # Errors
    /// [`StoreError`] as any call would give it.
    pub async fn latest(&self) -> Result<Option<Timestamp>, StoreError> {
        self.connections.work(read::Latest).await
    }

    async fn ask<I, T, F>(&self, needs: I, ask: F) -> Result<T, StoreError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'a> Fn(&'a Connection, &'a I) -> BoxFuture<'a, Result<T, Fault>> + Send + Sync + 'static,
    {
        self.connections.work(Ask::new(needs, ask)).await
    }
}

#[async_trait]
impl Store for PostgresStore {
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
        self.connections.work(policy::Activate { stream, digest, bytes, event }).await
    }

    async fn active_policy(&self, scope: Scope) -> Result<Option<(u64, Digest)>, StoreError> {
        self.connections.work(policy::Active(scope)).await
    }

    async fn policy(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.connections.work(policy::Bytes(digest)).await
    }

    async fn put_scenario(&self, put: PutScenario) -> Result<StoredScenario, StoreError> {
        belongs_to_stream(&Stream { scope: put.scope, run: None }, &put.event)?;
        if Digest::of(&put.spec) != put.spec_hash {
            return Err(StoreError::Misplaced { seq: put.event.seq, what: "the scenario does not have its hash" });
        }
        self.connections.work(scenario::Put(put)).await
    }

    async fn scenario(
        &self,
        scope: Scope,
        id: &ScenarioId,
        hash: Option<Digest>,
    ) -> Result<Option<StoredScenario>, StoreError> {
        self.connections.work(scenario::Find { scope, id: id.clone(), hash }).await
    }

    async fn scenarios(
        &self,
        scope: Scope,
        after: Option<&ScenarioId>,
        limit: usize,
    ) -> Result<Vec<ScenarioListing>, StoreError> {
        self.connections.work(scenario::List { scope, after: after.cloned(), limit }).await
    }

    async fn put_schema(&self, put: PutSchema) -> Result<StoredSchema, StoreError> {
        belongs_to_stream(&Stream { scope: put.scope, run: None }, &put.event)?;
        if Digest::of(&put.schema) != put.schema_hash {
            return Err(StoreError::Misplaced { seq: put.event.seq, what: "the schema does not have its hash" });
        }
        self.connections.work(data_shape::Put(put)).await
    }

    async fn schema(
        &self,
        scope: Scope,
        id: &SchemaId,
        version: &SchemaVersion,
    ) -> Result<Option<StoredSchema>, StoreError> {
        self.connections.work(data_shape::Find { scope, id: id.clone(), version: version.clone() }).await
    }

    async fn schemas(
        &self,
        scope: Scope,
        after: Option<(&SchemaId, &SchemaVersion)>,
        limit: usize,
    ) -> Result<Vec<SchemaListing>, StoreError> {
        let after = after.map(|(id, version)| (id.clone(), version.clone()));
        self.connections.work(data_shape::List { scope, after, limit }).await
    }

    async fn run(&self, scope: Scope, run: &RunId) -> Result<Option<RunHead>, StoreError> {
        let stream = Stream { scope, run: Some(run.clone()) };
        self.connections.work(read::Head { stream, trees: Arc::clone(&self.trees) }).await
    }

    async fn by_key(&self, stream: &Stream, kind: &'static str, key: &str) -> Result<Option<StoredEvent>, StoreError> {
        self.connections.work(read::ByKey { stream: stream.clone(), kind, key: key.to_owned() }).await
    }

    async fn append(&self, append: &Append) -> Result<Appended, StoreError> {
        let prepared = Prepared::new(append)?;
        self.connections.work(AppendEvent { prepared, trees: Arc::clone(&self.trees) }).await
    }

    async fn events(&self, stream: &Stream, from: u64, limit: usize) -> Result<EventPage, StoreError> {
        self.connections.work(read::Page { stream: stream.clone(), from, limit }).await
    }

    async fn marks(&self, scope: Scope, names: &[String], below: &[String]) -> Result<Vec<Mark>, StoreError> {
        let needs = (scope, names.to_vec(), below.to_vec());
        self.ask(needs, |connection, (scope, names, below)| Box::pin(marks::find(connection, *scope, names, below)))
            .await
    }

    async fn integrate(&self, scope: Scope, limit: usize) -> Result<Integrated, StoreError> {
        self.ask((scope, limit), |connection, (scope, limit)| Box::pin(log::integrate(connection, *scope, *limit)))
            .await
    }

    async fn log(&self, scope: Scope) -> Result<CompactRange, StoreError> {
        self.ask(scope, |connection, scope| Box::pin(log::tree(connection, *scope))).await
    }

    async fn log_entries(&self, scope: Scope, from: u64, limit: usize) -> Result<Vec<LogEntry>, StoreError> {
        let needs = (scope, from, limit);
        self.ask(needs, |connection, (scope, from, limit)| Box::pin(log::entries(connection, *scope, *from, *limit)))
            .await
    }

    async fn log_entry(&self, stream: &Stream, before: u64) -> Result<Option<LogEntry>, StoreError> {
        let needs = (stream.clone(), before);
        self.ask(needs, |connection, (stream, before)| Box::pin(log::last_of(connection, stream, *before))).await
    }

    async fn stream_entries(&self, stream: &Stream, above: u64, limit: usize) -> Result<Vec<LogEntry>, StoreError> {
        let needs = (stream.clone(), above, limit);
        self.ask(needs, |connection, (stream, above, limit)| {
            Box::pin(log::of_stream(connection, stream, *above, *limit))
        })
        .await
    }

    async fn tiles(&self, tree: &Tree, ids: Vec<TileId>) -> Result<Vec<(TileId, Vec<Digest>)>, StoreError> {
        self.ask((tree.clone(), ids), |connection, (tree, ids)| Box::pin(tile::all(connection, tree, ids))).await
    }

    async fn keep_checkpoint(&self, scope: Scope, checkpoint: KeptCheckpoint) -> Result<(), StoreError> {
        self.ask((scope, checkpoint), |connection, (scope, kept)| Box::pin(log::keep(connection, *scope, kept))).await
    }

    async fn checkpoints(&self, scope: Scope, from: u64, limit: usize) -> Result<Vec<KeptCheckpoint>, StoreError> {
        let needs = (scope, from, limit);
        self.ask(needs, |connection, (scope, from, limit)| {
            Box::pin(log::checkpoints(connection, *scope, *from, *limit))
        })
        .await
    }

    async fn last_checkpoint(&self, scope: Scope) -> Result<Option<KeptCheckpoint>, StoreError> {
        self.ask(scope, |connection, scope| Box::pin(log::last_checkpoint(connection, *scope))).await
    }

    async fn prune(&self, stream: &Stream, through: u64, at: Timestamp) -> Result<Pruning, StoreError> {
        let needs = (stream.clone(), through, at);
        self.ask(needs, |connection, (stream, through, at)| Box::pin(raw::prune(connection, stream, *through, *at)))
            .await
    }

    async fn scrub(&self) -> Result<(), StoreError> {
        // The server keeps its own copies, and only who owns it can say when they go (`docs/guides/stores.md`).
        Ok(())
    }

    async fn prunings(&self, stream: &Stream) -> Result<Vec<Pruning>, StoreError> {
        self.ask(stream.clone(), |connection, stream| Box::pin(raw::prunings(connection, stream))).await
    }

    async fn scopes(&self) -> Result<Vec<Scope>, StoreError> {
        self.ask((), |connection, ()| Box::pin(raw::scopes(connection))).await
    }

    async fn streams(&self, scope: Scope, after: Option<&str>, limit: usize) -> Result<Vec<Stream>, StoreError> {
        let needs = (scope, after.map(str::to_owned), limit);
        self.ask(needs, |connection, (scope, after, limit)| {
            Box::pin(raw::streams(connection, *scope, after.as_deref(), *limit))
        })
        .await
    }

    async fn counts(&self, scope: Scope) -> Result<Counts, StoreError> {
        self.ask(scope, |connection, scope| Box::pin(raw::counts(connection, *scope))).await
    }

    async fn raw_events(&self, stream: &Stream, from: i64, limit: usize) -> Result<RawPage, StoreError> {
        let needs = (stream.clone(), from, limit);
        self.ask(needs, |connection, (stream, from, limit)| Box::pin(raw::page(connection, stream, *from, *limit)))
            .await
    }

    async fn scan(
        &self,
        scope: Scope,
        after: Option<(&str, i64)>,
        limit: usize,
    ) -> Result<Vec<ScannedEvent>, StoreError> {
        let needs = (scope, after.map(|(run, seq)| (run.to_owned(), seq)), limit);
        self.ask(needs, |connection, (scope, after, limit)| {
            Box::pin(scan::page(connection, *scope, after.as_ref(), *limit))
        })
        .await
    }

    async fn about_how_many(&self) -> Result<u64, StoreError> {
        self.ask((), |connection, ()| Box::pin(scan::about_how_many(connection))).await
    }

    async fn raw_head(&self, stream: &Stream) -> Result<Option<RawHead>, StoreError> {
        self.ask(stream.clone(), |connection, stream| Box::pin(raw::head(connection, stream))).await
    }

    async fn raw_rows(&self, rows: &RowsOf) -> Result<Vec<Vec<Cell>>, StoreError> {
        self.ask(rows.clone(), |connection, rows| Box::pin(raw::rows_of(connection, rows))).await
    }

    async fn raw_streams(&self, scope: Scope, after: Option<&[u8]>, limit: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        let needs = (scope, after.map(<[u8]>::to_vec), limit);
        self.ask(needs, |connection, (scope, after, limit)| {
            Box::pin(raw::stream_names(connection, *scope, after.as_deref(), *limit))
        })
        .await
    }

    async fn schema_changes(&self) -> Result<Vec<String>, StoreError> {
        self.ask((), |connection, ()| Box::pin(schema::changes(connection))).await
    }

    async fn find_unlogged(&self, scope: Scope, run: Option<&RunId>) -> Result<u64, StoreError> {
        self.ask((scope, run.cloned()), |connection, (scope, run)| {
            Box::pin(raw::find_unlogged(connection, *scope, run.as_ref()))
        })
        .await
    }
}
