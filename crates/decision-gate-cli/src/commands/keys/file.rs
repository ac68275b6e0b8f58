//! The keyring file: read strictly, and changed as a whole or not at all.

use std::io::ErrorKind;
use std::path::Path;

use decision_gate_core::keys::{Keyring, TrustedKey};
use decision_gate_verify::keyring::{self, KeyringFault, MAX_BYTES};

use super::KeysFault;
use crate::commands::replace::{Readers, ReplaceFault, Replacement};
use crate::fault::Fault;
use crate::input;

/// Reads a keyring that must be there.
pub(crate) fn read(path: &Path) -> Result<Keyring, KeysFault> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => Err(KeysFault::NoKeyring { path: path.to_owned() }),
        Ok(_) | Err(_) => parse(path, &input::read_file(path, MAX_BYTES)?),
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

/// A keyring that nobody else changes meanwhile. Dropped without [`Change::write`] it leaves the file as it was.
pub(crate) struct Change {
    file: Replacement,
    keyring: Keyring,
}

impl Change {
    /// Locks and reads the keyring; an empty one if there is none yet.
    pub(crate) fn begin(path: &Path) -> Result<Self, Fault> {
        let file = Replacement::begin(path, Readers::Default).map_err(|fault| match fault {
            ReplaceFault::Busy { lock, age_s } => Fault::Keys(KeysFault::Busy { lock, age_s }),
            ReplaceFault::Write(fault) => fault,
        })?;
        let keyring = match file.current() {
            Some(current) => parse(path, &input::read(current, MAX_BYTES).map_err(KeysFault::from)?)?,
            None => Keyring::default(),
        };
        Ok(Self { file, keyring })
    }

    /// The keys that are there.
    pub(crate) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Refuses an id that is taken, and a keyring that would not hold with the new key.
    pub(crate) fn with(&self, key: TrustedKey) -> Result<Keyring, KeysFault> {
        if self.keyring.get(key.key_id()).is_some() {
            return Err(KeysFault::Taken { key_id: key.key_id().clone(), path: self.file.shown().to_owned() });
        }
        self.of(self.keyring.iter().cloned().chain([key]))
    }

    /// The keyring of these keys.
    pub(crate) fn of(&self, keys: impl Iterator<Item = TrustedKey>) -> Result<Keyring, KeysFault> {
        Keyring::new(keys).map_err(|error| KeysFault::Ring { path: self.file.shown().to_owned(), error })
    }

    /// Puts another keyring in the file's place.
    pub(crate) fn write(self, keyring: &Keyring) -> Result<(), Fault> {
        let failed = |error| Fault::Write { path: self.file.shown().to_owned(), error };
        let value = serde_json::to_value(keyring).map_err(std::io::Error::from).map_err(failed)?;
        self.file.write(format!("{value:#}\n").as_bytes())
    }
}
