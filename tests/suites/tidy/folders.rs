//! What stands behind a list is whole: each built-in provider has its contract, its settings and its cases, each tool
//! is in the table and in a file of its name, and each source is part of a target.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use decision_gate_core::contract::{Determinism, ProviderContract};
use decision_gate_tests::project_root;
use serde_json::Value;

use crate::none;
use crate::sources::all;

/// What every provider's folder has.
const FILES: &[&str] = &["contract.json", "mod.rs", "settings.rs", "cases"];

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn every_provider_has_its_contract_its_settings_and_its_cases() {
    let folder = project_root().join("crates/decision-gate-providers/src");
    let contracts = decision_gate_providers::contracts().unwrap();
    let listed: BTreeSet<_> = contracts.iter().map(|it| it.provider_id.to_string()).collect();
    let there: BTreeSet<_> = names(&folder).into_iter().filter(|it| folder.join(it).is_dir()).collect();
    assert_eq!(listed, there, "providers that are listed, and folders");
    let mut missing = Vec::new();
    for contract in &contracts {
        let name = contract.provider_id.as_str();
        let own = folder.join(name);
        missing.extend(FILES.iter().filter(|it| !own.join(it).exists()).map(|it| format!("{name}/{it}")));
        missing.extend(needed(contract, &own.join("cases")).map(|kind| format!("{name}: no case that is `{kind}`")));
    }
    none("missing from the folder of a provider", missing);
}

/// The answers of which there is no case: a pass rests on one that is found, a fail on one that is absent, a hold on a
/// fault. A clock is never absent.
fn needed(contract: &ProviderContract, cases: &Path) -> impl Iterator<Item = &'static str> {
    let cases = names(cases).into_iter().map(|case| cases.join(case).join("case.json"));
    let answers: BTreeSet<String> = cases
        .map(|case| {
            let told: Value = serde_json::from_slice(&fs::read(&case).unwrap()).unwrap();
            told["expect"].as_str().unwrap_or_else(|| panic!("{} expects nothing", case.display())).to_owned()
        })
        .collect();
    let is_clock = contract.checks.iter().all(|it| it.determinism == Determinism::TimeDependent);
    // What is known of a release is always an answer, if only that nothing is.
    let never_absent = is_clock || contract.provider_id.as_str() == "release";
    let wanted = ["found", "absent", "fault"].into_iter().filter(move |it| !(never_absent && *it == "absent"));
    wanted.filter(move |it| !answers.contains(*it))
}

/// Every Rust file below `folder`, relative to the project.
fn below(folder: &Path, found: &mut BTreeSet<String>) {
    for name in names(folder) {
        let path = folder.join(name);
        if path.is_dir() {
            below(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.insert(path.strip_prefix(project_root()).unwrap().display().to_string());
        }
    }
}

#[test]
fn every_source_is_part_of_a_target() {
    let mut there = BTreeSet::new();
    for folder in ["crates", "tests", "bench"] {
        below(&project_root().join(folder), &mut there);
    }
    let compiled: BTreeSet<_> = all().into_iter().map(|it| it.path).collect();
    none("sources that no target compiles", there.into_iter().filter(|it| !compiled.contains(it)));
}

#[test]
fn every_tool_is_in_the_table_and_in_a_file_of_its_name() {
    let folder = "crates/decision-gate-mcp/src/tools/";
    let sources = all();
    let files = sources.iter().filter(|it| it.path.starts_with(folder) && it.text.contains("\nimpl Tool for "));
    let files: BTreeSet<_> = files.map(|it| Path::new(&it.path).file_stem().unwrap().to_str().unwrap()).collect();
    let listed: BTreeSet<_> = decision_gate_mcp::tools::ALL.iter().map(|tool| tool.card().name).collect();
    assert_eq!(files, listed, "files of tools, and the table");
}
