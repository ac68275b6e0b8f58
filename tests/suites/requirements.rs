//! Every statement of the seeds and every known defect has its row in `docs/spec/requirements.md`, every threat its row in
//! `docs/threats.md`, and every test and case that they name is there.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use decision_gate_tests::project_root;

/// How many statements each section of seeds 002 and 004 has.
const SEED_002: [(&str, usize); 10] = [
    ("overview", 6),
    ("model", 4),
    ("lanes", 7),
    ("policy", 6),
    ("disclosure", 5),
    ("anchor-config", 3),
    ("anchor-validation", 7),
    ("runpack", 5),
    ("asserted", 3),
    ("files", 1),
];

/// How many statements each part of issue 3 has.
const ISSUE_3: [(&str, usize); 6] =
    [("keys", 4), ("attest", 3), ("federation", 12), ("packs", 5), ("rotation", 2), ("laws", 3)];

/// The same of the seeds on release gates.
const RELEASE: [(&str, usize); 29] = [
    ("000-how", 5),
    ("000-options", 5),
    ("000-metadata", 3),
    ("000-messages", 5),
    ("000-integration", 4),
    ("001-how", 5),
    ("001-options", 6),
    ("001-metadata", 2),
    ("001-states", 4),
    ("001-messages", 6),
    ("001-integration", 4),
    ("003-documents", 4),
    ("003-gate", 6),
    ("003-phases", 3),
    ("003-monitoring", 4),
    ("003-troubleshooting", 4),
    ("I4-cli", 4),
    ("003-config", 10),
    ("I4-release", 20),
    ("I4-backtest", 9),
    ("I3-attestations", 11),
    ("I6-reports", 8),
    ("I6-comfort", 8),
    ("I6-terminal", 6),
    ("I6-explain", 8),
    ("I6-output", 6),
    ("I6-html", 6),
    ("I6-authoring", 6),
    ("I6-docs", 6),
];

/// The same of issue 5.
const ISSUE_5: [(&str, usize); 4] = [("ledger", 19), ("stores", 10), ("faults", 11), ("verifier", 10)];

/// How many defects of the public project are known.
const DEFECTS: usize = 38;

/// Statements on data shapes, packets, tenants and namespaces.
const SURFACE: usize = 7;

/// What a row may say in place of a test.
const INSTEAD: [&str; 5] = ["issue 3", "issue 4", "issue 5", "issue 6", "no http server"];

struct Row {
    id: String,
    statement: String,
    shown_by: String,
}

/// The rows of every table of a page whose first column is `id`.
fn rows(page: &str) -> Vec<Row> {
    let text = fs::read_to_string(project_root().join("docs").join(page)).unwrap();
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| id |")).map(|line| {
        let cells = cells(line);
        assert!(cells.len() >= 3 && cells.iter().all(|cell| !cell.is_empty()), "{page}: {line}");
        Row { id: cells[0].clone(), statement: cells[1].clone(), shown_by: cells[cells.len() - 1].clone() }
    });
    rows.collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The sources of a crate, with its own tests: path below the crate, and text.
fn sources(krate: &str) -> Vec<(PathBuf, String)> {
    let root = match krate {
        "decision_gate_tests" => project_root().join("tests").join("suites"),
        other => project_root().join("crates").join(other.replace('_', "-")),
    };
    let mut found = Vec::new();
    walk(&root, &mut found);
    assert!(!found.is_empty(), "there is no crate `{krate}`");
    found
        .into_iter()
        .map(|path| (path.strip_prefix(&root).unwrap().to_owned(), fs::read_to_string(&path).unwrap()))
        .collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

/// Whether `crate::file::function` is there: a function of that name in a source whose path has the file's name.
fn exists(test: &str, cache: &mut BTreeMap<String, Vec<(PathBuf, String)>>) -> bool {
    let parts: Vec<_> = test.split("::").collect();
    let [krate, file, function] = parts[..] else { return false };
    let sources = cache.entry(krate.to_owned()).or_insert_with(|| sources(krate));
    let named = |path: &Path| {
        let stem = path.with_extension("");
        stem.components().any(|part| part.as_os_str() == file)
    };
    let is_there = |text: &str| ["(", "<"].iter().any(|after| text.contains(&format!("fn {function}{after}")));
    sources.iter().any(|(path, text)| named(path) && is_there(text))
}

fn check(page: &str, rows: &[Row]) {
    let mut cache = BTreeMap::new();
    let mut wrong = Vec::new();
    for row in rows {
        let mut shown = INSTEAD.iter().any(|instead| row.shown_by.contains(instead));
        for name in quoted(&row.shown_by) {
            let is_there = match name.strip_prefix("cases/") {
                Some(case) => {
                    project_root().join("crates/decision-gate-core/cases").join(case).join("case.json").is_file()
                }
                None => exists(name, &mut cache),
            };
            if !is_there {
                wrong.push(format!("{}: there is no `{name}`", row.id));
            }
            shown = true;
        }
        if !shown {
            wrong.push(format!("{}: nothing shows that {}", row.id, row.statement));
        }
    }
    assert!(wrong.is_empty(), "docs/{page}:\n  {}", wrong.join("\n  "));
}

#[test]
fn every_statement_has_a_row_whose_tests_exist() {
    let rows = rows("spec/requirements.md");
    let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
    rows.iter().for_each(|row| *ids.entry(&row.id).or_default() += 1);
    let statements =
        SEED_002.iter().flat_map(|(section, count)| (1..=*count).map(move |number| format!("002-{section}-{number}")));
    let release =
        RELEASE.iter().flat_map(|(section, count)| (1..=*count).map(move |number| format!("{section}-{number}")));
    let defects = (1..=DEFECTS).map(|number| format!("D{number}"));
    let surface = (1..=SURFACE).map(|number| format!("surface-{number}"));
    let parts = ISSUE_3.iter().flat_map(|(part, count)| (1..=*count).map(move |number| format!("I3-{part}-{number}")));
    let proofs = ISSUE_5.iter().flat_map(|(part, count)| (1..=*count).map(move |number| format!("I5-{part}-{number}")));
    let wanted: Vec<_> = statements.chain(release).chain(parts).chain(proofs).chain(defects).chain(surface).collect();
    let missing: Vec<_> = wanted.iter().filter(|id| ids.get(id.as_str()) != Some(&1)).collect();
    assert!(missing.is_empty(), "without a row, or with two: {missing:?}");
    assert_eq!(ids.len(), wanted.len(), "rows of nothing that is known here: count them in this test");
    check("spec/requirements.md", &rows);
}

#[test]
fn every_threat_has_a_rule_and_tests_that_exist() {
    let rows = rows("threats.md");
    assert!(rows.len() > 20, "{} threats", rows.len());
    let ids: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids.len(), rows.len(), "two threats have one id");
    check("threats.md", &rows);
}

#[test]
fn a_row_of_a_test_that_is_not_there_is_found() {
    let mut cache = BTreeMap::new();
    assert!(exists("decision_gate_tests::requirements::a_row_of_a_test_that_is_not_there_is_found", &mut cache));
    assert!(!exists("decision_gate_tests::requirements::nobody_wrote_this", &mut cache));
    assert!(!exists("decision_gate_tests::nowhere::a_row_of_a_test_that_is_not_there_is_found", &mut cache));
    assert!(!exists("a_row_of_a_test_that_is_not_there_is_found", &mut cache));
}
