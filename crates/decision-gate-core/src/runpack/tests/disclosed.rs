//! Packs that show only what the policy allows, and ledgers that were pruned.

use serde_json::{Value, json};

use super::fixture::{Forgery, Live, checked, codes, completed, fault, file, policy, release, variable};
use crate::ledger::Slot;
use crate::runpack::{FindingCode, Level, Pack, PackFault, Profile, Report, Status, Verdict, build};
use crate::scenario::Origin;
use crate::trust::HashProfile;

const SECRETS: [&str; 4] = ["c0ffee", "two flaky tests", "\"yes\"}", "\"salt\""];

fn text(pack: &Pack) -> String {
    pack.files()
        .filter(|(path, _)| *path != "artifacts/scenario_spec.json")
        .map(|(_, it)| String::from_utf8_lossy(it))
        .collect()
}

fn assert_partial(report: &Report) {
    assert_eq!(report.findings, []);
    assert_eq!(report.facets.integrity.level, Level::All);
    assert_eq!(report.facets.replay.level, Level::Partial);
}

#[test]
fn d22_a_disclosed_pack_shows_no_value_and_no_payload() {
    let live = completed();
    let pack = live.pack(Profile::Disclosed);
    let shown = text(&pack);
    for secret in SECRETS {
        assert!(!shown.contains(secret), "{secret}");
    }
    let audit = text(&live.pack(Profile::Audit));
    assert!(SECRETS.iter().all(|secret| audit.contains(secret)), "the audit profile has them");
    let report = checked(&pack.to_files(), &live.expect());
    assert_partial(&report);
    assert_eq!(report.facets.replay.reasons, ["unreplayable: 10 values redacted"]);
    assert_eq!(report.verdict, Verdict::Allowed);
    assert!(report.unproven.iter().any(|it| it.path == "values.json" && it.pointer.ends_with("/result")));
    let pack = Forgery::of(&pack);
    let evidence = &pack.read("artifacts/gate_evals.json")[0]["evidence"][0]["result"].clone();
    assert_eq!((&evidence["value"], &evidence["content_type"]), (&Value::Null, &Value::Null));
    assert!(evidence["evidence_hash"].is_object() && evidence["evidence_anchor"].is_object(), "hash and anchor stay");
    let payload = &pack.read("artifacts/submissions.json")[0]["payload"];
    assert_eq!(payload["content_ref"]["uri"], "urn:decision-gate:withheld");
}

#[test]
fn d22_without_plain_hashes_nothing_can_be_guessed() {
    for profile in [HashProfile::Salted, HashProfile::Withheld] {
        let mut strict = policy();
        strict.evidence.hash_profile = profile;
        let mut live = Live::start_under(&release(), Origin::Pinned, strict);
        live.next(&[("no-failures", file(json!(3))), ("lint-clean", file(json!("clean")))]);
        let pack = live.pack(Profile::Disclosed);
        assert_partial(&checked(&pack.to_files(), &live.expect()));
        let evals = Forgery::of(&pack).read("artifacts/gate_evals.json");
        assert_eq!(evals[0]["evidence"][0]["result"]["evidence_hash"], Value::Null);
    }
}

#[test]
fn what_the_policy_allows_is_shown_and_replayed() {
    let mut open = policy();
    open.evidence.allow_raw_values = true;
    open.providers.get_mut(&"json".parse().unwrap()).unwrap().allow_raw = true;
    let mut live = Live::start_under(&release(), Origin::Pinned, open);
    live.next(&[("no-failures", file(json!(0))), ("lint-clean", file(json!("clean")))]);
    let report = checked(&live.pack(Profile::Disclosed).to_files(), &live.expect());
    assert_eq!(report.findings, []);
    assert_eq!(report.facets.replay.level, Level::All, "`json` opted in");
    live.next(&[("approval", variable("yes"))]);
    let report = checked(&live.pack(Profile::Disclosed).to_files(), &live.expect());
    assert_partial(&report);
}

#[test]
fn pruned_values_leave_what_can_still_be_checked() {
    let live = completed();
    let mut input = live.input(Profile::Audit);
    input.values.retain(|(seq, value)| *seq != 4 && value.slot != Slot::Payload);
    let report = checked(&build(input).unwrap().to_files(), &live.expect());
    assert_partial(&report);
    assert_eq!(report.facets.replay.reasons, ["unreplayable: 4 values pruned"]);
    assert_eq!(report.verdict, Verdict::Allowed);
}

/// Rewrites an event of a disclosed pack through its maker's own builder.
fn forged(change: impl FnOnce(&mut Value)) -> Report {
    let mut live = Live::start(&release(), Origin::Pinned);
    live.next(&[("no-failures", file(json!(3))), ("lint-clean", fault())]);
    let mut input = live.input(Profile::Disclosed);
    let mut event: Value = serde_json::from_slice(&input.events[1]).unwrap();
    change(&mut event["body"]);
    let mut event = crate::ledger::Event::from_value(event).unwrap();
    let start = crate::ledger::Event::read(&input.events[0]).unwrap();
    let state = crate::engine::RunState::apply(None, &start).unwrap();
    event.state_digest = Some(crate::engine::RunState::apply(Some(&state), &event).unwrap().digest());
    input.events[1] = event.to_bytes();
    // The values are gone, so that their statuses can't be computed anew.
    input.values.clear();
    let report = checked(&build(input).unwrap().to_files(), &live.expect());
    assert_eq!(report.status, Status::Fail);
    report
}

#[test]
fn a_withheld_answer_does_not_lend_itself_to_a_contradiction() {
    let entry = |body: &mut Value, id: &str, change: &dyn Fn(&mut Value)| {
        let entries = body["evidence"].as_array_mut().unwrap();
        change(entries.iter_mut().find(|it| it["condition_id"] == id).unwrap());
    };
    let differs = |change: &dyn Fn(&mut Value)| codes(&forged(change));
    let all = [FindingCode::ReplayDiffers];
    let outcome = json!({ "kind": "complete", "stage_id": "build" });
    assert_eq!(differs(&|body| body["decision"]["outcome"] = outcome.clone()), all);
    assert_eq!(differs(&|body| body["gates"][0]["status"] = json!("True")), all);
    assert_eq!(
        differs(&|body| entry(body, "no-failures", &|it| it["status"] = json!("True"))),
        all,
        "the gate says False"
    );
    assert_eq!(differs(&|body| entry(body, "no-failures", &|it| it["proof"] = json!("derived"))), all);
    assert_eq!(differs(&|body| entry(body, "not-early", &|it| it["status"] = json!("False"))), all, "derived anew");
    let anchorless = |it: &mut Value| drop(it.as_object_mut().unwrap().remove("anchor"));
    assert_eq!(differs(&|body| entry(body, "no-failures", &anchorless)), all, "the policy asks for an anchor");
    let laneless = |it: &mut Value| {
        it.as_object_mut().unwrap().remove("lane");
        it.as_object_mut().unwrap().remove("proof");
    };
    assert_eq!(differs(&|body| entry(body, "no-failures", &laneless)), all, "a status needs a lane");
    let gapless = |it: &mut Value| drop(it.as_object_mut().unwrap().remove("gap"));
    assert_eq!(differs(&|body| entry(body, "lint-clean", &gapless)), all, "not knowing has a reason");
}

#[test]
fn what_is_shown_of_withheld_evidence_must_fit() {
    for (pointer, value) in [
        ("/0/result/lane", json!("asserted")),
        ("/0/result/error", json!({ "code": "other", "message": "", "details": null })),
        ("/1/result/value", json!({ "kind": "json", "value": 0 })),
        ("/1/result/content_type", json!("text/plain")),
        ("/1/result/evidence_anchor", Value::Null),
    ] {
        let mut live = Live::start(&release(), Origin::Pinned);
        live.next(&[("lint-clean", fault()), ("no-failures", file(json!(3)))]);
        let mut forgery = Forgery::of(&live.pack(Profile::Disclosed));
        forgery.edit("values.json", |it| *it.pointer_mut(pointer).unwrap() = value).seal();
        let found = codes(&forgery.verify());
        assert!(found.contains(&FindingCode::WithheldInvalid), "{pointer}: {found:?}");
    }
    let mut forgery = Forgery::of(&completed().pack(Profile::Audit));
    forgery
        .edit("values.json", |it| it[0] = json!({ "seq": 2, "slot": "evidence:lint-clean", "withheld": "redacted" }));
    let found = codes(&forgery.seal().verify());
    assert!(found.contains(&FindingCode::FileInvalid), "the audit profile redacts nothing: {found:?}");
}

#[test]
fn a_ledger_that_does_not_hold_together_gives_no_pack() {
    let fault_of = |change: &dyn Fn(&mut crate::runpack::PackInput)| {
        let mut input = completed().input(Profile::Audit);
        change(&mut input);
        build(input).map(|_| ()).unwrap_err()
    };
    assert!(matches!(fault_of(&|it| it.events.clear()), PackFault::NotStarted));
    assert!(matches!(fault_of(&|it| drop(it.events.remove(0))), PackFault::Sequence { position: 1, got: 2 }));
    assert!(matches!(fault_of(&|it| it.events[1].push(b' ')), PackFault::Event { position: 2, .. }));
    assert!(matches!(fault_of(&|it| it.policies.clear()), PackFault::PolicyMissing { seq: 1, .. }));
    assert!(matches!(fault_of(&|it| it.values[0].1.canonical = b"null".to_vec()), PackFault::Value { seq: 2, .. }));
    assert!(matches!(fault_of(&|it| it.values[0].0 = 9), PackFault::Value { seq: 9, .. }));
    assert!(matches!(fault_of(&|it| it.frame.spec = b"{}".to_vec()), PackFault::Spec(_)));
    let mut other = release();
    other["spec_version"] = json!("2");
    let other = crate::scenario::Scenario::check(crate::scenario::Scenario::read(&other).unwrap()).unwrap();
    assert!(matches!(fault_of(&|it| it.frame.spec = other.to_bytes()), PackFault::OtherSpec { .. }));
}
