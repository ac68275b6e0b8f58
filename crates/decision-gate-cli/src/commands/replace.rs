//! Files that are changed as a whole or not at all.
//!
//! A change is written to a new file beside the old one, which then takes its name. That new file is the lock as well:
//! it is made before the old one is read, and it must not be there yet, so two changes at once lose neither.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::fault::Fault;

/// A file that nobody else changes meanwhile. Dropped without [`Replacement::write`] it stays as it was.
pub(crate) struct Replacement {
    /// As the caller calls it.
    shown: PathBuf,
    /// Behind links, so that a link stays one.
    path: PathBuf,
    lock: PathBuf,
    file: Option<File>,
}

/// Who may read a file that is new; one that was there keeps its permissions.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Readers {
    /// Whom the process lets by default.
    Default,
    /// Its owner.
    Owner,
}

/// Why a file can't be changed now.
pub(crate) enum ReplaceFault {
    /// Somebody else changes it, or did and broke off.
    Busy {
        /// What stands in the way.
        lock: PathBuf,
    },
    /// It can't be written there.
    Write(Fault),
}

impl Replacement {
    /// Locks a file, which need not be there yet.
    pub(crate) fn begin(path: &Path, readers: Readers) -> Result<Self, ReplaceFault> {
        let shown = path.to_owned();
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |error| ReplaceFault::Write(Fault::Write { path, error })
        };
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed(parent))?;
        }
        let path = path.canonicalize().unwrap_or_else(|_| shown.clone());
        let lock = lock_of(&path);
        let file = match create(&lock, readers) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(ReplaceFault::Busy { lock }),
            opened => opened.map_err(failed(&lock))?,
        };
        Ok(Self { shown, path, lock, file: Some(file) })
    }

    /// As the caller calls it.
    pub(crate) fn shown(&self) -> &Path {
        &self.shown
    }

    /// The file as it is, if it is there.
    pub(crate) fn current(&self) -> Option<&Path> {
        self.path.symlink_metadata().is_ok().then_some(self.path.as_path())
    }

    /// Puts other bytes in the file's place.
    pub(crate) fn write(mut self, bytes: &[u8]) -> Result<(), Fault> {
        let failed = |error| Fault::Write { path: self.shown.clone(), error };
        let Some(mut file) = self.file.take() else { return Ok(()) };
        if let Ok(old) = self.path.metadata() {
            file.set_permissions(old.permissions()).map_err(failed)?;
        }
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)?;
        std::fs::rename(&self.lock, &self.path).map_err(failed)?;
        // It has the file's name now.
        self.lock = PathBuf::new();
        Ok(())
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if self.lock != PathBuf::new() {
            std::fs::remove_file(&self.lock).ok();
        }
    }
}

/// The lock of a file.
pub(crate) fn lock_of(path: &Path) -> PathBuf {
    let mut lock = path.to_owned().into_os_string();
    lock.push(".new");
    PathBuf::from(lock)
}

#[cfg(unix)]
fn create(path: &Path, readers: Readers) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mode = match readers {
        Readers::Default => 0o666,
        Readers::Owner => 0o600,
    };
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path)
}

#[cfg(not(unix))]
fn create(path: &Path, _readers: Readers) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}
