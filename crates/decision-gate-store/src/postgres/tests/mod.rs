//! The contract on a real server, and what is PostgreSQL's own: schemas, faults, writers, servers that go away.

mod roles;
mod schemas;
mod servers;
mod writers;

use std::sync::Arc;
use std::time::Duration;

use decision_gate_runtime::ports::Store;
use decision_gate_services::{Cluster, NAME};

use super::open::open;
use super::{PostgresSettings, PostgresStore};
use crate::Opening;
use crate::contract::{Ground, store_contract};

/// A schema of its own on the server that all tests share.
struct Schema {
    cluster: Cluster,
    name: String,
}

impl Schema {
    /// How tests open it.
    fn settings(&self) -> PostgresSettings {
        PostgresSettings {
            schema: self.name.clone(),
            pool_size: 4,
            connect_timeout: Duration::from_secs(30),
            statement_timeout: Duration::from_mins(1),
            lock_timeout: Duration::from_mins(1),
            ..PostgresSettings::socket(self.cluster.socket(), NAME, NAME)
        }
    }

    fn store(&self) -> PostgresStore {
        PostgresStore::new(self.settings()).unwrap()
    }
}

impl Ground for Schema {
    const LASTS: bool = true;

    fn fresh() -> Option<Self> {
        let cluster = Cluster::shared().unwrap()?;
        Some(Self { cluster, name: Cluster::fresh_name() })
    }

    fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.store())
    }

    fn at_one_moment(&self) -> Option<Arc<dyn Store>> {
        let settings = PostgresSettings { opening: Opening::AtOneMoment, ..self.settings() };
        Some(Arc::new(PostgresStore::new(settings).unwrap()))
    }

    async fn by_hand(&self, script: &str) -> bool {
        let connection = open(&self.settings()).await.unwrap();
        let script = format!("SET session_replication_role = replica; {script}");
        connection.client().batch_execute(&script).await.unwrap_or_else(|error| panic!("{script}: {error:?}"));
        true
    }
}

mod database {
    use super::{Schema, store_contract};
    store_contract!(Schema);
}
