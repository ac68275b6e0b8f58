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
mod open;
mod policy;
mod pool;
mod read;
mod scenario;
mod schema;
mod settings;
#[cfg(test)]
mod tests;
mod tls;
mod trees;

use std::sync::Arc;

use async_trait::async_trait;
use decision_gate_core::digest::Digest;
use decision_gate_core::ledger::Event;
use decision_gate_core::name::{RunId, ScenarioId, SchemaId, SchemaVersion};
use decision_gate_runtime::ports::{
    Append, Appended, EventPage, PutScenario, PutSchema, RunHead, ScenarioListing, SchemaListing, Scope, Store,
    StoreError, StoredEvent, StoredScenario, StoredSchema, Stream,
};

pub use self::append::APPEND_STATEMENTS;
use self::append::AppendEvent;
use self::pool::Connections;
pub use self::settings::{Host, Password, PostgresSettings, Tls};
use self::trees::Trees;
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

    async fn append(&self, append: Append) -> Result<Appended, StoreError> {
        let prepared = Prepared::new(&append)?;
        self.connections.work(AppendEvent { prepared, trees: Arc::clone(&self.trees) }).await
    }

    async fn events(&self, stream: &Stream, from: u64, limit: usize) -> Result<EventPage, StoreError> {
        self.connections.work(read::Page { stream: stream.clone(), from, limit }).await
    }
}
