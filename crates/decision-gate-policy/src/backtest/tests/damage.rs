//! Ledgers that somebody changed: what can't be believed is named, and never counted as agreeing.

use serde_json::json;

use super::{Filter, Ledger, WHOLE, ledger};
use crate::release::tests::{World, traced};

/// One release that was allowed, and a candidate that would allow it too.
fn one() -> Ledger {
    ledger(&[World::blocking().with("trace.json", traced("builder"))])
}

#[track_caller]
fn refused(ledger: &Ledger, code: &str) {
    let gates = json!({ "ExecutionEvidence": { "Enabled": true, "MissingEvidenceAction": "Block" } });
    let report = ledger.backtest(&gates, Filter::default(), WHOLE);
    let codes: Vec<_> = report.not_judgeable.iter().map(|(code, it)| (code.as_str(), it.count)).collect();
    assert_eq!((codes, report.judged, report.read), (vec![(code, 1)], 0, 1), "{report:#?}");
    assert_eq!(report.not_judgeable[code].examples[0].run_id, "run-00");
}

#[test]
fn t175_a_value_that_is_not_what_the_event_commits_to_is_not_judged() {
    let mut ledger = one();
    let canonical = &mut ledger.runs[0][1].values[0].2;
    let at = canonical.len() / 2;
    canonical[at] ^= 1;
    refused(&ledger, "value_changed");
}

#[test]
fn t175_an_event_that_does_not_have_its_hash_is_not_judged() {
    let mut ledger = one();
    let at = ledger.runs[0][1].bytes.len() / 2;
    ledger.runs[0][1].bytes[at] ^= 1;
    refused(&ledger, "event_changed");
}

#[test]
fn t175_an_event_of_another_run_is_not_judged() {
    let mut ledger = one();
    for row in &mut ledger.runs[0] {
        row.run = "run-99".to_owned();
    }
    let report = ledger.backtest(&json!({}), Filter::default(), WHOLE);
    assert_eq!(report.not_judgeable["event_misplaced"].count, 2, "{report:#?}");
    assert_eq!(report.judged, 0);
}

#[test]
fn t175_a_decision_whose_kind_was_changed_is_not_passed_over() {
    let mut ledger = one();
    ledger.runs[0][1].kind = "submitted";
    refused(&ledger, "event_misplaced");
}

/// Hashes are made of many rows together: none of them counts for another row, whatever is missing in between.
#[test]
fn t175_of_several_rows_exactly_those_that_were_changed_are_not_judged() {
    let release = |run| World::blocking().with(&format!("trace-{run}.json"), traced("builder"));
    // More than are hashed together.
    let mut ledger = ledger(&(0..40).map(release).collect::<Vec<_>>());
    let mut step = |run: usize| ledger.runs[run].remove(1);
    let [mut value, mut salt, mut pruned, mut event] = [3, 5, 7, 9].map(&mut step);
    let [mut one, mut other, mut first, mut second] = [11, 12, 20, 21].map(&mut step);
    value.values[0].2.push(b' ');
    salt.values[0].1.truncate(31);
    pruned.values.clear();
    event.bytes.push(b' ');
    std::mem::swap(&mut one.values, &mut other.values);
    std::mem::swap(&mut first.leaf, &mut second.leaf);
    for (run, step) in
        [3, 5, 7, 9, 11, 12, 20, 21].into_iter().zip([value, salt, pruned, event, one, other, first, second])
    {
        ledger.runs[run].push(step);
    }
    let gates = json!({ "ExecutionEvidence": { "Enabled": true, "MissingEvidenceAction": "Block" } });
    let report = ledger.backtest(&gates, Filter::default(), WHOLE);
    let runs =
        |code: &str| -> Vec<_> { report.not_judgeable[code].examples.iter().map(|it| it.run_id.clone()).collect() };
    assert_eq!(runs("value_changed"), ["run-03", "run-05", "run-11", "run-12"]);
    assert_eq!(runs("pruned"), ["run-07"]);
    assert_eq!(runs("event_changed"), ["run-09", "run-20", "run-21"]);
    assert_eq!((report.judged, report.read, report.differing_count), (32, 40, 0));
}

/// Whoever writes bytes and hash anew writes a decision that the evidence does not give.
#[test]
fn t176_a_recorded_decision_that_does_not_replay_is_a_fault_and_no_agreement() {
    let mut ledger = one();
    let row = &mut ledger.runs[0][1];
    let text = String::from_utf8(row.bytes.clone()).unwrap();
    let forged = text.replace("\"outcome\":\"True\"", "\"outcome\":\"False\"");
    assert_ne!(text, forged);
    row.bytes = forged.into_bytes();
    row.leaf = super::leaf_hash(&row.bytes).as_bytes().to_vec();
    let report = ledger.backtest(&json!({}), Filter::default(), WHOLE);
    assert_eq!((report.judged, report.differing_count, report.is_quiet()), (0, 1, false));
    assert_eq!(report.differing[0].what, "outcome");
}

#[test]
fn what_was_pruned_is_not_judged() {
    let mut ledger = one();
    ledger.runs[0][1].values.clear();
    refused(&ledger, "pruned");
}

#[test]
fn a_run_without_its_start_is_not_judged() {
    let mut ledger = one();
    ledger.runs[0].remove(0);
    refused(&ledger, "run_start_missing");
}

#[test]
fn a_decision_whose_scenario_is_gone_is_not_judged() {
    let mut ledger = one();
    ledger.scenarios.values_mut().for_each(|bytes| bytes.push(b' '));
    refused(&ledger, "scenario_missing");
}

#[test]
fn a_decision_whose_policy_is_gone_or_another_is_not_judged() {
    let mut ledger = one();
    let other = World { gates: json!({}), ..World::blocking() }.run().policy.to_bytes();
    ledger.policies.values_mut().for_each(|bytes| bytes.clone_from(&other));
    refused(&ledger, "policy_missing");
    ledger.policies.clear();
    refused(&ledger, "policy_missing");
}

#[test]
fn a_release_that_could_not_be_judged_then_is_not_judged_now() {
    let mut world = World::blocking();
    world.rules.environments.clear();
    refused(&ledger(&[world]), "environment_unknown");
}

/// The same name, size and statement: all that differs is one byte of the signature.
#[test]
fn t213_a_changed_envelope_does_not_profit_from_the_check_of_another() {
    let good = traced("builder");
    let mut changed = good.clone();
    let mark = b"\"sig\":\"";
    let at = mark.len() + good.windows(mark.len()).position(|it| it == mark).unwrap();
    changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
    let [good, changed] = [good, changed].map(|it| World::blocking().with("trace.json", it));
    let gates = json!({ "ExecutionEvidence": {
        "Enabled": true, "MissingEvidenceAction": "Block", "MinHotSymbolCount": 1,
    } });
    for worlds in [[good.clone(), changed.clone(), good.clone()], [changed.clone(), good, changed]] {
        let lets_through = worlds.iter().map(|it| it.run().allowed());
        let allowed = u64::try_from(lets_through.filter(|it| *it).count()).unwrap();
        let report = ledger(&worlds).backtest(&gates, Filter::default(), WHOLE);
        let through: u64 = report.outcomes.iter().filter(|it| it.after.lets_through()).map(|it| it.count).sum();
        assert_eq!((report.judged, report.differing_count, through), (3, 0, allowed), "{report:#?}");
    }
}
