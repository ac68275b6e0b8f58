//! Why a key or a keyring can't be used. Nothing here says what a private key contains.

use std::path::PathBuf;
use std::{fmt, io};

use decision_gate_core::json::JsonError;
use decision_gate_core::keys::{KeyId, KeyReadError, KeyringError, Revocation, SigningKeyError, TrustedKeyError};

use crate::input::InputFault;

/// Why a key or a keyring can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeysFault {
    /// There is no keyring file.
    #[error("there is no keyring `{}`", path.display())]
    NoKeyring {
        /// The file.
        path: PathBuf,
    },
    /// A file can't be read.
    #[error(transparent)]
    Input(#[from] InputFault),
    /// The keyring is not strict JSON.
    #[error("the keyring `{}` is not strict json: {error}", path.display())]
    KeyringJson {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: JsonError,
    },
    /// The keyring is JSON and no list of keys.
    #[error("the keyring `{}` is malformed{}: {problem}", path.display(), At(pointer))]
    KeyringForm {
        /// The file.
        path: PathBuf,
        /// JSON Pointer of the place; empty for the whole.
        pointer: String,
        /// What is wrong.
        problem: String,
    },
    /// The keys of the keyring do not go together.
    #[error("the keyring `{}`: {error}", path.display())]
    Ring {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: KeyringError,
    },
    /// The keyring is being changed.
    #[error("the keyring is being changed: another command holds `{}` for `{age_s}` s", lock.display())]
    Busy {
        /// What stands in the way.
        lock: PathBuf,
        /// How long it has been there, in seconds.
        age_s: u64,
    },
    /// The file has one key and no keyring.
    #[error("`{}` is one public key, and a keyring is a list of keys with their names", path.display())]
    SingleKey {
        /// The file.
        path: PathBuf,
    },
    /// The id is taken.
    #[error("the keyring `{}` has a key `{key_id}` already", path.display())]
    Taken {
        /// Which id.
        key_id: KeyId,
        /// The file.
        path: PathBuf,
    },
    /// No key has that id.
    #[error("the keyring `{}` has no key `{key_id}`", path.display())]
    NoKey {
        /// Which id.
        key_id: KeyId,
        /// The file.
        path: PathBuf,
    },
    /// It is revoked.
    #[error("key `{key_id}` was revoked at {} ({}) already", revocation.at, revocation.reason)]
    Revoked {
        /// Which id.
        key_id: KeyId,
        /// When and why.
        revocation: Revocation,
    },
    /// The rules of a key make no sense.
    #[error(transparent)]
    Rules(#[from] TrustedKeyError),
    /// A file has no public key.
    #[error("`{}`: {error}", path.display())]
    Public {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: KeyReadError,
    },
    /// The key has no such spelling.
    #[error("key `{key_id}` can't be written as a signed-note key")]
    NoForm {
        /// Which key.
        key_id: KeyId,
    },
    /// The machine gives no random bytes.
    #[error("the operating system gives no random bytes")]
    Entropy,
    /// Others may read a private key.
    #[error("the private key `{}` can be read by others: its mode is {mode:04o}", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// A private key can't be read.
    #[error("the private key `{}` can't be read: {error}", path.display())]
    PrivateUnreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// A file has no private key.
    #[error("`{}`: {error}", path.display())]
    Private {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: SigningKeyError,
    },
}

/// A place in a document; the whole needs no words.
struct At<'a>(&'a str);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, " at `{}`", self.0.escape_debug()) }
    }
}

impl KeysFault {
    /// Stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NoKeyring { .. } => "keyring_not_found",
            Self::Input(fault) => fault.code(),
            Self::KeyringJson { error, .. } => error.code(),
            Self::KeyringForm { .. } => "keyring_invalid",
            Self::Ring { error, .. } => error.code(),
            Self::Busy { .. } => "keyring_busy",
            Self::SingleKey { .. } => "keyring_is_one_key",
            Self::Taken { .. } => "key_exists",
            Self::NoKey { .. } => "key_not_found",
            Self::Revoked { .. } => "key_already_revoked",
            Self::Rules(error) => error.code(),
            Self::Public { error, .. } => error.code(),
            Self::NoForm { .. } => "key_form_unavailable",
            Self::Entropy => "entropy_unavailable",
            Self::Exposed { .. } => "private_key_exposed",
            Self::PrivateUnreadable { .. } => "private_key_unreadable",
            Self::Private { error, .. } => error.code(),
        }
    }

    /// What to do.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::NoKeyring { .. } => "name it with `--keyring`, or make one with `keys generate` or `keys import`",
            Self::Input(fault) => fault.hint(),
            Self::KeyringJson { error, .. } => error.hint(),
            Self::KeyringForm { .. } => "write it as a list of keys, as `keys generate` and `keys import` do",
            Self::Ring { error: KeyringError::Duplicate { .. }, .. } => "keep one of the two",
            Self::Ring { error: KeyringError::RevokedElsewhere { .. }, .. } => {
                "a revoked key counts under no name: make a new key pair"
            }
            Self::Busy { .. } => "wait for the other command to end",
            Self::SingleKey { .. } => {
                "make a keyring of it: `decision-gate keys import ID FILE --keyring KEYRING`, and name that"
            }
            Self::Taken { .. } => "choose another id: a key is never replaced",
            Self::NoKey { .. } => "`decision-gate keys list` shows the ids",
            Self::Revoked { .. } => "nothing was written: a revocation stays as it is",
            Self::Rules(TrustedKeyError::Key { error, .. }) => error.hint(),
            Self::Rules(TrustedKeyError::Window { .. }) => "let the window end after it begins",
            Self::Rules(TrustedKeyError::Time { .. }) => "give a time of a real clock",
            Self::Rules(TrustedKeyError::EmptyList { .. }) => "leave it out to allow all",
            Self::Public { error, .. } => error.hint(),
            Self::NoForm { .. } => "only ed25519 keys whose id has no `+` have one: use `--form pem`",
            Self::Entropy => "check the machine's source of randomness; nothing was written",
            Self::Exposed { .. } => {
                "make it readable by its owner only (`chmod 600`), and replace the key if others may have read it"
            }
            Self::PrivateUnreadable { .. } => "check the path and its permissions",
            Self::Private { .. } => {
                "name a file that `keys generate` wrote, or an unencrypted ed25519 key in pkcs#8 pem"
            }
        }
    }
}
