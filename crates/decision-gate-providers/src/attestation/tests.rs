//! What is brought and from where, and that weighing it gives the value.

use std::fs;
use std::num::NonZeroUsize;
use std::os::unix::fs::symlink;
use std::path::Path;

use decision_gate_attest::evidence::{Scale, SignerRule, SignerRules, Weighing, weigh};
use decision_gate_attest::predicates::FORMATS;
use decision_gate_core::at::Timestamp;
use decision_gate_core::contract::schema::Schema;
use decision_gate_core::dsse;
use decision_gate_core::evidence::{EvidenceValue, Subject};
use decision_gate_core::intoto::PAYLOAD_TYPE;
use decision_gate_core::keys::{KeyId, Keyring, SigningKey, TrustedKey};

use super::*;
use crate::Root;
use crate::tests::{anchored, ask_at, cases, code, kind, query};

fn root(path: &Path) -> Root {
    Root { root_id: "att".to_owned(), path: path.to_owned(), max_lane: None, self_attestable: false }
}

fn provider(path: &Path) -> AttestationProvider {
    AttestationProvider::new(AttestationSettings { roots: vec![root(path)], ..AttestationSettings::default() }).unwrap()
}

fn ask(provider: &AttestationProvider, params: Value) -> Answer {
    ask_at(provider, &query(provider, "test.result", Some(params)), Timestamp::UnixMillis(0))
}

fn signing() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

fn signed(result: &str) -> Vec<u8> {
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "digest": { "sha256": "aa".repeat(32) } }],
        "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
        "predicate": { "result": result, "configuration": [] },
    });
    dsse::sign(PAYLOAD_TYPE, &canonical::to_vec(&statement), &signing(), None).as_bytes().to_vec()
}

fn weighed(provider: &AttestationProvider, brought: &Answer) -> Weighing {
    weighed_for(&query(provider, "test.result", None), brought)
}

fn weighed_for(query: &Query, brought: &Answer) -> Weighing {
    let key = KeyId::try_from("ci").unwrap();
    let rule = SignerRule {
        predicate_types: ["https://in-toto.io/attestation/test-result/v0.1".to_owned()].into(),
        keys: [key.clone()].into(),
        threshold: NonZeroUsize::MIN,
    };
    let subject: Subject = serde_json::from_value(json!([{ "digest": { "sha256": "aa".repeat(32) } }])).unwrap();
    let scale = Scale {
        provider: &query.provider_id,
        keyring: &Keyring::new([TrustedKey::new(key, signing().public())]).unwrap(),
        rules: &SignerRules::try_from(vec![rule]).unwrap(),
        subject: Some(&subject),
        at: Timestamp::UnixMillis(0),
        max_bytes: 4096,
    };
    weigh(query, brought, &scale)
}

fn found(answer: &Answer) -> &Found {
    match answer {
        Answer::Found(found) => found,
        Answer::Absent { .. } | Answer::Fault(_) => panic!("not found: {answer:?}"),
    }
}

#[test]
fn cases_come_out_of_the_weighing_as_they_say() {
    for case in cases("attestation") {
        let folder = tempfile::tempdir().unwrap();
        for (name, file) in case.told["files"].as_object().unwrap() {
            let bytes = file.as_str().map_or_else(|| signed(file["signed"].as_str().unwrap()), Into::into);
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        let provider = provider(folder.path());
        let query = query(&provider, case.told["check"].as_str().unwrap(), Some(case.told["params"].clone()));
        let answer = weighed_for(&query, &ask_at(&provider, &query, Timestamp::UnixMillis(0))).answer;
        assert_eq!(kind(&answer), case.told["expect"], "{}: {answer:?}", case.folder.display());
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(&case.folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_description(case.told["why"].as_str().unwrap());
        settings.bind(|| insta::assert_json_snapshot!("answer", answer));
    }
}

#[test]
fn files_are_brought_as_they_are_and_weighing_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("out")).unwrap();
    fs::write(folder.path().join("out/b.json"), signed("PASSED")).unwrap();
    fs::write(folder.path().join("out/a.txt"), [0xff, 0xfe]).unwrap();
    fs::write(folder.path().join("out/.hidden"), "no").unwrap();
    let provider = provider(folder.path());
    for params in
        [json!({ "folder": "out" }), json!({ "file": "out/b.json" }), json!({ "root": "att", "folder": "./out" })]
    {
        let brought = ask(&provider, params.clone());
        // Nobody has looked into the files yet, so they are worth nothing by themselves.
        assert_eq!(found(&brought).lane_ceiling, Some(Lane::Asserted), "{params}");
        assert_eq!(found(&brought).content_type.as_deref(), Some(COLLECTED_TYPE));
        anchored(provider.contract(), found(&brought).anchor.as_ref());
        let weighing = weighed(&provider, &brought);
        let value = found(&weighing.answer);
        assert_eq!(value.value, EvidenceValue::Json(json!("PASSED")));
        assert_eq!((value.lane_ceiling, &value.anchor), (None, &found(&brought).anchor));
        // What was kept gives the same again.
        let kept: Answer = serde_json::from_value(serde_json::to_value(&brought).unwrap()).unwrap();
        assert_eq!(weighed(&provider, &kept), weighing);
    }
}

#[test]
fn a_root_of_the_callers_lowers_what_was_signed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.json"), signed("PASSED")).unwrap();
    let roots = vec![Root { max_lane: Some(Lane::Asserted), ..root(folder.path()) }];
    let provider = AttestationProvider::new(AttestationSettings { roots, ..AttestationSettings::default() }).unwrap();
    let weighing = weighed(&provider, &ask(&provider, json!({})));
    assert_eq!(found(&weighing.answer).lane_ceiling, Some(Lane::Asserted));
}

#[test]
fn an_empty_folder_is_an_answer_and_silence_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let provider = provider(folder.path());
    let weighing = weighed(&provider, &ask(&provider, json!({})));
    let Answer::Absent { lane_ceiling, .. } = &weighing.answer else { panic!("{weighing:?}") };
    assert_eq!(*lane_ceiling, Some(Lane::Asserted));
    for params in [json!({ "file": "no.json" }), json!({ "folder": "no" })] {
        let brought = ask(&provider, params);
        assert_eq!((code(&brought), code(&weighed(&provider, &brought).answer)), ("file_not_found", "file_not_found"));
    }
}

#[test]
fn no_way_leads_out_and_no_limit_is_passed() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.json"), "hush").unwrap();
    let inside = outside.path().join("root");
    fs::create_dir_all(inside.join("links")).unwrap();
    symlink(outside.path().join("secret.json"), inside.join("links/a.json")).unwrap();
    symlink(outside.path(), inside.join("up")).unwrap();
    fs::create_dir(inside.join("many")).unwrap();
    for name in ["1", "2", "3"] {
        fs::write(inside.join("many").join(name), "x".repeat(40)).unwrap();
    }
    let settings = |max_bytes, max_files| AttestationSettings { roots: vec![root(&inside)], max_bytes, max_files };
    for (settings, params, expected) in [
        (settings(1000, 9), json!({ "file": "../secret.json" }), "path_outside_root"),
        (settings(1000, 9), json!({ "folder": ".." }), "path_outside_root"),
        (settings(1000, 9), json!({ "folder": "/etc" }), "absolute_path_forbidden"),
        (settings(1000, 9), json!({ "folder": "up" }), "symlink_forbidden"),
        (settings(1000, 9), json!({ "folder": "links" }), "symlink_forbidden"),
        (settings(1000, 9), json!({ "file": "links/a.json" }), "symlink_forbidden"),
        (settings(1000, 9), json!({ "file": "many" }), "not_regular_file"),
        (settings(1000, 2), json!({ "folder": "many" }), "attestation_limit"),
        (settings(100, 9), json!({ "folder": "many" }), "evidence_too_large"),
        (settings(100, 9), json!({ "folder": "many", "file": "many/1" }), "params_invalid"),
        (settings(100, 9), json!({ "root": "other" }), "params_invalid"),
        (settings(100, 9), json!({ "threshold": 1 }), "params_invalid"),
        (settings(100, 9), json!({ "file": 1 }), "params_invalid"),
    ] {
        let provider = AttestationProvider::new(settings).unwrap();
        let answer = ask(&provider, params.clone());
        assert_eq!(code(&answer), expected, "{params}");
        assert!(!serde_json::to_string(&answer).unwrap().contains("hush"));
    }
    for settings in [settings(0, 1), settings(1, 0)] {
        assert_eq!(AttestationProvider::new(settings).unwrap_err().code(), "provider_limit_zero");
    }
    assert!(AttestationProvider::new(AttestationSettings::default()).is_err());
}

#[test]
fn the_contract_has_every_fact_that_can_be_asked_for() {
    let contract = contract().unwrap();
    let mut expected = vec![("predicate".to_owned(), json!({}))];
    for format in FORMATS {
        expected.extend(format.facts.iter().map(|it| (format!("{}.{}", format.word, it.name), it.shape.schema())));
    }
    let told: Vec<_> =
        contract.checks.iter().map(|it| (it.check_id.as_str().to_owned(), it.result_schema.clone())).collect();
    assert_eq!(told, expected);
    Schema::compile(&contract.config_schema).unwrap();
    let text = serde_json::to_string(&contract).unwrap();
    assert_eq!(serde_json::from_str::<ProviderContract>(&text).unwrap(), contract);
    for check in &contract.checks {
        let (params, result) =
            (Schema::compile(&check.params_schema).unwrap(), Schema::compile(&check.result_schema).unwrap());
        assert_eq!(check.params_required, !params.fits(&json!({})), "{}", check.check_id);
        for example in &check.examples {
            params.check(&example.params).unwrap();
            result.check(&example.result).unwrap();
        }
    }
    let default = |pointer: &str| contract.config_schema.pointer(&format!("/properties/{pointer}/default")).cloned();
    let settings = AttestationSettings::default();
    assert_eq!(default("max_bytes"), Some(json!(settings.max_bytes)));
    assert_eq!(default("max_files"), Some(json!(settings.max_files)));
}
