use decision_gate_core::at::Timestamp;
use decision_gate_core::dsse::sign;
use decision_gate_core::evidence::Subject;
use decision_gate_core::intoto::PAYLOAD_TYPE;
use decision_gate_core::keys::{Keyring, SigningKey, TrustedKey};
use decision_gate_core::name::ProviderId;
use serde_json::{Value, json};

use super::*;
use crate::attestation::PROVIDER;

const TYPE: &str = "https://example.com/test-result/v1";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

fn trusted(id: &str, seed: u8) -> TrustedKey {
    TrustedKey::new(KeyId::try_from(id).unwrap(), key(seed).public())
}

fn subject(byte: &str) -> Subject {
    Subject::of_digest("app", Digest::from_hex(&byte.repeat(32)).unwrap())
}

fn line(seed: u8, passed: bool) -> String {
    let statement = Statement::new(&subject("ab"), TYPE, &json!({ "passed": passed })).unwrap();
    let envelope = sign(PAYLOAD_TYPE, &statement.to_bytes(), &key(seed), None);
    let envelope: Value = serde_json::from_slice(envelope.as_bytes()).unwrap();
    envelope.to_string()
}

fn judged(lines: &[String], keys: &[TrustedKey], threshold: usize) -> Option<BundleReport> {
    let provider = ProviderId::try_from(PROVIDER).unwrap();
    let (keyring, subject) = (Keyring::new(keys.to_vec()).unwrap(), subject("ab"));
    let ask = Ask {
        keyring: &keyring,
        provider: &provider,
        at: Timestamp::UnixMillis(1_000),
        threshold: NonZeroUsize::new(threshold).unwrap(),
        predicate_type: Some(TYPE),
        subject: Some(&subject),
    };
    judge_bundle(lines.join("\n").as_bytes(), &ask)
}

#[test]
fn lines_in_any_order_count_together_and_junk_is_passed_over_by_its_line() {
    let keys = [trusted("ci", 1), trusted("scanner", 2)];
    let mut lines = vec![line(1, true), "junk".to_owned(), line(2, true), line(9, true), String::new()];
    for _ in 0..lines.len() {
        lines.rotate_left(1);
        let report = judged(&lines, &keys, 2).unwrap();
        assert_eq!((report.verdict, report.statements.len()), (Verdict::Verified, 1), "{report:?}");
        let signers: Vec<_> = report.statements[0].signers.iter().map(KeyId::as_str).collect();
        assert_eq!(signers, ["ci", "scanner"]);
        let at = |text: &str| format!("line {}", lines.iter().position(|it| it == text).unwrap() + 1);
        let skipped: Vec<_> = report.passed_over.iter().map(|it| (it.place.clone(), it.code.as_str())).collect();
        let mut expected = vec![(at("junk"), "attestation_unrecognised"), (at(&line(9, true)), "signature_invalid")];
        expected.sort();
        let mut skipped = skipped;
        skipped.sort();
        assert_eq!((skipped, report.passed_over_count), (expected, 2));
    }
}

#[test]
fn distinct_keys_of_one_statement_are_counted_and_nothing_else() {
    let alias = trusted("ci-again", 1);
    let keys = [trusted("ci", 1), alias, trusted("scanner", 2)];
    for (lines, verdict, code) in [
        (vec![line(1, true), line(1, true)], Verdict::NotVerified, "threshold_not_met"),
        (vec![line(1, true), line(2, false)], Verdict::NotVerified, "threshold_not_met"),
        (vec![line(1, true), line(9, true)], Verdict::NotVerified, "threshold_not_met"),
        (vec![line(8, true), line(9, true)], Verdict::NotVerified, "attestation_not_signed"),
        (vec![line(1, false), line(1, true), line(2, true)], Verdict::Verified, ""),
    ] {
        let report = judged(&lines, &keys, 2).unwrap();
        let reasons = report.statements.first().map_or(&report.reasons, |it| &it.reasons);
        let found = reasons.first().map_or("", |it| it.code.as_str());
        assert_eq!((report.verdict, found), (verdict, code), "{report:?}");
    }
    assert_eq!(judged(&["junk".to_owned(), "{}".to_owned()], &keys, 1), None);
}
