//! What a hold says: what stands in the way, and what to do. Values only where the policy shows them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use decision_gate_core::engine::TriggerKind;
use decision_gate_core::evidence::{Answer, Fault, FaultCode, Found};
use decision_gate_core::explain::{Explanation, MAX_CONDITIONS, explain};
use decision_gate_core::trust::Lane;
use serde_json::{Value, json};

use crate::support::{BOUNDS, Run, Setup, define, ms, policy, salted};

fn found(value: Value) -> Answer {
    Answer::Found(Box::new(Found::json(value)))
}

fn explained(spec: &Value, patch: &Value, answers: &BTreeMap<String, Answer>) -> Explanation {
    let mut run = Run::start(define(spec, BOUNDS).unwrap(), policy(patch), &Setup::default());
    let evaluation = run.step(TriggerKind::AgentRequestNext, &salted(answers), ms(1)).unwrap().evaluation.unwrap();
    let stage = run.scenario.first_stage().unwrap();
    explain(&run.scenario, stage, &evaluation, &run.policy)
}

fn shown(explanation: &Explanation) -> String {
    let mut text = String::new();
    for gate in &explanation.gates {
        writeln!(text, "{} is {}, it requires {}", gate.gate_id, gate.status, gate.requires).unwrap();
        for it in &gate.conditions {
            let seen = it.seen.as_deref().map(|seen| format!(", seen {seen}")).unwrap_or_default();
            writeln!(
                text,
                "  {} {} ({}): {} [{} | {}{seen}]",
                it.condition_id, it.status, it.code, it.message, it.asks, it.expects
            )
            .unwrap();
        }
    }
    explanation.next_actions.iter().for_each(|action| writeln!(text, "-> {action}").unwrap());
    text
}

fn condition(id: &str, comparison: &Value) -> Value {
    let mut condition = json!({"condition_id": id, "query": {"provider_id": "p", "check_id": "any", "params": {"file": format!("{id}.json")}}});
    crate::support::merge(&mut condition, comparison);
    condition
}

#[test]
fn a_hold_says_what_stands_in_the_way_and_what_to_do() {
    let spec = json!({
        "scenario_id": "s",
        "stages": [{"stage_id": "only", "gates": [
            {"gate_id": "tests", "requirement": {"And": ["passed", "wrong", "missing"]}},
            {"gate_id": "quality", "requirement": {"Or": ["gone", {"Not": "flaky"}]}},
            {"gate_id": "trust", "requirement": {"RequireGroup": {"min": 2, "reqs": ["low", "text", "broken"]}}},
            {"gate_id": "fine", "requirement": "passed"}
        ]}],
        "conditions": [
            condition("passed", &json!({"comparator": "equals", "expected": true})),
            condition("wrong", &json!({"comparator": "less_than_or_equal", "expected": 3})),
            condition("missing", &json!({"comparator": "equals", "expected": 0})),
            condition("gone", &json!({"comparator": "greater_than", "expected": 80})),
            condition("flaky", &json!({"comparator": "equals", "expected": "yes"})),
            condition("low", &json!({"comparator": "equals", "expected": 1})),
            condition("text", &json!({"comparator": "greater_than", "expected": 1})),
            condition("broken", &json!({"comparator": "exists"}))
        ]
    });
    let low = Answer::Found(Box::new(Found { lane_ceiling: Some(Lane::Asserted), ..Found::json(json!(1)) }));
    let answers = BTreeMap::from([
        ("passed".to_owned(), found(json!(true))),
        ("wrong".to_owned(), found(json!(5))),
        ("gone".to_owned(), Answer::absent()),
        ("flaky".to_owned(), found(json!("yes"))),
        ("low".to_owned(), low),
        ("text".to_owned(), found(json!("a secret"))),
        ("broken".to_owned(), Answer::Fault(Fault::new(FaultCode::known("file_not_found"), "there is no such file"))),
    ]);
    let redacted = explained(&spec, &json!({}), &answers);
    insta::assert_snapshot!("a_hold_without_values", shown(&redacted));
    assert!(!shown(&redacted).contains("secret") && !shown(&redacted).contains('5'), "values are not shown by default");
    let raw = json!({"evidence": {"allow_raw_values": true}, "providers": {"p": {"allow_raw": true}}});
    let open = explained(&spec, &raw, &answers);
    insta::assert_snapshot!("a_hold_with_values", shown(&open));
}

#[test]
fn a_long_explanation_says_how_much_it_leaves_out() {
    let ids: Vec<_> = (0..30).map(|number| format!("c{number:02}")).collect();
    let conditions: Vec<_> = ids.iter().map(|id| condition(id, &json!({"comparator": "exists"}))).collect();
    let stages = json!([{"stage_id": "only", "gates": [{"gate_id": "g", "requirement": {"And": ids}}]}]);
    let spec = json!({"scenario_id": "s", "stages": stages, "conditions": conditions});
    let explanation = explained(&spec, &json!({}), &BTreeMap::new());
    let named: usize = explanation.gates.iter().map(|gate| gate.conditions.len()).sum();
    assert_eq!((named, explanation.left_out), (MAX_CONDITIONS, 30 - MAX_CONDITIONS));
}
