//! Files that are changed as a whole or not at all.
//!
//! A change is written to a new file beside the old one, which then takes its name. That new file is the lock as well:
//! it is made before the old one is read, and it must not be there yet, so two changes at once lose neither. Who made it
//! holds it locked as long as it lives, so that one that was left behind is known by nobody holding it, and is taken away.

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
    /// Somebody else changes it.
    Busy {
        /// What stands in the way.
        lock: PathBuf,
        /// For how long, in seconds.
        age_s: u64,
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
        let file = match take(&lock, readers) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                clear(&lock)?;
                take(&lock, readers)
            }
            taken => taken,
        };
        let file = file.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => busy(&lock),
            _ => failed(&lock)(error),
        })?;
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

/// Makes the lock, which must not be there yet, and holds it.
fn take(lock: &Path, readers: Readers) -> io::Result<File> {
    let file = create(lock, readers)?;
    // Between the two, somebody may have taken it for one that was left behind.
    if file.try_lock().is_err() || !is_at(&file, lock) {
        return Err(ErrorKind::AlreadyExists.into());
    }
    Ok(file)
}

/// Takes away a lock that nobody holds: whoever made it has ended.
fn clear(lock: &Path) -> Result<(), ReplaceFault> {
    let Ok(left) = OpenOptions::new().write(true).open(lock) else { return Ok(()) };
    if left.try_lock().is_err() {
        return Err(busy(lock));
    }
    if is_at(&left, lock) {
        let failed = |error| ReplaceFault::Write(Fault::Write { path: lock.to_owned(), error });
        std::fs::remove_file(lock).map_err(failed)?;
    }
    Ok(())
}

fn busy(lock: &Path) -> ReplaceFault {
    let age = lock.metadata().and_then(|it| it.modified()).ok().and_then(|it| it.elapsed().ok());
    ReplaceFault::Busy { lock: lock.to_owned(), age_s: age.map(|age| age.as_secs()).unwrap_or_default() }
}

/// Whether the path still leads to this file.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let same = |own: std::fs::Metadata, there: std::fs::Metadata| (own.dev(), own.ino()) == (there.dev(), there.ino());
    file.metadata().and_then(|own| path.symlink_metadata().map(|there| same(own, there))).unwrap_or(false)
}

/// Whether the path still leads to this file; a locked one can't be moved away here.
#[cfg(not(unix))]
fn is_at(_file: &File, path: &Path) -> bool {
    path.exists()
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
