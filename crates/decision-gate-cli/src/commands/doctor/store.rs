//! The ledger opens and can be written, or can be made.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use decision_gate_config::Loaded;
use decision_gate_config::sections::store::{self as sections, StoreKind};
use decision_gate_mcp::{App, SetupError};
use decision_gate_runtime::ports::StoreError;
use decision_gate_store::{Opening, SqliteSettings, SqliteStore, fail_beyond_file_limit};

use super::patient::Patient;
use super::{Finding, Severity};
use crate::fault::Fault;
use crate::session::block_on;

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

/// Whether the server would take a decision. Nothing is made there or written.
fn server(loaded: &Loaded) -> Result<(), Finding> {
    match block_on(async { Ok(App::ledger_examined(loaded).await) }) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(SetupError::Store(error))) => Err(told(&error, format!("no decision could be written: {error}"))),
        Ok(Err(error)) => Err(Finding::of(&Fault::Setup(error))),
        Err(fault) => Err(Finding::of(&fault)),
    }
}

/// What a call would be told.
fn told(error: &StoreError, message: String) -> Finding {
    match error {
        StoreError::Unavailable { .. } => Finding::trouble("store_not_open", message, error.hint()),
        // It stands in nobody's way.
        StoreError::Older { .. } => Finding::doubt(error.code(), message, error.hint()),
        _ => Finding::trouble(error.code(), message, error.hint()),
    }
}

fn file(loaded: &Loaded) -> Vec<Finding> {
    let path = match loaded.store_path() {
        Ok(path) => path,
        Err(errors) => return vec![Finding::of(&Fault::Config(errors))],
    };
    // An empty file becomes a ledger, as none does.
    match (path.symlink_metadata(), path.metadata()) {
        (Err(_), _) => return creatable(&path).err().into_iter().collect(),
        (Ok(_), Ok(known)) if known.is_file() && known.len() == 0 => return takes_writes(&path),
        // What is no regular file is refused before it is opened.
        _ => {}
    }
    let settings = SqliteSettings { busy_timeout: Duration::from_secs(2), ..SqliteSettings::file(&path) };
    let reader = SqliteStore::new(SqliteSettings { opening: Opening::ToRead, ..settings.clone() });
    let mut found = Vec::new();
    let is_current = match block_on(async { Ok(reader.examine().await) }) {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            found.push(told(&error, unusable(&path, &error)));
            if !matches!(error, StoreError::Older { .. }) {
                return found;
            }
            false
        }
        Err(fault) => return vec![Finding::of(&fault)],
    };
    drop(reader);
    // Opened to be written, an older one would be brought up.
    if is_current {
        found.extend(written(&path, settings).err());
    }
    if !found.iter().any(|it| it.severity == Severity::Trouble) {
        found.extend(takes_writes(&path));
    }
    found
}

fn unusable(path: &Path, error: &StoreError) -> String {
    format!("the ledger `{}` can't be used as it is: {error}", path.display())
}

/// Tries whether it can be written, and takes that back.
fn written(path: &Path, settings: SqliteSettings) -> Result<(), Finding> {
    let store = SqliteStore::new(settings);
    match block_on(async { Ok(store.try_to_write().await) }) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(told(&error, unusable(path, &error))),
        Err(fault) => Err(Finding::of(&fault)),
    }
}

/// Whether a regular file can be written, and the folder takes the files that lie beside it then.
fn takes_writes(path: &Path) -> Vec<Finding> {
    if let Err(error) = OpenOptions::new().append(true).open(path) {
        let message = format!("the ledger `{}` can't be written: {error}", path.display());
        return vec![Finding::trouble("store_not_writable", message, "check who owns it, and the file system")];
    }
    path.parent().and_then(|folder| writable(folder).err()).into_iter().collect()
}

/// The nearest folder that is there takes files.
fn creatable(path: &Path) -> Result<(), Finding> {
    let there = path.ancestors().skip(1).find(|it| it.is_dir());
    writable(there.unwrap_or(Path::new(".")))
}

/// What a ledger needs for the next calls.
const ROOM: usize = 1 << 20;

fn writable(folder: &Path) -> Result<(), Finding> {
    fail_beyond_file_limit();
    let probe: PathBuf = folder.join(format!(".decision-gate-doctor-{}", std::process::id()));
    let opened = OpenOptions::new().write(true).create_new(true).open(&probe);
    let written = opened.and_then(|mut file| {
        file.write_all(&vec![0; ROOM])?;
        file.sync_all()
    });
    std::fs::remove_file(&probe).ok();
    written.map_err(|error| match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
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
