//! Making envelopes.

use super::envelope::{Envelope, Signature};
use super::pae::pae;
use crate::keys::{KeyId, SigningKey};

/// Signs a payload. The envelope is canonical JSON, and the same for the same arguments.
pub fn sign(payload_type: &str, payload: &[u8], key: &SigningKey, key_id: Option<&KeyId>) -> Envelope {
    let signature = signature(payload_type, payload, key, key_id);
    Envelope::new(payload_type.to_owned(), payload.to_vec(), vec![signature])
}

fn signature(payload_type: &str, payload: &[u8], key: &SigningKey, key_id: Option<&KeyId>) -> Signature {
    let hint = key_id.map(|id| id.as_str().to_owned());
    Signature { hint, bytes: key.sign(&pae(payload_type, payload)) }
}

impl Envelope {
    /// The same payload with one more signature. It says nothing about the signatures that were there.
    #[must_use]
    pub fn countersigned(&self, key: &SigningKey, key_id: Option<&KeyId>) -> Self {
        let mut signatures = self.signatures.clone();
        signatures.push(signature(&self.payload_type, &self.payload, key, key_id));
        Self::new(self.payload_type.clone(), self.payload.clone(), signatures)
    }
}
