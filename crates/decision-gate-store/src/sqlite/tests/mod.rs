//! The contract on both kinds of place, and what is SQLite's own: files, faults, batches, growth.

mod audit;
mod batches;
mod cells;
pub(in crate::sqlite) mod crash;
mod damage;
mod files;
mod growth;
mod look;
mod scrub;
mod states;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use decision_gate_runtime::ports::Store;
use tempfile::TempDir;

use super::{SqliteSettings, SqliteStore, SyncMode};
use crate::Opening;
use crate::contract::{Ground, store_contract};

/// A folder with a ledger in it.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("state").join("ledger.db")
    }

    /// How tests open it: durable enough to survive the process, and not slowed down by the disk.
    fn settings(&self) -> SqliteSettings {
        SqliteSettings {
            sync_mode: SyncMode::Normal,
            busy_timeout: Duration::from_mins(1),
            ..SqliteSettings::file(self.path())
        }
    }

    fn store(&self) -> SqliteStore {
        SqliteStore::new(self.settings())
    }
}

impl Ground for Folder {
    const LASTS: bool = true;

    fn fresh() -> Option<Self> {
        Some(Self::new())
    }

    fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.store())
    }

    fn at_one_moment(&self) -> Option<Arc<dyn Store>> {
        let settings = SqliteSettings { opening: Opening::AtOneMoment, ..self.settings() };
        Some(Arc::new(SqliteStore::new(settings)))
    }

    async fn by_hand(&self, script: &str) -> bool {
        audit::by_hand(self, script);
        true
    }
}

/// The memory of one store.
struct Memory(Arc<dyn Store>);

impl Ground for Memory {
    const LASTS: bool = false;

    fn fresh() -> Option<Self> {
        Some(Self(Arc::new(SqliteStore::new(SqliteSettings::memory()))))
    }

    fn open(&self) -> Arc<dyn Store> {
        Arc::clone(&self.0)
    }
}

mod file {
    use super::{Folder, store_contract};
    store_contract!(Folder);
}

mod memory {
    use super::{Memory, store_contract};
    store_contract!(Memory);
}
