//! `store`: where the ledger is kept.

mod postgres;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::postgres::{
    Postgres, PostgresHost, PostgresHostFault, PostgresName, PostgresNameFault, PostgresSchema, PostgresSchemaFault,
    PostgresTls,
};
use super::{Checks, Section};
use crate::error::Fault;
use crate::key_path::KeyPath;
use crate::values::{Bounded, ConfigPath};

/// Where the ledger is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Store {
    /// The kind of store.
    #[serde(rename = "type")]
    pub kind: StoreKind,
    /// The database file; without it `$XDG_STATE_HOME/decision-gate/ledger.db`, else
    /// `~/.local/state/decision-gate/ledger.db`.
    pub path: Option<ConfigPath>,
    /// How a ledger in PostgreSQL is reached; for `type = "postgres"`.
    pub postgres: Option<Postgres>,
    /// How long to wait for another process that is writing.
    pub busy_timeout_ms: Bounded<0, 60_000, 5_000>,
    /// When an acknowledged write has reached the disk.
    pub sync_mode: SyncMode,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            kind: StoreKind::Sqlite,
            path: None,
            postgres: None,
            busy_timeout_ms: Bounded::default(),
            sync_mode: SyncMode::Full,
        }
    }
}

impl Section for Store {
    fn check(&self, checks: &mut Checks) {
        let kind = || format!("store.type = \"{}\"", self.kind.word());
        if self.kind != StoreKind::Sqlite && self.path.is_some() {
            let (this, other) = ("store.path".to_owned(), kind());
            checks.key("path", |checks| checks.report(Fault::Conflict { this, other }));
        }
        match (&self.postgres, self.kind) {
            (None, StoreKind::Postgres) => checks.report(Fault::MissingOneOf { keys: vec!["postgres".to_owned()] }),
            (None, StoreKind::Sqlite | StoreKind::Memory) => {}
            (Some(postgres), StoreKind::Postgres) => checks.key("postgres", |checks| postgres.check(checks)),
            (Some(_), StoreKind::Sqlite | StoreKind::Memory) => {
                let (this, other) = ("store.postgres".to_owned(), kind());
                checks.key("postgres", |checks| checks.report(Fault::Conflict { this, other }));
            }
        }
    }

    fn paths<'a>(&'a mut self, at: &KeyPath, paths: &mut Vec<(KeyPath, &'a mut ConfigPath)>) {
        if let Some(path) = &mut self.path {
            paths.push((at.key("path"), path));
        }
        if let Some(postgres) = &mut self.postgres {
            postgres.paths(&at.key("postgres"), paths);
        }
    }
}

/// The kind of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StoreKind {
    /// One file; several processes may share it.
    Sqlite,
    /// Nothing outlives the process.
    Memory,
    /// A schema of a PostgreSQL database; any number of servers may share it.
    Postgres,
}

impl StoreKind {
    const fn word(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Memory => "memory",
            Self::Postgres => "postgres",
        }
    }
}

/// When an acknowledged write has reached the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyncMode {
    /// Before it is acknowledged; survives a loss of power.
    Full,
    /// Soon after; survives the end of the process.
    Normal,
}
