//! Public keys that can be verified with, and verifying.

use std::fmt;

use p256::ecdsa::signature::Verifier as _;
use p256::pkcs8::EncodePublicKey as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::encoding;
use super::error::{KeyReadError, SignatureFault};
use super::id::Algorithm;
use crate::digest::Digest;

/// A public key: a point of its curve in its one encoding, and no weak one.
///
/// On the wire `{"algorithm": …, "public_key": …}` with the padded base64 of 32 bytes for `ed25519`, and of the
/// compressed point (33 bytes, SEC 1) for `ecdsa-p256`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Wire", into = "Wire")]
#[schemars(with = "Wire")]
pub struct PublicKey(Inner);

#[derive(Clone, PartialEq, Eq)]
enum Inner {
    Ed25519(ed25519_dalek::VerifyingKey),
    EcdsaP256(p256::ecdsa::VerifyingKey),
}

/// How the bytes of a signature are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureForm {
    /// Fixed length: R and S of Ed25519, or r and s of ECDSA, 32 bytes each.
    Raw,
    /// The ASN.1 sequence of r and s. Ed25519 has none.
    Der,
}

impl PublicKey {
    /// The Ed25519 key that has these 32 bytes.
    ///
    /// # Errors
    /// [`KeyReadError::NotAPoint`] where they are not the one encoding of a point, [`KeyReadError::Weak`] where its
    /// order is low.
    pub fn ed25519(bytes: &[u8; 32]) -> Result<Self, KeyReadError> {
        let not_a_point = KeyReadError::NotAPoint { curve: "ed25519" };
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| not_a_point.clone())?;
        if key.is_weak() {
            return Err(KeyReadError::Weak);
        }
        // Some points have a second encoding, with a coordinate beyond the field.
        if key.to_edwards().compress().as_bytes() != bytes {
            return Err(not_a_point);
        }
        Ok(Self(Inner::Ed25519(key)))
    }

    /// The P-256 key that has this SEC 1 encoding, compressed or not.
    ///
    /// # Errors
    /// [`KeyReadError::NotAPoint`].
    pub fn ecdsa_p256(sec1: &[u8]) -> Result<Self, KeyReadError> {
        // Compressed or not, and none of the other tags that a point may have.
        let tagged = matches!(sec1, [0x02..=0x04, ..]);
        match p256::ecdsa::VerifyingKey::from_sec1_bytes(sec1) {
            Ok(key) if tagged => Ok(Self(Inner::EcdsaP256(key))),
            _ => Err(KeyReadError::NotAPoint { curve: "p-256" }),
        }
    }

    pub(super) fn of_signing(key: ed25519_dalek::VerifyingKey) -> Self {
        Self(Inner::Ed25519(key))
    }

    /// Which algorithm it is for.
    pub fn algorithm(&self) -> Algorithm {
        match self.0 {
            Inner::Ed25519(_) => Algorithm::Ed25519,
            Inner::EcdsaP256(_) => Algorithm::EcdsaP256,
        }
    }

    /// Its canonical bytes: 32 of Ed25519, or the compressed point of P-256.
    pub fn to_bytes(&self) -> Vec<u8> {
        match &self.0 {
            Inner::Ed25519(key) => key.as_bytes().to_vec(),
            Inner::EcdsaP256(key) => key.to_sec1_point(true).as_bytes().to_vec(),
        }
    }

    /// Its `SubjectPublicKeyInfo`, with the uncompressed point for P-256 as other tools write it.
    pub fn to_spki_der(&self) -> Vec<u8> {
        match &self.0 {
            Inner::Ed25519(key) => {
                // RFC 8410: a fixed frame around the 32 bytes.
                const FRAME: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
                [FRAME.as_slice(), key.as_bytes()].concat()
            }
            Inner::EcdsaP256(key) => key.to_public_key_der().map(p256::pkcs8::Document::into_vec).unwrap_or_default(),
        }
    }

    /// Its PEM text, `PUBLIC KEY`, with a line end after it.
    pub fn to_pem(&self) -> String {
        let text = encoding::encode(&self.to_spki_der());
        let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
        for (index, character) in text.chars().enumerate() {
            if index > 0 && index % 64 == 0 {
                pem.push('\n');
            }
            pem.push(character);
        }
        pem.push_str("\n-----END PUBLIC KEY-----\n");
        pem
    }

    /// SHA-256 of its `SubjectPublicKeyInfo`: the name that other tools give a key that has none.
    pub fn fingerprint(&self) -> Digest {
        Digest::of(&self.to_spki_der())
    }

    /// Whether `signature` is one over `message`, in any form that the algorithm has: R and S for Ed25519; DER or
    /// r and s for P-256.
    ///
    /// # Errors
    /// [`SignatureFault::Malformed`] where it is of no form, [`SignatureFault::Invalid`] where it does not hold.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureFault> {
        match self.verify_form(message, signature, SignatureForm::Raw) {
            // The length says nothing: short r and s make a DER signature of any length.
            Err(raw) if self.algorithm() == Algorithm::EcdsaP256 => {
                match self.verify_form(message, signature, SignatureForm::Der) {
                    Err(SignatureFault::Malformed { .. }) => Err(raw),
                    der => der,
                }
            }
            raw => raw,
        }
    }

    /// Like [`PublicKey::verify`], for formats that say which form a signature has.
    ///
    /// # Errors
    /// As there.
    pub fn verify_form(&self, message: &[u8], signature: &[u8], form: SignatureForm) -> Result<(), SignatureFault> {
        let algorithm = self.algorithm().word();
        let malformed = SignatureFault::Malformed { algorithm, length: signature.len() };
        let holds = match (&self.0, form) {
            (Inner::Ed25519(key), SignatureForm::Raw) => {
                let signature = ed25519_dalek::Signature::from_slice(signature).map_err(|_| malformed)?;
                key.verify_strict(message, &signature).is_ok()
            }
            (Inner::Ed25519(_), SignatureForm::Der) => return Err(malformed),
            (Inner::EcdsaP256(key), SignatureForm::Raw) => {
                let signature = p256::ecdsa::Signature::from_slice(signature).map_err(|_| malformed)?;
                key.verify(message, &signature).is_ok()
            }
            (Inner::EcdsaP256(key), SignatureForm::Der) => {
                let signature = p256::ecdsa::Signature::from_der(signature).map_err(|_| malformed)?;
                key.verify(message, &signature).is_ok()
            }
        };
        if holds { Ok(()) } else { Err(SignatureFault::Invalid { algorithm }) }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm(), encoding::encode(&self.to_bytes()))
    }
}

/// How a key is written.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wire {
    pub(super) algorithm: Algorithm,
    /// Padded base64 of the 32 bytes, or of the compressed point.
    pub(super) public_key: String,
}

impl TryFrom<Wire> for PublicKey {
    type Error = KeyReadError;

    fn try_from(wire: Wire) -> Result<Self, KeyReadError> {
        let malformed = |reason| KeyReadError::Malformed { form: "stored", reason };
        let bytes = encoding::decode(&wire.public_key).ok_or_else(|| malformed("not padded base64"))?;
        let key = match wire.algorithm {
            Algorithm::Ed25519 => {
                let bytes = bytes.as_slice().try_into().map_err(|_| malformed("not 32 bytes"))?;
                Self::ed25519(bytes)?
            }
            Algorithm::EcdsaP256 => Self::ecdsa_p256(&bytes)?,
        };
        // One key, one text: else two snapshots that mean the same had two digests.
        if encoding::encode(&key.to_bytes()) != wire.public_key {
            return Err(malformed("not its one spelling: standard base64, compressed point"));
        }
        Ok(key)
    }
}

impl From<PublicKey> for Wire {
    fn from(key: PublicKey) -> Self {
        Self { algorithm: key.algorithm(), public_key: encoding::encode(&key.to_bytes()) }
    }
}
