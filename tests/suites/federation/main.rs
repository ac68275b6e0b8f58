//! External servers as evidence providers, through the built binary: what a good one answers counts, and what a bad one
//! does costs the conditions that asked it and no others.

#![cfg(test)]

mod address;
mod contracts;
mod disclosure;
mod hostile;
mod hostile_address;
mod lifecycle;
mod public;
mod python;
mod signed;

use std::fmt::Write as _;

use decision_gate_tests::wire::Era;
use decision_gate_tests::{Fault, Launch, Server, Workspace};
use serde_json::{Value, json};

/// The provider of these tests.
const PROVIDER: &str = env!("CARGO_BIN_EXE_decision-gate-test-provider");

/// A workspace whose configuration has a provider `good` and these others, each with its mode and further settings.
fn workspace(others: &[(&str, &str, &str)]) -> Result<Workspace, Fault> {
    let workspace = Workspace::new()?;
    let mut text =
        "[server]\nprofile = \"full\"\n[store]\npath = \"ledger.db\"\n[runpacks]\nroot = \"packs\"\n".to_owned();
    let good = ("good", "good", "");
    for (name, mode, settings) in std::iter::once(&good).chain(others) {
        write!(
            text,
            "\n[[providers]]\nname = \"{name}\"\ntype = \"mcp\"\ntimeout_ms = 1500\n[providers.config]\n\
             command = '{PROVIDER}'\nargs = [\"{mode}\"]\nmax_message_bytes = 65536\n{settings}\n"
        )
        .unwrap();
        if !settings.contains("checks") {
            text.push_str("checks = [{ check_id = \"measure\", jsonpath = \"$.value\" }]\n");
        }
    }
    workspace.write_config(&text)?;
    Ok(workspace)
}

/// Texts as the items of a list in a configuration.
fn literals(texts: &[&str]) -> String {
    texts.iter().map(|text| format!("'{text}'")).collect::<Vec<_>>().join(", ")
}

fn serve(workspace: &Workspace) -> Result<Server, Fault> {
    let mut server = Launch::serve(&workspace.config())?.spawn(Era::Legacy)?;
    server.open()?;
    Ok(server)
}

/// Asks a provider's check `measure`.
fn ask(server: &mut Server, provider: &str, params: &Value) -> Result<Value, Fault> {
    let query = json!({ "provider_id": provider, "check_id": "measure", "params": params });
    server.answer("evidence_query", &json!({ "query": query }))
}

/// A scenario of one stage with a gate for each provider, each wanting `measure` to be 7.
fn scenario(providers: &[&str]) -> Value {
    let condition = |provider: &&str| {
        json!({
            "condition_id": provider,
            "query": { "provider_id": provider, "check_id": "measure", "params": {} },
            "comparator": "equals",
            "expected": 7,
        })
    };
    let gate = |provider: &&str| json!({ "gate_id": provider, "requirement": { "Condition": provider } });
    json!({
        "scenario_id": "federated",
        "namespace_id": 1,
        "spec_version": "1",
        "stages": [{ "stage_id": "ship", "gates": providers.iter().map(gate).collect::<Vec<_>>(), "advance_to": { "kind": "terminal" } }],
        "conditions": providers.iter().map(condition).collect::<Vec<_>>(),
    })
}
