use decision_gate_core::dsse::sign;
use decision_gate_core::intoto::PAYLOAD_TYPE;
use decision_gate_core::keys::{SigningKey, TrustedKey};
use serde_json::json;

use super::*;

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

fn signed(seed: u8) -> Envelope {
    let statement = Statement::new(&subject("ab"), TYPE, &json!({ "passed": true })).unwrap();
    sign(PAYLOAD_TYPE, &statement.to_bytes(), &key(seed), None)
}

/// Threshold, predicate type, subject.
type Expect<'a> = (usize, Option<&'a str>, Option<&'a Subject>);

fn judged(envelope: &Envelope, keys: &[TrustedKey], (threshold, predicate_type, subject): Expect<'_>) -> Report {
    let provider = ProviderId::try_from(PROVIDER).unwrap();
    let keyring = Keyring::new(keys.to_vec()).unwrap();
    let threshold = NonZeroUsize::new(threshold).unwrap();
    let at = Timestamp::UnixMillis(1_000);
    let ask = Ask { keyring: &keyring, provider: &provider, at, threshold, predicate_type, subject };
    judge(envelope.as_bytes(), &ask).unwrap()
}

fn codes(report: &Report) -> Vec<&str> {
    report.reasons.iter().map(|it| it.code.as_str()).collect()
}

#[test]
fn a_statement_by_a_trusted_key_is_verified_and_shown() {
    let subject = subject("ab");
    let report = judged(&signed(1), &[trusted("ci", 1), trusted("other", 2)], (1, Some(TYPE), Some(&subject)));
    assert_eq!(report.verdict, Verdict::Verified, "{report:?}");
    assert_eq!(report.signers, [KeyId::try_from("ci").unwrap()]);
    assert_eq!((report.predicate_type.as_deref(), report.subjects.len()), (Some(TYPE), 1));
}

#[test]
fn every_expectation_that_is_not_met_is_a_reason() {
    let subject = subject("cd");
    let report = judged(&signed(1), &[trusted("ci", 1)], (1, Some("https://example.com/other"), Some(&subject)));
    assert_eq!(report.verdict, Verdict::NotVerified);
    assert_eq!(codes(&report), ["predicate_type_mismatch", "subject_mismatch"]);
}

#[test]
fn nothing_of_what_nobody_vouches_for_is_in_the_report() {
    let scoped = |types: &str| trusted("ci", 1).for_predicate_types([types.to_owned()].into()).unwrap();
    let other_provider = || trusted("ci", 1).for_providers([ProviderId::try_from("json").unwrap()].into()).unwrap();
    let old = || trusted("ci", 1).within(None, Some(Timestamp::UnixMillis(999))).unwrap();
    let two_names = vec![trusted("ci", 1), trusted("ci-again", 1)];
    for (keys, threshold, code) in [
        (Vec::new(), 1, "key_unknown"),
        (vec![trusted("ci", 2)], 1, "signature_invalid"),
        (two_names, 2, "threshold_not_met"),
        (vec![old()], 1, "key_expired"),
        (vec![other_provider()], 1, "key_not_for_provider"),
        (vec![scoped("https://example.com/other")], 1, "key_not_for_predicate"),
    ] {
        let report = judged(&signed(1), &keys, (threshold, None, None));
        assert_eq!((report.verdict, codes(&report)), (Verdict::NotVerified, vec![code]), "{report:?}");
        assert_eq!((report.predicate_type, report.subjects, report.signers), (None, vec![], vec![]), "{code}");
    }
    let scope = judged(&signed(1), &[scoped(TYPE)], (1, None, None));
    assert_eq!(scope.verdict, Verdict::Verified);
}

#[test]
fn what_is_no_statement_is_not_verified() {
    let envelope = sign("text/plain", b"hello", &key(1), None);
    let report = judged(&envelope, &[trusted("ci", 1)], (1, None, None));
    assert_eq!(codes(&report), ["payload_type_unsupported"]);
}

#[test]
fn an_unsigned_envelope_is_read_and_not_verified() {
    let keyring = Keyring::default();
    let provider = ProviderId::try_from(PROVIDER).unwrap();
    let at = Timestamp::UnixMillis(0);
    let ask = Ask {
        keyring: &keyring,
        provider: &provider,
        at,
        threshold: NonZeroUsize::MIN,
        predicate_type: None,
        subject: None,
    };
    let unsigned = br#"{"payloadType":"a","payload":"","signatures":[]}"#;
    let report = judge(unsigned, &ask).unwrap();
    assert_eq!((report.verdict, codes(&report)), (Verdict::NotVerified, vec!["signature_missing"]));
    assert_eq!(judge(b"{}", &ask).unwrap_err().code(), "envelope_malformed");
}
