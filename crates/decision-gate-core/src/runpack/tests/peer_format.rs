//! The public project's own algorithm takes our packs, and the artifacts have its form.

use serde_json::{Value, json};

use super::fixture::{Forgery, Live, completed, file, release};
use super::peer_algorithm;
use crate::digest::Digest;
use crate::engine::TriggerKind;
use crate::json::canonical;
use crate::runpack::Profile;
use crate::scenario::Origin;

#[test]
fn the_published_algorithm_passes_our_packs_and_fails_changed_ones() {
    let mut timed_out = Live::start(&release(), Origin::Draft);
    timed_out.next(&[("no-failures", file(json!(0))), ("lint-clean", file(json!("clean")))]);
    timed_out.step(TriggerKind::Tick, 60_000, None, &[]);
    for live in [completed(), timed_out] {
        for profile in [Profile::Audit, Profile::Disclosed] {
            let pack = Forgery::of(&live.pack(profile));
            assert_eq!(peer_algorithm::verify(&pack.0, "manifest.json"), Vec::<String>::new());
            let mut changed = Forgery::of(&live.pack(profile));
            changed.edit("artifacts/decisions.json", |it| it[0]["seq"] = json!(2));
            assert_eq!(
                peer_algorithm::verify(&changed.0, "manifest.json"),
                ["hash mismatch for artifacts/decisions.json"]
            );
        }
    }
}

#[test]
fn artifacts_have_the_public_form() {
    let pack = Forgery::of(&completed().pack(Profile::Audit));
    let triggers = pack.read("artifacts/triggers.json");
    assert_eq!(
        triggers[0],
        json!({ "seq": 1, "event": {
            "trigger_id": "init", "tenant_id": 1, "namespace_id": 1, "run_id": "run-1", "kind": "external_event",
            "time": { "kind": "unix_millis", "value": 1_700_000_000_000_i64 }, "source_id": "system", "payload": null,
            "correlation_id": "ticket-9"
        } })
    );
    assert_eq!(triggers[2]["event"]["payload"], json!({ "kind": "json", "value": { "commit": "c0ffee" } }));
    let evals = pack.read("artifacts/gate_evals.json");
    let first = &evals[0];
    assert_eq!(first["evaluation"]["gate_id"], "tests");
    assert_eq!(first["evaluation"]["trace"][0], json!({ "condition_id": "no-failures", "status": "False" }));
    let keys: Vec<_> = first["evidence"][0]["result"].as_object().unwrap().keys().cloned().collect();
    let eight =
        ["content_type", "error", "evidence_anchor", "evidence_hash", "evidence_ref", "lane", "signature", "value"];
    assert_eq!(keys, eight);
    assert_eq!(first["evidence"][0]["result"]["value"], json!({ "kind": "json", "value": 3 }));
    assert_eq!(evals[1]["evidence"][0]["result"]["error"]["code"], "file_missing");
    let decisions = pack.read("artifacts/decisions.json");
    let kinds: Vec<_> =
        decisions.as_array().unwrap().iter().map(|it| it["outcome"]["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["start", "hold", "advance", "hold", "complete"]);
}

#[test]
fn packets_submissions_and_calls_have_the_public_form() {
    let pack = Forgery::of(&completed().pack(Profile::Audit));
    let packet = pack.read("artifacts/packets.json")[0].clone();
    assert_eq!(packet["decision_id"], "decision-3");
    let receipt = &packet["receipts"][0];
    assert_eq!((&receipt["dispatch_id"], &receipt["dispatcher"]), (&json!("mcp-checklist"), &json!("mcp")));
    assert_eq!(receipt["receipt_hash"], json!(Digest::of(&canonical::to_vec(&packet["envelope"]))));
    assert_eq!(packet["envelope"]["visibility"], json!({ "labels": ["team"], "policy_tags": [] }));
    let submission = pack.read("artifacts/submissions.json")[0].clone();
    let content = canonical::to_vec(&submission["payload"]["value"]);
    assert_eq!(submission["content_hash"], json!(Digest::of(&content)));
    let calls = pack.read("artifacts/tool_calls.json");
    let calls: Vec<_> =
        calls.as_array().unwrap().iter().map(|it| (it["call_id"].clone(), it["method"].clone())).collect();
    let methods =
        ["scenario.start", "scenario.next", "scenario.submit", "scenario.trigger", "scenario.next", "scenario.next"];
    let expected: Vec<_> = (1..).zip(methods).map(|(n, method)| (json!(format!("call-{n}")), json!(method))).collect();
    assert_eq!(calls, expected);
}

#[test]
fn a_gate_that_asks_for_more_has_its_own_copy_of_the_evidence() {
    let mut spec = release();
    spec["stages"][0]["gates"][1] = json!({
        "gate_id": "lint", "requirement": "no-failures", "trust": { "min_lane": "verified" }
    });
    let mut policy = super::fixture::policy();
    policy.trust_requirement = crate::trust::Lane::Asserted;
    policy.providers.values_mut().for_each(|it| it.max_lane = crate::trust::Lane::Asserted);
    let mut live = Live::start_under(&spec, Origin::Pinned, policy);
    live.next(&[("no-failures", file(json!(0)))]);
    let pack = Forgery::of(&live.pack(Profile::Audit));
    let evals = pack.read("artifacts/gate_evals.json");
    let status = |gate: usize| evals[gate]["evidence"][0]["status"].clone();
    assert_eq!((status(0), status(1)), (json!("True"), json!("Unknown")));
    assert_eq!(evals[0]["evidence"][0]["result"]["error"], Value::Null);
    assert_eq!(evals[1]["evidence"][0]["result"]["error"]["code"], "trust_lane");
    assert_eq!(pack.verify().findings, []);
}
