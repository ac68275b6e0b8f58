//! SHA-256 digests: how they are made, and the one way they are written.
//!
//! On the wire a digest is `{"algorithm":"sha256","value":"<64 lower-case hex>"}`, as in the public project's
//! payloads; upper-case hex and other algorithms do not parse.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Wire", into = "Wire")]
#[schemars(with = "Wire")]
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
        to_hex(&self.0)
    }

    /// Reads what [`Digest::to_hex`] writes, and nothing else.
    ///
    /// # Errors
    /// [`DigestError::Hex`] for any other text.
    pub fn from_hex(text: &str) -> Result<Self, DigestError> {
        let bytes = from_hex(text).ok_or(DigestError::Hex)?;
        bytes.try_into().map(Self).map_err(|_| DigestError::Hex)
    }
}

/// Lower-case hexadecimal text of `bytes`.
pub fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().map_or('0', char::from);
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}

/// Bytes of a lower-case hexadecimal text; `None` for anything else.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let nibble = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(nibble(*high)? << 4 | nibble(*low)?)).collect()
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{self}")
    }
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Algorithm {
    Sha256,
}

/// How a digest is written.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wire {
    algorithm: Algorithm,
    /// 64 lower-case hexadecimal characters.
    value: String,
}

impl TryFrom<Wire> for Digest {
    type Error = DigestError;

    fn try_from(wire: Wire) -> Result<Self, DigestError> {
        let Algorithm::Sha256 = wire.algorithm;
        Self::from_hex(&wire.value)
    }
}

impl From<Digest> for Wire {
    fn from(digest: Digest) -> Self {
        Self { algorithm: Algorithm::Sha256, value: digest.to_hex() }
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
