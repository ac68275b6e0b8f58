//! The ledger opens and can be written, or can be made.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;

use decision_gate_config::Loaded;
use decision_gate_config::sections::store::StoreKind;
use decision_gate_core::name::{NamespaceId, TenantId};
use decision_gate_mcp::App;
use decision_gate_runtime::ports::{Scope, StoreError};
use decision_gate_store::{Place, SqliteSettings, SqliteStore, SyncMode};

use super::Finding;
use super::patient::Patient;
use crate::fault::Fault;
use crate::session::block_on;

/// Where every ledger can be asked.
const FIRST: Scope = Scope { tenant: TenantId::FIRST, namespace: NamespaceId::FIRST };

pub(super) fn run(patient: &Patient) -> Vec<Finding> {
    let Ok(loaded) = &patient.loaded else { return Vec::new() };
    match loaded.config().store.kind {
        StoreKind::Memory => vec![memory()],
        StoreKind::Sqlite => file(loaded),
        StoreKind::Postgres => server(loaded).err().into_iter().collect(),
    }
}

fn memory() -> Finding {
    let message = "the ledger is kept in memory: nothing outlives the process";
    Finding::doubt("store_in_memory", message, "set `store.type` to `sqlite`")
}

/// A read over the network, which makes the tables if there are none.
fn server(loaded: &Loaded) -> Result<(), Finding> {
    let store = App::ledger(loaded).map_err(|error| Finding::of(&Fault::Setup(error)))?;
    match block_on(async { Ok(store.scenarios(FIRST, None, 1).await) }) {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => {
            let message = format!("the ledger does not open: {error}");
            Err(Finding::trouble("store_not_open", message, error.hint()))
        }
        Err(fault) => Err(Finding::of(&fault)),
    }
}

fn file(loaded: &Loaded) -> Vec<Finding> {
    let path = match loaded.store_path() {
        Ok(path) => path,
        Err(errors) => return vec![Finding::of(&Fault::Config(errors))],
    };
    if !path.exists() {
        return creatable(&path).err().into_iter().collect();
    }
    let mut found: Vec<Finding> = opens(&path).err().into_iter().collect();
    if let Err(error) = OpenOptions::new().append(true).open(&path) {
        let message = format!("the ledger `{}` can't be written: {error}", path.display());
        found.push(Finding::trouble("store_not_writable", message, "check who owns it, and the file system"));
    }
    if found.is_empty() {
        // A ledger that is written to has files beside it.
        found.extend(path.parent().and_then(|folder| writable(folder).err()));
    }
    found
}

/// A look over it, which changes nothing.
fn opens(path: &Path) -> Result<(), Finding> {
    let store = SqliteStore::new(SqliteSettings {
        place: Place::File(path.to_owned()),
        sync_mode: SyncMode::Full,
        busy_timeout: Duration::from_secs(2),
    });
    match block_on(async { Ok(store.examine().await) }) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            let message = format!("the ledger `{}` can't be used: {error}", path.display());
            Err(match error {
                StoreError::Unavailable { .. } => Finding::trouble("store_not_open", message, error.hint()),
                _ => Finding::trouble(error.code(), message, error.hint()),
            })
        }
        Err(fault) => Err(Finding::of(&fault)),
    }
}

/// The nearest folder that is there takes files.
fn creatable(path: &Path) -> Result<(), Finding> {
    let there = path.ancestors().skip(1).find(|it| it.is_dir());
    writable(there.unwrap_or(Path::new(".")))
}

fn writable(folder: &Path) -> Result<(), Finding> {
    let probe: PathBuf = folder.join(format!(".decision-gate-doctor-{}", std::process::id()));
    let written = OpenOptions::new().write(true).create_new(true).open(&probe);
    std::fs::remove_file(&probe).ok();
    written.map(drop).map_err(|error| {
        let message = format!("no file can be made in `{}`: {error}", folder.display());
        Finding::trouble("store_folder_not_writable", message, "check who owns the folder, and its free space")
    })
}
