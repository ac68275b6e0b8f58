//! Attestations as text and as JSON: what was verified, and, marked as such, what is only claimed.

use std::path::Path;

use decision_gate_attest::builders::Note;
use decision_gate_core::at::Timestamp;
use decision_gate_core::dsse::Envelope;
use decision_gate_core::intoto::Statement;
use decision_gate_verify::attestation::{Named, Reason, Report, Verdict};
use serde_json::{Value, json};

use super::{BAD, FAINT, GOOD, Line, OPEN, Styled, labelled};
use crate::commands::attest::Claims;

/// The most lines of a predicate, and the most subjects, that a text shows.
pub(super) const MAX_LINES: usize = 60;

/// A new envelope.
pub(crate) fn signed(statement: &Statement, envelope: &Envelope, out: &Path) -> String {
    let mut text = format!("{} {}\n", Styled(GOOD, "signed"), Line(out.display()));
    labelled(&mut text, "type", Line(statement.predicate_type()));
    labelled(&mut text, "envelope", format_args!("sha256:{}", envelope.digest().to_hex()));
    text
}

/// New envelopes of what a builder made, and what there is to say about it.
pub(crate) fn built(kind: &str, envelopes: &[Envelope], notes: &[Note], out: &Path) -> String {
    let mut text = format!("{} {}\n", Styled(GOOD, "signed"), Line(out.display()));
    labelled(&mut text, "type", kind);
    for envelope in envelopes.iter().take(MAX_LINES) {
        labelled(&mut text, "envelope", format_args!("sha256:{}", envelope.digest().to_hex()));
    }
    more(&mut text, envelopes.len(), "envelopes");
    text.extend(notes.iter().map(note));
    text
}

/// What there is to say about what a builder made.
pub(crate) fn note(note: &Note) -> String {
    format!("{} {} ({})\n", Styled(OPEN, "note:"), Line(&note.message), note.code)
}

/// A judgement.
pub(crate) fn verified(report: &Report, at: Timestamp) -> String {
    let mut text = heading(report.verdict);
    reasons(&mut text, &report.reasons);
    text.push('\n');
    if !report.signers.is_empty() {
        let signers: Vec<_> = report.signers.iter().map(ToString::to_string).collect();
        labelled(&mut text, "signers", signers.join(", "));
    }
    if let Some(kind) = &report.predicate_type {
        labelled(&mut text, "type", Line(kind));
    }
    for subject in report.subjects.iter().take(MAX_LINES) {
        labelled(&mut text, "subject", Line(words(subject)));
    }
    more(&mut text, report.subjects.len(), "subjects");
    labelled(&mut text, "at", at);
    labelled(&mut text, "envelope", format_args!("sha256:{}", report.digest.to_hex()));
    text
}

pub(super) fn heading(verdict: Verdict) -> String {
    let (style, word) = match verdict {
        Verdict::Verified => (GOOD, "VERIFIED"),
        Verdict::NotVerified => (BAD, "NOT VERIFIED"),
    };
    format!("{}\n", Styled(style.bold(), word))
}

pub(super) fn reasons(text: &mut String, reasons: &[Reason]) {
    for reason in reasons {
        text.push_str(&format!("  {}: {}\n", reason.code, Line(&reason.message)));
        text.push_str(&format!("    {}\n", Styled(FAINT, Line(&reason.hint))));
    }
}

/// A judgement, for programs.
pub(crate) fn verified_json(report: &Report, at: Timestamp) -> Value {
    let mut value = serde_json::to_value(report).unwrap_or_else(|_| json!({}));
    if let Value::Object(members) = &mut value {
        members.insert("at".into(), json!(at));
    }
    value
}

/// Claims, each line of which anybody may have written.
pub(crate) fn claimed(claims: &Claims) -> String {
    let mut text =
        format!("{}\n\n", Styled(OPEN.bold(), "UNVERIFIED: no signature was checked; this is what it claims"));
    labelled(&mut text, "payload", format_args!("{} ({} bytes)", Line(claims.envelope.claimed_type()), claims.length));
    for hint in claims.envelope.key_hints() {
        labelled(&mut text, "signed", format_args!("by {}, it says", Line(hint.unwrap_or("a key without a name"))));
    }
    labelled(&mut text, "envelope", format_args!("sha256:{}", claims.envelope.digest().to_hex()));
    let Some(payload) = &claims.payload else {
        labelled(&mut text, "content", "not json");
        return text;
    };
    text.push_str(&format!("\n{}\n", Styled(FAINT, "claimed content")));
    let pretty = format!("{payload:#}");
    for line in pretty.lines().take(MAX_LINES) {
        text.push_str(&format!("  {}\n", Line(line)));
    }
    more(&mut text, pretty.lines().count(), "lines");
    text
}

/// Claims, for programs: all below one member that says what they are.
pub(crate) fn claimed_json(claims: &Claims) -> Value {
    json!({
        "unverified_claims": {
            "payload_type": claims.envelope.claimed_type(),
            "payload_bytes": claims.length,
            "key_hints": claims.envelope.key_hints().collect::<Vec<_>>(),
            "content": claims.payload,
        },
        "digest": claims.envelope.digest(),
    })
}

pub(super) fn words(subject: &Named) -> String {
    let digests = subject.digest.iter().map(|(name, hex)| format!("{name}:{hex}"));
    let words = subject.name.iter().chain(&subject.uri).cloned().chain(digests);
    words.collect::<Vec<_>>().join(" ")
}

pub(super) fn more(text: &mut String, count: usize, what: &str) {
    if count > MAX_LINES {
        text.push_str(&format!("  … {} more {what}\n", count - MAX_LINES));
    }
}
