//! Private key files: made new and for their owner only, and refused where others may read them.
//!
//! The text of a key is wiped when it is no longer needed, and stands in no message.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use decision_gate_core::keys::{SigningKey, SigningKeyError};
use zeroize::Zeroizing;

use super::KeysFault;
use crate::fault::Fault;

/// Far more than an Ed25519 key in PEM.
const MAX_BYTES: u64 = 16 * 1024;

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
    let unreadable = |error| KeysFault::PrivateUnreadable { path: path.to_owned(), error };
    let malformed = || KeysFault::Private { path: path.to_owned(), error: SigningKeyError::Malformed };
    let no_file = || unreadable(io::Error::new(ErrorKind::InvalidInput, "not a regular file"));
    // Looked at before it is opened, since opening a pipe waits for somebody; and again on the open file.
    if !path.metadata().map_err(unreadable)?.is_file() {
        return Err(no_file());
    }
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(no_file());
    }
    if let Some(mode) = exposed(&metadata) {
        return Err(KeysFault::Exposed { path: path.to_owned(), mode });
    }
    if metadata.len() > MAX_BYTES {
        return Err(malformed());
    }
    // With room for all of it from the start: a vector that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(MAX_BYTES).unwrap_or_default() + 64));
    file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(unreadable)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| malformed())?;
    SigningKey::from_pkcs8_pem(text).map_err(|error| KeysFault::Private { path: path.to_owned(), error })
}

/// The permissions, if they let others in.
#[cfg(unix)]
fn exposed(metadata: &std::fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(not(unix))]
fn exposed(_metadata: &std::fs::Metadata) -> Option<u32> {
    None
}
