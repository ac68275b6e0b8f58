//! `schemas/scenario.schema.json`, from the written form of a scenario; and that it is of one mind with the reader.

use std::io::Write as _;

use decision_gate_core::json::{Limits, parse_exact};
use decision_gate_core::scenario::Scenario;
use decision_gate_tests::project_root;
use serde_json::{Value, json};

use crate::page::{pretty, up_to_date};

#[test]
fn scenario_schema_is_up_to_date() {
    up_to_date("schemas/scenario.schema.json", &pretty(&Scenario::schema()));
}

/// A scenario in which single places can be changed.
struct Base(Value);

impl Base {
    fn read() -> Self {
        let file = std::fs::read(project_root().join("tests/clients/workspace/scenario.json")).unwrap();
        Self(parse_exact(&file, &Limits::message(1 << 20)).unwrap())
    }

    fn with(&self, pointer: &str, value: Value) -> Value {
        let mut changed = self.0.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        changed
    }

    fn without(&self, pointer: &str, name: &str) -> Value {
        let mut changed = self.0.clone();
        changed.pointer_mut(pointer).and_then(Value::as_object_mut).unwrap().remove(name).unwrap();
        changed
    }
}

const EDGE: &str = "/stages/0/advance_to";
const TREE: &str = "/stages/0/gates/0/requirement";

#[test]
fn what_the_reader_takes_the_scenario_schema_takes() {
    let validator = jsonschema::validator_for(&Scenario::schema()).unwrap();
    let base = Base::read();
    let branch = json!({"gate_id": "quality", "outcome": "true", "next_stage_id": "ship"});
    let packet = json!({"packet_id": "p", "schema_id": "s", "content_type": "text/plain",
        "payload": {"kind": "bytes", "bytes": [0, 255]}, "expiry": {"kind": "unix_millis", "value": 1}});
    for spec in [
        base.0.clone(),
        base.with(EDGE, json!("linear")),
        base.with(EDGE, json!("terminal")),
        base.with(EDGE, json!({"kind": "fixed", "stage_id": "ship"})),
        base.with(EDGE, json!({"kind": "branch", "branches": [branch]})),
        base.with(TREE, json!("covered")),
        base.with(TREE, json!({"RequireGroup": {"min": 1, "reqs": ["covered", {"Not": "no_test_failed"}]}})),
        base.with("/stages/0/timeout", json!({"timeout_ms": 1})),
        base.with("/stages/0/entry_packets", json!([packet])),
        base.with("/conditions/0/expected", json!(null)),
        base.without("", "namespace_id"),
        base.without("", "spec_version"),
        base.without("/stages/0", "advance_to"),
        base.without("/conditions/0", "expected"),
    ] {
        assert!(Scenario::read(&spec).is_ok(), "{spec}");
        assert!(validator.is_valid(&spec), "{spec}");
    }
}

#[test]
fn what_the_reader_refuses_for_its_form_the_scenario_schema_refuses() {
    let validator = jsonschema::validator_for(&Scenario::schema()).unwrap();
    let base = Base::read();
    for spec in [
        json!([]),
        base.with(EDGE, json!("onward")),
        base.with(EDGE, json!({"kind": "linear", "stage_id": "ship"})),
        base.with(EDGE, json!({"kind": "fixed"})),
        base.with(TREE, json!({"And": "covered"})),
        base.with(TREE, json!({"RequireGroup": {"min": 256, "reqs": ["covered"]}})),
        base.with(TREE, json!({"And": ["covered"], "Or": ["covered"]})),
        base.with("/namespace_id", json!(0)),
        base.with("/conditions/0/comparator", json!("resembles")),
        base.with("/stages/0/on_timeout", json!("wait")),
        base.with("/policies", json!(null)),
        base.without("", "scenario_id"),
        base.without("/conditions/0", "query"),
    ] {
        assert!(Scenario::read(&spec).is_err(), "{spec}");
        assert!(!validator.is_valid(&spec), "{spec}");
    }
}

/// A document as its reader sees it, in the language of its ending.
fn written(language: &str, text: &str) -> Value {
    let mut file = tempfile::Builder::new().suffix(&format!(".{language}")).tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    decision_gate_config::document(file.path()).unwrap().value().clone()
}

const YAML: &str = "scenario_id: ship
stages:
  - stage_id: ship
    gates: [{ gate_id: quality, requirement: { And: [no_failures, covered, asked] } }]
conditions:
  no_failures: \"json.path(root: reports, file: tests.json, jsonpath: $.failed) == 0\"
  covered:
    query: { provider_id: json, check_id: path, params: { file: tests.json, jsonpath: $.coverage } }
    comparator: greater_than_or_equal
    expected: 80
  asked: \"json.path(file: tests.json, jsonpath: $.asked)\"
";

const TOML: &str = "scenario_id = \"ship\"
[[stages]]
stage_id = \"ship\"
gates = [{ gate_id = \"quality\", requirement = \"no_failures\" }]
[conditions]
no_failures = \"json.path(root: reports, file: tests.json, jsonpath: $.failed) == 0\"
";

/// The short form, in each language: what stands in it, what in its place, and whether that reads.
const SHORT: &[(&str, &str, &str, bool)] = &[
    ("yaml", "", "", true),
    ("yaml", "{ And: [no_failures, covered, asked] }", "covered", true),
    ("yaml", "    gates: [", "    ungated: true\n    gates: [", true),
    ("yaml", " == 0", "", true),
    ("yaml", "scenario_id: ship\n", "", false),
    ("yaml", "expected: 80", "expects: 80", false),
    ("yaml", "comparator: greater_than_or_equal", "comparator: at_least", false),
    ("yaml", "    query: { provider_id: json", "    query: { provider: json", false),
    ("yaml", "requirement: {", "requires: {", false),
    ("yaml", "  - stage_id: ship\n", "  - stage: ship\n", false),
    ("yaml", "expected: 80", "policy_tags: review", false),
    ("yaml", "expected: 80", "condition_id: covered", false),
    ("yaml", "  asked: ", "  asked: 7 # ", false),
    ("toml", "", "", true),
    ("toml", "requirement = \"no_failures\"", "requirement = { Not = \"no_failures\" }", true),
    ("toml", "requirement = \"no_failures\"", "requirement = true", false),
    ("toml", "[conditions]", "[condition]", false),
    ("toml", "scenario_id = \"ship\"", "scenario_id = 7", false),
];

#[test]
fn the_short_form_is_of_one_mind_with_the_scenario_schema_in_every_language() {
    let validator = jsonschema::validator_for(&Scenario::schema()).unwrap();
    for (language, from, to, reads) in SHORT {
        let text = if *language == "yaml" { YAML } else { TOML };
        assert!(text.contains(from), "{from}");
        let document = written(language, &if from.is_empty() { text.to_owned() } else { text.replace(from, to) });
        let json = written("json", &document.to_string());
        assert_eq!(document, json, "JSON says the same");
        let found = Scenario::read(&document);
        assert_eq!(found.is_ok(), *reads, "{language}: `{to}`: {found:?}");
        assert_eq!(validator.is_valid(&document), *reads, "{language}: `{to}`: {:?}", validator.validate(&document));
    }
}

/// Scenarios of this project: samples, what tests run on, and every case of the engine.
fn our_own() -> Vec<(String, Value)> {
    let root = project_root();
    let files = |folder: &str| {
        let entries = std::fs::read_dir(root.join(folder)).unwrap();
        entries.map(|it| it.unwrap().path()).collect::<Vec<_>>()
    };
    let mut paths = files("config/samples/scenarios");
    paths.push(root.join("tests/clients/workspace/scenario.json"));
    let mut all: Vec<_> = paths
        .into_iter()
        .map(|path| (path.display().to_string(), decision_gate_config::document(&path).unwrap().value().clone()))
        .collect();
    for folder in files("crates/decision-gate-core/cases/engine") {
        let case: Value = serde_json::from_slice(&std::fs::read(folder.join("case.json")).unwrap()).unwrap();
        let patches = case["refused"].as_array().into_iter().flatten().filter_map(|it| it["patch"].as_object());
        let refused = patches.map(|patch| {
            let mut scenario = case["scenario"].clone();
            scenario.as_object_mut().unwrap().extend(patch.clone());
            scenario
        });
        all.extend([case["scenario"].clone()].into_iter().chain(refused).map(|it| (folder.display().to_string(), it)));
    }
    all
}

#[test]
fn our_own_scenarios_are_what_the_scenario_schema_says() {
    let validator = jsonschema::validator_for(&Scenario::schema()).unwrap();
    let all = our_own();
    assert!(all.len() > 20, "{} scenarios", all.len());
    for (place, scenario) in all {
        let reads = Scenario::read(&scenario).is_ok();
        assert_eq!(validator.is_valid(&scenario), reads, "{place}: {:?}", validator.validate(&scenario));
    }
}
