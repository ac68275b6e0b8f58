//! Packs in the form of the public project: what contradicts itself is found without a replay.

use serde_json::{Value, json};

use super::fixture::{Forgery, codes, completed};
use crate::digest::Digest;
use crate::json::canonical;
use crate::runpack::legacy::compare;
use crate::runpack::{FindingCode, Level, PackFormat, Profile, Status, Verdict};

/// One of our packs without what only ours have.
pub(super) fn public() -> Forgery {
    let mut forgery = Forgery::of(&completed().pack(Profile::Audit));
    forgery.edit("manifest.json", |it| {
        it.as_object_mut().unwrap().remove("decision_gate");
    });
    for path in ["events.json", "values.json", "trust.json", "proofs.json", "artifacts/verifier_report.json"] {
        forgery.0.remove(path);
        forgery.edit("manifest.json", |it| {
            for list in ["/integrity/file_hashes", "/artifacts"] {
                it.pointer_mut(list).unwrap().as_array_mut().unwrap().retain(|it| it["path"] != path);
            }
        });
    }
    forgery.seal();
    forgery
}

/// Changes an artifact and makes every hash fit again.
fn changed(path: &str, change: impl FnOnce(&mut Value)) -> Vec<FindingCode> {
    let report = public().edit(path, change).seal().verify();
    assert_eq!((report.status, report.format), (Status::Fail, PackFormat::PublicV1));
    codes(&report)
}

fn set(pointer: &str, value: Value) -> impl FnOnce(&mut Value) {
    move |it| *it.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value
}

#[test]
fn a_sound_public_pack_is_consistent_and_never_allowed() {
    let report = public().verify_for(&completed().expect());
    assert_eq!(report.findings, []);
    assert_eq!((report.verdict, report.facets.replay.level), (Verdict::Consistent, Level::Partial));
    assert_eq!(report.run.unwrap().events, 5);
    let held = public();
    let mut held = Forgery(held.0);
    for path in ["artifacts/decisions.json", "artifacts/triggers.json"] {
        held.edit(path, |it| drop(it.as_array_mut().unwrap().pop()));
    }
    held.edit("artifacts/gate_evals.json", |it| drop(it.as_array_mut().unwrap().pop()));
    let report = held.seal().verify_for(&completed().expect());
    assert_eq!((report.findings, report.verdict), (Vec::new(), Verdict::NotAllowed));
}

#[test]
fn decisions_that_do_not_follow_from_gates_are_found() {
    let decisions = "artifacts/decisions.json";
    let complete = json!({ "kind": "complete", "stage_id": "build" });
    let advance = |to: &str| json!({ "kind": "advance", "from_stage": "build", "to_stage": to, "timeout": false });
    let contradiction = [FindingCode::DecisionContradicts];
    assert_eq!(changed(decisions, set("/1/outcome", complete)), contradiction);
    assert_eq!(changed(decisions, set("/1/outcome", advance("ship"))), contradiction);
    assert_eq!(changed(decisions, set("/1/outcome", json!({ "kind": "fail", "reason": "x" }))), contradiction);
    assert_eq!(changed(decisions, set("/1/outcome/summary/unmet_gates", json!(["lint"]))), contradiction);
    assert_eq!(changed(decisions, set("/2/outcome", advance("build"))), contradiction);
    assert_eq!(changed(decisions, set("/4/outcome", json!({ "kind": "fail", "reason": "x" }))), contradiction);
    assert_eq!(changed(decisions, set("/0/outcome/stage_id", json!("ship"))), contradiction);
    assert!(changed(decisions, set("/3/stage_id", json!("build"))).contains(&contradiction[0]));
    assert_eq!(changed(decisions, set("/4/outcome", json!({ "kind": "fail" }))), [FindingCode::FileInvalid]);
    assert_eq!(changed(decisions, set("/3/stage_id", json!("nowhere")))[0], FindingCode::UnknownId);
    assert_eq!(changed(decisions, set("/3/seq", json!(9))), [FindingCode::DecisionSequence]);
    assert!(changed(decisions, |it| it[2] = it[1].clone()).contains(&FindingCode::TriggerDuplicate));
    assert!(changed(decisions, |it| drop(it.as_array_mut().unwrap().pop())).contains(&FindingCode::UnknownId));
    let evals = "artifacts/gate_evals.json";
    assert_eq!(changed(evals, |it| drop(it.as_array_mut().unwrap().remove(0))), contradiction);
    assert_eq!(changed(evals, |it| it.as_array_mut().unwrap().swap(0, 1)), contradiction);
}

#[test]
fn gates_and_evidence_that_contradict_themselves_are_found() {
    let evals = "artifacts/gate_evals.json";
    let first = changed(evals, set("/0/evaluation/status", json!("True")));
    assert_eq!(first, [FindingCode::GateStatus, FindingCode::DecisionContradicts]);
    assert!(changed(evals, set("/0/evaluation/trace/0/status", json!("True"))).contains(&FindingCode::GateTrace));
    assert_eq!(
        changed(evals, |it| drop(it[0]["evaluation"]["trace"].as_array_mut().unwrap().pop())),
        [FindingCode::GateTrace]
    );
    assert!(changed(evals, set("/0/evaluation/gate_id", json!("other"))).contains(&FindingCode::UnknownId));
    assert!(changed(evals, set("/0/evidence/0/condition_id", json!("other"))).contains(&FindingCode::UnknownId));
    let value = "/0/evidence/0/result/value/value";
    assert_eq!(changed(evals, set(value, json!(0)))[0], FindingCode::EvidenceHash);
    let found = changed(evals, |it| {
        let result = &mut it[0]["evidence"][0]["result"];
        result["value"]["value"] = json!(0);
        result["evidence_hash"] = json!(Digest::of(&canonical::to_vec(&json!(0))));
    });
    assert_eq!(found, [FindingCode::EvidenceStatus]);
    let found = changed(evals, set("/1/evidence/0/status", json!("True")));
    assert_eq!(found, [FindingCode::EvidenceStatus, FindingCode::GateTrace], "an error is Unknown");
    let found = changed(evals, set("/0/evidence/0/result/evidence_anchor", Value::Null));
    assert_eq!(found, [FindingCode::AnchorInvalid]);
}

#[test]
fn other_artifacts_that_contradict_the_manifest_or_themselves_are_found() {
    for (path, pointer, value, code) in [
        ("artifacts/triggers.json", "/1/event/run_id", json!("run-2"), FindingCode::EventScope),
        ("artifacts/triggers.json", "/1/event/tenant_id", json!(2), FindingCode::EventScope),
        ("artifacts/triggers.json", "/1/seq", json!(3), FindingCode::DecisionSequence),
        ("artifacts/tool_calls.json", "/1/call_id", json!("call-9"), FindingCode::DecisionSequence),
        ("artifacts/submissions.json", "/0/payload/value/text", json!("fine"), FindingCode::EvidenceHash),
        ("artifacts/submissions.json", "/0/run_id", json!("run-2"), FindingCode::IdMismatch),
        ("artifacts/packets.json", "/0/payload/value/steps", json!([]), FindingCode::EvidenceHash),
        ("artifacts/packets.json", "/0/envelope/packet_id", json!("other"), FindingCode::UnknownId),
        ("artifacts/packets.json", "/0/decision_id", json!("decision-9"), FindingCode::UnknownId),
        ("artifacts/packets.json", "/0/envelope/run_id", json!("run-2"), FindingCode::IdMismatch),
        ("manifest.json", "/scenario_id", json!("other"), FindingCode::IdMismatch),
        ("manifest.json", "/anchor_policy", json!(7), FindingCode::ManifestInvalid),
    ] {
        let found = changed(path, set(pointer, value));
        assert!(found.contains(&code), "{path}{pointer}: {found:?}");
    }
}

/// A comparator of the table as packs name it: `InSet` is `in_set`.
fn in_packs(name: &str) -> String {
    name.char_indices().fold(String::new(), |mut word, (at, letter)| {
        if at > 0 && letter.is_ascii_uppercase() {
            word.push('_');
        }
        word.push(letter.to_ascii_lowercase());
        word
    })
}

/// Every row of the public project's own table of comparisons, with no difference on purpose.
#[test]
fn rules_0_compare_as_the_public_project_does() {
    let Some(folder) = decision_gate_vectors::collection("19-decision-gate-peer") else { return };
    let text = std::fs::read(folder.join("comparators.json")).unwrap();
    let rows: Value = serde_json::from_slice(&text).unwrap();
    let mut wrong = Vec::new();
    for row in rows["cases"].as_array().unwrap() {
        let evidence = &row["evidence"];
        let value = match evidence["kind"].as_str().unwrap() {
            "json" => Some(crate::evidence::EvidenceValue::Json(evidence["value"].clone())),
            "bytes" => Some(serde_json::from_value(evidence.clone()).unwrap()),
            _ => None,
        };
        let expected = Some(&row["expected"]).filter(|_| row["expected_present"] == true);
        let got = compare(&in_packs(row["comparator"].as_str().unwrap()), value.as_ref(), expected);
        if got.map(|it| it.to_string()).as_deref() != row["result"].as_str() {
            wrong.push(format!("{}: {got:?}, not {}", row["id"], row["result"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
