//! Sources: where reports are, for questions that do not say.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use decision_gate_attest::reports::Kind;
use decision_gate_core::at::Timestamp;
use decision_gate_core::contract::schema::Schema;
use decision_gate_core::evidence::Answer;
use decision_gate_core::name::CheckId;
use decision_gate_runtime::ports::Provider as _;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::{ReportProvider, ReportSettings, ReportSource};
use crate::tests::{ask_at, code, query, value};
use crate::{BuildError, Root};

const LCOV: &str = "SF:a.rs\nDA:1,1\nDA:2,0\nLF:2\nLH:1\nend_of_record\n";

fn root(root_id: &str, path: &Path) -> Root {
    Root { root_id: root_id.into(), path: path.into(), max_lane: None, self_attestable: false }
}

fn build(path: &Path, sources: impl IntoIterator<Item = (Kind, ReportSource)>) -> Result<ReportProvider, BuildError> {
    let (roots, sources) = (vec![root("ci", path)], sources.into_iter().collect());
    ReportProvider::new(ReportSettings { roots, sources, ..ReportSettings::default() })
}

fn file(path: &str) -> ReportSource {
    ReportSource { file: Some(path.to_owned()), ..ReportSource::default() }
}

fn glob(glob: &str, at_least: Option<usize>) -> ReportSource {
    ReportSource { glob: Some(glob.to_owned()), at_least, ..ReportSource::default() }
}

fn ask(provider: &ReportProvider, check: &str, params: Option<Value>) -> Answer {
    ask_at(provider, &query(provider, check, params), Timestamp::UnixMillis(0))
}

/// A folder with two reports of tests, one of which fails, and one of coverage.
fn reports() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("reports")).unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("reports/junit-a.xml", "<testsuite><testcase name='a'/></testsuite>");
    write("reports/junit-b.xml", "<testsuite><testcase name='b'><failure/></testcase></testsuite>");
    write("lcov.info", LCOV);
    folder
}

#[test]
fn a_question_that_does_not_say_where_is_answered_as_if_it_had_said_the_source() {
    let folder = reports();
    let files = vec!["reports/junit-b.xml".to_owned(), "reports/junit-a.xml".to_owned()];
    let listed = ReportSource { files: Some(files.clone()), ..ReportSource::default() };
    for (kind, source, check, params) in [
        (Kind::Coverage, file("./lcov.info"), "coverage.lines", json!({ "file": "./lcov.info" })),
        (Kind::Coverage, file("none.info"), "coverage.lines", json!({ "file": "none.info" })),
        (Kind::Coverage, file("lcov.info"), "coverage.branches", json!({ "file": "lcov.info" })),
        (Kind::Tests, listed, "tests.failed", json!({ "files": files })),
        (
            Kind::Tests,
            glob("reports/junit-*.xml", Some(2)),
            "tests.failed",
            json!({ "glob": "reports/junit-*.xml", "at_least": 2 }),
        ),
        (
            Kind::Tests,
            glob("reports/junit-*.xml", Some(3)),
            "tests.failed",
            json!({ "glob": "reports/junit-*.xml", "at_least": 3 }),
        ),
    ] {
        let provider = build(folder.path(), [(kind, source)]).unwrap();
        let said = ask(&provider, check, Some(params));
        assert_eq!(ask(&provider, check, None), said, "{check}");
        assert_eq!(ask(&provider, check, Some(json!({}))), said, "{check}");
    }
}

#[test]
fn a_question_that_says_where_names_its_whole_place() {
    let folder = reports();
    let source = ReportSource { format: Some("go-test".to_owned()), ..glob("reports/*.json", Some(4)) };
    let provider = build(folder.path(), [(Kind::Tests, source)]).unwrap();
    assert_eq!(value(&ask(&provider, "tests.failed", Some(json!({ "file": "reports/junit-b.xml" })))), 1);
    assert_eq!(value(&ask(&provider, "tests.total", Some(json!({ "glob": "reports/*.xml" })))), 2);
    assert_eq!(code(&ask(&provider, "tests.total", None)), "report_too_few");
}

#[test]
fn half_a_place_is_none() {
    let folder = reports();
    let provider = build(folder.path(), [(Kind::Tests, glob("reports/*.xml", None))]).unwrap();
    for half in [json!({ "at_least": 1 }), json!({ "root": "ci" }), json!({ "root": "other" })] {
        assert_eq!(code(&ask(&provider, "tests.total", Some(half.clone()))), "params_invalid", "{half}");
    }
    // What the report must be is no place.
    assert_eq!(value(&ask(&provider, "tests.total", Some(json!({ "format": "junit" })))), 2);
    assert_eq!(code(&ask(&provider, "tests.total", Some(json!({ "format": "go-test" })))), "report_format_mismatch");
    assert_eq!(code(&ask(&provider, "tests.total", Some(json!({ "format": "lcov" })))), "report_kind_mismatch");
}

#[test]
fn without_a_source_the_hint_names_both_ways() {
    let folder = reports();
    let provider = build(folder.path(), [(Kind::Tests, glob("reports/*.xml", None))]).unwrap();
    for params in [None, Some(json!({})), Some(json!({ "format": "lcov" }))] {
        let Answer::Fault(fault) = ask(&provider, "coverage.lines", params) else { panic!("an answer") };
        assert_eq!(fault.code.as_str(), "params_missing");
        let hint = fault.details.unwrap()["hint"].as_str().unwrap().to_owned();
        assert!(hint.contains("`file`, `files` or `glob`") && hint.contains("`sources.coverage`"), "{hint}");
    }
}

#[test]
fn a_source_opens_nothing_that_a_question_could_not_name() {
    let (folder, outside) = (reports(), reports());
    for source in [
        file("../lcov.info"),
        file("/etc/passwd"),
        file("a\\b"),
        file(""),
        glob("../*.xml", None),
        glob("*/junit.xml", None),
        glob("*.xml", Some(0)),
        ReportSource { at_least: Some(2), ..file("lcov.info") },
        ReportSource { glob: Some("*".to_owned()), ..file("lcov.info") },
        ReportSource { files: Some(vec![]), ..ReportSource::default() },
        ReportSource { files: Some(vec!["a".to_owned(), "./a".to_owned()]), ..ReportSource::default() },
        ReportSource { format: Some("tap".to_owned()), ..file("lcov.info") },
        ReportSource { format: Some("junit".to_owned()), ..file("lcov.info") },
        ReportSource { root: Some("other".to_owned()), ..file("lcov.info") },
        ReportSource::default(),
    ] {
        let refused = build(folder.path(), [(Kind::Coverage, source.clone())]).unwrap_err();
        assert_eq!(refused.code(), "report_source_invalid", "{source:?}");
    }
    #[cfg(unix)]
    for (name, expected) in [("link.info", "symlink_forbidden"), ("pipe.info", "not_regular_file")] {
        let path = folder.path().join(name);
        match name {
            "link.info" => std::os::unix::fs::symlink(outside.path().join("lcov.info"), path).unwrap(),
            _ => assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success()),
        }
        let provider = build(folder.path(), [(Kind::Coverage, file(name))]).unwrap();
        assert_eq!(code(&ask(&provider, "coverage.lines", None)), expected, "{name}");
    }
}

#[test]
fn of_several_roots_a_source_names_one() {
    let (one, two) = (reports(), tempfile::tempdir().unwrap());
    let build = |source: ReportSource| {
        let roots = vec![root("one", one.path()), root("two", two.path())];
        let sources = BTreeMap::from([(Kind::Coverage, source)]);
        ReportProvider::new(ReportSettings { roots, sources, ..ReportSettings::default() })
    };
    assert_eq!(build(file("lcov.info")).unwrap_err().code(), "report_source_invalid");
    let in_root = |root: &str| build(ReportSource { root: Some(root.to_owned()), ..file("lcov.info") }).unwrap();
    assert_eq!(value(&ask(&in_root("one"), "coverage.lines", None)), 0.5);
    assert_eq!(code(&ask(&in_root("two"), "coverage.lines", None)), "file_not_found");
}

#[test]
fn the_contract_says_what_the_settings_say_and_its_digest_with_it() {
    let folder = reports();
    let contract = |source: &str| build(folder.path(), [(Kind::Coverage, file(source))]).unwrap().contract().clone();
    let (sourced, plain) = (contract("lcov.info"), build(folder.path(), []).unwrap().contract().clone());
    for check in &sourced.checks {
        let params = Schema::compile(&check.params_schema).unwrap();
        let has_source = check.check_id.as_str().starts_with("coverage.");
        assert_eq!(check.params_required, !has_source, "{}", check.check_id);
        assert_eq!(params.fits(&json!({})), has_source, "{}", check.check_id);
        assert!(params.fits(&json!({ "file": "own" })) && params.fits(&json!({ "glob": "*", "root": "ci" })));
        assert!(!params.fits(&json!({ "root": "ci" })) && !params.fits(&json!({ "at_least": 1 })));
    }
    let lines = sourced.check(&CheckId::try_from("coverage.lines").unwrap()).unwrap();
    assert_eq!(lines.params_schema["properties"]["file"]["default"], "lcov.info");
    assert!(plain.digest() != sourced.digest() && sourced.digest() != contract("other.info").digest());
    assert_eq!(plain, super::super::contract().unwrap());
}
