//! The contract pages, the JSON Schemas and the readers say the same; the schema of policies is up to date.

use std::path::{Path, PathBuf};

use decision_gate_attest::predicate::PredicateFault;
use decision_gate_attest::{beacon, execution_evidence};
use serde_json::{Value, json};

use crate::options::document_schema;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(file(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The first JSON example of a page.
fn example(page: &str) -> Value {
    let text = text(page);
    let (_, block) = text.split_once("```json ").unwrap();
    let (_, rest) = block.split_once('\n').unwrap();
    serde_json::from_str(rest.split_once("```").unwrap().0).unwrap()
}

type Read = fn(&Value) -> Result<(), PredicateFault>;

const CONTRACTS: [(&str, Read); 2] = [
    ("execution-evidence-v1", |it| execution_evidence::ExecutionEvidence::read(it).map(|_| ())),
    ("beacon-attestation-v1", |it| beacon::BeaconAttestation::read(it).map(|_| ())),
];

#[test]
fn examples_are_read_and_fit_their_schemas_and_no_required_field_may_be_missing() {
    for (name, read) in CONTRACTS {
        let predicate = example(&format!("docs/contracts/{name}.md"));
        let schema: Value = serde_json::from_str(&text(&format!("schemas/predicates/{name}.schema.json"))).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        read(&predicate).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert!(validator.is_valid(&predicate), "{name}");
        for field in schema["required"].as_array().unwrap() {
            let field = field.as_str().unwrap();
            let mut less = predicate.clone();
            less.as_object_mut().unwrap().remove(field);
            assert_eq!(read(&less), Err(PredicateFault::Missing { field: field.into() }), "{name}");
            assert!(!validator.is_valid(&less), "{name}: {field}");
            less[field] = json!([]);
            assert!(read(&less).is_err() && !validator.is_valid(&less), "{name}: {field}");
        }
    }
}

#[test]
fn release_policy_schema_is_up_to_date() {
    let path = file("schemas/release-policy.schema.json");
    let wanted = format!("{:#}\n", document_schema());
    if std::env::var_os("DECISION_GATE_UPDATE").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(there == wanted, "schemas/release-policy.schema.json is stale: run `make gen`");
}
