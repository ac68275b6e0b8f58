//! The ledger of a configuration. Nothing is opened before the first call needs it, and a PostgreSQL client is nothing
//! but settings until then.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use decision_gate_config::Loaded;
use decision_gate_config::sections::store::{StoreKind, SyncMode};
use decision_gate_core::at::Timestamp;
use decision_gate_runtime::Store;
use decision_gate_store::{Durability, Opening, Place, SqliteSettings, SqliteStore, SyncMode as StoreSync};

use super::SetupError;

/// The configured ledger.
pub(super) fn open(loaded: &Loaded, opening: Opening) -> Result<Arc<dyn Store>, SetupError> {
    match loaded.config().store.kind {
        StoreKind::Memory => Ok(memory(loaded)),
        StoreKind::Sqlite => Ok(Arc::new(file(loaded, loaded.store_path()?, opening))),
        StoreKind::Postgres => postgres::open(loaded, opening),
    }
}

/// Where it is, in words; nothing for one in memory.
pub(super) fn place(loaded: &Loaded) -> Result<Option<String>, SetupError> {
    match loaded.config().store.kind {
        StoreKind::Memory => Ok(None),
        StoreKind::Sqlite => Ok(Some(loaded.store_path()?.display().to_string())),
        StoreKind::Postgres => postgres::place(loaded).map(Some),
    }
}

/// What keeps the server under the ledger from holding what it acknowledged. Nothing where there is no server.
pub(super) async fn durability(loaded: &Loaded) -> Result<Durability, SetupError> {
    match loaded.config().store.kind {
        StoreKind::Memory | StoreKind::Sqlite => Ok(Durability::default()),
        StoreKind::Postgres => postgres::durability(loaded).await,
    }
}

/// Whether the server under the ledger would take a decision. Nothing is asked where there is no server.
pub(super) async fn examine(loaded: &Loaded) -> Result<(), SetupError> {
    match loaded.config().store.kind {
        StoreKind::Memory | StoreKind::Sqlite => Ok(()),
        StoreKind::Postgres => postgres::examine(loaded).await,
    }
}

/// When the last event was of all runs.
pub(super) async fn latest(loaded: &Loaded) -> Result<Option<Timestamp>, SetupError> {
    match loaded.config().store.kind {
        StoreKind::Memory => Ok(None),
        StoreKind::Sqlite => Ok(file(loaded, loaded.store_path()?, Opening::ToRead).latest().await?),
        StoreKind::Postgres => postgres::latest(loaded).await,
    }
}

/// The configured ledger, where there is one that outlives the process: what was seen before is asked there.
pub(super) fn kept(loaded: &Loaded) -> Result<Option<Arc<dyn Store>>, SetupError> {
    match loaded.config().store.kind {
        StoreKind::Memory => Ok(None),
        StoreKind::Sqlite => {
            let path = loaded.store_path().ok().filter(|it| it.exists());
            Ok(path.map(|path| -> Arc<dyn Store> { Arc::new(file(loaded, path, Opening::ToWrite)) }))
        }
        StoreKind::Postgres => postgres::open(loaded, Opening::ToWrite).map(Some),
    }
}

/// Whether there is one already, as far as that can be told without opening it.
pub(super) fn is_there(loaded: &Loaded) -> bool {
    match loaded.config().store.kind {
        StoreKind::Memory | StoreKind::Postgres => true,
        StoreKind::Sqlite => loaded.store_path().is_ok_and(|path| path.exists()),
    }
}

/// A ledger in memory.
pub(super) fn memory(loaded: &Loaded) -> Arc<dyn Store> {
    Arc::new(SqliteStore::new(SqliteSettings { place: Place::Memory, ..settings(loaded, Opening::ToWrite) }))
}

fn file(loaded: &Loaded, path: PathBuf, opening: Opening) -> SqliteStore {
    SqliteStore::new(SqliteSettings { place: Place::File(path), ..settings(loaded, opening) })
}

fn settings(loaded: &Loaded, opening: Opening) -> SqliteSettings {
    let (sync_mode, busy_timeout) = (sync_mode(loaded), patience(loaded));
    SqliteSettings { sync_mode, busy_timeout, opening, ..SqliteSettings::memory() }
}

fn sync_mode(loaded: &Loaded) -> StoreSync {
    match loaded.config().store.sync_mode {
        SyncMode::Full => StoreSync::Full,
        SyncMode::Normal => StoreSync::Normal,
    }
}

fn patience(loaded: &Loaded) -> Duration {
    Duration::from_millis(loaded.config().store.busy_timeout_ms.get())
}

#[cfg(feature = "postgres")]
mod postgres {
    use std::sync::Arc;
    use std::time::Duration;

    use decision_gate_config::Loaded;
    use decision_gate_config::sections::store::{Postgres, PostgresTls};
    use decision_gate_core::at::Timestamp;
    use decision_gate_runtime::Store;
    use decision_gate_store::{Durability, Host, Opening, Password, PostgresSettings, PostgresStore, Tls};

    use super::{SetupError, patience, sync_mode};

    pub(super) fn open(loaded: &Loaded, opening: Opening) -> Result<Arc<dyn Store>, SetupError> {
        Ok(Arc::new(store(loaded, opening)?))
    }

    fn store(loaded: &Loaded, opening: Opening) -> Result<PostgresStore, SetupError> {
        Ok(PostgresStore::new(PostgresSettings { opening, ..settings(loaded)? })?)
    }

    pub(super) fn place(loaded: &Loaded) -> Result<String, SetupError> {
        Ok(settings(loaded)?.place())
    }

    pub(super) async fn durability(loaded: &Loaded) -> Result<Durability, SetupError> {
        Ok(store(loaded, Opening::ToRead)?.durability().await?)
    }

    pub(super) async fn examine(loaded: &Loaded) -> Result<(), SetupError> {
        Ok(store(loaded, Opening::ToRead)?.examine().await?)
    }

    pub(super) async fn latest(loaded: &Loaded) -> Result<Option<Timestamp>, SetupError> {
        Ok(store(loaded, Opening::ToRead)?.latest().await?)
    }

    fn settings(loaded: &Loaded) -> Result<PostgresSettings, SetupError> {
        let postgres = loaded.config().store.postgres.as_ref().ok_or(SetupError::StoreNotBuilt)?;
        let millis = |millis: u64| Duration::from_millis(millis);
        Ok(PostgresSettings {
            host: match postgres.host.is_socket() {
                true => Host::Socket(postgres.host.as_str().into()),
                false => Host::Tcp(postgres.host.as_str().to_owned()),
            },
            port: u16::try_from(postgres.port.get()).unwrap_or(u16::MAX),
            database: postgres.database.as_str().to_owned(),
            user: postgres.user.as_str().to_owned(),
            password: password(postgres),
            schema: postgres.schema.as_str().to_owned(),
            tls: match postgres.effective_tls() {
                PostgresTls::Off => Tls::Off,
                PostgresTls::Encrypt => Tls::Encrypt,
                PostgresTls::VerifyFull => {
                    Tls::Verify { ca_file: postgres.ca_file.as_ref().map(|path| path.as_path().to_owned()) }
                }
            },
            pool_size: postgres.pool_size.as_usize(),
            connect_timeout: millis(postgres.connect_timeout_ms.get()),
            statement_timeout: millis(postgres.statement_timeout_ms.get()),
            // Zero would mean no limit to the server.
            lock_timeout: patience(loaded).max(millis(1)),
            sync_mode: sync_mode(loaded),
            opening: Opening::ToWrite,
        })
    }

    fn password(postgres: &Postgres) -> Password {
        match (&postgres.password_env, &postgres.password_file) {
            (Some(name), _) => Password::Variable(name.as_str().to_owned()),
            (None, Some(path)) => Password::File(path.as_path().to_owned()),
            (None, None) => Password::None,
        }
    }
}

#[cfg(not(feature = "postgres"))]
mod postgres {
    use std::sync::Arc;

    use decision_gate_config::Loaded;
    use decision_gate_core::at::Timestamp;
    use decision_gate_runtime::Store;
    use decision_gate_store::{Durability, Opening};

    use super::SetupError;

    pub(super) fn open(_: &Loaded, _: Opening) -> Result<Arc<dyn Store>, SetupError> {
        Err(SetupError::StoreNotBuilt)
    }

    pub(super) fn place(_: &Loaded) -> Result<String, SetupError> {
        Err(SetupError::StoreNotBuilt)
    }

    #[expect(clippy::unused_async, reason = "its other form asks a server")]
    pub(super) async fn durability(_: &Loaded) -> Result<Durability, SetupError> {
        Err(SetupError::StoreNotBuilt)
    }

    #[expect(clippy::unused_async, reason = "its other form asks a server")]
    pub(super) async fn examine(_: &Loaded) -> Result<(), SetupError> {
        Err(SetupError::StoreNotBuilt)
    }

    #[expect(clippy::unused_async, reason = "its other form asks a server")]
    pub(super) async fn latest(_: &Loaded) -> Result<Option<Timestamp>, SetupError> {
        Err(SetupError::StoreNotBuilt)
    }
}
