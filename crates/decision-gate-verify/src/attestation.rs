//! One envelope judged with the asker's own keys and against what the asker expects: the one judgement that the
//! command line and the server's tool share.
//!
//! What was signed is in a [`Report`] only where enough trusted keys signed it. That it is about something else than
//! was expected is a reason of its own, beside what it says.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::num::NonZeroUsize;

use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::dsse::{Envelope, EnvelopeError, Verified};
use decision_gate_core::evidence::Subject;
use decision_gate_core::intoto::{self, ResourceDescriptor, Signers, Statement};
use decision_gate_core::keys::{KeyId, Keyring};
use decision_gate_core::name::ProviderId;
use schemars::JsonSchema;
use serde::Serialize;

/// The provider through which attestations reach a gate: keys are judged as for it unless the asker says otherwise.
pub const PROVIDER: &str = "attestation";

/// Whose keys count, and what the asker wants to see.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The keys that are trusted.
    pub keyring: &'a Keyring,
    /// Whom they must be allowed to sign for.
    pub provider: &'a ProviderId,
    /// The time at which keys are judged.
    pub at: Timestamp,
    /// How many distinct keys must have signed.
    pub threshold: NonZeroUsize,
    /// The predicate type, if only one will do.
    pub predicate_type: Option<&'a str>,
    /// Artifacts that the statement must all be about.
    pub subject: Option<&'a Subject>,
}

/// Whether the envelope is what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Enough trusted keys signed it, and it says what was expected.
    Verified,
    /// It is not; the reasons say why.
    NotVerified,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Report {
    /// Whether it is what was asked for.
    pub verdict: Verdict,
    /// The trusted keys that signed.
    pub signers: Vec<KeyId>,
    /// What kind of statement they signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicate_type: Option<String>,
    /// What it is about.
    pub subjects: Vec<Named>,
    /// SHA-256 of the envelope.
    pub digest: Digest,
    /// Why not, all of them.
    pub reasons: Vec<Reason>,
}

/// A subject of a verified statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Named {
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Algorithm to hex.
    pub digest: BTreeMap<String, String>,
}

/// Why an envelope is not what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reason {
    /// Stable code.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// How a verified statement differs from what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Mismatch {
    /// It is of another predicate type.
    #[error("the statement is of type `{}`, not `{}`", found.escape_debug(), expected.escape_debug())]
    PredicateType {
        /// As signed, cut to a bounded length.
        found: String,
        /// As asked for, cut likewise.
        expected: String,
    },
    /// It is not about every expected artifact.
    #[error("the statement is not about every expected artifact")]
    Subject,
}

impl Mismatch {
    /// Stable code.
    fn code(&self) -> &'static str {
        match self {
            Self::PredicateType { .. } => "predicate_type_mismatch",
            Self::Subject => "subject_mismatch",
        }
    }

    /// What to do about it.
    fn hint(&self) -> &'static str {
        match self {
            Self::PredicateType { .. } => "ask the signer for a statement of the expected type",
            Self::Subject => "ask the signer for a statement about these artifacts, by sha-256 or stronger",
        }
    }
}

/// Reads an envelope and judges it. One that nobody signed is read, and not verified.
///
/// # Errors
/// [`EnvelopeError`] where the bytes are no envelope.
pub fn judge(bytes: &[u8], ask: &Ask<'_>) -> Result<Report, EnvelopeError> {
    match Envelope::parse(bytes) {
        Ok(envelope) => Ok(judge_envelope(&envelope, ask)),
        Err(error @ (EnvelopeError::NoSignature | EnvelopeError::EmptySignature { .. })) => {
            Ok(Report::refused(Digest::of(bytes), Reason::new(error.code(), &error, error.hint())))
        }
        Err(error) => Err(error),
    }
}

/// Judges an envelope that was read before.
pub fn judge_envelope(envelope: &Envelope, ask: &Ask<'_>) -> Report {
    let signers = Signers { keyring: ask.keyring, threshold: ask.threshold, at: ask.at, provider: ask.provider };
    match intoto::verify(envelope, &signers) {
        Ok(statement) => of_statement(envelope, &statement, ask),
        Err(fault) => Report::refused(envelope.digest(), Reason::new(fault.code(), &fault, fault.hint())),
    }
}

fn of_statement(envelope: &Envelope, verified: &Verified<Statement>, ask: &Ask<'_>) -> Report {
    let statement = verified.get();
    let reasons = mismatches(statement, ask);
    Report {
        verdict: if reasons.is_empty() { Verdict::Verified } else { Verdict::NotVerified },
        signers: verified.signers().to_vec(),
        predicate_type: Some(statement.predicate_type().to_owned()),
        subjects: statement.subject().iter().map(Named::of).collect(),
        digest: envelope.digest(),
        reasons,
    }
}

/// How a statement differs from what is expected.
pub(crate) fn mismatches(statement: &Statement, ask: &Ask<'_>) -> Vec<Reason> {
    let found = statement.predicate_type();
    let other_type = ask.predicate_type.filter(|expected| *expected != found).map(|expected| {
        let cut = |text: &str| text.chars().take(256).collect();
        Mismatch::PredicateType { found: cut(found), expected: cut(expected) }
    });
    let other_subject = ask.subject.filter(|subject| !statement.names(subject)).map(|_| Mismatch::Subject);
    [other_type, other_subject].iter().flatten().map(|it| Reason::new(it.code(), it, it.hint())).collect()
}

impl Report {
    /// Without what was signed: nobody vouches for it.
    fn refused(digest: Digest, reason: Reason) -> Self {
        Self {
            verdict: Verdict::NotVerified,
            signers: Vec::new(),
            predicate_type: None,
            subjects: Vec::new(),
            digest,
            reasons: vec![reason],
        }
    }
}

impl Named {
    pub(crate) fn of(descriptor: &ResourceDescriptor) -> Self {
        Self {
            name: descriptor.name().map(str::to_owned),
            uri: descriptor.uri().map(str::to_owned),
            digest: descriptor.digest().clone(),
        }
    }
}

impl Reason {
    pub(crate) fn new(code: &str, message: &dyn Display, hint: &str) -> Self {
        Self { code: code.to_owned(), message: message.to_string(), hint: hint.to_owned() }
    }
}

#[cfg(test)]
mod tests;
