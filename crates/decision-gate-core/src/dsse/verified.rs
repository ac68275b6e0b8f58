//! What was verified has another type than what was not.

use super::pae::pae;
use crate::keys::KeyId;

/// A value whose signature was checked. Only the verifier of this crate makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<T> {
    value: T,
    signers: Vec<KeyId>,
}

/// What an envelope carries: a part of the very bytes whose signature was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    payload_type: String,
    message: Vec<u8>,
    /// Where in the message the payload begins.
    start: usize,
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
    pub(super) fn new(payload_type: &str, bytes: &[u8]) -> Self {
        let message = pae(payload_type, bytes);
        // The encoding ends with the payload.
        let start = message.len() - bytes.len();
        Self { payload_type: payload_type.to_owned(), message, start }
    }

    /// What is signed.
    pub(super) fn message(&self) -> &[u8] {
        &self.message
    }

    /// Its type, as signed.
    pub fn payload_type(&self) -> &str {
        &self.payload_type
    }

    /// Its bytes, as signed.
    pub fn bytes(&self) -> &[u8] {
        self.message.get(self.start..).unwrap_or_default()
    }
}
