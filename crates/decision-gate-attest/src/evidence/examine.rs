//! One attestation: whether it counts for a question, and what it says.

use std::num::NonZeroUsize;

use decision_gate_core::digest::Digest;
use decision_gate_core::dsse::{Envelope, VerifyError};
use decision_gate_core::evidence::Subject;
use decision_gate_core::intoto::{self, Signers, StatementError, StatementFault};
use decision_gate_core::keys::{KeyFault, KeyId, Keyring};
use serde_json::Value;

use super::passed_over::Weight;
use super::question::Question;
use super::select::select;
use super::weigh::Scale;
use crate::bundle::Item;

/// What an attestation that counts says.
pub(super) struct Said {
    /// The answer; nothing where it does not say.
    pub(super) value: Option<Value>,
    pub(super) signers: Vec<KeyId>,
    pub(super) envelope: Digest,
}

/// Why an attestation does not count.
pub(super) struct Refused {
    pub(super) weight: Weight,
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// What does not change from one attestation to the next.
pub(super) struct Examination<'a> {
    pub(super) question: &'a Question,
    pub(super) subject: &'a Subject,
    /// The keys that may sign predicates of the type, and no others.
    pub(super) keys: &'a Keyring,
    pub(super) scale: &'a Scale<'a>,
}

impl Examination<'_> {
    pub(super) fn examine(&self, item: &Item) -> Result<Said, Refused> {
        let envelope = match item {
            Item::Envelope(envelope) => envelope,
            Item::Sigstore(bundle) => {
                bundle.envelope().map_err(|fault| refused(Weight::Foreign, fault.code(), &fault))?
            }
        };
        self.examine_envelope(envelope)
    }

    fn examine_envelope(&self, envelope: &Envelope) -> Result<Said, Refused> {
        // One key is enough to read it: whether enough keys say the same is counted over all attestations.
        let signers = Signers {
            keyring: self.keys,
            threshold: NonZeroUsize::MIN,
            at: self.scale.at,
            provider: self.scale.provider,
        };
        let statement = intoto::verify(envelope, &signers)
            .map_err(|fault| refused(self.weight_of(&fault), fault.code(), &fault))?;
        let asked = self.question.predicate_type.as_str();
        let found = statement.get().predicate_type();
        if found != asked {
            let found: String = found.chars().take(128).collect();
            let message = format!("it is a predicate of type `{}`", found.escape_debug());
            return Err(refused(Weight::Foreign, "predicate_type_mismatch", &message));
        }
        if !statement.get().names(self.subject) {
            let message = "it is about another subject, or names this one by weak digests only";
            return Err(refused(Weight::Foreign, "subject_mismatch", &message));
        }
        let value = select(&self.question.ask, &statement, self.scale.max_bytes)
            .map_err(|fault| refused(Weight::Invalid, fault.code(), &fault))?;
        Ok(Said { value, signers: statement.signers().to_vec(), envelope: envelope.digest() })
    }

    /// What somebody else signed is foreign; so is what a listed key signed about something that was not asked for.
    fn weight_of(&self, fault: &StatementFault) -> Weight {
        let asked = |found: &Option<String>| found.as_deref() == Some(self.question.predicate_type.as_str());
        match fault {
            StatementFault::Verify(VerifyError::UnknownKey(_))
            | StatementFault::Statement(StatementError::PayloadType { .. }) => Weight::Foreign,
            StatementFault::Verify(VerifyError::Key(KeyFault::PredicateNotAllowed { predicate_type, .. }))
                if !asked(predicate_type) =>
            {
                Weight::Foreign
            }
            StatementFault::Verify(_) | StatementFault::Statement(_) => Weight::Invalid,
        }
    }
}

fn refused(weight: Weight, code: &'static str, message: &dyn std::fmt::Display) -> Refused {
    Refused { weight, code, message: message.to_string() }
}
