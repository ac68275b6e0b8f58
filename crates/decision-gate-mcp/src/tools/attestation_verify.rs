//! `attestation_verify`: one DSSE envelope judged with the keys that the server trusts, now.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use decision_gate_core::digest::Digest;
use decision_gate_core::dsse::EnvelopeError;
use decision_gate_core::json::canonical;
use decision_gate_core::keys::KeyId;
use decision_gate_core::name::ProviderId;
use decision_gate_runtime::ports::{Clock as _, SystemClock};
use decision_gate_verify::attestation::{Ask, Named, PROVIDER, Reason, Report, Verdict, judge};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::brief::{cut, fitting, is_zero};
use super::shared::{clip, subject};
use super::{CallContext, Card, Hints, Profile, Summary, Tool, ToolError};

/// `attestation_verify`.
pub(super) struct AttestationVerify;

/// The most bytes of an envelope that comes through a model.
const MAX_BYTES: usize = 256 * 1024;

/// The most characters of a text that a signer wrote.
const MAX_TEXT: usize = 256;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// DSSE, as object or JSON text.
    envelope: Value,
    /// Its URI.
    #[serde(default)]
    expect_predicate_type: Option<String>,
    /// sha256:HEX
    #[serde(default)]
    expect_subject: Option<Vec<String>>,
    /// Keys needed; default 1.
    #[serde(default)]
    threshold: Option<NonZeroUsize>,
}

/// What it gives.
#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    /// Whether it is what was asked for.
    verdict: Verdict,
    /// The trusted keys that signed.
    signers: Vec<KeyId>,
    /// What kind of statement they signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    predicate_type: Option<String>,
    /// What it is about; long texts are cut.
    subjects: Vec<Named>,
    /// How many subjects are not listed here.
    #[serde(skip_serializing_if = "is_zero")]
    subjects_left_out: usize,
    /// SHA-256 of the envelope.
    digest: Digest,
    /// Why not.
    reasons: Vec<Reason>,
}

impl Answer {
    /// At most `shown` subjects.
    fn new(report: &Report, shown: usize) -> Self {
        let mut subjects: Vec<Named> = report.subjects.iter().map(short).collect();
        let subjects_left_out = cut(&mut subjects, shown);
        Self {
            verdict: report.verdict,
            signers: report.signers.clone(),
            predicate_type: report.predicate_type.as_ref().map(|it| clip(it, MAX_TEXT)),
            subjects,
            subjects_left_out,
            digest: report.digest,
            reasons: report.reasons.clone(),
        }
    }
}

/// A signer may name things at any length, with any number of digests.
fn short(named: &Named) -> Named {
    let text = |text: &Option<String>| text.as_ref().map(|it| clip(it, MAX_TEXT));
    let digest = named.digest.iter().take(8).map(|(name, hex)| (clip(name, 32), clip(hex, 128)));
    Named { name: text(&named.name), uri: text(&named.uri), digest: digest.collect::<BTreeMap<_, _>>() }
}

impl Summary for Answer {
    fn text(&self) -> String {
        let mut text = match self.verdict {
            Verdict::Verified => "verified".to_owned(),
            Verdict::NotVerified => "NOT verified".to_owned(),
        };
        let signers: Vec<_> = self.signers.iter().map(KeyId::as_str).collect();
        if !signers.is_empty() {
            text.push_str(&format!(", signed by {}", signers.join(", ")));
        }
        text.push_str(&format!(" (envelope sha256:{})", self.digest.to_hex()));
        if let Some(kind) = &self.predicate_type {
            text.push_str(&format!("\ntype {}", kind.escape_debug()));
        }
        for subject in &self.subjects {
            let digests: Vec<_> = subject.digest.iter().map(|(name, hex)| format!("{name}:{hex}")).collect();
            let words = subject.name.iter().chain(&subject.uri).chain(&digests);
            let words: Vec<_> = words.map(|it| it.escape_debug().to_string()).collect();
            text.push_str(&format!("\nsubject {}", words.join(" ")));
        }
        if self.subjects_left_out > 0 {
            text.push_str(&format!("\n{} more subjects", self.subjects_left_out));
        }
        for reason in &self.reasons {
            text.push_str(&format!("\n{}: {}\nhint: {}", reason.code, reason.message, reason.hint));
        }
        text
    }
}

impl Tool for AttestationVerify {
    type Arguments = Arguments;
    type Answer = Answer;

    const CARD: Card = Card {
        name: "attestation_verify",
        title: "Verify an attestation",
        description: "Check a signed in-toto statement against the server's trusted keys.",
        hints: Hints::READS,
        profiles: Profile::ALL,
    };

    async fn call(&self, context: &CallContext, arguments: Arguments) -> Result<Answer, ToolError> {
        let subject = arguments.expect_subject.as_deref().map(|it| subject(it, "/expect_subject")).transpose()?;
        let app = Arc::clone(context.app());
        let provider = ProviderId::try_from(PROVIDER).map_err(|_| ToolError::internal())?;
        let judged = tokio::task::spawn_blocking(move || {
            let ask = Ask {
                keyring: app.keyring(),
                provider: &provider,
                at: SystemClock.now(),
                threshold: arguments.threshold.unwrap_or(NonZeroUsize::MIN),
                predicate_type: arguments.expect_predicate_type.as_deref(),
                subject: subject.as_ref(),
            };
            judge(&bytes(&arguments.envelope)?, &ask).map_err(|error| unreadable(&error))
        });
        let report = judged.await.map_err(|_| ToolError::internal())??;
        Ok(fitting(|shown| Answer::new(&report, shown)))
    }
}

/// The bytes of an envelope; those of an object are its canonical form.
fn bytes(sent: &Value) -> Result<Cow<'_, [u8]>, ToolError> {
    let bytes = match sent {
        Value::String(text) => Cow::Borrowed(text.as_bytes()),
        Value::Object(_) => Cow::Owned(canonical::to_vec(sent)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            return Err(unreadable(&EnvelopeError::NotObject));
        }
    };
    within(bytes.len()).map(|()| bytes)
}

fn unreadable(error: &EnvelopeError) -> ToolError {
    ToolError::new(error.code(), error.to_string(), error.hint()).with("path", "/envelope")
}

fn within(length: usize) -> Result<(), ToolError> {
    if length <= MAX_BYTES {
        return Ok(());
    }
    let message = format!("the envelope has `{length}` bytes, the limit is `{MAX_BYTES}`");
    let hint = "verify it with `decision-gate attest verify`";
    Err(ToolError::new("envelope_too_large", message, hint).with("path", "/envelope"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_signer_writes_at_length_does_not_fill_the_answer() {
        let long = "\u{1b}[2K".repeat(10_000);
        let named = Named {
            name: Some(long.clone()),
            uri: Some(long.clone()),
            digest: (0..50).map(|at| (format!("{at}-{long}"), long.clone())).collect(),
        };
        let report = Report {
            verdict: Verdict::Verified,
            signers: vec![KeyId::try_from("ci").unwrap()],
            predicate_type: Some(long),
            subjects: vec![named; 20],
            digest: Digest::of(b"an envelope"),
            reasons: Vec::new(),
        };
        let answer = fitting(|shown| Answer::new(&report, shown));
        assert!(!answer.subjects.is_empty());
        assert_eq!(answer.subjects.len() + answer.subjects_left_out, 20);
        assert!(answer.text().starts_with("verified, signed by ci (envelope sha256:"));
        assert!(!answer.text().contains('\u{1b}') && answer.text().len() < 16_000, "{}", answer.text().len());
    }
}
