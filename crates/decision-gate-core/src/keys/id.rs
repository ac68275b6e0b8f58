//! How keys are named, and which algorithms there are.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest key id, in bytes.
const MAX_KEY_ID_BYTES: usize = 256;

/// Names a key in a configuration: 1–256 characters of `[A-Za-z0-9._:/+@=-]`.
///
/// Wider than other ids, so that what other tools call a key fits: a path, a fingerprint in hex or base64.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", inline)]
pub struct KeyId(String);

/// Why a text is no key id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyIdError {
    /// No characters at all.
    #[error("a key id must have at least one character")]
    Empty,
    /// Too many characters.
    #[error("a key id may have at most {MAX_KEY_ID_BYTES} characters, this one has `{length}`")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// A character outside the grammar.
    #[error(
        "`{}` at position {position} is not allowed in a key id (letters, digits and `._:/+@=-`)",
        character.escape_debug()
    )]
    Character {
        /// The offending character.
        character: char,
        /// Zero-based, in characters.
        position: usize,
    },
}

impl KeyIdError {
    /// Stable code for the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty | Self::TooLong { .. } | Self::Character { .. } => "key_id_invalid",
        }
    }
}

impl KeyId {
    /// The text of the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check(text: &str) -> Result<(), KeyIdError> {
    if text.is_empty() {
        return Err(KeyIdError::Empty);
    }
    if text.len() > MAX_KEY_ID_BYTES {
        return Err(KeyIdError::TooLong { length: text.len() });
    }
    let allowed = |it: char| it.is_ascii_alphanumeric() || "._:/+@=-".contains(it);
    match text.chars().enumerate().find(|(_, character)| !allowed(*character)) {
        Some((position, character)) => Err(KeyIdError::Character { character, position }),
        None => Ok(()),
    }
}

impl TryFrom<String> for KeyId {
    type Error = KeyIdError;

    fn try_from(text: String) -> Result<Self, KeyIdError> {
        check(&text)?;
        Ok(Self(text))
    }
}

impl TryFrom<&str> for KeyId {
    type Error = KeyIdError;

    fn try_from(text: &str) -> Result<Self, KeyIdError> {
        check(text)?;
        Ok(Self(text.to_owned()))
    }
}

impl std::str::FromStr for KeyId {
    type Err = KeyIdError;

    fn from_str(text: &str) -> Result<Self, KeyIdError> {
        Self::try_from(text)
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A signature algorithm that is checked here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Algorithm {
    /// Ed25519 (RFC 8032), verified strictly.
    #[serde(rename = "ed25519")]
    Ed25519,
    /// ECDSA on P-256 with SHA-256 (FIPS 186-5).
    #[serde(rename = "ecdsa-p256")]
    EcdsaP256,
}

impl Algorithm {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::EcdsaP256 => "ecdsa-p256",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
