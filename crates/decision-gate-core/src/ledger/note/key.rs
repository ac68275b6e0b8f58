//! Keys that notes are verified with: a public key, what it is for, and a name.

use std::fmt;
use std::str::FromStr;

use super::error::VerifierKeyError;
use crate::digest::{self, Digest};
use crate::keys::{PublicKey, encoding};

/// The first four bytes of the hash of name and key. They tell keys of one name apart, and prove nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NoteKeyId(pub(super) [u8; 4]);

impl fmt::Debug for NoteKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&digest::to_hex(&self.0))
    }
}

/// What a key of a note is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// Signs the text (type 1): a log.
    Plain,
    /// Signs the text at a time (type 4): a witness.
    Cosignature,
}

impl KeyUse {
    fn byte(self) -> u8 {
        match self {
            Self::Plain => 1,
            Self::Cosignature => 4,
        }
    }
}

/// A key that notes are verified with, written `name+hash+base64`. Ed25519 only.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    usage: KeyUse,
    key: PublicKey,
    id: NoteKeyId,
}

/// Whether a text can be the name of a key.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(|it| it.is_whitespace() || it.is_control() || it == '+')
}

impl VerifierKey {
    /// A key under a name.
    ///
    /// # Errors
    /// [`VerifierKeyError`] where the name can't be one, or the key is not Ed25519.
    pub fn new(name: &str, usage: KeyUse, key: PublicKey) -> Result<Self, VerifierKeyError> {
        if !is_name(name) {
            return Err(VerifierKeyError::Name);
        }
        let bytes = key.to_bytes();
        if bytes.len() != 32 {
            return Err(VerifierKeyError::Unsupported { kind: 2 });
        }
        let hash = Digest::of_parts(&[name.as_bytes(), b"\n", &[usage.byte()], &bytes]);
        let id = hash.as_bytes().first_chunk::<4>().copied().unwrap_or_default();
        Ok(Self { name: name.to_owned(), usage, key, id: NoteKeyId(id) })
    }

    /// Its name; that of a log's key is the origin of its checkpoints.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is for.
    pub fn usage(&self) -> KeyUse {
        self.usage
    }

    /// The public key.
    pub fn public(&self) -> &PublicKey {
        &self.key
    }

    /// What signature lines call it beside its name.
    pub fn key_id(&self) -> NoteKeyId {
        self.id
    }
}

impl FromStr for VerifierKey {
    type Err = VerifierKeyError;

    fn from_str(text: &str) -> Result<Self, VerifierKeyError> {
        let (name, rest) = text.split_once('+').ok_or(VerifierKeyError::Form)?;
        let (hash, body) = rest.split_once('+').ok_or(VerifierKeyError::Form)?;
        if !is_name(name) {
            return Err(VerifierKeyError::Name);
        }
        let stated = digest::from_hex(hash).filter(|it| it.len() == 4).ok_or(VerifierKeyError::Form)?;
        let body = encoding::decode_standard(body).ok_or(VerifierKeyError::Form)?;
        if !Digest::of_parts(&[name.as_bytes(), b"\n", &body]).as_bytes().starts_with(&stated) {
            return Err(VerifierKeyError::Hash);
        }
        let (kind, key) = body.split_first().ok_or(VerifierKeyError::Form)?;
        let usage = match kind {
            1 => KeyUse::Plain,
            4 => KeyUse::Cosignature,
            kind => return Err(VerifierKeyError::Unsupported { kind: *kind }),
        };
        let key = <&[u8; 32]>::try_from(key).map_err(|_| VerifierKeyError::Form)?;
        Self::new(name, usage, PublicKey::ed25519(key).map_err(VerifierKeyError::Key)?)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = [&[self.usage.byte()], self.key.to_bytes().as_slice()].concat();
        write!(f, "{}+{}+{}", self.name, digest::to_hex(&self.id.0), encoding::encode(&body))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
