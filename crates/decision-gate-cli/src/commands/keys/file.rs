//! The keyring file: read strictly, and changed as a whole or not at all.
//!
//! A change is written to a new file beside it, which then takes its name. That new file is the lock as well: it is
//! made before the keyring is read, and it must not be there yet, so two changes at once lose neither. Who made it holds
//! it locked as long as it lives, so that one that was left behind is known by nobody holding it, and is taken away.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use decision_gate_core::keys::{Keyring, TrustedKey};
use decision_gate_verify::keyring::{self, KeyringFault, MAX_BYTES};

use super::KeysFault;
use crate::fault::Fault;
use crate::input;

/// Reads a keyring that must be there.
pub(crate) fn read(path: &Path) -> Result<Keyring, KeysFault> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => Err(KeysFault::NoKeyring { path: path.to_owned() }),
        Ok(_) | Err(_) => parse(path, &input::read(path, MAX_BYTES)?),
    }
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Keyring, KeysFault> {
    let path = || path.to_owned();
    keyring::parse(bytes).map_err(|fault| match fault {
        KeyringFault::Json(error) => KeysFault::KeyringJson { path: path(), error },
        KeyringFault::Form { pointer, problem } => KeysFault::KeyringForm { path: path(), pointer, problem },
        KeyringFault::SingleKey => KeysFault::SingleKey { path: path() },
        KeyringFault::Ring(error) => KeysFault::Ring { path: path(), error },
    })
}

/// Makes the lock, which must not be there yet, and holds it.
fn take(lock: &Path) -> std::io::Result<File> {
    let file = OpenOptions::new().write(true).create_new(true).open(lock)?;
    // Between the two, somebody may have taken it for one that was left behind.
    if file.try_lock().is_err() || !is_at(&file, lock) {
        return Err(ErrorKind::AlreadyExists.into());
    }
    Ok(file)
}

/// Takes away a lock that nobody holds: whoever made it has ended.
fn clear(lock: &Path) -> Result<(), Fault> {
    let Ok(left) = OpenOptions::new().write(true).open(lock) else { return Ok(()) };
    if left.try_lock().is_err() {
        return Err(busy(lock));
    }
    if is_at(&left, lock) {
        std::fs::remove_file(lock).map_err(|error| Fault::Write { path: lock.to_owned(), error })?;
    }
    Ok(())
}

fn busy(lock: &Path) -> Fault {
    let age = lock.metadata().and_then(|it| it.modified()).ok().and_then(|it| it.elapsed().ok());
    Fault::Keys(KeysFault::Busy { lock: lock.to_owned(), age_s: age.map(|age| age.as_secs()).unwrap_or_default() })
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

/// A keyring that nobody else changes meanwhile. Dropped without [`Change::write`] it leaves the file as it was.
pub(crate) struct Change {
    /// As the caller calls it.
    shown: PathBuf,
    /// Behind links, so that a link stays one.
    path: PathBuf,
    lock: PathBuf,
    file: Option<File>,
    keyring: Keyring,
}

impl Change {
    /// Locks and reads the keyring; an empty one if there is none yet.
    pub(crate) fn begin(path: &Path) -> Result<Self, Fault> {
        let shown = path.to_owned();
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|error| Fault::Write { path: parent.to_owned(), error })?;
        }
        let path = path.canonicalize().unwrap_or_else(|_| shown.clone());
        let mut lock = path.clone().into_os_string();
        lock.push(".new");
        let lock = PathBuf::from(lock);
        let file = match take(&lock) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                clear(&lock)?;
                take(&lock)
            }
            taken => taken,
        };
        let file = file.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => busy(&lock),
            _ => Fault::Write { path: lock.clone(), error },
        })?;
        // From here on the lock goes with it, whatever happens.
        let mut change = Self { shown, path, lock, file: Some(file), keyring: Keyring::default() };
        if change.path.symlink_metadata().is_ok() {
            change.keyring = parse(&change.shown, &input::read(&change.path, MAX_BYTES).map_err(KeysFault::from)?)?;
        }
        Ok(change)
    }

    /// The keys that are there.
    pub(crate) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Refuses an id that is taken, and a keyring that would not hold with the new key.
    pub(crate) fn with(&self, key: TrustedKey) -> Result<Keyring, KeysFault> {
        if self.keyring.get(key.key_id()).is_some() {
            return Err(KeysFault::Taken { key_id: key.key_id().clone(), path: self.shown.clone() });
        }
        self.of(self.keyring.iter().cloned().chain([key]))
    }

    /// The keyring of these keys.
    pub(crate) fn of(&self, keys: impl Iterator<Item = TrustedKey>) -> Result<Keyring, KeysFault> {
        Keyring::new(keys).map_err(|error| KeysFault::Ring { path: self.shown.clone(), error })
    }

    /// Puts another keyring in the file's place.
    pub(crate) fn write(mut self, keyring: &Keyring) -> Result<(), Fault> {
        let failed = |error| Fault::Write { path: self.shown.clone(), error };
        let value = serde_json::to_value(keyring).map_err(std::io::Error::from).map_err(failed)?;
        let Some(mut file) = self.file.take() else { return Ok(()) };
        if let Ok(old) = self.path.metadata() {
            file.set_permissions(old.permissions()).map_err(failed)?;
        }
        file.write_all(format!("{value:#}\n").as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        std::fs::rename(&self.lock, &self.path).map_err(failed)?;
        // It has the keyring's name now.
        self.lock = PathBuf::new();
        Ok(())
    }
}

impl Drop for Change {
    fn drop(&mut self) {
        if self.lock != PathBuf::new() {
            std::fs::remove_file(&self.lock).ok();
        }
    }
}
