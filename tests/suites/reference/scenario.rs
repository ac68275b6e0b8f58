//! `schemas/scenario.schema.json`, from the written form of a scenario; and that it is of one mind with the reader.

use decision_gate_core::json::{Limits, parse_exact};
use decision_gate_core::scenario::{Scenario, ScenarioSpec};
use decision_gate_tests::project_root;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::page::{pretty, up_to_date};

fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().for_deserialize();
    let mut schema = settings.into_generator().into_root_schema_for::<ScenarioSpec>().to_value();
    clean(&mut schema);
    schema["title"] = json!("Decision Gate scenario");
    schema
}

/// Drops the formats that are Rust's and not the schema language's.
fn clean(node: &mut Value) {
    match node {
        Value::Object(members) => {
            let own = |it: &str| it.starts_with("uint") || it.starts_with("int");
            if members.get("format").and_then(Value::as_str).is_some_and(own) {
                members.remove("format");
            }
            members.values_mut().for_each(clean);
        }
        Value::Array(items) => items.iter_mut().for_each(clean),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn scenario_schema_is_up_to_date() {
    up_to_date("schemas/scenario.schema.json", &pretty(&schema()));
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
    let validator = jsonschema::validator_for(&schema()).unwrap();
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
    let validator = jsonschema::validator_for(&schema()).unwrap();
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
