//! `docs/reference/providers.md`, from the contracts of the built-in providers.

use std::fmt::Write as _;

use decision_gate_core::contract::{CheckContract, Determinism, ProviderContract};
use serde_json::Value;

use crate::page::{code, head, table, up_to_date};
use crate::shape::Shape;

fn page() -> String {
    let about = "The built-in providers, as their contracts say: what can be asked, with which parameters, what comes back, \
                 and how it may be compared. Scenarios are checked against this when they are defined. \
                 `provider_contract_get` answers the same for a running server.\n";
    let contracts = decision_gate_providers::contracts().unwrap();
    contracts.iter().fold(head("Providers", about), |page, contract| page + &provider(contract))
}

fn provider(contract: &ProviderContract) -> String {
    let mut text = format!("\n## {}\n\n{}\n\n", contract.provider_id, contract.description);
    for note in &contract.notes {
        let _ = writeln!(text, "* {note}");
    }
    text.push_str("\n### Settings\n\n");
    text.push_str(&members(&contract.config_schema));
    contract.checks.iter().fold(text, |text, check| text + &self::check(contract, check))
}

fn members(schema: &Value) -> String {
    let members = Shape::of(schema).members();
    if members.is_empty() {
        return "None.\n".to_owned();
    }
    let rows = members.iter().map(|it| {
        let default = if it.required { "*required*".to_owned() } else { it.shape.default().unwrap_or_default() };
        [code(it.name), it.shape.words(), default, it.shape.description().to_owned()]
    });
    table(["name", "allowed", "default", "meaning"], rows)
}

fn check(contract: &ProviderContract, check: &CheckContract) -> String {
    let list = |words: Vec<String>| words.iter().map(|it| code(it)).collect::<Vec<_>>().join(", ");
    let anchors = check.anchor_types.iter().map(|it| format!("{} {{{}}}", it.anchor_type, it.fields.join(", ")));
    let depends = match check.determinism {
        Determinism::Deterministic => "its parameters alone",
        Determinism::TimeDependent => "the evaluation time",
        Determinism::External => "the world",
    };
    let facts = [
        ["result".to_owned(), Shape::of(&check.result_schema).words()],
        ["depends on".to_owned(), depends.to_owned()],
        ["comparators".to_owned(), list(check.allowed_comparators.iter().map(ToString::to_string).collect())],
        ["anchor".to_owned(), list(anchors.collect())],
        ["media types".to_owned(), list(check.content_types.clone())],
    ];
    let mut text = format!("\n### {}: {}\n\n{}\n\n", contract.provider_id, check.check_id, check.description);
    text.push_str(&members(&check.params_schema));
    text.push('\n');
    text.push_str(&table(["", ""], facts));
    text.push('\n');
    for example in &check.examples {
        let _ = writeln!(text, "* {} `{}` gives `{}`.", example.description, example.params, example.result);
    }
    text
}

#[test]
fn providers_page_is_up_to_date() {
    up_to_date("docs/reference/providers.md", &page());
}
