//! SHA-256 digests: how they are made, and the one way they are written.
//!
//! On the wire a digest is `{"algorithm":"sha256","value":"<64 lower-case hex>"}`, as in the public project's
//! payloads; upper-case hex and other algorithms do not parse.

mod side_by_side;

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};

use crate::json::canonical::form::Form;

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
#[schemars(with = "Wire<'static>")]
pub struct Digest([u8; 32]);

/// Why a text is not a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// Not 64 lower-case hexadecimal characters.
    #[error("a sha256 digest is written as 64 lower-case hexadecimal characters")]
    Hex,
}

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of several parts, one after the other.
    pub fn of_parts(parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    /// The digests of many messages, in their order: two short parts each, and a body. Faster than one after the other.
    pub fn of_each<'a>(messages: impl IntoIterator<Item = ([&'a [u8]; 2], &'a [u8])>) -> Vec<Self> {
        side_by_side::of_each(messages)
    }

    /// A digest from its 32 bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// 64 lower-case hexadecimal characters.
    pub fn to_hex(&self) -> String {
        self.to_string()
    }

    /// Reads what [`Digest::to_hex`] writes, and nothing else.
    ///
    /// # Errors
    /// [`DigestError::Hex`] for any other text.
    pub fn from_hex(text: &str) -> Result<Self, DigestError> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != 32 || !rest.is_empty() {
            return Err(DigestError::Hex);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(pairs) {
            *byte = byte_of(*pair).ok_or(DigestError::Hex)?;
        }
        Ok(Self(bytes))
    }

    fn hex(&self) -> [u8; 64] {
        let mut text = [0; 64];
        for (pair, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(self.0) {
            *pair = pair_of(byte);
        }
        text
    }
}

fn pair_of(byte: u8) -> [u8; 2] {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble };
    [digit(byte >> 4), digit(byte & 15)]
}

fn byte_of([high, low]: [u8; 2]) -> Option<u8> {
    let nibble = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    Some(nibble(high)? << 4 | nibble(low)?)
}

/// Lower-case hexadecimal text of `bytes`.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| pair_of(*byte)).map(char::from).collect()
}

/// Bytes of a lower-case hexadecimal text; `None` for anything else.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|pair| byte_of(*pair)).collect()
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.hex()).unwrap_or_default())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{self}")
    }
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Algorithm {
    Sha256,
}

/// How a digest is written.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wire<'a> {
    algorithm: Algorithm,
    /// 64 lower-case hexadecimal characters.
    #[serde(borrow)]
    value: Cow<'a, str>,
}

impl Form for Digest {
    fn form(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"algorithm":"sha256","value":""#);
        out.extend_from_slice(&self.hex());
        out.extend_from_slice(br#""}"#);
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut wire = serializer.serialize_struct("Digest", 2)?;
        wire.serialize_field("algorithm", "sha256")?;
        wire.serialize_field("value", std::str::from_utf8(&self.hex()).unwrap_or_default())?;
        wire.end()
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        let Algorithm::Sha256 = wire.algorithm;
        Self::from_hex(&wire.value).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_written_and_read_one_way() {
        let digest = Digest::of(b"5");
        let text =
            r#"{"algorithm":"sha256","value":"ef2d127de37b942baad06145e54b0c619a1f22327b2ebbcfbec78f5564afe39d"}"#;
        assert_eq!(serde_json::to_string(&digest).unwrap(), text);
        assert_eq!(serde_json::from_str::<Digest>(text).unwrap(), digest);
        assert!(serde_json::from_str::<Digest>(&text.to_uppercase()).is_err());
        assert!(serde_json::from_str::<Digest>(&text.replace("sha256", "md5")).is_err());
        assert_eq!(Digest::of_parts(&[b"a", b"bc"]), Digest::of(b"abc"));
    }
}
