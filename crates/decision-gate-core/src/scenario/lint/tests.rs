use serde_json::{Value, json};

use super::*;
use crate::contract::{CheckContract, ProviderContract};
use crate::scenario::Scenario;

/// A provider `p` whose checks answer a number from 0, a part of one, a word, and yes or no.
fn contracts() -> Contracts {
    let check = |id: &str, schema: Value| -> CheckContract {
        serde_json::from_value(json!({
            "check_id": id, "description": "d", "determinism": "external", "params_required": false,
            "params_schema": { "type": "object" }, "result_schema": schema,
            "allowed_comparators": crate::condition::ALL.map(crate::condition::Comparator::word),
            "anchor_types": [], "content_types": ["application/json"], "examples": [],
        }))
        .unwrap()
    };
    let contract = ProviderContract {
        provider_id: "p".try_into().unwrap(),
        name: "p".into(),
        description: "d".into(),
        transport: "builtin".into(),
        config_schema: json!({}),
        checks: vec![
            check("count", json!({ "type": "integer", "minimum": 0 })),
            check("part", json!({ "type": "number", "minimum": 0, "maximum": 1 })),
            check("word", json!({ "enum": ["passed", "failed"] })),
            check("flag", json!({ "type": "boolean" })),
            check("text", json!({ "type": "string" })),
        ],
        notes: vec![],
    };
    [contract].into_iter().collect()
}

fn found(spec: &Value) -> Vec<(String, &'static str)> {
    let scenario = Scenario::check(Scenario::read(spec).unwrap()).unwrap();
    let findings = lint(Lint { scenario: &scenario, contracts: &contracts(), policy: None });
    findings.into_iter().map(|it| (it.path, it.code)).collect()
}

/// One stage with one gate.
fn gate(requirement: &Value, conditions: &Value) -> Vec<(String, &'static str)> {
    found(&json!({
        "scenario_id": "s",
        "stages": [{ "stage_id": "a", "gates": [{ "gate_id": "g", "requirement": requirement }] }],
        "conditions": conditions,
    }))
}

const TREE: &str = "/stages/0/gates/0/requirement";

#[test]
fn a_scenario_that_can_hold_and_open_has_no_finding() {
    let conditions = json!({ "a": "p.count == 0", "b": "p.part >= 0.8", "c": "p.word == passed", "d": "p.flag" });
    let requirement =
        json!({ "And": ["a", { "Or": ["b", { "Not": "c" }] }, { "RequireGroup": { "min": 1, "reqs": ["d", "b"] } }] });
    assert_eq!(gate(&requirement, &conditions), []);
}

#[test]
fn comparisons_that_every_answer_decides_alike_are_found() {
    let cases = [
        ("p.count >= 0", "condition_never_false", "gate_never_false"),
        ("p.count > -1", "condition_never_false", "gate_never_false"),
        ("p.count < 0", "condition_never_true", "gate_never_true"),
        ("p.count == -1", "condition_never_true", "gate_never_true"),
        ("p.part > 1", "condition_never_true", "gate_never_true"),
        ("p.part >= 80", "condition_never_true", "gate_never_true"),
        ("p.part <= 1", "condition_never_false", "gate_never_false"),
        ("p.part != 80", "condition_never_false", "gate_never_false"),
        ("p.word == pass", "condition_never_true", "gate_never_true"),
        ("p.word in [\"passed\", \"failed\"]", "condition_never_false", "gate_never_false"),
    ];
    for (line, condition, verdict) in cases {
        let expected = [("/conditions/0/expected".to_owned(), condition), (TREE.to_owned(), verdict)];
        assert_eq!(gate(&json!("a"), &json!({ "a": line })), expected, "{line}");
    }
    for line in ["p.count > 0", "p.part >= 1", "p.part > 0.99", "p.text == x", "p.flag == false", "p.count exists"] {
        assert_eq!(gate(&json!("a"), &json!({ "a": line })), [], "{line}");
    }
}

#[test]
fn trees_that_contradict_themselves_are_found() {
    let conditions = json!({ "a": "p.flag", "b": "p.count == 0" });
    let cases = [
        (json!({ "And": ["a", { "Not": "a" }, "b"] }), Some("gate_never_true")),
        (
            json!({ "And": [{ "Or": ["a", { "Not": "a" }] }, { "Or": ["b", { "Not": "b" }] }] }),
            Some("gate_never_false"),
        ),
        (
            json!({ "RequireGroup": { "min": 2, "reqs": ["a", { "Not": "a" }, { "And": ["b", { "Not": "b" }] }] } }),
            Some("gate_never_true"),
        ),
        (json!({ "Or": [{ "And": ["a", "b"] }, { "And": [{ "Not": "a" }, "b"] }] }), None),
    ];
    for (tree, expected) in cases {
        let found: Vec<_> = gate(&tree, &conditions).into_iter().filter(|it| it.0 == TREE).collect();
        assert_eq!(found.first().map(|it| it.1), expected, "{tree}");
    }
}

#[test]
fn gates_of_one_stage_that_exclude_each_other_are_found() {
    let spec = |edge: &Value| {
        json!({
            "scenario_id": "s",
            "stages": [
                { "stage_id": "a", "advance_to": edge, "gates": [
                    { "gate_id": "yes", "requirement": "x" }, { "gate_id": "no", "requirement": { "Not": "x" } }] },
                { "stage_id": "b", "ungated": true },
            ],
            "conditions": { "x": "p.flag" },
        })
    };
    assert_eq!(found(&spec(&json!("linear"))), [("/stages/0/gates".to_owned(), "stage_never_passed")]);
    let branch = json!({ "kind": "branch", "default": null, "branches": [{ "gate_id": "yes", "outcome": "true", "next_stage_id": "b" }] });
    assert_eq!(found(&spec(&branch)), []);
}

#[test]
fn stages_that_no_run_reaches_or_leaves_are_found() {
    let stage = |id: &str, edge: Value| json!({ "stage_id": id, "ungated": true, "advance_to": edge });
    let to = |id: &str| json!({ "kind": "fixed", "stage_id": id });
    let found = found(&json!({
        "scenario_id": "s",
        "stages": [stage("a", to("c")), stage("b", json!("linear")), stage("c", to("d")), stage("d", to("c"))],
        "conditions": { "x": "p.flag" },
    }));
    assert_eq!(
        found,
        [
            ("/conditions/0".to_owned(), "condition_unused"),
            ("/stages/0/advance_to".to_owned(), "no_end"),
            ("/stages/1".to_owned(), "stage_unreachable"),
            ("/stages/2/advance_to".to_owned(), "no_end"),
            ("/stages/3/advance_to".to_owned(), "no_end"),
        ]
    );
}

#[test]
fn edges_that_open_by_themselves_or_twice_are_found() {
    let rule = |outcome: &str| json!({ "gate_id": "g", "outcome": outcome, "next_stage_id": "b" });
    let found = found(&json!({
        "scenario_id": "s",
        "stages": [
            { "stage_id": "a", "gates": [{ "gate_id": "g", "requirement": "x" }], "timeout": { "timeout_ms": 5 },
              "on_timeout": "advance_with_flag",
              "advance_to": { "kind": "branch", "branches": [rule("false"), rule("false")] } },
            { "stage_id": "b", "ungated": true },
        ],
        "conditions": { "x": "p.text not_exists" },
    }));
    assert_eq!(
        found.iter().map(|it| it.1).collect::<Vec<_>>(),
        ["absence_opens", "branch_missing", "branch_shadowed", "time_opens"]
    );
}

/// The sets against trying everything.
mod law {
    use proptest::prelude::*;

    use super::*;
    use crate::condition::Truth;
    use crate::gate::Requirement;

    fn tree() -> impl Strategy<Value = Requirement> {
        let leaf = (0..4_usize).prop_map(|it| Requirement::Condition(format!("c{it}").as_str().try_into().unwrap()));
        leaf.prop_recursive(4, 20, 4, |part| {
            let parts = || proptest::collection::vec(part.clone(), 1..4);
            prop_oneof![
                parts().prop_map(Requirement::And),
                parts().prop_map(Requirement::Or),
                part.clone().prop_map(|it| Requirement::Not(Box::new(it))),
                parts().prop_flat_map(|reqs| (1..=u8::try_from(reqs.len()).unwrap())
                    .prop_map(move |min| Requirement::RequireGroup { min, reqs: reqs.clone() })),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_gate_can_be_what_some_answers_make_it(tree in tree(), never in 0..5_usize) {
            let ids: Vec<ConditionId> = (0..4).map(|it| format!("c{it}").as_str().try_into().unwrap()).collect();
            let of = |index: usize| if index == never { Possible::only(Truth::False).or_else(Truth::Unknown) } else { Possible::ANYTHING };
            let conditions: BTreeMap<&ConditionId, Possible> = ids.iter().enumerate().map(|(index, id)| (id, of(index))).collect();
            let mut tried = Possible::NOTHING;
            for number in 0..3_u32.pow(4) {
                let truth = |index: usize| [Truth::True, Truth::False, Truth::Unknown][(number / 3_u32.pow(u32::try_from(index).unwrap()) % 3) as usize];
                if (0..4).any(|index| !of(index).can_be(truth(index))) {
                    continue;
                }
                tried = tried.or_else(tree.evaluate(&mut |id, _| truth(ids.iter().position(|it| it == id).unwrap())));
            }
            prop_assert_eq!(gates::of_tree(&tree, &conditions), Some(tried));
        }
    }
}
