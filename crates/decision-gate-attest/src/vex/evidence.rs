//! A document together with who signed it.
//!
//! Only core's verifier makes the values that a signed [`VexEvidence`] is made of. A document inside a statement is
//! bound to the statement's subjects; one that stands alone is bound by what its own statements name.

use decision_gate_core::digest::Digest;
use decision_gate_core::dsse::{Payload, Verified};
use decision_gate_core::evidence::Subject;
use decision_gate_core::intoto::{ResourceDescriptor, Statement};
use decision_gate_core::json::canonical;
use decision_gate_core::keys::KeyId;

use super::error::VexError;
use super::model::VexDocument;

/// Predicate types of statements whose predicate is a VEX document.
pub const PREDICATE_TYPES: [&str; 5] = [
    "https://openvex.dev/ns",
    "https://openvex.dev/ns/v0.2.0",
    "https://cyclonedx.org/vex",
    "https://cyclonedx.org/bom",
    "https://docs.oasis-open.org/csaf/csaf/v2.0",
];

/// A document, and who vouches for it.
#[derive(Clone, Debug, PartialEq)]
pub struct VexEvidence {
    document: VexDocument,
    signers: Vec<KeyId>,
    envelope: Option<Digest>,
    subjects: Vec<ResourceDescriptor>,
}

impl VexEvidence {
    /// A document that is the whole payload of an envelope.
    ///
    /// # Errors
    /// [`VexError`].
    pub fn of_payload(payload: &Verified<Payload>, envelope: Digest) -> Result<Self, VexError> {
        let document = super::read(payload.get().bytes())?;
        Ok(Self { document, signers: payload.signers().to_vec(), envelope: Some(envelope), subjects: Vec::new() })
    }

    /// A document that is the predicate of a statement.
    ///
    /// # Errors
    /// [`VexError`]; also where the predicate type is none of [`PREDICATE_TYPES`].
    pub fn of_statement(statement: &Verified<Statement>, envelope: Digest) -> Result<Self, VexError> {
        let inner = statement.get();
        if !PREDICATE_TYPES.contains(&inner.predicate_type()) {
            return Err(VexError::UnknownFormat);
        }
        let digest = Digest::of(&canonical::to_vec(inner.predicate()));
        let document = super::read_value(inner.predicate(), digest)?;
        let (signers, subjects) = (statement.signers().to_vec(), inner.subject().to_vec());
        Ok(Self { document, signers, envelope: Some(envelope), subjects })
    }

    /// A document that nobody signed.
    ///
    /// # Errors
    /// [`VexError`].
    pub fn unsigned(bytes: &[u8]) -> Result<Self, VexError> {
        Ok(Self { document: super::read(bytes)?, signers: Vec::new(), envelope: None, subjects: Vec::new() })
    }

    /// The same, as if nobody had signed it.
    #[must_use]
    pub fn without_signers(self) -> Self {
        Self { signers: Vec::new(), ..self }
    }

    /// The document.
    pub fn document(&self) -> &VexDocument {
        &self.document
    }

    /// The trusted keys that signed it; none where nobody did.
    pub fn signers(&self) -> &[KeyId] {
        &self.signers
    }

    /// The envelope's digest; without one the document's.
    pub fn digest(&self) -> Digest {
        self.envelope.unwrap_or_else(|| self.document.digest())
    }

    /// What the signed statement around it is about: `None` without a statement.
    pub fn names(&self, subject: &Subject) -> Option<bool> {
        let matched = |artifact| self.subjects.iter().any(|it: &ResourceDescriptor| it.matches(artifact));
        (!self.subjects.is_empty()).then(|| subject.artifacts().iter().all(matched))
    }
}
