use serde_json::json;

use super::*;

fn faults(value: impl std::borrow::Borrow<Value>) -> String {
    let spec = match Scenario::read(value.borrow()) {
        Ok(spec) => spec,
        Err(faults) => return faults.to_string(),
    };
    Scenario::check(spec).map_or_else(|faults| faults.to_string(), |_| "ok".into())
}

fn small() -> Value {
    json!({
        "scenario_id": "release",
        "stages": [{"stage_id": "ship", "gates": [{"gate_id": "tests", "requirement": "no_failures"}]}],
        "conditions": [{
            "condition_id": "no_failures",
            "query": {"provider_id": "json", "check_id": "path", "params": {"file": "junit.json"}},
            "comparator": "equals",
            "expected": 0
        }]
    })
}

fn with(pointer: &str, value: Value) -> Value {
    let mut spec = small();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    spec.pointer_mut(parent).unwrap()[key] = value;
    spec
}

#[test]
fn short_forms_hash_as_what_they_expand_to() {
    let long = json!({
        "scenario_id": "release", "namespace_id": 1, "spec_version": "1",
        "stages": [{
            "stage_id": "ship", "entry_packets": [], "advance_to": {"kind": "linear"}, "timeout": null, "on_timeout": "fail",
            "gates": [{"gate_id": "tests", "requirement": {"Condition": "no_failures"}}]
        }],
        "conditions": [{
            "condition_id": "no_failures", "comparator": "equals", "expected": 0.0, "policy_tags": [],
            "query": {"provider_id": "json", "check_id": "path", "params": {"file": "junit.json"}}
        }],
        "policies": [], "schemas": [], "default_tenant_id": null
    });
    let hash = |value: &Value| Scenario::check(Scenario::read(value).unwrap()).unwrap().hash();
    assert_eq!(hash(&small()), hash(&long));
    assert_ne!(hash(&small()), hash(&with("/spec_version", json!("2"))));
}

#[test]
fn every_problem_has_its_path() {
    insta::assert_snapshot!(faults(with("/stages", json!([]))), @"/stages: scenario spec must define at least one stage");
    insta::assert_snapshot!(faults(with("/stages/0/gates", json!([]))), @"/stages/0/gates: stage `ship` has no gates, so it would advance without asking anything");
    insta::assert_snapshot!(faults(with("/stages/0/gates/0/requirement", json!({"And": ["no_failure"]}))), @"/stages/0/gates/0/requirement: condition `no_failure` does not exist");
    insta::assert_snapshot!(faults(with("/stages/0/advance_to", json!({"kind": "fixed", "stage_id": "shop"}))), @"/stages/0/advance_to/stage_id: stage `shop` does not exist");
    insta::assert_snapshot!(faults(with("/stages/0/timeout", json!({"timeout_ms": 0}))), @"/stages/0/timeout/timeout_ms: `timeout_ms` must be at least 1");
}

#[test]
fn a_typo_is_an_error_with_its_path_and_the_nearest_field() {
    let faults = Scenario::read(&with("/stages/0/gate", json!([]))).unwrap_err();
    let fault = faults.iter().next().unwrap();
    assert_eq!(fault.pointer, "/stages/0/gate");
    assert_eq!(fault.problem.hint(), "did you mean `gates`?");
}

#[test]
fn a_branch_names_gates_of_its_own_stage() {
    let edge = json!({"kind": "branch", "branches": [{"gate_id": "test", "outcome": "true", "next_stage_id": "ship"}]});
    insta::assert_snapshot!(faults(with("/stages/0/advance_to", edge)), @"/stages/0/advance_to/branches/0/gate_id: gate `test` does not exist");
}
