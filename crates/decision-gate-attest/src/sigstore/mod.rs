//! Sigstore bundles, as far as a pinned key reaches.
//!
//! A bundle that names a public key is verified with a key that the operator pinned; the hint in it is only a hint. One
//! that carries a certificate needs Sigstore's roots, its transparency log and its time, none of which are checked
//! here, so it is refused as unsupported and never half believed. [`leaf`] says whether its signature fits its own
//! certificate, for people who look into one: that makes nothing verified. Transparency log entries are not checked.

mod der;
mod error;
pub mod leaf;
mod message;
mod read;

use decision_gate_core::dsse::Envelope;

pub use error::{BundleError, SigstoreFault};
pub use message::MessageSignature;

/// A bundle as it came.
#[derive(Clone, Debug)]
pub struct SigstoreBundle {
    material: Material,
    content: Content,
}

/// What the signer says the signature is to be verified with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Material {
    /// A key that the verifier has.
    PublicKey {
        /// Which, as the signer names it. Never believed.
        hint: Option<String>,
    },
    /// A certificate; in DER, the leaf only.
    Certificate {
        /// Its bytes.
        der: Vec<u8>,
    },
}

/// What was signed.
#[derive(Clone, Debug)]
pub enum Content {
    /// An envelope.
    Dsse {
        /// All of it.
        envelope: Envelope,
        /// The same with each of its signatures alone.
        single: Vec<Envelope>,
    },
    /// A file that is not in the bundle.
    Message(MessageSignature),
}

impl SigstoreBundle {
    /// What the signer says the signature is to be verified with.
    pub fn material(&self) -> &Material {
        &self.material
    }

    /// What was signed.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// The envelope, to be verified with a pinned key.
    ///
    /// # Errors
    /// [`SigstoreFault`] where it needs more than a pinned key, has not exactly one signature, or holds no envelope.
    pub fn envelope(&self) -> Result<&Envelope, SigstoreFault> {
        self.needs_key()?;
        match &self.content {
            Content::Dsse { envelope, single } if single.len() == 1 => Ok(envelope),
            Content::Dsse { single, .. } => Err(SigstoreFault::SignatureCount { count: single.len() }),
            Content::Message(_) => Err(SigstoreFault::NotEnvelope),
        }
    }

    /// The signature over a file, to be verified with a pinned key and the file.
    ///
    /// # Errors
    /// [`SigstoreFault`] where it needs more than a pinned key, or holds no such signature.
    pub fn message(&self) -> Result<&MessageSignature, SigstoreFault> {
        self.needs_key()?;
        match &self.content {
            Content::Message(message) => Ok(message),
            Content::Dsse { .. } => Err(SigstoreFault::NotMessage),
        }
    }

    fn needs_key(&self) -> Result<(), SigstoreFault> {
        match self.material {
            Material::PublicKey { .. } => Ok(()),
            Material::Certificate { .. } => Err(SigstoreFault::Certificate),
        }
    }
}

#[cfg(test)]
mod tests;
