//! Laws of the whole path, from files on disk to the decision in the event.

use decision_gate_core::runpack::{Profile, Verdict};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{World, signed, waiver};
use crate::tests::{beacon, execution};

/// Everything blocks, and what can be left out is asked for.
pub(crate) fn strict() -> World {
    let mut world = World::blocking();
    world.gates = json!({
        "EvidenceCompleteness": {
            "Enabled": true, "MissingEvidenceAction": "Block", "MaxAge": "3h",
            "RequiredKinds": ["execution-evidence", "beacon-attestation"],
        },
        "ExecutionEvidence": { "Enabled": true, "MissingEvidenceAction": "Block" },
        "BeaconRate": {
            "Enabled": true, "BelowThresholdAction": "Block", "MissingBeaconAction": "Block",
            "LowCountAction": "Block", "LookbackWindow": "10m", "MinVerificationRate": 0.5,
        },
    });
    world
}

/// A signed file, and whether somebody trusted signed it.
pub(crate) fn file() -> impl Strategy<Value = Vec<u8>> {
    signed_files().prop_flat_map(|(kind, predicate)| {
        let signer = prop::sample::select(vec!["builder", "builder", "builder", "stranger"]);
        signer.prop_map(move |signer| signed(signer, kind, &predicate))
    })
}

/// What a file may say, by its predicate type.
pub(crate) fn signed_files() -> impl Strategy<Value = (&'static str, Value)> {
    let trace = (0..6_u64, 0..3_u64).prop_map(|(hot, paths)| {
        (decision_gate_attest::execution_evidence::PREDICATE_TYPE, execution(&json!({ "hot": hot, "paths": paths })))
    });
    let window = (0..8_i64, 1..11_i64, 1..60_u64, 1..40_u64, 0..40_u64).prop_map(|(to, length, first, span, count)| {
        let short: Value =
            json!({ "from": to + length, "to": to, "first": first, "last": first + span - 1, "count": count.min(span) });
        (decision_gate_attest::beacon::PREDICATE_TYPE, beacon(&short))
    });
    prop_oneof![trace, window]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fewer_files_never_turn_a_hold_into_allowed(
        files in prop::collection::vec(file(), 0..6),
        drop in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut world = strict();
        world.files = files.into_iter().enumerate().map(|(at, it)| (format!("{at}.json"), it)).collect();
        let whole = world.run().allowed();
        if world.files.is_empty() {
            return Ok(());
        }
        let mut broken = world.clone();
        let (_, bytes) = &mut broken.files[drop.index(world.files.len())];
        let at = cut.index(bytes.len());
        bytes[at] ^= 1;
        prop_assert!(broken.run().allowed() <= whole);
        world.files.remove(drop.index(world.files.len()));
        prop_assert!(world.run().allowed() <= whole);
    }

    #[test]
    fn order_and_names_of_files_do_not_matter(files in prop::collection::vec(file(), 0..5)) {
        let mut world = strict();
        let named = |turn: usize| files.iter().enumerate().map(move |(at, it)| (format!("{}.json", at ^ turn), it.clone()));
        world.files = named(0).collect();
        let first = world.run().record();
        world.files = named(3).collect();
        prop_assert_eq!(first, world.run().record());
    }

    #[test]
    fn an_expired_waiver_never_applies_on_the_whole_path(ended in 0..30_i64, lasted in 1..60_i64) {
        let ran = World::blocking().with("waiver.json", waiver("board", -ended - lasted, -ended)).run();
        prop_assert!(!ran.allowed());
        let report = ran.verify(Profile::Audit, None);
        prop_assert_eq!(report.verdict, Verdict::Consistent);
        prop_assert_eq!(report.run.unwrap().status, decision_gate_core::engine::RunStatus::Active);
    }
}

#[test]
fn the_strict_policy_can_be_met() {
    let mut world = strict();
    let window = beacon(&json!({ "from": 10, "to": 0, "first": 1, "last": 50, "count": 47 }));
    world = world.with("beacon.json", signed("builder", decision_gate_attest::beacon::PREDICATE_TYPE, &window));
    world = world.with("trace.json", super::traced("builder"));
    assert!(world.run().allowed(), "{:#}", world.run().view());
}
