//! Private keys. They are wiped when dropped, never shown, and have no serialised form but PKCS#8, which is asked for.

use std::fmt;

use ed25519_dalek::Signer as _;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, KeypairBytes};
use p256::pkcs8::LineEnding;
use zeroize::Zeroizing;

use super::error::SigningKeyError;
use super::public::PublicKey;

/// An Ed25519 key that signs.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// The key of a seed. Randomness is the caller's to bring; the seed is the caller's to wipe.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// Reads an unencrypted PKCS#8 PEM text, with or without the public key in it.
    ///
    /// # Errors
    /// [`SigningKeyError::Malformed`]; also where the public key in it is another one's.
    pub fn from_pkcs8_pem(text: &str) -> Result<Self, SigningKeyError> {
        match ed25519_dalek::SigningKey::from_pkcs8_pem(text.trim_ascii()) {
            Ok(key) => Ok(Self(key)),
            Err(_) => Err(SigningKeyError::Malformed),
        }
    }

    /// Its PKCS#8 PEM text (version 1, which every tool reads).
    ///
    /// # Errors
    /// [`SigningKeyError::Unwritable`], which no key is.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, SigningKeyError> {
        let seed = Zeroizing::new(self.0.to_bytes());
        let pair = KeypairBytes { secret_key: *seed, public_key: None };
        pair.to_pkcs8_pem(LineEnding::LF).map_err(|_| SigningKeyError::Unwritable)
    }

    /// The key that verifies what this one signs.
    pub fn public(&self) -> PublicKey {
        PublicKey::of_signing(self.0.verifying_key())
    }

    /// The 64 bytes of a signature over `message`.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).to_bytes().to_vec()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({:?})", self.public())
    }
}
