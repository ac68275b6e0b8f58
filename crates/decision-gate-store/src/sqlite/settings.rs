//! Where a SQLite store lies, and how hard it writes.

use std::path::PathBuf;
use std::time::Duration;

use crate::Opening;

/// Where the data lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a file, which several processes may share. It and its folder are made on first use.
    File(PathBuf),
    /// In the memory of this process: nothing outlives the store. Only ever asked for by name.
    Memory,
}

/// When an acknowledged write has reached the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncMode {
    /// Before it is acknowledged; survives a loss of power.
    Full,
    /// Soon after; survives the end of the process.
    Normal,
}

/// How to open a SQLite store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteSettings {
    /// Where the data lies.
    pub place: Place,
    /// When an acknowledged write has reached the disk.
    pub sync_mode: SyncMode,
    /// How long to wait for another process that is writing.
    pub busy_timeout: Duration,
    /// What opening it may do to it.
    pub opening: Opening,
}

impl SqliteSettings {
    /// A file, fully synchronised, with a patience of five seconds.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self {
            place: Place::File(path.into()),
            sync_mode: SyncMode::Full,
            busy_timeout: Duration::from_secs(5),
            opening: Opening::ToWrite,
        }
    }

    /// Nothing on disk.
    pub fn memory() -> Self {
        Self { place: Place::Memory, ..Self::file("") }
    }

    /// The place in messages.
    pub(crate) fn name(&self) -> String {
        match &self.place {
            Place::File(path) => path.display().to_string(),
            Place::Memory => "memory".to_owned(),
        }
    }
}
