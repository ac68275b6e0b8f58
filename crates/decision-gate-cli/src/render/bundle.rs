//! A file of attestations as text and as JSON: each statement with those who signed it, and what was passed over.

use decision_gate_core::at::Timestamp;
use decision_gate_verify::attestation::Verdict;
use decision_gate_verify::bundle::{BundleReport, StatementReport};
use serde_json::{Value, json};

use super::attest::{MAX_LINES, heading, more, reasons, words};
use super::{BAD, FAINT, GOOD, Line, Styled, labelled};

/// A judgement.
pub(crate) fn verified(report: &BundleReport, at: Timestamp) -> String {
    let mut text = heading(report.verdict);
    reasons(&mut text, &report.reasons);
    for found in report.statements.iter().take(MAX_LINES) {
        text.push('\n');
        statement(&mut text, found);
    }
    more(&mut text, report.statements.len(), "statements");
    if !report.passed_over.is_empty() {
        text.push_str(&format!("\n{}\n", Styled(FAINT, "passed over")));
        for skipped in &report.passed_over {
            text.push_str(&format!("  {}: {}: {}\n", skipped.place, skipped.code, Line(&skipped.message)));
        }
        let left_out = report.passed_over_count - report.passed_over.len();
        if left_out > 0 {
            text.push_str(&format!("  … {left_out} more\n"));
        }
    }
    text.push('\n');
    labelled(&mut text, "at", at);
    text
}

fn statement(text: &mut String, found: &StatementReport) {
    let (style, word) = match found.verdict {
        Verdict::Verified => (GOOD, "verified"),
        Verdict::NotVerified => (BAD, "not verified"),
    };
    text.push_str(&format!("{} {}\n", Styled(style, word), Line(&found.predicate_type)));
    reasons(text, &found.reasons);
    let signers: Vec<_> = found.signers.iter().map(ToString::to_string).collect();
    labelled(text, "signers", signers.join(", "));
    for subject in found.subjects.iter().take(MAX_LINES) {
        labelled(text, "subject", Line(words(subject)));
    }
    more(text, found.subjects.len(), "subjects");
    labelled(text, "found at", found.places.join("; "));
}

/// A judgement, for programs.
pub(crate) fn verified_json(report: &BundleReport, at: Timestamp) -> Value {
    let mut value = serde_json::to_value(report).unwrap_or_else(|_| json!({}));
    if let Value::Object(members) = &mut value {
        members.insert("at".into(), json!(at));
    }
    value
}
