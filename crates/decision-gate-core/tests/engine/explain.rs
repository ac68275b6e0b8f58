//! What a hold says: what stands in the way, and what to do. Values only where the policy shows them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use decision_gate_core::engine::{StageEvaluation, TriggerKind};
use decision_gate_core::evidence::{Answer, Fault, FaultCode, Found};
use decision_gate_core::explain::{BRIEF_BYTES, Explanation, Situation, Size, Smallest};
use decision_gate_core::trust::Lane;
use serde_json::{Value, json};

use crate::support::{BOUNDS, EPOCH, Run, Setup, define, ms, policy, salted};

fn found(value: Value) -> Answer {
    Answer::Found(Box::new(Found::json(value)))
}

fn explained(spec: &Value, patch: &Value, answers: &BTreeMap<String, Answer>) -> Explanation {
    explained_as(spec, patch, answers, Size::Whole)
}

fn explained_as(spec: &Value, patch: &Value, answers: &BTreeMap<String, Answer>, size: Size) -> Explanation {
    let mut run = Run::start(define(spec, BOUNDS).unwrap(), policy(patch), &Setup::default());
    let evaluation = run.step(TriggerKind::AgentRequestNext, &salted(answers), ms(1)).unwrap().evaluation.unwrap();
    situation(&run, &evaluation).explain(size).unwrap()
}

fn situation<'a>(run: &'a Run, evaluation: &'a StageEvaluation) -> Situation<'a> {
    Situation {
        scenario: &run.scenario,
        stage: run.scenario.first_stage().unwrap(),
        evaluation,
        policy: &run.policy,
        told_under: &run.policy,
        at: ms(1),
        entered_at: Some(ms(0)),
    }
}

fn shown(explanation: &Explanation) -> String {
    let mut text = explanation.lines().join("\n");
    text.push_str("\n--\n");
    for it in &explanation.evidence {
        let seen = it.seen.as_deref().map(|seen| format!(", seen {seen}")).unwrap_or_default();
        writeln!(text, "{} at {} [{} | {}{seen}]", it.condition_id, it.step, it.asks, it.expects).unwrap();
        for near in &it.near_misses {
            writeln!(text, "  {}: {} wanted, {:?} seen", near.field, near.expected, near.seen).unwrap();
        }
    }
    for it in &explanation.next_actions.changes {
        writeln!(text, "{} {:?} to {:?}, such as {:?}", it.action.word(), it.condition_id, it.make, it.value).unwrap();
    }
    writeln!(text, "{:?} {:?}", explanation.next_actions.then, explanation.next_actions.smallest).unwrap();
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
    let whole = explained(&spec, &json!({}), &BTreeMap::new());
    assert_eq!((whole.evidence.len(), whole.next_actions.changes.len()), (30, 30));
    assert!(whole.left_out.is_nothing());
    let brief = explained_as(&spec, &json!({}), &BTreeMap::new(), Size::Brief);
    let (evidence, changes) = (brief.evidence.len(), brief.next_actions.changes.len());
    assert!(serde_json::to_vec(&brief).unwrap().len() <= BRIEF_BYTES);
    assert!(evidence >= 1 && changes >= 1, "{brief:?}");
    assert_eq!((evidence + brief.left_out.evidence, changes + brief.left_out.changes), (30, 30));
    assert_eq!(brief.evidence.first(), whole.evidence.first());
}

/// However long and hostile what stands in it is, a brief explanation is brief.
#[test]
fn a_brief_explanation_is_brief_whatever_stands_in_it() {
    let id = |number: usize| format!("{}{number:03}", "c".repeat(125));
    let long = "\u{1}\u{202e}\"\\".repeat(100);
    let conditions: Vec<_> = (0..20)
        .map(|number| {
            json!({"condition_id": id(number), "query": {"provider_id": "p", "check_id": "any", "params": {"a": long}},
                "comparator": "equals", "expected": long})
        })
        .collect();
    let gates: Vec<_> = (0..20)
        .map(|number| json!({"gate_id": format!("{}{number:03}", "g".repeat(125)), "requirement": id(number)}))
        .collect();
    let spec = json!({"scenario_id": "s", "stages": [{"stage_id": "only", "gates": gates}], "conditions": conditions});
    let fault = || Answer::Fault(Fault::new(FaultCode::known("broken"), long.clone()));
    let answers = (0..20).map(|number| (id(number), fault())).collect();
    let brief = explained_as(&spec, &json!({}), &answers, Size::Brief);
    assert!(serde_json::to_vec(&brief).unwrap().len() <= BRIEF_BYTES, "{brief:?}");
    assert!(brief.left_out.gates > 0 && brief.left_out.evidence > 0);
}

fn one(gate: &Value, conditions: &[Value]) -> Value {
    json!({"scenario_id": "s", "stages": [{"stage_id": "only", "gates": [gate]}], "conditions": conditions})
}

/// Where nothing that the caller can change helps, that is said, with the reason.
#[test]
fn what_nobody_can_change_is_said() {
    let weak = json!({"condition_id": "c", "query": {"provider_id": "weak", "check_id": "any"}, "comparator": "equals", "expected": 1});
    let bool_in = json!({"condition_id": "c", "query": {"provider_id": "p", "check_id": "bool"}, "comparator": "in_set", "expected": [true, false]});
    let past = json!({"condition_id": "c", "query": {"provider_id": "time", "check_id": "before", "params": {"timestamp": 1}}, "comparator": "equals", "expected": true});
    let contradiction = json!({"And": ["c", {"Not": "c"}]});
    let plain = condition("c", &json!({"comparator": "equals", "expected": 1}));
    let rows = [(json!("c"), weak), (json!({"Not": "c"}), bool_in), (json!("c"), past), (contradiction, plain)];
    let mut text = String::new();
    for (requirement, condition) in rows {
        let spec = one(&json!({"gate_id": "g", "requirement": requirement}), &[condition]);
        let next = explained(&spec, &json!({}), &BTreeMap::new()).next_actions;
        assert_eq!((next.changes.len(), next.then.is_none(), next.smallest), (0, true, Smallest::NothingHelps));
        writeln!(text, "{}", next.note.unwrap()).unwrap();
    }
    insta::assert_snapshot!("what_nobody_can_change", text);
}

/// What time alone changes: it is in the changes where it is needed, and among what comes.
#[test]
fn time_is_waited_for_where_that_is_the_way() {
    let time = |id: &str, check: &str, after: i64| {
        json!({"condition_id": id, "query": {"provider_id": "time", "check_id": check, "params": {"timestamp": EPOCH + after}},
            "comparator": "equals", "expected": true})
    };
    let conditions = [time("thawed", "after", 5_000), time("open", "before", 9_000), time("late", "after", 20_000)];
    let gate = json!({"gate_id": "g", "requirement": {"And": ["thawed", "open"]}});
    let waits = explained(&one(&gate, &conditions), &json!({}), &BTreeMap::new());
    insta::assert_snapshot!("time_is_waited_for", shown(&waits));
    // Once it is late enough for the one, it is too late for the other.
    let gate = json!({"gate_id": "g", "requirement": {"And": ["late", "open"]}});
    let never = explained(&one(&gate, &conditions), &json!({}), &BTreeMap::new());
    assert_eq!(never.next_actions.smallest, Smallest::NothingHelps, "{never:?}");
}

/// Of sets of one size the one with less trouble: evidence that is missing, a value, a signature.
#[test]
fn what_is_less_trouble_comes_first() {
    let low = Answer::Found(Box::new(Found { lane_ceiling: Some(Lane::Asserted), ..Found::json(json!(1)) }));
    let answers = [("a_low", low), ("b_wrong", found(json!(2)))];
    let answers = answers.map(|(id, answer)| (id.to_owned(), answer)).into();
    let ids = ["a_low", "b_wrong", "c_missing"];
    let conditions = ids.map(|id| condition(id, &json!({"comparator": "equals", "expected": 1})));
    let turned_by = |parts: &[&str]| {
        let spec = one(&json!({"gate_id": "g", "requirement": {"Or": parts}}), &conditions);
        let changes = explained(&spec, &json!({}), &answers).next_actions.changes;
        changes.iter().map(|it| it.condition_id.clone().unwrap().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(turned_by(&ids), ["c_missing"]);
    assert_eq!(turned_by(&ids[..2]), ["b_wrong"]);
}

/// The example of the specification is an explanation, key for key.
#[test]
fn the_example_of_the_specification_is_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/spec/explanation.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (_, after) = page.split_once("```json explanation\n").unwrap();
    let example: Value = serde_json::from_str(after.split_once("```").unwrap().0).unwrap();
    let read: Explanation = serde_json::from_value(example.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), example);
    let steps = page.lines().filter(|line| line.trim_start().starts_with("| `")).count();
    assert_eq!(steps, 14, "every step has its row");
}
