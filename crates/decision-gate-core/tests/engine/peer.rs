//! Vector collection 19: the public project's answers to comparisons. A row whose answer differs on purpose is named by
//! a rule in `known/peer_comparators.json` with the number of the difference (DESIGN section 4); every other one matches.

use std::collections::BTreeMap;
use std::fs;

use decision_gate_core::engine::TriggerKind;
use decision_gate_core::evidence::{Answer, EvidenceValue, Found};
use decision_gate_core::json::canonical;
use decision_gate_vectors::collection;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{BOUNDS, Run, Setup, define, ms, policy, salted};

const KNOWN: &str = include_str!("../known/peer_comparators.json");

#[derive(Deserialize)]
struct Collection {
    cases: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    comparator: String,
    evidence: Evidence,
    expected_present: bool,
    expected: Value,
    result: String,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Evidence {
    Json { value: Value },
    Bytes { value: Vec<u8> },
    Absent,
}

/// A difference on purpose, and the rows that it is about.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    difference: String,
    why: String,
    when: When,
    answer: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct When {
    expected_is: Option<Form>,
    evidence_is: Option<Form>,
    #[serde(default)]
    comparators: Vec<String>,
    #[serde(default)]
    except: Vec<String>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Form {
    LeftOut,
    EmptyArray,
    Inexact,
}

impl When {
    fn is_about(&self, row: &Row) -> bool {
        let evidence = match &row.evidence {
            Evidence::Json { value } => Some(value),
            Evidence::Bytes { .. } | Evidence::Absent => None,
        };
        self.expected_is.is_none_or(|form| form.is(row.expected_present.then_some(&row.expected)))
            && self.evidence_is.is_none_or(|form| evidence.is_some_and(|value| form.is(Some(value))))
            && (self.comparators.is_empty() || self.comparators.contains(&row.comparator))
            && !self.except.contains(&row.comparator)
    }
}

impl Form {
    fn is(self, value: Option<&Value>) -> bool {
        match self {
            Self::LeftOut => value.is_none(),
            Self::EmptyArray => value == Some(&json!([])),
            Self::Inexact => value.is_some_and(|value| canonical::refuse_inexact(value).is_err()),
        }
    }
}

#[test]
fn comparators_answer_as_the_public_project_or_as_is_written_down() {
    let Some(folder) = collection("19-decision-gate-peer") else { return };
    // The vectors hold numbers that the strict reader would refuse.
    let rows: Collection = serde_json::from_slice(&fs::read(folder.join("comparators.json")).unwrap()).unwrap();
    let known: Vec<Known> = serde_json::from_str(KNOWN).unwrap();
    let mut wrong = Vec::new();
    let mut different = BTreeMap::new();
    for row in &rows.cases {
        let rule = known.iter().find(|rule| rule.when.is_about(row));
        let wanted = rule.map_or(row.result.as_str(), |rule| rule.answer.as_str());
        let got = answer(row);
        if got != wanted {
            wrong.push(format!("{}: {got}, not {wanted}", row.id));
        } else if let Some(rule) = rule {
            different.insert(
                row.id.as_str(),
                format!("{} instead of {}: {}, {}", got, row.result, rule.difference, rule.why),
            );
        }
    }
    let total = rows.cases.len();
    println!("19-decision-gate-peer comparators: {} of {total}", total - wrong.len());
    for (id, why) in different {
        println!("19-decision-gate-peer comparators: {id} is {why}");
    }
    assert!(total > 0 && wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The way that a real scenario takes: define, then a step.
fn answer(row: &Row) -> String {
    let mut condition = json!({
        "condition_id": "c", "query": {"provider_id": "p", "check_id": "any"}, "comparator": snake(&row.comparator)
    });
    if row.expected_present {
        condition["expected"] = row.expected.clone();
    }
    let spec = json!({
        "scenario_id": "row", "conditions": [condition],
        "stages": [{"stage_id": "only", "gates": [{"gate_id": "g", "requirement": "c"}]}]
    });
    let Ok(scenario) = define(&spec, BOUNDS) else { return "refused".into() };
    let found = |value| Answer::Found(Box::new(Found { value, ..Found::json(Value::Null) }));
    let answer = match &row.evidence {
        Evidence::Json { value } => found(EvidenceValue::Json(value.clone())),
        Evidence::Bytes { value } => found(EvidenceValue::Bytes(value.clone())),
        Evidence::Absent => Answer::absent(),
    };
    let mut run = Run::start(scenario, policy(&json!({})), &Setup::default());
    let answers = salted(&BTreeMap::from([("c".to_owned(), answer)]));
    let decided = run.step(TriggerKind::AgentRequestNext, &answers, ms(1)).unwrap();
    decided.evaluation.unwrap().conditions[0].own().status.to_string()
}

fn snake(name: &str) -> String {
    let mut word = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.extend(letter.to_lowercase());
    }
    word
}
