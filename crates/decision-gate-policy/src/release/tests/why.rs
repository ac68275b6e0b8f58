//! What holds a release up: mended gate by gate it lets through, and with one of them left it does not.

use decision_gate_core::at::Timestamp;
use decision_gate_core::explain::{Action, Smallest, Step, Then, TimeLimit};
use proptest::prelude::*;
use serde_json::json;

use super::laws::{signed_files, strict};
use super::{World, signed, traced, waiver};
use crate::tests::{NOW, time};

/// Somebody answers for the gate.
fn mended(gate: &str) -> Vec<u8> {
    let predicate = json!({
        "gate": gate, "environment": "production", "tenant": "acme", "reason": "mended", "approver": "release-board",
        "issued_at": time(NOW), "expires_at": time(NOW + 86_400_000),
    });
    signed("board", crate::waiver::PREDICATE_TYPE, &predicate)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_gates_that_are_named_turn_a_release_and_no_part_of_them_does(
        files in prop::collection::vec(signed_files(), 0..4),
    ) {
        let mut world = strict();
        let named = |(at, (kind, predicate)): (usize, &(&str, serde_json::Value))| {
            (format!("{at}.json"), signed("builder", kind, predicate))
        };
        world.files = files.iter().enumerate().map(named).collect();
        let Some(explanation) = world.run().explanation() else { return Ok(()) };
        let next = explanation.next_actions;
        prop_assert_eq!((next.smallest, &next.then), (Smallest::Proved, &Some(Then::Complete)));
        let gates: Vec<String> = next.changes.iter().map(|it| it.release_gate.clone().unwrap()).collect();
        let with = |left: Option<&String>| {
            let mended = gates.iter().filter(|gate| Some(*gate) != left).map(|gate| (format!("waive-{gate}"), mended(gate)));
            let files = world.files.iter().cloned().chain(mended).collect();
            World { files, ..world.clone() }.run().allowed()
        };
        prop_assert!(with(None), "{gates:?}");
        prop_assert!(gates.iter().all(|left| !with(Some(left))), "{gates:?}");
    }
}

#[test]
fn a_blocked_release_says_which_gate_why_and_what_to_do() {
    let explanation = World::blocking().run().explanation().unwrap();
    let why = &explanation.evidence[0];
    assert_eq!((why.step, why.code.as_str()), (Step::ReleaseGate, "gate_unknown"));
    let gate = &why.release_gates[0];
    assert_eq!((gate.gate.as_str(), gate.code.as_str()), ("execution-evidence", "execution_evidence_missing"));
    let change = &explanation.next_actions.changes[0];
    assert_eq!((change.action, change.release_gate.as_deref()), (Action::Supply, Some("execution-evidence")));
    assert!(change.text.contains("attest its trace"), "{change:?}");
}

/// Near misses come through: of a waiver that has ended, its time.
#[test]
fn what_nearly_counted_is_told() {
    let explanation = World::blocking().with("waiver.json", waiver("board", -30, -1)).run().explanation().unwrap();
    let gate = &explanation.evidence[0].release_gates[0];
    assert_eq!((gate.step, gate.near_misses[0].field.as_str()), (Step::Freshness, "expires_at"));
}

/// A waiver that counts now is among what comes, where the release holds for something else.
#[test]
fn a_waiver_that_will_end_is_told_of() {
    let mut world = strict().with("waiver.json", waiver("board", -1, 3));
    world.gates["EvidenceCompleteness"]["Enabled"] = json!(false);
    let explanation = world.run().explanation().unwrap();
    let lapses: Vec<_> = explanation.upcoming.iter().map(|it| (it.what, it.of.as_str())).collect();
    assert_eq!(lapses, [(TimeLimit::WaiverLapses, "execution-evidence")]);
}

/// Where no gate was asked no gate can be mended: that is for whoever writes the policy.
#[test]
fn a_policy_that_asks_nobody_is_for_its_writer() {
    let mut world = World::blocking();
    world.gates = json!({});
    let next = world.run().explanation().unwrap().next_actions;
    assert_eq!((next.changes.len(), next.smallest), (0, Smallest::NothingHelps));
    assert!(next.note.unwrap().contains("no_gate_asked"));
}

/// A release that holds for one gate is told when another one will block, since its evidence becomes too old.
#[test]
fn evidence_that_will_be_too_old_is_told_of() {
    let mut world = strict().with("trace.json", traced("builder"));
    world.gates["ExecutionEvidence"]["MaxAge"] = json!("7d");
    let explanation = world.run().explanation().unwrap();
    let turns: Vec<_> =
        explanation.upcoming.iter().filter(|it| it.what == TimeLimit::ReleaseGateTurns).map(|it| &it.of).collect();
    assert_eq!(turns, ["execution-evidence"], "{explanation:?}");
    let turn = explanation.upcoming.iter().find(|it| it.what == TimeLimit::ReleaseGateTurns).unwrap();
    let World { at, .. } = world;
    let after = |millis: i64| World { at: at + millis, ..world.clone() }.run().view()["gates"].clone();
    assert_eq!(turn.at, Timestamp::UnixMillis(NOW - 3_600_000 + 7 * 86_400_000 + 1));
    assert!(turn.then.contains("have fresher evidence ready"), "{turn:?}");
    assert_ne!(after(7 * 86_400_000), after(0));
}
