//! Reading and writing envelopes.

use serde_json::{Value, json};

use super::error::EnvelopeError;
use crate::digest::Digest;
use crate::json::{self, Limits, canonical};
use crate::keys::encoding;

/// The largest envelope that is read.
pub const MAX_ENVELOPE_BYTES: usize = 16 * 1024 * 1024;
/// The most signatures that are looked at: each may have to be tried with every key.
pub const MAX_SIGNATURES: usize = 32;

/// An envelope as it came. Nobody vouches for it, so its payload can't be reached but through [`super::verify`].
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    source: Vec<u8>,
    pub(super) payload_type: String,
    pub(super) payload: Vec<u8>,
    pub(super) signatures: Vec<Signature>,
}

/// One signature of an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signature {
    /// Whose it says it is. Never believed.
    pub(super) hint: Option<String>,
    pub(super) bytes: Vec<u8>,
}

impl Envelope {
    /// Reads an envelope. Members that the format does not name are ignored.
    ///
    /// # Errors
    /// [`EnvelopeError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let parsed = json::parse(bytes, &Limits::evidence(MAX_ENVELOPE_BYTES)).map_err(EnvelopeError::Json)?;
        Self::of_value(&parsed.value, bytes.to_vec())
    }

    /// Reads an envelope that is a part of a larger document. Its bytes are the canonical form of that part.
    ///
    /// # Errors
    /// [`EnvelopeError`].
    pub fn from_value(value: &Value) -> Result<Self, EnvelopeError> {
        Self::of_value(value, canonical::to_vec(value))
    }

    fn of_value(value: &Value, source: Vec<u8>) -> Result<Self, EnvelopeError> {
        let members = value.as_object().ok_or(EnvelopeError::NotObject)?;
        let text = |name: &str| {
            let value = members.get(name).and_then(Value::as_str);
            value.ok_or_else(|| member(format!("/{name}"), "a string"))
        };
        let payload_type = text("payloadType")?;
        if payload_type.is_empty() {
            return Err(member("/payloadType".into(), "a type"));
        }
        let payload = text("payload")?;
        let payload = encoding::decode(payload).ok_or_else(|| EnvelopeError::Base64 { pointer: "/payload".into() })?;
        let signatures = members.get("signatures").and_then(Value::as_array);
        let signatures = signatures.ok_or_else(|| member("/signatures".into(), "an array"))?;
        match signatures.len() {
            0 => return Err(EnvelopeError::NoSignature),
            count if count > MAX_SIGNATURES => {
                return Err(EnvelopeError::TooManySignatures { count, limit: MAX_SIGNATURES });
            }
            _ => {}
        }
        let signatures = signatures.iter().enumerate().map(|(index, value)| signature(index, value));
        Ok(Self {
            source,
            payload_type: payload_type.to_owned(),
            payload,
            signatures: signatures.collect::<Result<_, _>>()?,
        })
    }

    /// An envelope of ours, in its canonical form.
    pub(super) fn new(payload_type: String, payload: Vec<u8>, signatures: Vec<Signature>) -> Self {
        let written: Vec<Value> = signatures.iter().map(written).collect();
        let value = json!({
            "payloadType": payload_type,
            "payload": encoding::encode(&payload),
            "signatures": written,
        });
        Self { source: canonical::to_vec(&value), payload_type, payload, signatures }
    }

    /// Its bytes, as they came.
    pub fn as_bytes(&self) -> &[u8] {
        &self.source
    }

    /// SHA-256 of its bytes.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.source)
    }

    /// The type that it claims. It is signed, and nobody has checked that yet.
    pub fn claimed_type(&self) -> &str {
        &self.payload_type
    }

    /// The key ids that its signatures claim; nothing for a signature that names none.
    pub fn key_hints(&self) -> impl Iterator<Item = Option<&str>> {
        self.signatures.iter().map(|signature| signature.hint.as_deref())
    }
}

impl std::fmt::Debug for Envelope {
    /// Without the payload, which nobody has checked.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hints: Vec<_> = self.key_hints().collect();
        f.debug_struct("Envelope").field("type", &self.payload_type).field("key_hints", &hints).finish_non_exhaustive()
    }
}

fn member(pointer: String, expected: &'static str) -> EnvelopeError {
    EnvelopeError::Member { pointer, expected }
}

fn signature(index: usize, value: &Value) -> Result<Signature, EnvelopeError> {
    let members = value.as_object().ok_or_else(|| member(format!("/signatures/{index}"), "an object"))?;
    // Unset, null and empty are the same: no hint.
    let hint = match members.get("keyid") {
        None | Some(Value::Null) => None,
        Some(Value::String(hint)) => Some(hint.clone()).filter(|hint| !hint.is_empty()),
        Some(_) => return Err(member(format!("/signatures/{index}/keyid"), "a string")),
    };
    let pointer = || format!("/signatures/{index}/sig");
    let text = members.get("sig").and_then(Value::as_str).ok_or_else(|| member(pointer(), "a string"))?;
    let bytes = encoding::decode(text).ok_or_else(|| EnvelopeError::Base64 { pointer: pointer() })?;
    if bytes.is_empty() {
        return Err(EnvelopeError::EmptySignature { index });
    }
    Ok(Signature { hint, bytes })
}

fn written(signature: &Signature) -> Value {
    let sig = encoding::encode(&signature.bytes);
    match &signature.hint {
        Some(hint) => json!({ "keyid": hint, "sig": sig }),
        None => json!({ "sig": sig }),
    }
}
