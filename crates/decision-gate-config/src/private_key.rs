//! Private key files, refused where others may read them. The text of a key is wiped when it is no longer needed, and
//! stands in no message.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

use decision_gate_core::keys::{SigningKey, SigningKeyError};
use zeroize::Zeroizing;

/// Far more than an Ed25519 key in PEM.
const MAX_BYTES: u64 = 16 * 1024;

/// Why a file is no private key that can be used.
#[derive(Debug, thiserror::Error)]
pub enum PrivateKeyFault {
    /// It can't be read.
    #[error("it can't be read: {0}")]
    Unreadable(#[source] io::Error),
    /// Others may read it.
    #[error("others may read it (mode {mode:o})")]
    Exposed {
        /// Its permissions.
        mode: u32,
    },
    /// It is no private key.
    #[error(transparent)]
    Key(#[from] SigningKeyError),
}

impl PrivateKeyFault {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "private_key_unreadable",
            Self::Exposed { .. } => "private_key_exposed",
            Self::Key(error) => error.code(),
        }
    }

    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "check the path and its permissions",
            Self::Exposed { .. } => "`chmod 600` it, and replace the key if others could read it",
            Self::Key(_) => "make one with `decision-gate keys generate`",
        }
    }
}

/// Reads a key from a file that only its owner may read.
///
/// # Errors
/// [`PrivateKeyFault`].
pub fn read_private_key(path: &Path) -> Result<SigningKey, PrivateKeyFault> {
    let no_file = || PrivateKeyFault::Unreadable(io::Error::new(ErrorKind::InvalidInput, "not a regular file"));
    // Looked at before it is opened, since opening a pipe waits for somebody; and again on the open file.
    if !path.metadata().map_err(PrivateKeyFault::Unreadable)?.is_file() {
        return Err(no_file());
    }
    let file = File::open(path).map_err(PrivateKeyFault::Unreadable)?;
    let metadata = file.metadata().map_err(PrivateKeyFault::Unreadable)?;
    if !metadata.is_file() {
        return Err(no_file());
    }
    if let Some(mode) = exposed(&metadata) {
        return Err(PrivateKeyFault::Exposed { mode });
    }
    if metadata.len() > MAX_BYTES {
        return Err(SigningKeyError::Malformed.into());
    }
    // With room for all of it from the start: a vector that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(MAX_BYTES).unwrap_or_default() + 64));
    file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(PrivateKeyFault::Unreadable)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| SigningKeyError::Malformed)?;
    Ok(SigningKey::from_pkcs8_pem(text)?)
}

/// The permissions, if they let others in.
#[cfg(unix)]
fn exposed(metadata: &Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(not(unix))]
fn exposed(_metadata: &Metadata) -> Option<u32> {
    None
}
