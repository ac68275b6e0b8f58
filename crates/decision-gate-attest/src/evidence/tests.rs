//! What counts, what is passed over, and what is a fault; and that order and loss never make a pass.

use std::num::NonZeroUsize;

use decision_gate_core::at::Timestamp;
use decision_gate_core::dsse::{self, Envelope};
use decision_gate_core::evidence::{Answer, EvidenceValue, Found, Query, Subject};
use decision_gate_core::intoto::PAYLOAD_TYPE;
use decision_gate_core::json::canonical;
use decision_gate_core::keys::{KeyId, Keyring, SigningKey, TrustedKey};
use decision_gate_core::name::{CheckId, ProviderId};
use decision_gate_core::trust::Lane;
use serde_json::{Value, json};

use super::*;

const TEST_RESULT: &str = "https://in-toto.io/attestation/test-result/v0.1";
const AT: Timestamp = Timestamp::UnixMillis(1_000_000);

/// A world with keys `a`, `b` and `c` of which the rule lists `a` and `b`; `d` nobody trusts.
struct World {
    keys: Vec<TrustedKey>,
    threshold: usize,
    subject: Option<Subject>,
}

fn signing(name: &str) -> SigningKey {
    SigningKey::from_seed(&[name.as_bytes()[0]; 32])
}

fn id(name: &str) -> KeyId {
    KeyId::try_from(name).unwrap()
}

fn trusted(name: &str) -> TrustedKey {
    TrustedKey::new(id(name), signing(name).public())
}

fn subject() -> Subject {
    serde_json::from_value(json!([{ "digest": { "sha256": "aa".repeat(32) } }])).unwrap()
}

fn statement(predicate_type: &str, digest: &Value, predicate: &Value) -> Vec<u8> {
    canonical::to_vec(&json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "name": "it", "digest": digest }],
        "predicateType": predicate_type,
        "predicate": predicate,
    }))
}

fn tests(result: &str) -> Value {
    json!({ "result": result, "configuration": [], "url": "https://ci.example/1" })
}

fn signed_bytes(payload: &[u8], signers: &[&str]) -> Envelope {
    let (first, rest) = signers.split_first().unwrap();
    let envelope = dsse::sign(PAYLOAD_TYPE, payload, &signing(first), Some(&id(first)));
    rest.iter().fold(envelope, |envelope, name| envelope.countersigned(&signing(name), Some(&id(name))))
}

fn signed(predicate: &Value, signers: &[&str]) -> String {
    let payload = statement(TEST_RESULT, &json!({ "sha256": "aa".repeat(32) }), predicate);
    text(&signed_bytes(&payload, signers))
}

fn text(envelope: &Envelope) -> String {
    String::from_utf8(envelope.as_bytes().to_vec()).unwrap()
}

impl Default for World {
    fn default() -> Self {
        Self { keys: ["a", "b", "c"].map(trusted).into(), threshold: 1, subject: Some(subject()) }
    }
}

impl World {
    fn of(threshold: usize) -> Self {
        Self { threshold, ..Self::default() }
    }

    fn ask(&self, check: &str, params: Value, files: &[String]) -> Weighing {
        let files = files.iter().enumerate().map(|(index, text)| (format!("{index}.json"), text.clone().into_bytes()));
        let value = Collected::new(files).to_value();
        let brought = Answer::Found(Box::new(Found { value, ..Found::json(Value::Null) }));
        let provider = ProviderId::try_from("attestation").unwrap();
        let (check_id, params) = (CheckId::try_from(check).unwrap(), Some(params));
        let query = Query { provider_id: provider.clone(), check_id, params };
        let rule = SignerRule {
            predicate_types: [TEST_RESULT.to_owned(), "urn:other".to_owned()].into(),
            keys: [id("a"), id("b")].into(),
            threshold: NonZeroUsize::new(self.threshold).unwrap(),
        };
        let scale = Scale {
            provider: &provider,
            keyring: &Keyring::new(self.keys.clone()).unwrap(),
            rules: &SignerRules::try_from(vec![rule]).unwrap(),
            subject: self.subject.as_ref(),
            at: AT,
            max_bytes: 4096,
        };
        weigh(&query, &brought, &scale)
    }

    fn result(&self, files: &[String]) -> Weighing {
        self.ask("test.result", json!({}), files)
    }
}

/// The value, `absent`, or the code of the fault.
fn word(weighing: &Weighing) -> String {
    match &weighing.answer {
        Answer::Found(found) => match &found.value {
            EvidenceValue::Json(value) => value.to_string(),
            EvidenceValue::Bytes(_) => panic!("bytes"),
        },
        Answer::Absent { .. } => "absent".to_owned(),
        Answer::Fault(fault) => fault.code.as_str().to_owned(),
    }
}

fn codes(weighing: &Weighing) -> Vec<&str> {
    weighing.passed_over.iter().map(|it| it.code).collect()
}

#[test]
fn a_value_that_a_listed_key_signed_stands() {
    let answer = World::default().result(&[signed(&tests("PASSED"), &["a"])]);
    assert_eq!(word(&answer), "\"PASSED\"");
    let signed = answer.signed.unwrap();
    assert_eq!((signed.signers, signed.envelopes.len()), (vec![id("a")], 1));
}

#[test]
fn distinct_keys_are_counted_and_not_signatures_or_envelopes() {
    let of = |signers: &[&str]| signed(&tests("PASSED"), signers);
    let world = World::of(2);
    for (files, expected) in [
        (vec![of(&["a", "b"])], "\"PASSED\""),
        (vec![of(&["a"]), of(&["b"])], "\"PASSED\""),
        (vec![of(&["a"])], "threshold_not_met"),
        (vec![of(&["a", "a"])], "threshold_not_met"),
        (vec![of(&["a"]), of(&["a"]), of(&["a", "a"])], "threshold_not_met"),
        // `c` is trusted, and not for this; `d` is not trusted at all.
        (vec![of(&["a", "c"])], "threshold_not_met"),
        (vec![of(&["a"]), of(&["c"]), of(&["d"])], "threshold_not_met"),
        (vec![signed(&tests("PASSED"), &["a"]), signed(&tests("FAILED"), &["b"])], "threshold_not_met"),
    ] {
        assert_eq!(word(&world.result(&files)), expected, "{files:?}");
    }
    // One key under two ids is one key.
    let twice = TrustedKey::new(id("b"), signing("a").public());
    let world = World { keys: vec![trusted("a"), twice], ..World::of(2) };
    assert_eq!(word(&world.result(&[of(&["a"]), of(&["a", "a"])])), "threshold_not_met");
}

#[test]
fn what_is_foreign_is_passed_over_with_a_note() {
    let good = signed(&tests("PASSED"), &["a"]);
    let digest = |name: &str, hex: String| json!({ name: hex });
    let about = |predicate_type: &str, digest: Value| {
        text(&signed_bytes(&statement(predicate_type, &digest, &tests("FAILED")), &["a"]))
    };
    let right = digest("sha256", "aa".repeat(32));
    let other = text(&dsse::sign("text/plain", b"hello", &signing("a"), Some(&id("a"))));
    for (file, code) in [
        ("junk".to_owned(), "attestation_unrecognised"),
        ("{}".to_owned(), "attestation_unrecognised"),
        (signed(&tests("FAILED"), &["c"]), "key_unknown"),
        (signed(&tests("FAILED"), &["d"]), "key_unknown"),
        (about("urn:other", right.clone()), "predicate_type_mismatch"),
        (about(TEST_RESULT, digest("sha256", "bb".repeat(32))), "subject_mismatch"),
        (about(TEST_RESULT, digest("sha1", "aa".repeat(20))), "subject_mismatch"),
        (about(TEST_RESULT, json!({ "sha256": "aa".repeat(32).to_uppercase() })), "subject_mismatch"),
        (other, "payload_type_unsupported"),
    ] {
        let alone = World::default().result(std::slice::from_ref(&file));
        assert_eq!((word(&alone).as_str(), codes(&alone)), ("absent", vec![code]), "{file}");
        // An absence that nobody signed is worth no more than somebody saying so.
        let Answer::Absent { lane_ceiling, .. } = alone.answer else { panic!() };
        assert_eq!((lane_ceiling, alone.signed), (Some(Lane::Asserted), None));
        assert_eq!(word(&World::default().result(&[file, good.clone()])), "\"PASSED\"");
    }
    assert_eq!(word(&World::default().result(&[])), "absent");
}

#[test]
fn what_a_listed_key_is_said_to_have_signed_and_does_not_hold_is_a_fault() {
    let mut broken: Value = serde_json::from_str(&signed(&tests("PASSED"), &["a"])).unwrap();
    broken["signatures"][0]["sig"] = json!("A".repeat(86) + "==");
    let statement_of = |kind: &str| json!({ "_type": kind, "predicateType": TEST_RESULT, "predicate": {} });
    let no_statement = signed_bytes(&canonical::to_vec(&statement_of("urn:none")), &["a"]);
    for (file, code) in [
        (broken.to_string(), "signature_invalid"),
        (text(&no_statement), "statement_type_unsupported"),
        (signed(&json!({ "result": "FINE", "configuration": [] }), &["a"]), "predicate_field_malformed"),
        (signed(&json!({ "result": "PASSED" }), &["a"]), "predicate_field_missing"),
        (
            signed(&json!({ "result": "PASSED", "configuration": [], "failedTests": ["x"] }), &["a"]),
            "predicate_inconsistent",
        ),
    ] {
        let answer = World::default().result(std::slice::from_ref(&file));
        assert_eq!((word(&answer).as_str(), &answer.signed), (code, &None), "{file}");
    }
    let late = trusted("a").within(None, Some(Timestamp::UnixMillis(1))).unwrap();
    let world = World { keys: vec![late, trusted("b")], ..World::default() };
    assert_eq!(word(&world.result(&[signed(&tests("PASSED"), &["a"])])), "key_expired");
    // One that holds stands beside it.
    assert_eq!(
        word(&world.result(&[signed(&tests("PASSED"), &["a"]), signed(&tests("PASSED"), &["b"])])),
        "\"PASSED\""
    );
}

#[test]
fn contradictions_hold_and_a_path_that_selects_nothing_is_a_signed_absence() {
    let (passed, failed) = (signed(&tests("PASSED"), &["a"]), signed(&tests("FAILED"), &["b"]));
    let world = World::default();
    let both = world.result(&[passed.clone(), failed]);
    assert_eq!((word(&both).as_str(), both.signed.as_ref(), both.standing.len()), ("attestation_conflict", None, 2));
    let ask = |path: &str| {
        let params = json!({ "predicate_type": TEST_RESULT, "jsonpath": path });
        world.ask(PREDICATE_CHECK, params, std::slice::from_ref(&passed))
    };
    assert_eq!(word(&ask("$.url")), "\"https://ci.example/1\"");
    assert_eq!(word(&ask("$['result','url']")), "[\"PASSED\",\"https://ci.example/1\"]");
    let none = ask("$.nothing");
    assert!(matches!(none.answer, Answer::Absent { lane_ceiling: None, .. }) && none.signed.is_some(), "{none:?}");
    assert_eq!(word(&ask("$[")), "invalid_jsonpath");
    assert_eq!(word(&world.ask("test.failed", json!({}), &[passed])), "absent");
}

#[test]
fn questions_that_make_no_sense_are_refused() {
    let file = [signed(&tests("PASSED"), &["a"])];
    for (check, params, code) in [
        (PREDICATE_CHECK, json!({}), "params_missing"),
        (PREDICATE_CHECK, json!({ "predicate_type": 1 }), "params_invalid"),
        (PREDICATE_CHECK, json!({ "predicate_type": TEST_RESULT, "threshold": 1 }), "params_invalid"),
        ("test.result", json!({ "jsonpath": "$" }), "params_invalid"),
        ("test.result", json!({ "predicate_type": "urn:other" }), "params_invalid"),
        ("test.nothing", json!({}), "check_missing"),
        ("nothing", json!({}), "check_missing"),
        ("vsa.result", json!({}), "signers_missing"),
        (PREDICATE_CHECK, json!({ "predicate_type": "urn:unlisted" }), "signers_missing"),
    ] {
        assert_eq!(word(&World::default().ask(check, params, &file)), code, "{check}");
    }
    let world = World { subject: None, ..World::default() };
    assert_eq!(word(&world.result(&file)), "subject_missing");
}

#[test]
fn a_number_that_would_be_rounded_is_no_answer() {
    let payload = statement("urn:other", &json!({ "sha256": "aa".repeat(32) }), &json!({ "n": 1, "m": 2 }));
    let payload = String::from_utf8(payload).unwrap().replace("\"n\":1", "\"n\":18446744073709551617");
    let file = [text(&signed_bytes(payload.as_bytes(), &["a"]))];
    let ask =
        |path| World::default().ask(PREDICATE_CHECK, json!({ "predicate_type": "urn:other", "jsonpath": path }), &file);
    assert_eq!(word(&ask("$.n")), "number_out_of_range");
    assert_eq!(word(&ask("$")), "number_out_of_range");
    assert_eq!(word(&ask("$.m")), "2");
}

mod contradictions;

mod laws {
    use proptest::prelude::*;

    use super::*;

    /// Files that say `PASSED`, or say nothing that counts.
    fn pool() -> Vec<String> {
        let mut broken: Value = serde_json::from_str(&signed(&tests("PASSED"), &["b"])).unwrap();
        broken["payload"] = json!("e30=");
        vec![
            signed(&tests("PASSED"), &["a"]),
            signed(&tests("PASSED"), &["b"]),
            signed(&tests("PASSED"), &["a", "b"]),
            signed(&tests("PASSED"), &["c"]),
            signed(&tests("PASSED"), &["a", "d"]),
            signed(&tests("FAILED"), &["d"]),
            broken.to_string(),
            "junk".to_owned(),
        ]
    }

    fn passes(threshold: usize, files: &[String]) -> bool {
        word(&World::of(threshold).result(files)) == "\"PASSED\""
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Taking files away, cutting them off and changing their order never makes a value stand that did not.
        #[test]
        fn less_never_stands_where_more_did_not(
            picked in prop::collection::vec(0_usize..8, 0..5),
            threshold in 1_usize..3,
            lost in any::<prop::sample::Index>(),
            cut in any::<prop::sample::Index>(),
        ) {
            let pool = pool();
            let files: Vec<_> = picked.iter().map(|index| pool[*index].clone()).collect();
            let all = passes(threshold, &files);
            let reversed: Vec<_> = files.iter().rev().cloned().collect();
            prop_assert_eq!(passes(threshold, &reversed), all);
            prop_assert_eq!(passes(threshold, &[reversed.join("\n")]), all);
            if !files.is_empty() && !all {
                let mut fewer = files.clone();
                fewer.remove(lost.index(files.len()));
                prop_assert!(!passes(threshold, &fewer));
                let mut corrupted = files.clone();
                let file = &mut corrupted[lost.index(files.len())];
                file.truncate(cut.index(file.len()));
                prop_assert!(!passes(threshold, &corrupted));
            }
        }
    }
}
