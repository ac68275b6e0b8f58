//! Private key files: made new and for their owner only, and refused where others may read them.
//!
//! The text of a key is wiped when it is no longer needed, and stands in no message.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use decision_gate_config::{PrivateKeyFault, read_private_key};
use decision_gate_core::keys::SigningKey;
use zeroize::Zeroizing;

use super::KeysFault;
use crate::fault::Fault;

/// A new key.
pub(crate) fn generate() -> Result<SigningKey, KeysFault> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut_slice()).map_err(|_| KeysFault::Entropy)?;
    Ok(SigningKey::from_seed(&seed))
}

/// A private key file that was just written. Dropped without [`Written::keep`] it is taken away again: a key that no
/// keyring knows is of no use.
pub(crate) struct Written(Option<PathBuf>);

impl Written {
    /// Leaves it there.
    pub(crate) fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            std::fs::remove_file(path).ok();
        }
    }
}

/// Writes a key to a new file that only its owner may read.
pub(crate) fn write(path: &Path, key: &SigningKey) -> Result<Written, Fault> {
    let pem = key.to_pkcs8_pem().map_err(|error| KeysFault::Private { path: path.to_owned(), error })?;
    let failed = |error: io::Error| {
        let path = path.to_owned();
        if error.kind() == ErrorKind::AlreadyExists { Fault::Exists { path } } else { Fault::Write { path, error } }
    };
    let mut file = create(path).map_err(failed)?;
    let written = Written(Some(path.to_owned()));
    file.write_all(pem.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    Ok(written)
}

#[cfg(unix)]
fn create(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

/// Reads a key from a file that only its owner may read.
pub(crate) fn read(path: &Path) -> Result<SigningKey, KeysFault> {
    let path_of = || path.to_owned();
    read_private_key(path).map_err(|fault| match fault {
        PrivateKeyFault::Unreadable(error) => KeysFault::PrivateUnreadable { path: path_of(), error },
        PrivateKeyFault::Exposed { mode } => KeysFault::Exposed { path: path_of(), mode },
        PrivateKeyFault::Key(error) => KeysFault::Private { path: path_of(), error },
    })
}
