//! What was recorded verifies; what it is called depends on what was asked.

use serde_json::{Value, json};

use super::fixture::{Forgery, Live, absent, checked, codes, completed, fault, file, policy, release, variable};
use crate::engine::{DecisionOutcome, RunStatus, TriggerKind};
use crate::policy::Relaxation;
use crate::runpack::{Expect, ExpectedScenario, FindingCode, Level, PackFormat, Profile, Status, Verdict};
use crate::scenario::Origin;

fn assert_sound(live: &Live, verdict: Verdict) {
    let pack = live.pack(Profile::Audit);
    let report = checked(&pack.to_files(), &live.expect());
    assert_eq!(report.findings, []);
    assert_eq!((report.status, report.verdict), (Status::Pass, verdict));
    assert_eq!(report.facets.integrity.level, Level::All);
    assert_eq!(report.facets.replay.level, Level::All);
    assert_eq!(report.facets.signatures.level, Level::None);
    assert_eq!(report.root_hash, Some(pack.root_hash()));
    assert_eq!(report.checked_files, 12);
}

#[test]
fn a_completed_run_is_allowed_for_who_knows_its_scenario_and_consistent_for_others() {
    let live = completed();
    assert_eq!(live.state().status, RunStatus::Completed);
    assert_sound(&live, Verdict::Allowed);
    let files = live.pack(Profile::Audit).to_files();
    let report = checked(&files, &Expect::default());
    assert_eq!((report.status, report.verdict), (Status::Pass, Verdict::Consistent));
    let by_name = Expect { scenario: Some("release".parse().unwrap()), ..Expect::default() };
    assert_eq!(checked(&files, &by_name).verdict, Verdict::Consistent);
    let run = report.run.unwrap();
    assert_eq!((run.run_id.as_str(), run.stage_id.as_str(), run.events), ("run-1", "ship", 6));
    assert_eq!(run.origin, Some(Origin::Pinned));
    assert_eq!(report.unproven.len(), 1, "{:?}", report.unproven);
    assert_eq!(report.unproven[0].pointer, "/generated_at");
    assert_eq!(report.format, PackFormat::DecisionGate);
}

#[test]
fn every_end_of_a_run_verifies_and_only_a_clean_one_is_allowed() {
    let start = || Live::start(&release(), Origin::Pinned);
    assert_sound(&start(), Verdict::NotAllowed);

    let mut held = start();
    let outcome = held.next(&[("no-failures", fault())]);
    assert!(matches!(outcome, DecisionOutcome::Hold { .. }));
    assert_sound(&held, Verdict::NotAllowed);

    let mut degraded = start();
    degraded.next(&[("no-failures", file(json!(0))), ("lint-clean", file(json!("clean")))]);
    let outcome = degraded.step(TriggerKind::Tick, 60_000, None, &[]);
    assert!(matches!(outcome, DecisionOutcome::Complete { .. }));
    assert!(degraded.state().degraded.is_some());
    assert_sound(&degraded, Verdict::NotAllowed);

    let mut spec = release();
    spec["stages"][1]["on_timeout"] = json!("fail");
    let mut failed = Live::start(&spec, Origin::Pinned);
    failed.next(&[("no-failures", file(json!(0))), ("lint-clean", file(json!("clean")))]);
    let outcome = failed.step(TriggerKind::Tick, 60_000, None, &[]);
    assert!(matches!(outcome, DecisionOutcome::Fail { .. }));
    assert_sound(&failed, Verdict::NotAllowed);

    let mut denying = policy();
    denying.packets = serde_json::from_value(json!({ "engine": "deny_all" })).unwrap();
    let mut denied = Live::start_under(&release(), Origin::Pinned, denying);
    let outcome = denied.next(&[("no-failures", file(json!(0))), ("lint-clean", file(json!("clean")))]);
    assert!(matches!(outcome, DecisionOutcome::Fail { .. }));
    assert_sound(&denied, Verdict::NotAllowed);
}

#[test]
fn branches_ungated_stages_and_first_packets_verify() {
    let mut spec = release();
    spec["stages"][0]["entry_packets"] = spec["stages"][1]["entry_packets"].take();
    spec["stages"][1]["entry_packets"] = json!([]);
    spec["stages"][0]["advance_to"] = json!({
        "kind": "branch", "default": null,
        "branches": [{ "gate_id": "lint", "outcome": "unknown", "next_stage_id": "open" }]
    });
    spec["stages"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "stage_id": "open", "ungated": true, "advance_to": "terminal" }));
    let mut live = Live::start(&spec, Origin::Pinned);
    let outcome = live.next(&[("no-failures", file(json!(0))), ("lint-clean", fault())]);
    assert!(matches!(outcome, DecisionOutcome::Advance { .. }));
    live.next(&[]);
    assert_sound(&live, Verdict::NotAllowed);
    let report = checked(&live.pack(Profile::Audit).to_files(), &live.expect());
    assert_eq!(report.run.unwrap().relaxations, [Relaxation::StageUngated]);
}

#[test]
fn a_run_outlives_its_policy_and_each_step_replays_under_its_own() {
    let mut live = Live::start(&release(), Origin::Pinned);
    live.next(&[("no-failures", file(json!(0))), ("lint-clean", variable("clean"))]);
    let mut looser = policy();
    looser.anchors.providers.clear();
    live.under(looser);
    let outcome = live.next(&[("no-failures", file(json!(0))), ("lint-clean", variable("clean"))]);
    assert!(matches!(outcome, DecisionOutcome::Advance { .. }));
    live.next(&[("approval", variable("yes")), ("override", absent())]);
    assert_sound(&live, Verdict::Allowed);
    let pack = live.pack(Profile::Audit);
    let report = checked(&pack.to_files(), &Expect::default());
    assert_eq!(report.run.unwrap().policies.len(), 2);
    let manifest = Forgery::of(&pack).read("manifest.json");
    assert_eq!(manifest.get("anchor_policy"), None, "an anchor that was not asked for all the time");
}

#[test]
fn d27_a_pack_carries_anchor_policy_and_security_however_it_was_made() {
    let manifest = Forgery::of(&completed().pack(Profile::Audit)).read("manifest.json");
    let required = json!(["path", "root_id"]);
    assert_eq!(manifest.pointer("/anchor_policy/providers/0/requirement/required_fields"), Some(&required));
    assert_eq!(manifest["security"], json!({ "dev_permissive": false, "namespace_authority": "dg_registry" }));
    assert_eq!(manifest["verifier_mode"], "offline_strict");
    assert_eq!(manifest["decision_gate"]["peer_verifiable"], true);
}

#[test]
fn d01_a_run_of_another_scenario_version_is_not_the_expected_one() {
    let mut weak = release();
    weak["conditions"][0]["expected"] = json!(3);
    let mut live = Live::start(&weak, Origin::Draft);
    live.next(&[("no-failures", file(json!(3))), ("lint-clean", file(json!("clean")))]);
    live.next(&[("approval", variable("yes"))]);
    assert_sound(&live, Verdict::Allowed);
    let report = checked(&live.pack(Profile::Audit).to_files(), &completed().expect());
    assert_eq!(report.verdict, Verdict::Failed);
    assert_eq!(codes(&report), [FindingCode::ExpectedScenario]);
    let pinned = Expect { origin: Some(Origin::Pinned), ..live.expect() };
    let report = checked(&live.pack(Profile::Audit).to_files(), &pinned);
    assert_eq!(codes(&report), [FindingCode::ExpectedPinned]);
}

#[test]
fn what_is_expected_must_be_there() {
    let live = completed();
    let files = live.pack(Profile::Audit).to_files();
    let subject = |hex: &str| serde_json::from_value(json!([{ "digest": { "sha256": hex.repeat(32) } }])).unwrap();
    let policy = crate::policy::Policy::new(policy()).digest();
    let all = |expect: Expect| codes(&checked(&files, &expect));
    let right = Expect {
        run: Some("run-1".into()),
        subject: Some(subject("ab")),
        environment: Some("production".parse().unwrap()),
        policy: Some(policy),
        origin: Some(Origin::Pinned),
        root_hash: Some(live.pack(Profile::Audit).root_hash()),
        ..live.expect()
    };
    assert_eq!(all(right), []);
    let none = Expect::default;
    let other = live.state().spec_hash;
    for (expect, code) in [
        (Expect { run: Some("run-2".into()), ..none() }, FindingCode::ExpectedRun),
        (Expect { subject: Some(subject("cd")), ..none() }, FindingCode::ExpectedSubject),
        (Expect { environment: Some("staging".parse().unwrap()), ..none() }, FindingCode::ExpectedEnvironment),
        (Expect { policy: Some(other), ..none() }, FindingCode::ExpectedPolicy),
        (Expect { root_hash: Some(other), ..none() }, FindingCode::ExpectedRootHash),
        (Expect { scenario: Some("another".parse().unwrap()), ..none() }, FindingCode::ExpectedScenario),
        (Expect { scenario: Some(version("release", policy)), ..none() }, FindingCode::ExpectedScenario),
    ] {
        assert_eq!(all(expect), [code]);
    }
}

fn version(id: &str, hash: crate::digest::Digest) -> ExpectedScenario {
    format!("{id}@{hash}").parse().unwrap()
}

#[test]
fn an_expected_scenario_is_written_one_way() {
    for text in ["", "@", "a@", "a@12", &format!("a@{}", "A".repeat(64))] {
        assert!(text.parse::<ExpectedScenario>().is_err(), "{text}");
    }
    assert_eq!("a".parse::<ExpectedScenario>().unwrap().hash, None);
}

#[test]
fn the_same_run_gives_the_same_pack() {
    assert_eq!(completed().pack(Profile::Audit), completed().pack(Profile::Audit));
}

#[test]
fn long_logs_are_cut_and_verify() {
    let mut live = Live::start(&release(), Origin::Pinned);
    for index in 0..5 {
        live.submit(&format!("log-{index}"), json!({ "text": "x".repeat(2_000_000) }));
    }
    let pack = live.pack(Profile::Audit);
    let paths: Vec<_> = pack.files().map(|(path, _)| path.to_owned()).collect();
    assert!(paths.contains(&"artifacts/submissions.2.json".to_owned()), "{paths:?}");
    assert!(paths.contains(&"values.2.json".to_owned()), "{paths:?}");
    let report = checked(&pack.to_files(), &live.expect());
    assert_eq!(report.findings, []);
    let manifest: Value = serde_json::from_slice(pack.manifest()).unwrap();
    assert_eq!(manifest["decision_gate"]["peer_verifiable"], false);
}
