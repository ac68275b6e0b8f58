//! The ledger opens and can be written, or can be made.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use decision_gate_config::Loaded;
use decision_gate_config::sections::store::{self as sections, StoreKind};
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
    let mut found = match loaded.config().store.kind {
        StoreKind::Memory => return vec![memory()],
        StoreKind::Sqlite => file(loaded),
        StoreKind::Postgres => match server(loaded) {
            Ok(()) => kept(loaded),
            Err(finding) => vec![finding],
        },
    };
    if loaded.config().store.sync_mode == sections::SyncMode::Normal {
        let message = "`store.sync_mode` is `normal`: a loss of power may take the last acknowledged calls";
        found.push(Finding::doubt("store_not_durable", message, "set `store.sync_mode` to `full`"));
    }
    found
}

/// Whether what the server acknowledged is on its disk.
fn kept(loaded: &Loaded) -> Vec<Finding> {
    let durability = match block_on(async { Ok(App::ledger_durability(loaded).await) }) {
        Ok(Ok(durability)) => durability,
        Ok(Err(error)) => return vec![Finding::of(&Fault::Setup(error))],
        Err(fault) => return vec![Finding::of(&fault)],
    };
    // What the configuration asked for is said by itself.
    let chosen = loaded.config().store.sync_mode == sections::SyncMode::Normal;
    let off = durability.off.iter().filter(|it| !(chosen && *it == "synchronous_commit"));
    let off = off.map(|name| {
        let message =
            format!("the server's `{name}` is off: a loss of power may take acknowledged calls, or the ledger");
        let hint = format!("set `{name} = on` in the server's configuration; without it nothing here is durable");
        Finding::doubt("store_not_durable", message, hint)
    });
    let elsewhere = durability.off_elsewhere.iter().map(|name| {
        let message =
            format!("the server's `{name}` is off; the gate turns it on for its own writes, and for no others");
        Finding::doubt("store_not_durable", message, format!("set `{name} = on` if others write there too"))
    });
    off.chain(elsewhere).collect()
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

/// What a ledger needs for the next calls.
const ROOM: usize = 1 << 20;

fn writable(folder: &Path) -> Result<(), Finding> {
    let probe: PathBuf = folder.join(format!(".decision-gate-doctor-{}", std::process::id()));
    let opened = OpenOptions::new().write(true).create_new(true).open(&probe);
    let written = opened.and_then(|mut file| {
        file.write_all(&vec![0; ROOM])?;
        file.sync_all()
    });
    std::fs::remove_file(&probe).ok();
    written.map_err(|error| match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            let full = StoreError::Full { place: folder.display().to_string() };
            let message = format!("{full}: there is no room for `{ROOM}` bytes ({error})");
            Finding::trouble(full.code(), message, full.hint())
        }
        _ => {
            let message = format!("no file can be made in `{}`: {error}", folder.display());
            Finding::trouble("store_folder_not_writable", message, "check who owns the folder, and its free space")
        }
    })
}
