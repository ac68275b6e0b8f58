//! Defects of the public project that the engine must not have, each by its number (`docs/spec/requirements.md`).

use std::collections::BTreeMap;

use decision_gate_core::engine::{Decided, TriggerKind};
use decision_gate_core::evidence::{Answer, Fault, FaultCode, Found};
use decision_gate_core::ledger::{Body, EvidenceEntry};
use decision_gate_core::trust::Lane;
use serde_json::{Value, json};

use crate::support::{BOUNDS, Run, Setup, define, ms, policy, salted};

fn condition(provider: &str, comparison: &Value) -> Value {
    let mut condition = json!({"condition_id": "c", "query": {"provider_id": provider, "check_id": "any"}});
    crate::support::merge(&mut condition, comparison);
    condition
}

fn run(stages: &Value, condition: &Value, patch: &Value) -> Run {
    let spec = json!({"scenario_id": "s", "stages": stages, "conditions": [condition]});
    Run::start(define(&spec, BOUNDS).unwrap(), policy(patch), &Setup::default())
}

fn one_stage() -> Value {
    json!([{"stage_id": "only", "gates": [{"gate_id": "g", "requirement": "c"}]}])
}

fn next(run: &mut Run, kind: TriggerKind, answer: Option<Answer>, after: i64) -> Decided {
    let answers: BTreeMap<_, _> = answer.into_iter().map(|answer| ("c".to_owned(), answer)).collect();
    run.step(kind, &salted(&answers), ms(after)).unwrap()
}

fn entry(decided: &Decided) -> EvidenceEntry {
    let Body::StepDecided(body) = &decided.event.body else { unreachable!() };
    body.evidence[0].clone()
}

fn found(value: Value) -> Found {
    Found::json(value)
}

#[test]
fn d06_an_oversize_value_leaves_a_decision_and_its_reason() {
    let mut run = run(&one_stage(), &condition("p", &json!({"comparator": "exists"})), &json!({}));
    let big = Answer::Found(Box::new(found("x".repeat(2_000_000).into())));
    let decided = next(&mut run, TriggerKind::AgentRequestNext, Some(big), 1);
    assert_eq!(
        (decided.decision().outcome.word(), entry(&decided).gap.as_deref()),
        ("hold", Some("evidence_too_large"))
    );
    assert!(decided.values.iter().all(|value| value.canonical.len() < 500), "what is kept is that it was too large");
}

#[test]
fn d15_a_provider_never_raises_its_own_lane() {
    for provider in ["p", "weak"] {
        let cap = if provider == "p" { Lane::Verified } else { Lane::Asserted };
        for said in [None, Some(Lane::Asserted), Some(Lane::Verified)] {
            let mut run =
                run(&one_stage(), &condition(provider, &json!({"comparator": "equals", "expected": 1})), &json!({}));
            let answer = Answer::Found(Box::new(Found { lane_ceiling: said, ..found(json!(1)) }));
            let decided = next(&mut run, TriggerKind::AgentRequestNext, Some(answer), 1);
            let lane = said.map_or(cap, |said| said.min(cap));
            assert_eq!(entry(&decided).lane, Some(lane));
            let wanted = if lane == Lane::Verified { "complete" } else { "hold" };
            assert_eq!(decided.decision().outcome.word(), wanted, "{provider} says {said:?}");
        }
    }
}

#[test]
fn d16_a_branch_on_false_is_taken_and_a_timeout_never_gets_stuck() {
    let branch = |outcome: &str| {
        let rule = json!({"gate_id": "g", "outcome": outcome, "next_stage_id": "other"});
        json!([
            {"stage_id": "only", "gates": [{"gate_id": "g", "requirement": "c"}], "timeout": {"timeout_ms": 10},
             "on_timeout": "alternate_branch", "advance_to": {"kind": "branch", "branches": [rule]}},
            {"stage_id": "other", "gates": [{"gate_id": "h", "requirement": "c"}]}
        ])
    };
    let equals = condition("p", &json!({"comparator": "equals", "expected": 1}));
    let answer = |value: i64| Some(Answer::Found(Box::new(found(value.into()))));
    let mut on_false = run(&branch("false"), &equals, &json!({}));
    assert_eq!(next(&mut on_false, TriggerKind::AgentRequestNext, answer(2), 1).decision().outcome.word(), "advance");
    let mut late = run(&branch("true"), &equals, &json!({}));
    for after in [10, 11, 12] {
        assert_eq!(next(&mut late, TriggerKind::Tick, None, after).decision().outcome.word(), "hold");
    }
    assert_eq!(next(&mut late, TriggerKind::Tick, answer(1), 13).decision().outcome.word(), "advance");
    assert!(late.state.degraded.is_none(), "it went on by its evidence");
    let mut on_unknown = run(&branch("unknown"), &equals, &json!({}));
    assert_eq!(next(&mut on_unknown, TriggerKind::Tick, None, 10).decision().outcome.word(), "advance");
    assert!(on_unknown.state.degraded.is_some());
}

#[test]
fn d18_null_can_be_expected_and_absence_is_an_answer() {
    let absent = || Some(Answer::absent());
    let null = || Some(Answer::Found(Box::new(found(Value::Null))));
    let word = |comparison: Value, answer: Option<Answer>| {
        let mut run = run(&one_stage(), &condition("p", &comparison), &json!({}));
        next(&mut run, TriggerKind::AgentRequestNext, answer, 1).decision().outcome.word()
    };
    // Written out, since a merge patch has no nulls.
    let spec = json!({
        "scenario_id": "s", "stages": one_stage(),
        "conditions": [{"condition_id": "c", "query": {"provider_id": "p", "check_id": "any"}, "comparator": "equals", "expected": null}]
    });
    let mut run = Run::start(define(&spec, BOUNDS).unwrap(), policy(&json!({})), &Setup::default());
    assert_eq!(next(&mut run, TriggerKind::AgentRequestNext, null(), 1).decision().outcome.word(), "complete");
    assert_eq!(word(json!({"comparator": "not_exists"}), absent()), "complete");
    assert_eq!(word(json!({"comparator": "not_exists"}), null()), "hold");
    assert_eq!(word(json!({"comparator": "exists"}), null()), "complete");
    assert_eq!(word(json!({"comparator": "exists"}), absent()), "hold");
}

#[test]
fn d26_a_fault_keeps_its_own_code() {
    let anchors =
        json!({"providers": [{"provider_id": "p", "requirement": {"anchor_type": "t", "required_fields": ["a"]}}]});
    for patch in [json!({}), json!({"anchors": anchors})] {
        let mut run = run(&one_stage(), &condition("p", &json!({"comparator": "exists"})), &patch);
        let fault = Fault::new(FaultCode::known("upstream_down"), "503").with_details(json!({"status": 503}));
        let decided = next(&mut run, TriggerKind::AgentRequestNext, Some(Answer::Fault(fault)), 1);
        assert_eq!(entry(&decided).gap.as_deref(), Some("upstream_down"));
        let error = decided.evaluation.unwrap().conditions[0].own().result.error.clone().unwrap();
        assert_eq!((error.code.as_str(), error.details), ("upstream_down", Some(json!({"status": 503}))));
    }
}
