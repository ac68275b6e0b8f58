//! What a waiver covers, and every reason why one does not.

use decision_gate_core::condition::Truth;
use decision_gate_core::digest::Digest;
use decision_gate_core::evidence::Subject;
use decision_gate_core::intoto::Statement;
use serde_json::{Value, json};

use super::{MINUTE, NOW, attest, policy, release, row, subject, time};
use crate::attested::Attested;
use crate::chain::{evaluate, told_again};
use crate::context::{Rejected, ReleaseContext};
use crate::policy::ReleasePolicy;
use crate::result::Outcome;
use crate::waiver::PREDICATE_TYPE;

const DAY: i64 = 24 * 60 * MINUTE;

fn blocking(rules: &Value) -> ReleasePolicy {
    policy(&json!({
        "ExecutionEvidence": { "Enabled": true, "MissingEvidenceAction": "Block" },
        "Waivers": rules,
    }))
}

fn predicate(change: &Value) -> Value {
    let mut predicate = json!({
        "gate": "execution-evidence",
        "environment": "production",
        "reason": "the tracer is down",
        "approver": "release-board",
        "issued_at": time(NOW - DAY),
        "expires_at": time(NOW + 3 * DAY),
    });
    for (key, value) in change.as_object().unwrap() {
        predicate[key] = value.clone();
    }
    predicate
}

fn with(waivers: impl IntoIterator<Item = Attested>) -> ReleaseContext {
    let mut release = release("production");
    release.attestations.extend(waivers);
    release
}

#[test]
fn a_waiver_lets_through_and_never_hides_the_value() {
    let release = with([attest(&subject(), PREDICATE_TYPE, predicate(&json!({})))]);
    let decision = evaluate(&blocking(&json!({})), &release);
    let row = row(&decision, "execution-evidence");
    assert_eq!((decision.truth, decision.decided_by), (Truth::True, None));
    assert_eq!((row.outcome, row.truth), (Outcome::Block, Some(Truth::Unknown)));
    let waived = &row.waived[0];
    assert_eq!((waived.approver.as_str(), waived.lapses_in_days), ("release-board", 3));
    assert_eq!(decision.relaxations, ["waived:execution-evidence"]);
    assert_eq!((decision.upcoming.len(), decision.upcoming[0].in_days), (1, 3));
}

#[test]
fn every_reason_why_a_waiver_does_not_count() {
    let table = [
        (json!({ "environment": "staging" }), Some("environment_mismatch")),
        (json!({ "tenant": "acme" }), Some("tenant_mismatch")),
        (json!({ "reason_codes": ["insufficient_trace_quality"] }), Some("reason_mismatch")),
        (json!({ "reason_codes": ["execution_evidence_missing"] }), None),
        (json!({ "expires_at": time(NOW) }), Some("waiver_expired")),
        (json!({ "expires_at": time(NOW + 1) }), None),
        (json!({ "issued_at": time(NOW + 1) }), Some("waiver_not_yet")),
        (json!({ "issued_at": time(NOW) }), None),
        (json!({ "issued_at": time(NOW - DAY), "expires_at": time(NOW + 89 * DAY) }), None),
        (json!({ "issued_at": time(NOW - DAY), "expires_at": time(NOW + 89 * DAY + 1) }), Some("waiver_too_long")),
    ];
    for (change, wanted) in table {
        let decision = evaluate(&blocking(&json!({})), &with([attest(&subject(), PREDICATE_TYPE, predicate(&change))]));
        let row = row(&decision, "execution-evidence");
        let refused = row.refused_waivers.first().map(|it| it.code.as_str());
        assert_eq!((refused, row.waived.is_empty()), (wanted, wanted.is_some()), "{change}");
        assert_eq!(decision.truth == Truth::True, wanted.is_none(), "{change}");
    }
}

#[test]
fn a_waiver_is_for_one_gate_and_one_artifact_and_is_signed() {
    let refused = |it: Attested| {
        let decision = evaluate(&blocking(&json!({})), &with([it]));
        assert_eq!(decision.truth, Truth::Unknown);
        row(&decision, "execution-evidence").refused_waivers.first().map(|it| it.code.clone())
    };
    assert_eq!(refused(attest(&subject(), PREDICATE_TYPE, predicate(&json!({ "gate": "beacon-rate" })))), None);
    let other = Subject::of_digest("other", Digest::of(b"other"));
    let of_other = attest(&other, PREDICATE_TYPE, predicate(&json!({})));
    assert_eq!(refused(of_other).as_deref(), Some("subject_mismatch"));
    let statement = Statement::new(&subject(), PREDICATE_TYPE, &predicate(&json!({}))).unwrap();
    let unsigned = Attested::asserted(&statement, Digest::of(b"w"), &subject());
    assert_eq!(refused(unsigned).as_deref(), Some("trust_lane"));
    for missing in ["reason", "approver", "expires_at", "gate", "environment"] {
        let bad = attest(&subject(), PREDICATE_TYPE, predicate(&json!({ missing: null })));
        assert_eq!(refused(bad), None, "{missing}");
    }
}

#[test]
fn several_waivers_for_one_gate_stand_side_by_side() {
    let until =
        |days: i64| attest(&subject(), PREDICATE_TYPE, predicate(&json!({ "expires_at": time(NOW + days * DAY) })));
    let decision = evaluate(&blocking(&json!({})), &with([until(2), until(9), until(5), until(9), until(0)]));
    let row = row(&decision, "execution-evidence");
    let days: Vec<_> = row.waived.iter().map(|it| it.lapses_in_days).collect();
    assert_eq!(days, [9, 5, 2]);
    assert_eq!(row.refused_waivers.len(), 1);
    assert_eq!(decision.upcoming[0].in_days, 9);
}

#[test]
fn a_waiver_does_not_cover_a_failed_signature_unless_policy_says_so() {
    let mut release = with([attest(&subject(), PREDICATE_TYPE, predicate(&json!({})))]);
    release.rejected.push(Rejected { envelope: Digest::of(b"forged"), code: "signature_invalid".into() });
    let decision = evaluate(&blocking(&json!({})), &release);
    let refused = &row(&decision, "execution-evidence").refused_waivers;
    assert_eq!((decision.truth, refused[0].code.as_str()), (Truth::Unknown, "waiver_refused"));
    assert_eq!(row(&decision, "execution-evidence").judged.near_misses[0].code, "signature_invalid");
    let decision = evaluate(&blocking(&json!({ "FailedEvidence": "Cover" })), &release);
    assert_eq!(decision.truth, Truth::True);
    assert_eq!(decision.relaxations, ["waivers_cover_failed_evidence", "waived:execution-evidence"]);
}

#[test]
fn the_cap_and_the_report_are_the_policy_s() {
    let waiver = || with([attest(&subject(), PREDICATE_TYPE, predicate(&json!({})))]);
    let decision = evaluate(&blocking(&json!({ "MaxValidity": "3d" })), &waiver());
    assert_eq!(row(&decision, "execution-evidence").refused_waivers[0].code, "waiver_too_long");
    let decision = evaluate(&blocking(&json!({ "ReportWithin": "2d" })), &waiver());
    assert!(decision.upcoming.is_empty());
}

/// Two policies that ask the same, and differ in how long a waiver may hold only.
#[test]
fn t213_an_answer_under_other_rules_on_waivers_is_not_taken_over() {
    let release = with([attest(&subject(), PREDICATE_TYPE, predicate(&json!({})))]);
    let (lenient, strict) = (blocking(&json!({})), blocking(&json!({ "MaxValidity": "1s" })));
    let known = evaluate(&lenient, &release);
    let again = told_again(&strict, &release, (&lenient, &known));
    assert_eq!((known.truth, again.truth), (Truth::True, evaluate(&strict, &release).truth));
    assert_ne!(again.truth, Truth::True);
}
