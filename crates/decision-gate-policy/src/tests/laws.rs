//! Laws: with every action set to Block less evidence never improves, and order does not matter; an expired waiver
//! never applies.

use decision_gate_core::condition::Truth;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{MINUTE, NOW, attest, bare, policy, released, subject, time};
use crate::chain::{evaluate, precheck, told, told_again};
use crate::context::ReleaseContext;
use crate::policy::ReleasePolicy;
use crate::result::Telling;

fn beacons(least: f64) -> Value {
    json!({
        "Enabled": true,
        "BelowThresholdAction": "Block",
        "MissingBeaconAction": "Block",
        "LowCountAction": "Block",
        "LookbackWindow": "10m",
        "MinVerificationRate": least,
    })
}

/// Every action blocks, and the strict options are on.
fn strict() -> ReleasePolicy {
    policy(&json!({
        "EvidenceCompleteness": {
            "Enabled": true,
            "MissingEvidenceAction": "Block",
            "RequiredKinds": ["execution-evidence", "beacon-attestation"],
            "MaxAge": "3h",
        },
        "ExecutionEvidence": { "Enabled": true, "MissingEvidenceAction": "Block" },
        "BeaconRate": beacons(0.5),
        "LatticeState": { "Enabled": true, "MissingStateAction": "Block", "NoStatusAction": "Block" },
        "UncertaintyTier": { "Enabled": true, "T1OtherStatusAction": "Block", "T2Action": "Block" },
        "Confidence": {
            "Enabled": true,
            "BelowThresholdAction": "Block",
            "Weights": { "vex_trust": 0, "reachability": 0 },
        },
    }))
}

/// Of its gates one is the same, one has another number, one another mode, and two are off.
fn other() -> ReleasePolicy {
    policy(&json!({
        "ExecutionEvidence": { "Enabled": true, "MissingEvidenceAction": "Block" },
        "BeaconRate": beacons(0.75),
        "UncertaintyTier": { "Enabled": true, "T1OtherStatusAction": "Block", "T2Action": "Block", "Mode": "Warn" },
        "LatticeState": { "Enabled": false },
    }))
}

fn execution() -> impl Strategy<Value = Value> {
    (0..6_u64, 0..3_u64, 0..200_i64)
        .prop_map(|(hot, paths, age)| json!({ "execution": { "hot": hot, "paths": paths, "age_minutes": age } }))
}

fn beacon() -> impl Strategy<Value = Value> {
    (0..8_i64, 1..6_i64, 1..60_u64, 1..40_u64, 0..40_u64).prop_map(|(to, length, first, span, count)| {
        let window = json!({ "from": to + length, "to": to, "first": first, "last": first + span - 1, "count": count.min(span) });
        json!({ "beacon": window })
    })
}

/// One of each at most: these say the worst that anybody said, so the one that says it can be left out.
fn single(kind: &'static str) -> impl Strategy<Value = Option<Value>> {
    let stamped = move |predicate: Value| {
        let mut predicate = predicate;
        predicate["timestamp"] = time(NOW - MINUTE).into();
        json!({ "type": kind, "predicate": predicate })
    };
    prop::option::of((0..=4_u32).prop_map(move |step| {
        let value = f64::from(step) / 4.0;
        let state = ["U", "SU", "CU", "CR", "X"][step as usize];
        stamped(match kind {
            crate::lattice_state::PREDICATE_TYPE => {
                json!({ "findings": [{ "vulnerability": "CVE-1", "state": state }] })
            }
            crate::uncertainty_tier::PREDICATE_TYPE => json!({ "entries": [{ "code": "U1", "score": value }] }),
            _ => json!({ "factors": [{ "name": "evidence", "value": value }, { "name": "provenance", "value": 1 }] }),
        })
    }))
}

fn release() -> impl Strategy<Value = ReleaseContext> {
    let evidence = (
        prop::collection::vec(execution(), 0..3),
        prop::collection::vec(beacon(), 0..5),
        single(crate::lattice_state::PREDICATE_TYPE),
        single(crate::uncertainty_tier::PREDICATE_TYPE),
        single(crate::confidence::PREDICATE_TYPE),
    );
    evidence.prop_map(|(executions, beacons, lattice, uncertainty, confidence)| {
        let all: Vec<_> =
            executions.into_iter().chain(beacons).chain(lattice).chain(uncertainty).chain(confidence).collect();
        released(&json!({ "status": "not_affected", "evidence": all }))
    })
}

#[test]
fn a_release_with_all_of_its_evidence_passes_the_strict_policy() {
    let stamped = |kind: &str, mut predicate: Value| {
        predicate["timestamp"] = time(NOW - MINUTE).into();
        json!({ "type": kind, "predicate": predicate })
    };
    let release = released(&json!({ "status": "not_affected", "evidence": [
        { "execution": { "hot": 3, "paths": 1 } },
        { "beacon": { "from": 10, "to": 0, "first": 1, "last": 20, "count": 19 } },
        stamped(crate::lattice_state::PREDICATE_TYPE, json!({ "findings": [{ "vulnerability": "CVE-1", "state": "CU" }] })),
        stamped(crate::uncertainty_tier::PREDICATE_TYPE, json!({ "entries": [{ "code": "U1", "score": 0 }] })),
        stamped(crate::confidence::PREDICATE_TYPE, json!({
            "factors": [{ "name": "evidence", "value": 1 }, { "name": "provenance", "value": 1 }],
        })),
    ] }));
    let decision = evaluate(&strict(), &release);
    assert_eq!(decision.truth, Truth::True, "{:?}", decision.decided_by);
}

/// How far a truth is from letting through.
fn rank(truth: Truth) -> bool {
    truth == Truth::True
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn less_evidence_never_improves_any_row(release in release(), drop in any::<prop::sample::Index>()) {
        let policy = strict();
        let whole = evaluate(&policy, &release);
        let mut fewer = release.clone();
        if !fewer.attestations.is_empty() {
            fewer.attestations.remove(drop.index(release.attestations.len()));
        }
        let less = evaluate(&policy, &fewer);
        prop_assert!(rank(less.truth) <= rank(whole.truth));
        for (less, whole) in less.rows.iter().zip(&whole.rows) {
            let holds = |it: &crate::result::GateResult| it.truth.is_none_or(rank);
            prop_assert!(holds(less) <= holds(whole), "{}: {} -> {}", whole.gate, whole.judged.message, less.judged.message);
        }
    }

    #[test]
    fn what_decides_is_the_same_however_much_is_told(release in release(), strict in any::<bool>()) {
        let policy = if strict { self::strict() } else { other() };
        let whole = evaluate(&policy, &release);
        prop_assert_eq!(told(&policy, &release, Telling::Bare), bare(&whole));
    }

    #[test]
    fn a_second_policy_says_the_same_after_another_as_by_itself(release in release(), turn in any::<bool>()) {
        let (first, second) = if turn { (strict(), other()) } else { (other(), strict()) };
        let known = evaluate(&first, &release);
        prop_assert_eq!(bare(&told_again(&second, &release, (&first, &known))), bare(&evaluate(&second, &release)));
    }

    #[test]
    fn order_of_evidence_does_not_matter(release in release(), turn in 0..8_usize) {
        let policy = strict();
        let mut other = release.clone();
        other.attestations.reverse();
        let count = other.attestations.len();
        if count > 0 {
            other.attestations.rotate_left(turn % count);
        }
        prop_assert_eq!(evaluate(&policy, &release), evaluate(&policy, &other));
    }

    #[test]
    fn an_expired_waiver_never_applies(ended in 0..1_000_000_i64, lasted in 1..1_000_000_i64) {
        let mut release = super::release("production");
        release.attestations.push(attest(&subject(), crate::waiver::PREDICATE_TYPE, json!({
            "gate": "execution-evidence",
            "environment": "production",
            "reason": "none",
            "approver": "nobody",
            "issued_at": time(NOW - ended - lasted),
            "expires_at": time(NOW - ended),
        })));
        let policy = policy(&json!({ "ExecutionEvidence": { "Enabled": true, "MissingEvidenceAction": "Block" } }));
        prop_assert_eq!(evaluate(&policy, &release).truth, Truth::Unknown);
        prop_assert_eq!(precheck(&policy, &release).would_be(), Truth::Unknown);
    }
}
