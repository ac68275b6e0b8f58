//! What is brought, from where, and what is not.

use std::fs;
use std::path::Path;

use decision_gate_core::at::Timestamp;
use decision_gate_core::evidence::EvidenceValue;

use super::*;
use crate::Root;
use crate::tests::{ask_at, cases, code, context, kind, query};

const HEX: &str = "abababababababababababababababababababababababababababababababab";

fn root(path: &Path) -> Root {
    Root { root_id: "ci".to_owned(), path: path.to_owned(), max_lane: None, self_attestable: false }
}

fn provider(path: &Path) -> ReleaseProvider {
    ReleaseProvider::new(ReleaseSettings { roots: vec![root(path).into()], ..ReleaseSettings::default() }).unwrap()
}

fn ask(provider: &ReleaseProvider, params: Value, payload: Option<Value>) -> Answer {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let context = EvidenceContext {
        subject: Some(serde_json::from_value(json!([{ "digest": { "sha256": HEX } }])).unwrap()),
        payload: payload.map(|value| PacketPayload::Json { value }),
        ..context(Timestamp::UnixMillis(0))
    };
    runtime.block_on(provider.fetch(&query(provider, "chain", Some(params)), &context))
}

fn brought(answer: &Answer) -> Value {
    match answer {
        Answer::Found(found) => match &found.value {
            EvidenceValue::Json(value) => value.clone(),
            EvidenceValue::Bytes(_) => panic!("bytes"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn cases_come_out_as_they_say() {
    for case in cases("release") {
        let folder = tempfile::tempdir().unwrap();
        for (name, file) in case.told["files"].as_object().unwrap() {
            fs::write(folder.path().join(name), file.as_str().unwrap()).unwrap();
        }
        let provider = provider(folder.path());
        let query = query(&provider, case.told["check"].as_str().unwrap(), Some(case.told["params"].clone()));
        let answer = ask_at(&provider, &query, Timestamp::UnixMillis(0));
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
fn the_root_and_the_artifact_s_own_folder_are_read_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("b.json", "{}");
    write(".hidden", "{}");
    write(&format!("{HEX}/trace.json"), "[]");
    write("other/trace.json", "[]");
    let answer = ask(&provider(folder.path()), json!({}), None);
    let names = json!([
        { "name": format!("{HEX}/trace.json"), "text": "[]" },
        { "name": "b.json", "text": "{}" },
    ]);
    assert_eq!(brought(&answer), json!({ "roots": [{ "root_id": "ci", "files": names }] }));
}

#[test]
fn a_trigger_says_something_only_where_the_question_lets_it() {
    let folder = tempfile::tempdir().unwrap();
    let provider = provider(folder.path());
    let payload = json!({ "requested_status": "fixed", "metadata": { "hits": 3 }, "note": "mine" });
    let none = brought(&ask(&provider, json!({}), Some(payload.clone())));
    assert_eq!(none["asked"], Value::Null);
    let asked = brought(&ask(&provider, json!({ "from_trigger": true }), Some(payload)));
    assert_eq!(asked["asked"], json!({ "requested_status": "fixed", "metadata": { "hits": "3" } }));
    let wrong = json!({ "requested_status": "safe" });
    assert_eq!(code(&ask(&provider, json!({ "from_trigger": true }), Some(wrong))), "params_invalid");
}

#[test]
fn limits_hold_over_all_files_together() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a", "b", "c"] {
        fs::write(folder.path().join(name), "0123456789").unwrap();
    }
    let limited = |max_bytes, max_files| {
        let roots = vec![root(folder.path()).into()];
        ask(&ReleaseProvider::new(ReleaseSettings { roots, max_bytes, max_files }).unwrap(), json!({}), None)
    };
    assert_eq!(code(&limited(30, 2)), "attestation_limit");
    assert_eq!(code(&limited(29, 3)), "evidence_too_large");
    assert!(matches!(limited(30, 3), Answer::Found(_)));
}

#[test]
fn one_file_of_a_folder_can_be_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("outcomes.jsonl"), "x").unwrap();
    fs::write(folder.path().join("other"), "y").unwrap();
    let roots = vec![ReleaseRoot { root: root(folder.path()), only: Some("outcomes.jsonl".to_owned()) }];
    let provider = ReleaseProvider::new(ReleaseSettings { roots, ..ReleaseSettings::default() }).unwrap();
    let files = &brought(&ask(&provider, json!({}), None))["roots"][0]["files"];
    assert_eq!(*files, json!([{ "name": "outcomes.jsonl", "text": "x" }]));
}

#[test]
fn without_roots_nothing_is_brought() {
    let provider = ReleaseProvider::new(ReleaseSettings::default()).unwrap();
    assert_eq!(brought(&ask(&provider, json!({}), None)), json!({ "roots": [] }));
}
