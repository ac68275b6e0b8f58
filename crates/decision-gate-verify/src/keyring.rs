//! The keyring file: a JSON list of trusted keys, read strictly, with the place of whatever is wrong.

use decision_gate_core::json::{self, JsonError, Limits, pointer};
use decision_gate_core::keys::{Keyring, KeyringError, PublicKey, TrustedKey};
use serde::Deserialize as _;
use serde_json::Value;
use serde_path_to_error::Segment;

/// Some thousand keys.
pub const MAX_BYTES: usize = 4 << 20;

/// Why bytes are no keyring.
#[derive(Debug, thiserror::Error)]
pub enum KeyringFault {
    /// Not strict JSON.
    #[error("not strict json: {0}")]
    Json(#[source] JsonError),
    /// Not a list of keys.
    #[error("`{pointer}`: {problem}")]
    Form {
        /// Where: JSON Pointer.
        pointer: String,
        /// What is wrong there.
        problem: String,
    },
    /// A public key by itself.
    #[error("this is one public key, and a keyring is a list of keys with their names")]
    SingleKey,
    /// Keys that do not go together.
    #[error(transparent)]
    Ring(#[from] KeyringError),
}

/// Reads a keyring.
///
/// # Errors
/// [`KeyringFault`] with the place.
pub fn parse(bytes: &[u8]) -> Result<Keyring, KeyringFault> {
    let form = |pointer: String, problem: String| KeyringFault::Form { pointer, problem };
    let value = match json::parse_exact(bytes, &Limits::message(MAX_BYTES)) {
        Ok(value) => value,
        Err(_) if PublicKey::read(bytes).is_ok() => return Err(KeyringFault::SingleKey),
        Err(error) => return Err(KeyringFault::Json(error)),
    };
    if value.is_object() && PublicKey::read(bytes).is_ok() {
        return Err(KeyringFault::SingleKey);
    }
    let Value::Array(entries) = value else {
        return Err(form(String::new(), "it must be a list of keys".to_owned()));
    };
    let mut keys = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let mut at = String::new();
        pointer::push_index(&mut at, index);
        keys.push(key(entry).map_err(|(below, problem)| form(at + &below, problem))?);
    }
    Ok(Keyring::new(keys)?)
}

/// A key, or where and what is wrong with it.
fn key(entry: &Value) -> Result<TrustedKey, (String, String)> {
    if !entry.is_object() {
        return Err((String::new(), "a key is an object".to_owned()));
    }
    let mut track = serde_path_to_error::Track::new();
    TrustedKey::deserialize(serde_path_to_error::Deserializer::new(entry, &mut track)).map_err(|error| {
        let mut at = String::new();
        for segment in &track.path() {
            match segment {
                Segment::Seq { index } => pointer::push_index(&mut at, *index),
                Segment::Map { key } => pointer::push_key(&mut at, key),
                Segment::Enum { .. } | Segment::Unknown => {}
            }
        }
        (at, plain(&error.to_string()))
    })
}

/// What serde says, unless it names what only our sources know.
fn plain(message: &str) -> String {
    if ["struct ", "enum ", "variant identifier"].iter().any(|it| message.contains(it)) {
        return "it has another form than `keys import` writes there".to_owned();
    }
    message.to_owned()
}
