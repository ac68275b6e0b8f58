//! The contract: the check `predicate` as data, and one check for each fact of each predicate type that is known.
//!
//! The facts are `decision-gate-attest`'s to name, so that a new type is a check without a change here.

use decision_gate_attest::predicates::{FORMATS, FactKind, Format, Shape};
use decision_gate_core::contract::{CheckContract, ProviderContract};
use decision_gate_core::name::CheckId;
use serde_json::{Value, json};

use crate::BuildError;

const CONTRACT: &str = include_str!("contract.json");

/// The contract, as it is before any settings.
///
/// # Errors
/// A contract of this build that does not read: a defect of the build.
pub fn contract() -> Result<ProviderContract, BuildError> {
    let mut contract = crate::contract::read(CONTRACT)?;
    let missing = || BuildError::Contract { reason: "it has no check `predicate`".to_owned() };
    let template = contract.checks.first().cloned().ok_or_else(missing)?;
    for format in FORMATS {
        for fact in format.facts {
            contract.checks.push(check(&template, format, fact)?);
        }
    }
    Ok(contract)
}

/// The check of a fact: asked in the same places as `predicate`, without a path.
fn check(template: &CheckContract, format: &Format, fact: &FactKind) -> Result<CheckContract, BuildError> {
    let mut check = template.clone();
    let id = format!("{}.{}", format.word, fact.name);
    check.check_id =
        CheckId::try_from(id.as_str()).map_err(|error| BuildError::Contract { reason: error.to_string() })?;
    fact.about.clone_into(&mut check.description);
    check.params_required = false;
    if let Some(schema) = check.params_schema.as_object_mut() {
        schema.remove("required");
    }
    if let Some(params) = check.params_schema.pointer_mut("/properties").and_then(Value::as_object_mut) {
        params.remove("jsonpath");
        let about = "Which version of the predicate; the first where it is left out.";
        params.insert("predicate_type".to_owned(), json!({ "description": about, "enum": format.predicate_types }));
    }
    check.result_schema = fact.shape.schema();
    check.allowed_comparators.retain(|comparator| fits(fact.shape, comparator.word()));
    for example in &mut check.examples {
        fact.about.clone_into(&mut example.description);
        example.params = json!({ "file": "attestations.intoto.jsonl" });
        example.result = fact.example_value();
    }
    Ok(check)
}

/// Whether a comparator, by its word, can decide anything about values of a shape.
fn fits(shape: Shape, comparator: &str) -> bool {
    match comparator {
        "exists" | "not_exists" => true,
        "equals" | "not_equals" | "in_set" => shape != Shape::Texts,
        "contains" => matches!(shape, Shape::Text | Shape::Texts),
        "deep_equals" | "deep_not_equals" => shape == Shape::Texts,
        lexical if lexical.starts_with("lex_") => shape == Shape::Text,
        _ => matches!(shape, Shape::Count | Shape::Number),
    }
}
