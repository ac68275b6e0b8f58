//! Whose signature counts: waivers on every path, refused evidence, folders that are not trusted.

use decision_gate_core::condition::Truth;
use decision_gate_core::keys::{Keyring, TrustedKey};
use decision_gate_core::runpack::{Level, Profile, Verdict};
use decision_gate_core::trust::Lane;
use serde_json::{Value, json};

use super::{World, id, key, traced, waiver};
use crate::tests::NOW;

#[test]
fn evidence_whose_check_fails_is_named_and_never_counts() {
    let ran = World::blocking().with("trace.json", traced("stranger")).run();
    assert_eq!(ran.status().0, Truth::Unknown);
    assert_eq!(ran.view()["refused"][0]["code"], "key_unknown");
    let mut broken: Value = serde_json::from_slice(&traced("builder")).unwrap();
    let other: Value = serde_json::from_slice(&traced("stranger")).unwrap();
    broken["signatures"][0]["sig"] = other["signatures"][0]["sig"].clone();
    let ran = World::blocking().with("trace.json", broken.to_string().into_bytes()).run();
    assert_eq!(ran.status().0, Truth::Unknown);
    assert_eq!(ran.view()["refused"][0]["code"], "signature_invalid");
}

#[test]
fn a_waiver_counts_only_by_a_key_that_may_sign_waivers() {
    let ran = World::blocking().with("waiver.json", waiver("board", -1, 3)).run();
    assert_eq!((ran.allowed(), ran.relaxations()), (true, json!(["release_waived"])));
    let row = &ran.record().gates[1];
    assert_eq!((row.outcome.as_str(), row.waived.len()), ("Block", 1));
    let ran = World::blocking().with("waiver.json", waiver("builder", -1, 3)).run();
    assert!(!ran.allowed());
    assert_eq!(ran.view()["gates"][1]["refused_waivers"][0]["code"], "trust_lane");
}

#[test]
fn a_waiver_that_ended_never_applies_live_or_in_a_replay() {
    // The replay judges at the time of the decision: what held then, holds, and what had ended, had ended.
    for (at, allowed) in [(NOW, true), (NOW + 3 * 86_400_000 - 1, true), (NOW + 3 * 86_400_000, false)] {
        let mut world = World::blocking().with("waiver.json", waiver("board", -1, 3));
        world.at = at;
        let ran = world.run();
        assert_eq!(ran.allowed(), allowed, "{at}");
        let report = ran.verify(Profile::Audit, None);
        assert_eq!(report.verdict, Verdict::Consistent, "{:?}", report.findings);
        let completed = report.run.unwrap().status == decision_gate_core::engine::RunStatus::Completed;
        assert_eq!(completed, allowed, "{at}");
    }
}

#[test]
fn a_waiver_does_not_cover_evidence_that_failed_its_check() {
    let world = World::blocking().with("waiver.json", waiver("board", -1, 3)).with("trace.json", traced("stranger"));
    assert!(!world.run().allowed());
    let mut covering = world;
    covering.gates["Waivers"] = json!({ "FailedEvidence": "Cover" });
    let ran = covering.run();
    assert_eq!((ran.allowed(), ran.relaxations()), (true, json!(["release_waived", "waivers_cover_failed_evidence"])));
}

#[test]
fn a_folder_of_less_trust_lowers_what_is_in_it() {
    let mut world = World::blocking().with("trace.json", traced("builder"));
    world.root_lane = Some(Lane::Asserted);
    let ran = world.run();
    assert_eq!(ran.status().0, Truth::Unknown);
    assert_eq!(ran.view()["gates"][1]["near_misses"][0]["code"], "trust_lane");
}

#[test]
fn rules_on_signers_hold_for_their_type() {
    let mut world = World::blocking().with("trace.json", traced("builder"));
    let kind = decision_gate_attest::execution_evidence::PREDICATE_TYPE;
    let rule = |keys: &[&str], threshold| json!([{ "predicate_types": [kind], "keys": keys, "threshold": threshold }]);
    for (keys, threshold, allowed) in
        [(&["builder"][..], 1, true), (&["recorder"], 1, false), (&["builder", "recorder"], 2, false)]
    {
        world.rules.signers = Some(serde_json::from_value(rule(keys, threshold)).unwrap());
        assert_eq!(world.run().allowed(), allowed, "{keys:?} {threshold}");
    }
}

#[test]
fn a_verifier_checks_the_keys_of_a_release_against_its_own() {
    let ran = World::blocking().with("trace.json", traced("builder")).run();
    let own = |name: &str| Keyring::new([TrustedKey::new(id("mine"), key(name).public())]).unwrap();
    let facet = |keys: &Keyring| ran.verify(Profile::Audit, Some(keys)).facets.signatures;
    assert_eq!(facet(&own("builder")).level, Level::Partial);
    let other = facet(&own("stranger"));
    assert!(other.reasons.iter().any(|it| it.contains("`builder`")), "{other:?}");
}
