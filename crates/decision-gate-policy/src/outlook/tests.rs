//! A turn is what the chain itself says at that time, and not a millisecond before.

use decision_gate_attest::{beacon as beacons, execution_evidence as traces};
use decision_gate_core::condition::Truth;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Turn, turns};
use crate::chain::evaluate;
use crate::context::ReleaseContext;
use crate::policy::ReleasePolicy;
use crate::tests::{MINUTE, NOW, attest, beacon, execution, policy, release, row, subject};

const HOUR: i64 = 60 * MINUTE;

fn ahead(policy: &ReleasePolicy, release: &ReleaseContext) -> Vec<Turn> {
    turns(policy, release, &evaluate(policy, release).rows)
}

fn traced(age_minutes: i64) -> crate::attested::Attested {
    attest(&subject(), traces::PREDICATE_TYPE, execution(&json!({ "hot": 5, "paths": 3, "age_minutes": age_minutes })))
}

fn windowed(from: i64, to: i64, count: u64) -> crate::attested::Attested {
    let short = json!({ "from": from, "to": to, "first": 1, "last": 100, "count": count });
    attest(&subject(), beacons::PREDICATE_TYPE, beacon(&short))
}

fn gates(execution: &Value, beacons: &Value) -> ReleasePolicy {
    policy(&json!({ "ExecutionEvidence": execution, "BeaconRate": beacons }))
}

fn blocking(max_age: &str) -> Value {
    json!({ "Enabled": true, "MissingEvidenceAction": "Block", "MaxAge": max_age })
}

/// Whether the gate lets through at a time.
fn lets_through(policy: &ReleasePolicy, release: &ReleaseContext, gate: &str, at: i64) -> bool {
    row(&evaluate(policy, &ReleaseContext { at, ..release.clone() }), gate).truth == Some(Truth::True)
}

#[test]
fn evidence_that_becomes_too_old_is_told_of_at_its_very_time() {
    let policy = gates(&blocking("2h"), &json!({ "Enabled": false }));
    let mut release = release("production");
    // The newest counts longest; what is too old already turns nothing.
    release.attestations = vec![traced(500), traced(90), traced(30)];
    let turns = ahead(&policy, &release);
    assert_eq!(turns.len(), 1, "{turns:?}");
    let turn = &turns[0];
    assert_eq!((turn.at, turn.gate, turn.to), (NOW - 30 * MINUTE + 2 * HOUR + 1, "execution-evidence", Truth::Unknown));
    assert!(turn.message.contains("No execution evidence found"), "{turn:?}");
}

#[test]
fn a_kind_that_is_asked_for_has_an_age_of_its_own() {
    let complete = json!({
        "Enabled": true, "MissingEvidenceAction": "Block", "MaxAge": "30d",
        "RequiredKinds": ["execution-evidence", "beacon-attestation"], "MaxAgeByKind": { "beacon-attestation": "3h" },
    });
    let policy = policy(&json!({ "EvidenceCompleteness": complete }));
    let mut release = release("production");
    release.attestations = vec![traced(60), windowed(90, 30, 99)];
    let turns = ahead(&policy, &release);
    let told: Vec<_> = turns.iter().filter(|it| it.gate == "evidence-completeness").collect();
    assert_eq!(told.len(), 1, "{turns:?}");
    assert_eq!((told[0].at, told[0].to), (NOW - 30 * MINUTE + 3 * HOUR + 1, Truth::Unknown));
    assert!(told[0].message.ends_with("beacon-attestation"), "{told:?}");
}

#[test]
fn a_gate_that_would_only_warn_or_has_no_age_turns_nothing() {
    let mut release = release("production");
    release.attestations = vec![traced(30)];
    let mut warning = blocking("2h");
    warning["MissingEvidenceAction"] = json!("Warn");
    let mut shadow = blocking("2h");
    shadow["Mode"] = json!("Shadow");
    let ageless = json!({ "Enabled": true, "MissingEvidenceAction": "Block" });
    for execution in [warning, shadow, ageless, json!({ "Enabled": false })] {
        assert_eq!(ahead(&gates(&execution, &json!({ "Enabled": false })), &release), [], "{execution}");
    }
}

#[test]
fn evidence_of_a_time_to_come_begins_to_count() {
    let policy = gates(&blocking("2h"), &json!({ "Enabled": false }));
    let mut release = release("production");
    release.attestations = vec![traced(-60)];
    let turns = ahead(&policy, &release);
    assert_eq!((turns[0].at, turns[0].to), (NOW + HOUR - 5 * MINUTE, Truth::True), "{turns:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_turn_is_what_the_chain_says_then_and_not_before(
        ages in prop::collection::vec(-200_i64..600, 0..4),
        windows in prop::collection::vec((1_i64..400, 1_i64..200, 50_u64..=100), 0..3),
        lookback in 1_u32..8,
    ) {
        let beacons = json!({
            "Enabled": true, "MissingBeaconAction": "Block", "BelowThresholdAction": "Block", "LowCountAction": "Block",
            "LookbackWindow": format!("{lookback}h"), "MinVerificationRate": 0.4,
        });
        let policy = gates(&blocking("5h"), &beacons);
        let mut release = release("production");
        release.attestations.extend(ages.iter().map(|age| traced(*age)));
        release.attestations.extend(windows.iter().map(|(to, length, count)| windowed(to + length, *to, *count)));
        let turns = ahead(&policy, &release);
        for turn in &turns {
            let now = lets_through(&policy, &release, turn.gate, NOW);
            prop_assert!(turn.at > NOW);
            prop_assert_eq!(lets_through(&policy, &release, turn.gate, turn.at - 1), now, "{:?}", turn);
            prop_assert_ne!(lets_through(&policy, &release, turn.gate, turn.at), now, "{:?}", turn);
        }
        for gate in ["execution-evidence", "beacon-rate"] {
            let last = lets_through(&policy, &release, gate, NOW + 100 * HOUR);
            let told = turns.iter().any(|it| it.gate == gate);
            prop_assert!(told || last == lets_through(&policy, &release, gate, NOW), "{gate}: {turns:?}");
        }
    }
}
