//! Forgeries in which every hash, digest, commitment and view was made anew: only the replay can see them.

use serde_json::{Value, json};

use super::fixture::{Forgery, Live, checked, codes, completed, file, policy, release, small, variable};
use crate::engine::RunState;
use crate::ledger::{Event, Salt, SideValue};
use crate::policy::Policy;
use crate::runpack::{Expect, FindingCode, Level, PackInput, Profile, Report, Status, Verdict, Verification, build};
use crate::scenario::{Origin, Scenario};

/// Changes events as a forger would: numbers, key, state digests and everything above them fit again.
fn forge(input: PackInput, change: impl FnOnce(&mut Vec<Value>)) -> Report {
    let report = try_forge(input, change);
    assert_eq!(report.status, Status::Fail);
    assert_eq!(report.verdict, Verdict::Failed);
    assert_eq!(report.facets.integrity.level, Level::All, "{:?}", report.findings);
    assert_eq!(report.facets.replay.level, Level::None);
    report
}

fn try_forge(mut input: PackInput, change: impl FnOnce(&mut Vec<Value>)) -> Report {
    let mut events: Vec<Value> = input.events.iter().map(|bytes| serde_json::from_slice(bytes).unwrap()).collect();
    change(&mut events);
    let mut state: Option<RunState> = None;
    input.events = events
        .into_iter()
        .map(|event| {
            let mut event = Event::from_value(event).unwrap();
            let next = RunState::apply(state.as_ref(), &event).unwrap();
            event.state_digest = Some(next.digest());
            state = Some(next);
            event.to_bytes()
        })
        .collect();
    input.frame.verification = Verification::LeaveOut;
    checked(&build(input).unwrap().to_files(), &Expect::default())
}

fn pointers(report: &Report) -> Vec<&str> {
    report.findings.iter().map(|it| it.pointer.as_deref().unwrap_or_default()).collect()
}

#[test]
fn d03_a_forged_decision_fails() {
    let report = forge(small().input(Profile::Audit), |events| {
        events[1]["body"]["decision"]["outcome"] =
            json!({ "kind": "advance", "from_stage": "build", "to_stage": "ship", "timeout": false });
    });
    assert_eq!(codes(&report), [FindingCode::ReplayDiffers]);
    assert!(pointers(&report)[0].starts_with("/1/body/decision/outcome"), "{:?}", report.findings);
    let report = forge(small().input(Profile::Audit), |events| {
        events[1]["body"]["decision"]["outcome"] = json!({ "kind": "complete", "stage_id": "build" });
    });
    assert_eq!(codes(&report), [FindingCode::ReplayDiffers]);
}

#[test]
fn a_forged_evidence_or_gate_status_fails() {
    let all_true = |event: &mut Value| {
        for entry in event["body"]["evidence"].as_array_mut().unwrap() {
            entry["status"] = json!("True");
            entry.as_object_mut().unwrap().remove("gap");
        }
        for gate in event["body"]["gates"].as_array_mut().unwrap() {
            gate["status"] = json!("True");
            gate["trace"].as_array_mut().unwrap().iter_mut().for_each(|it| it["status"] = json!("True"));
        }
        event["body"]["packets"] = json!([]);
        event["body"]["decision"]["outcome"] =
            json!({ "kind": "advance", "from_stage": "build", "to_stage": "ship", "timeout": false });
    };
    let report = forge(small().input(Profile::Audit), |events| all_true(&mut events[1]));
    assert!(codes(&report).contains(&FindingCode::ReplayDiffers));
    for (pointer, value) in [
        ("/body/gates/0/status", json!("True")),
        ("/body/gates/0/trace/0/status", json!("True")),
        ("/body/evidence/1/status", json!("True")),
        ("/body/evidence/1/lane", json!("asserted")),
        ("/body/evidence/0/gap", json!("value_absent")),
        ("/body/evidence/1/anchor/anchor_value", json!("{}")),
        ("/body/relaxations", json!(["time_source_caller"])),
        ("/body/decision/decision_id", json!("decision-9")),
        ("/body/decision/decided_at/value", json!(7)),
        ("/body/decision/correlation_id", json!("other")),
        ("/key", json!("other")),
    ] {
        let report = forge(small().input(Profile::Audit), |events| *events[1].pointer_mut(pointer).unwrap() = value);
        assert!(pointers(&report)[0].starts_with(&format!("/1{pointer}")), "{pointer}: {:?}", report.findings);
    }
}

#[test]
fn another_spec_policy_or_value_under_the_same_decisions_fails() {
    let mut spec = release();
    spec["conditions"][0]["expected"] = json!(3);
    let weak = Scenario::check(Scenario::read(&spec).unwrap()).unwrap();
    let mut input = small().input(Profile::Audit);
    input.frame.spec = weak.to_bytes();
    let report = forge(input, |events| events[0]["body"]["spec_hash"] = json!(weak.hash()));
    assert_eq!(codes(&report), [FindingCode::ReplayDiffers]);

    let mut other = policy();
    other.providers.values_mut().for_each(|it| it.max_lane = crate::trust::Lane::Asserted);
    let other = Policy::new(other);
    let mut input = small().input(Profile::Audit);
    input.policies = vec![other.to_bytes()];
    let digest = json!(other.digest());
    let report = forge(input, |events| events.iter_mut().for_each(|it| it["policy_digest"] = digest.clone()));
    assert_eq!(codes(&report), [FindingCode::ReplayDiffers]);

    let mut input = small().input(Profile::Audit);
    let index = input.values.iter().position(|(_, it)| it.slot.name() == "evidence:no-failures").unwrap();
    let canonical = String::from_utf8(input.values[index].1.canonical.clone()).unwrap().replace(":3}", ":0}");
    let forged = SideValue { canonical: canonical.into_bytes(), ..input.values[index].1.clone() };
    let commitment = json!(forged.commitment());
    input.values[index].1 = forged;
    let report = forge(input, |events| {
        let entries = events[1]["body"]["evidence"].as_array_mut().unwrap();
        entries.iter_mut().find(|it| it["condition_id"] == "no-failures").unwrap()["answer"] = commitment;
    });
    assert_eq!(codes(&report), [FindingCode::ReplayDiffers]);
}

#[test]
fn events_that_go_on_after_the_end_or_are_taken_out_fail() {
    let report = forge(completed().input(Profile::Audit), |events| {
        let mut again = events[5].clone();
        again["seq"] = json!(7);
        again["key"] = json!("trigger-9");
        again["body"]["trigger"]["trigger_id"] = json!("trigger-9");
        for entry in again["body"]["evidence"].as_array_mut().unwrap() {
            entry.as_object_mut().unwrap().remove("answer");
        }
        events.push(again);
    });
    assert!(codes(&report).contains(&FindingCode::ReplayRefused), "{:?}", report.findings);

    let mut input = completed().input(Profile::Audit);
    input.values.retain(|(seq, _)| *seq != 2);
    input.values.iter_mut().filter(|(seq, _)| *seq > 2).for_each(|(seq, _)| *seq -= 1);
    let report = forge(input, |events| {
        events.remove(1);
        events.iter_mut().skip(1).for_each(|it| it["seq"] = json!(it["seq"].as_u64().unwrap() - 1));
    });
    assert!(codes(&report).contains(&FindingCode::ReplayDiffers), "decision numbers have a gap: {:?}", report.findings);
}

#[test]
fn a_history_that_was_cut_short_has_another_root_hash() {
    let mut input = completed().input(Profile::Audit);
    input.values.retain(|(seq, _)| *seq < 4);
    let whole = build(completed().input(Profile::Audit)).unwrap();
    input.events.truncate(3);
    let cut = build(input).unwrap();
    assert_eq!(checked(&cut.to_files(), &Expect::default()).verdict, Verdict::Consistent);
    let known = Expect { root_hash: Some(whole.root_hash()), ..Expect::default() };
    assert_eq!(codes(&checked(&cut.to_files(), &known)), [FindingCode::ExpectedRootHash]);
}

#[test]
fn one_trigger_is_decided_once() {
    let mut live = Live::start(&release(), Origin::Pinned);
    live.next(&[("no-failures", file(json!(3)))]);
    live.next(&[("no-failures", file(json!(2)))]);
    let report = try_forge(live.input(Profile::Audit), |events| {
        events[2]["key"] = json!("trigger-1");
        events[2]["body"]["trigger"]["trigger_id"] = json!("trigger-1");
        events[2]["body"]["decision"]["trigger_id"] = json!("trigger-1");
    });
    assert_eq!(codes(&report), [FindingCode::TriggerDuplicate]);
}

#[test]
fn time_does_not_go_back() {
    let mut live = Live::start(&release(), Origin::Pinned);
    live.next(&[("no-failures", variable("x"))]);
    live.step(crate::engine::TriggerKind::Tick, -500, None, &[]);
    let report = checked(&live.pack(Profile::Audit).to_files(), &Expect::default());
    assert_eq!(codes(&report), [FindingCode::TimeRegressed]);
    let packed = Forgery::of(&live.pack(Profile::Audit)).read("artifacts/verifier_report.json");
    assert_eq!(packed["status"], "fail", "a pack says so itself");
}

/// Changes one file and recomputes the hashes of the manifest, as a forger without a builder would.
fn reseal(path: &str, change: impl FnOnce(&mut Value)) -> Vec<FindingCode> {
    let mut forgery = Forgery::of(&completed().pack(Profile::Audit));
    forgery.edit(path, change).seal();
    let report = forgery.verify();
    assert_eq!(report.status, Status::Fail, "{path}");
    codes(&report)
}

#[test]
fn a_view_that_does_not_follow_fails_by_itself() {
    let set = |pointer: &'static str, value: Value| move |it: &mut Value| *it.pointer_mut(pointer).unwrap() = value;
    for (path, pointer, value) in [
        ("artifacts/triggers.json", "/1/event/source_id", json!("somebody")),
        ("artifacts/gate_evals.json", "/0/evidence/0/result/value/value", json!(0)),
        ("artifacts/gate_evals.json", "/0/evaluation/status", json!("True")),
        ("artifacts/decisions.json", "/1/outcome", json!({ "kind": "complete", "stage_id": "build" })),
        ("artifacts/packets.json", "/0/payload/value/steps", json!([])),
        ("artifacts/submissions.json", "/0/payload/value/text", json!("no flaky tests")),
        ("artifacts/tool_calls.json", "/0/method", json!("scenario.status")),
    ] {
        assert_eq!(reseal(path, set(pointer, value)), [FindingCode::ViewDiffers], "{path}");
    }
    assert_eq!(reseal("proofs.json", set("/root/value", json!("0".repeat(64)))), [FindingCode::ProofsDiffer]);
    assert_eq!(reseal("proofs.json", set("/size", json!(9))), [FindingCode::ProofsDiffer]);
    let no_proof = reseal("proofs.json", set("/checkpoint", json!("x")));
    assert_eq!(no_proof, [FindingCode::FileInvalid, FindingCode::ProofsDiffer]);
    assert_eq!(reseal("proofs.json", set("/generated_at/value", json!(5))), [FindingCode::ManifestDiffers]);
    assert_eq!(reseal("artifacts/verifier_report.json", set("/checked_files", json!(3))), [FindingCode::ReportDiffers]);
    assert!(reseal("artifacts/scenario_spec.json", set("/spec_version", json!("2"))).contains(&FindingCode::SpecHash));
    assert!(reseal("trust.json", set("/policies/0/snapshot/v", json!(2))).contains(&FindingCode::FileInvalid));
    let lane = set("/policies/0/snapshot/trust_requirement", json!("asserted"));
    assert!(reseal("trust.json", lane).contains(&FindingCode::PolicyDigest));
}

#[test]
fn events_and_values_out_of_place_fail() {
    let array = |change: fn(&mut Vec<Value>)| move |it: &mut Value| change(it.as_array_mut().unwrap());
    for (change, code) in [
        (array(|it| it.swap(1, 2)), FindingCode::EventSequence),
        (array(|it| drop(it.remove(2))), FindingCode::EventSequence),
        (array(|it| it.push(it[5].clone())), FindingCode::EventSequence),
        (array(|it| drop(it.remove(0))), FindingCode::EventOrder),
        (array(|it| drop(it.pop())), FindingCode::ValueUnexpected),
        (array(|it| it[1]["run"] = json!("run-2")), FindingCode::EventScope),
        (array(|it| it[1]["v"] = json!(2)), FindingCode::EventInvalid),
        (array(|it| it[1]["note"] = json!(2)), FindingCode::EventInvalid),
        (array(|it| it[1]["state_digest"] = it[2]["state_digest"].clone()), FindingCode::StateDigest),
        (array(|it| it[1]["policy_digest"] = it[1]["state_digest"].clone()), FindingCode::PolicyMissing),
    ] {
        let found = reseal("events.json", change);
        assert!(found.contains(&code), "{code}: {found:?}");
    }
    let salt = json!(Salt::new([99; 32]));
    for (change, code) in [
        (array(|it| drop(it.remove(0))), FindingCode::ValueMissing),
        (array(|it| it.push(it[0].clone())), FindingCode::ValueUnexpected),
        (array(|it| it.swap(0, 1)), FindingCode::FileInvalid),
        (array(|it| it[0]["slot"] = json!("other")), FindingCode::FileInvalid),
    ] {
        let found = reseal("values.json", change);
        assert!(found.contains(&code), "{code}: {found:?}");
    }
    let found = reseal("values.json", move |it| it[0]["salt"] = salt);
    assert!(found.contains(&FindingCode::Commitment), "{found:?}");
}

#[test]
fn a_committed_value_that_is_no_answer_fails() {
    let mut input = small().input(Profile::Audit);
    let forged = SideValue { canonical: b"[1]".to_vec(), ..input.values[0].1.clone() };
    let (commitment, slot) = (json!(forged.commitment()), forged.slot.name());
    input.values[0].1 = forged;
    let report = try_forge(input, |events| {
        for entry in events[1]["body"]["evidence"].as_array_mut().unwrap() {
            if slot == format!("evidence:{}", entry["condition_id"].as_str().unwrap()) {
                entry["answer"] = commitment.clone();
            }
        }
    });
    assert_eq!(codes(&report), [FindingCode::FileInvalid, FindingCode::ReplayDiffers]);
    assert_eq!(report.findings[0].path, "values.json");
}
