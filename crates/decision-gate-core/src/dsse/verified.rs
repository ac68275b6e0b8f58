//! What was verified has another type than what was not.

use crate::keys::KeyId;

/// A value whose signature was checked. Only the verifier of this crate makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<T> {
    value: T,
    signers: Vec<KeyId>,
}

/// What an envelope carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    payload_type: String,
    bytes: Vec<u8>,
}

impl<T> Verified<T> {
    /// For verifiers of this crate only.
    pub(crate) fn new(value: T, signers: Vec<KeyId>) -> Self {
        Self { value, signers }
    }

    /// The value.
    pub fn get(&self) -> &T {
        &self.value
    }

    /// The trusted keys that signed it: one id for each distinct key, sorted.
    pub fn signers(&self) -> &[KeyId] {
        &self.signers
    }

    /// What is read from it. For readers of this crate only: what they give is nothing but its content.
    pub(crate) fn try_map<U, E>(self, read: impl FnOnce(T) -> Result<U, E>) -> Result<Verified<U>, E> {
        Ok(Verified { value: read(self.value)?, signers: self.signers })
    }
}

impl Payload {
    pub(super) fn new(payload_type: String, bytes: Vec<u8>) -> Self {
        Self { payload_type, bytes }
    }

    /// Its type, as signed.
    pub fn payload_type(&self) -> &str {
        &self.payload_type
    }

    /// Its bytes, as signed.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
