//! Reading a public key from whatever spelling it has.
//!
//! Which spelling it is follows from the text alone, in one order, and a text that says what it is (a PEM label, a
//! brace, a signed-note name) is held to that. Exactly one key is taken: a second one behind it is an error.

use p256::pkcs8::der::Decode as _;
use p256::pkcs8::{ObjectIdentifier, spki::SubjectPublicKeyInfoRef};
use serde_json::{Map, Value};

use super::encoding;
use super::error::KeyReadError;
use super::public::PublicKey;
use crate::digest::Digest;
use crate::json::{self, Limits};

/// More than any spelling of a key that is checked here, or of one that is refused by name.
const MAX_KEY_BYTES: usize = 16 * 1024;
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

impl PublicKey {
    /// Reads a key: 32 raw bytes (Ed25519), a SEC 1 point (P-256), SPKI in DER or PEM, a JWK, a C2SP signed-note key
    /// (`name+hash+base64`), or hex or base64 of the first three. White space around a text does not count.
    ///
    /// # Errors
    /// [`KeyReadError`]; `key_unsupported` for keys of other algorithms.
    pub fn read(bytes: &[u8]) -> Result<Self, KeyReadError> {
        if bytes.len() > MAX_KEY_BYTES {
            return Err(KeyReadError::TooLarge { length: bytes.len(), limit: MAX_KEY_BYTES });
        }
        match std::str::from_utf8(bytes) {
            // 32 random bytes are next to never text, and no text of 32 characters is a key.
            Ok(text) if bytes.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()) => {
                Self::read_text(text)
            }
            _ => binary(bytes).unwrap_or(Err(KeyReadError::Unrecognised)),
        }
    }

    /// Reads a key that is written as text, as [`PublicKey::read`] does.
    ///
    /// # Errors
    /// As there.
    pub fn read_text(text: &str) -> Result<Self, KeyReadError> {
        if text.len() > MAX_KEY_BYTES {
            return Err(KeyReadError::TooLarge { length: text.len(), limit: MAX_KEY_BYTES });
        }
        let text = text.trim_ascii();
        if text.is_empty() {
            return Err(KeyReadError::Empty);
        }
        if text.starts_with("-----BEGIN ") {
            return pem(text);
        }
        if text.starts_with('{') {
            return jwk(text);
        }
        if text.starts_with("PRIVATE+KEY+") {
            return Err(KeyReadError::Private);
        }
        if let Some((name, hash, body)) = note_parts(text) {
            return note_key(name, hash, body);
        }
        let bare = |bytes: Option<Vec<u8>>| bytes.and_then(|bytes| binary(&bytes));
        bare(hex(text)).or_else(|| bare(encoding::decode_lenient(text))).unwrap_or(Err(KeyReadError::Unrecognised))
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    crate::digest::from_hex(&text.to_ascii_lowercase())
}

/// A key without a frame, or in DER. Nothing where it has the looks of neither.
fn binary(bytes: &[u8]) -> Option<Result<PublicKey, KeyReadError>> {
    match bytes {
        [0x02 | 0x03, rest @ ..] if rest.len() == 32 => Some(PublicKey::ecdsa_p256(bytes)),
        [0x04, rest @ ..] if rest.len() == 64 => Some(PublicKey::ecdsa_p256(bytes)),
        [0x30, ..] if bytes.len() > 33 => Some(spki(bytes)),
        _ => <&[u8; 32]>::try_from(bytes).ok().map(PublicKey::ed25519),
    }
}

fn spki(der: &[u8]) -> Result<PublicKey, KeyReadError> {
    let malformed = |reason| KeyReadError::Malformed { form: "spki", reason };
    let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| malformed("not one subjectPublicKeyInfo in der"))?;
    let bits = info.subject_public_key.as_bytes().ok_or_else(|| malformed("its bits are no bytes"))?;
    match info.algorithm.oid {
        ED25519 if info.algorithm.parameters.is_some() => Err(malformed("ed25519 has no parameters")),
        ED25519 => PublicKey::ed25519(bits.try_into().map_err(|_| malformed("not 32 bytes"))?),
        EC_PUBLIC_KEY => match info.algorithm.parameters_oid() {
            Ok(P256) if matches!(bits.len(), 33 | 65) => PublicKey::ecdsa_p256(bits),
            Ok(P256) => Err(malformed("no point of p-256")),
            Ok(curve) => Err(KeyReadError::Unsupported { found: format!("ec {curve}") }),
            Err(_) => Err(malformed("its curve has no name")),
        },
        other => Err(KeyReadError::Unsupported { found: other.to_string() }),
    }
}

fn pem(text: &str) -> Result<PublicKey, KeyReadError> {
    let malformed = |reason| KeyReadError::Malformed { form: "pem", reason };
    if text.matches("-----BEGIN ").count() != 1 {
        return Err(malformed("more than one block"));
    }
    let label = text.strip_prefix("-----BEGIN ").and_then(|rest| rest.split_once("-----")).map(|(label, _)| label);
    match label {
        Some("PUBLIC KEY") => {}
        Some(label) if label.ends_with("PRIVATE KEY") => return Err(KeyReadError::Private),
        Some(label @ ("CERTIFICATE" | "RSA PUBLIC KEY")) => {
            return Err(KeyReadError::Unsupported { found: label.to_ascii_lowercase() });
        }
        _ => return Err(malformed("its label is not `PUBLIC KEY`")),
    }
    let body =
        text.strip_prefix("-----BEGIN PUBLIC KEY-----").and_then(|it| it.strip_suffix("-----END PUBLIC KEY-----"));
    let body = body.ok_or_else(|| malformed("no end line, or something behind it"))?;
    // Lines of any length, as RFC 7468 lets readers take them: registries write one long one.
    let body: String = body.split_ascii_whitespace().collect();
    let der = encoding::decode_standard(&body).ok_or_else(|| malformed("not base64 of der between its lines"))?;
    spki(&der)
}

fn jwk(text: &str) -> Result<PublicKey, KeyReadError> {
    let malformed = |reason| KeyReadError::Malformed { form: "jwk", reason };
    let parsed = json::parse(text.as_bytes(), &Limits::evidence(MAX_KEY_BYTES)).map_err(KeyReadError::Json)?;
    let Value::Object(members) = parsed.value else {
        return Err(malformed("no object"));
    };
    if members.contains_key("d") || members.contains_key("k") {
        return Err(KeyReadError::Private);
    }
    let word = |name: &str| members.get(name).and_then(Value::as_str);
    let kind = (word("kty").ok_or_else(|| malformed("no `kty`"))?, word("crv").unwrap_or_default());
    let (key, algorithms): (_, &[&str]) = match kind {
        ("OKP", "Ed25519") => {
            let x = coordinate(&members, "x").ok_or_else(|| malformed("`x` is not base64url of 32 bytes"))?;
            (PublicKey::ed25519(&x)?, &["EdDSA", "Ed25519"])
        }
        ("EC", "P-256") => {
            let point = coordinate(&members, "x").zip(coordinate(&members, "y"));
            let (x, y) = point.ok_or_else(|| malformed("`x` and `y` are not base64url of 32 bytes"))?;
            (PublicKey::ecdsa_p256(&[&[0x04], x.as_slice(), y.as_slice()].concat())?, &["ES256"])
        }
        (kty, crv) => {
            let found = format!("{kty} {crv}").trim_end().chars().take(64).collect();
            return Err(KeyReadError::Unsupported { found });
        }
    };
    match (members.get("use"), members.get("alg")) {
        (Some(purpose), _) if purpose != "sig" => Err(malformed("`use` is not `sig`")),
        (_, Some(algorithm)) if !algorithms.iter().any(|it| algorithm == it) => {
            Err(malformed("`alg` is of another kind of key"))
        }
        _ => Ok(key),
    }
}

fn coordinate(members: &Map<String, Value>, name: &str) -> Option<[u8; 32]> {
    encoding::decode_jose(members.get(name)?.as_str()?)?.try_into().ok()
}

/// Name, hash and body of a C2SP signed-note key. Base64 has plus signs too, and next to never eight digits of hex
/// between two of them; where it does the key is refused, as its hash is wrong.
fn note_parts(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.split_once('+')?;
    let (hash, body) = rest.split_once('+')?;
    let is_hash = hash.len() == 8 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_hash.then_some((name, hash, body))
}

fn note_key(name: &str, hash: &str, body: &str) -> Result<PublicKey, KeyReadError> {
    let malformed = |reason| KeyReadError::Malformed { form: "signed-note", reason };
    if name.is_empty() || name.chars().any(char::is_whitespace) {
        return Err(malformed("its name is empty or has white space"));
    }
    let body = encoding::decode(body).ok_or_else(|| malformed("not padded base64"))?;
    let digest = Digest::of_parts(&[name.as_bytes(), b"\n", &body]).to_hex();
    if !digest.starts_with(hash) {
        return Err(malformed("its hash is not that of name and key"));
    }
    match body.split_first() {
        Some((1, key)) => PublicKey::ed25519(key.try_into().map_err(|_| malformed("not 32 bytes"))?),
        Some((kind, _)) => Err(KeyReadError::Unsupported { found: format!("signed-note type {kind}") }),
        None => Err(malformed("no key")),
    }
}
