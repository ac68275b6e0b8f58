//! The contract: one check for each fact of each kind of report, from one template.
//!
//! Kinds, facts and formats are `decision-gate-attest`'s to name, so that a new format is a check's parameter without a
//! change here.

use decision_gate_attest::predicates::{FactKind, Shape};
use decision_gate_attest::reports::{FORMATS, Kind};
use decision_gate_core::contract::{CheckContract, ProviderContract};
use decision_gate_core::name::CheckId;
use serde_json::{Value, json};

use super::settings::{ReportSettings, ReportSource};
use crate::BuildError;

const CONTRACT: &str = include_str!("contract.json");

/// The contract, as it is before any settings.
///
/// # Errors
/// A contract of this build that does not read: a defect of the build.
pub fn contract() -> Result<ProviderContract, BuildError> {
    let mut contract = crate::contract::read(CONTRACT)?;
    let missing = || BuildError::Contract { reason: "it has no check".to_owned() };
    let template = contract.checks.pop().ok_or_else(missing)?;
    for kind in Kind::ALL {
        for fact in kind.facts() {
            contract.checks.push(check(&template, kind, fact)?);
        }
    }
    Ok(contract)
}

fn check(template: &CheckContract, kind: Kind, fact: &FactKind) -> Result<CheckContract, BuildError> {
    let mut check = template.clone();
    let id = format!("{}.{}", kind.word(), fact.name);
    check.check_id =
        CheckId::try_from(id.as_str()).map_err(|error| BuildError::Contract { reason: error.to_string() })?;
    fact.about.clone_into(&mut check.description);
    if let Some(params) = check.params_schema.pointer_mut("/properties").and_then(Value::as_object_mut) {
        let formats: Vec<_> = FORMATS.into_iter().filter(|it| it.kind == kind).map(|it| it.id).collect();
        let about = "The format it must be of; else the content says.";
        params.insert("format".to_owned(), json!({ "description": about, "enum": formats }));
        if kind != Kind::Checks {
            params.remove("commit");
        }
    }
    check.result_schema = fact.shape.schema();
    check.allowed_comparators.retain(|comparator| fits(fact.shape, comparator.word()));
    for example in &mut check.examples {
        fact.about.clone_into(&mut example.description);
        example.params = json!({ "file": example_file(kind) });
        example.result = fact.example_value();
    }
    Ok(check)
}

/// The contract with the sources that there are: where one is, a question need not say where to look.
pub(super) fn fitted(mut contract: ProviderContract, settings: &ReportSettings) -> ProviderContract {
    for (kind, source) in &settings.sources {
        let of_kind = format!("{}.", kind.word());
        for check in contract.checks.iter_mut().filter(|it| it.check_id.as_str().starts_with(&of_kind)) {
            check.params_required = false;
            default(&mut check.params_schema, source);
        }
    }
    contract
}

/// Lets the parameters leave out the whole place, and says what counts then.
fn default(schema: &mut Value, source: &ReportSource) {
    for (name, value) in source.params() {
        if let Some(Value::Object(param)) = schema.pointer_mut(&format!("/properties/{name}")) {
            param.insert("default".to_owned(), value);
        }
    }
    if let Some(Value::Array(ways)) = schema.get_mut("anyOf") {
        ways.push(json!({ "properties": { "at_least": false, "root": false } }));
    }
}

fn example_file(kind: Kind) -> &'static str {
    match kind {
        Kind::Tests => "junit.xml",
        Kind::Coverage => "lcov.info",
        Kind::Findings => "results.sarif",
        Kind::Score => "scorecard.json",
        Kind::QualityGate => "quality-gate.json",
        Kind::Checks => "check-runs.json",
        Kind::Sbom => "bom.json",
    }
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
