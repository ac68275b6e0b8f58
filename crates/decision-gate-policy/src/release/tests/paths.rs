//! Pass, fail and hold, what the event keeps of each, and that a replay comes to the same bytes.

use decision_gate_core::condition::Truth;
use decision_gate_core::digest::Digest;
use decision_gate_core::runpack::{Profile, Verdict};
use decision_gate_core::trust::{Lane, Proof};
use serde_json::json;

use super::{World, traced};
use crate::release::Asked;

#[test]
fn verified_evidence_passes_and_the_event_says_on_what() {
    let ran = World::blocking().with("trace.json", traced("builder")).run();
    assert!(ran.allowed());
    let entry = ran.entry();
    assert_eq!((entry.status, entry.lane), (Truth::True, Some(Lane::Verified)));
    let Some(Proof::Released(by)) = entry.proof else { panic!("{:?}", entry.proof) };
    assert_eq!(by.signers[0].key_id.as_str(), "builder");
    assert_eq!(by.envelopes, [Digest::of(&traced("builder"))]);
    let record = ran.record();
    assert_eq!((record.outcome, record.reason.as_str(), record.decided_by), (Truth::True, "gates_met", None));
    assert_eq!((record.policy.as_str(), record.tenant.as_deref()), ("default", Some("acme")));
    assert_eq!(record.gates.len(), 7);
    assert_eq!(ran.relaxations(), json!([]));
}

#[test]
fn missing_evidence_is_unknown_and_holds() {
    let ran = World::blocking().run();
    assert!(!ran.allowed());
    assert_eq!(ran.status(), (Truth::Unknown, Some("gate_unknown".into())));
    assert_eq!(ran.record().decided_by.as_deref(), Some("execution-evidence"));
    let row = &ran.view()["gates"][1];
    assert_eq!(row["message"], "No execution evidence found for this artifact in required environment");
}

#[test]
fn evidence_that_falls_short_is_false_and_holds() {
    let mut world = World::blocking().with("trace.json", traced("builder"));
    world.gates["ExecutionEvidence"]["MinHotSymbolCount"] = json!(50);
    let ran = world.run();
    assert!(!ran.allowed());
    assert_eq!(ran.status(), (Truth::False, None));
    assert_eq!(ran.record().outcome, Truth::False);
}

#[test]
fn missing_evidence_that_only_warns_passes_verified() {
    let mut world = World::blocking();
    world.gates["ExecutionEvidence"]["MissingEvidenceAction"] = json!("Warn");
    let ran = world.run();
    assert!(ran.allowed());
    assert_eq!(ran.entry().lane, Some(Lane::Verified));
    assert_eq!(ran.view()["warnings"], json!(["execution-evidence"]));
}

#[test]
fn a_chain_that_asked_nobody_holds() {
    let mut world = World::blocking();
    world.gates = json!({});
    assert_eq!(world.run().status(), (Truth::Unknown, Some("no_gate_asked".into())));
    world.gates = json!({ "Ungated": "Allow" });
    let ran = world.run();
    assert_eq!((ran.allowed(), ran.relaxations()), (true, json!(["release_ungated"])));
}

#[test]
fn a_gate_can_be_asked_alone() {
    let mut world = World::blocking().with("trace.json", traced("builder"));
    world.check = "execution-evidence";
    assert!(world.run().allowed());
    world.files.clear();
    assert_eq!(world.run().status(), (Truth::Unknown, Some("execution_evidence_missing".into())));
    world.check = "beacon-rate";
    assert_eq!(world.run().status(), (Truth::Unknown, Some("gate_skipped".into())));
}

#[test]
fn what_only_the_caller_says_is_a_near_miss() {
    let metadata = [
        ("has_execution_evidence", "true"),
        ("execution_evidence_hot_symbol_count", "9"),
        ("execution_evidence_unique_call_paths", "9"),
    ];
    let metadata = metadata.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let mut world = World::blocking();
    world.asked = Asked { metadata, requested_status: None };
    let ran = world.run();
    assert_eq!(ran.status().0, Truth::Unknown);
    assert_eq!(ran.view()["gates"][1]["near_misses"][0]["code"], "trust_lane");
    assert_eq!(ran.view()["if_verified"]["outcome"], "True");
    // A policy that takes it passes on what is asserted, which the trust rules see.
    world.gates["ExecutionEvidence"]["MinLane"] = json!("Asserted");
    let ran = world.run();
    assert_eq!((ran.allowed(), ran.status()), (false, (Truth::Unknown, Some("trust_lane".into()))));
    assert_eq!(ran.entry().lane, Some(Lane::Asserted));
}

#[test]
fn the_question_binds_environment_policy_and_parameters() {
    for (params, code) in [
        (json!({ "environment": "staging" }), "environment_mismatch"),
        (json!({ "policy": "lax" }), "release_policy_unknown"),
        (json!({ "polcy": "default" }), "params_invalid"),
        (json!({ "requested_status": "safe" }), "params_invalid"),
        (json!({ "metadata": { "a": [] } }), "params_invalid"),
    ] {
        let mut world = World::blocking();
        world.params = params;
        assert_eq!(world.run().status(), (Truth::Unknown, Some(code.into())), "{}", world.params);
    }
    let mut world = World::blocking().with("trace.json", traced("builder"));
    world.rules.environments = ["staging".parse().unwrap()].into();
    assert_eq!(world.run().status().1.as_deref(), Some("environment_unknown"));
}

#[test]
fn a_replay_comes_to_identical_bytes_in_every_profile() {
    for world in [World::blocking(), World::blocking().with("trace.json", traced("builder"))] {
        let ran = world.run();
        for profile in [Profile::Audit, Profile::Disclosed] {
            let report = ran.verify(profile, None);
            assert_eq!(report.verdict, Verdict::Consistent, "{profile:?}: {:?}", report.findings);
        }
    }
}

#[test]
fn the_audit_record_is_in_the_event_with_the_seeds_keys() {
    let mut world = World::blocking();
    world.gates = json!({ "VexTrust": { "Enabled": true, "MissingTrustBehavior": "Warn" } });
    let record = world.run().record();
    let keys: Vec<_> = record.audit.as_object().unwrap().keys().cloned().collect();
    let mut wanted = [
        "VexTrustScore",
        "VexTrustTier",
        "VexSignatureVerified",
        "VexIssuerId",
        "VexIssuerName",
        "VexTrustGateResult",
        "VexTrustGateReason",
    ];
    wanted.sort_unstable();
    assert_eq!(keys, wanted);
    assert_eq!(record.audit["VexTrustGateResult"], "Warn");
}

#[test]
fn with_vex_trust_off_all_other_rows_are_byte_equal() {
    let gates = |vex: bool| {
        json!({
            "ExecutionEvidence": { "Enabled": true },
            "BeaconRate": { "Enabled": true },
            "UncertaintyTier": { "Enabled": true },
            "VexTrust": { "Enabled": vex, "MissingTrustBehavior": "Block" },
        })
    };
    let rows = |vex: bool| {
        let mut world = World::blocking().with("trace.json", traced("builder"));
        world.gates = gates(vex);
        let view = world.run().view();
        let rows = view["gates"].as_array().unwrap().clone();
        rows.into_iter().filter(|row| row["gate"] != "vex-trust").map(|row| row.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(rows(true), rows(false));
    assert_eq!(rows(false).len(), 6);
}
