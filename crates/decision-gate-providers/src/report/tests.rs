//! Answers by case, and what holds whatever a report says.

mod sources;

use std::fs;
use std::path::Path;

use decision_gate_attest::reports::{FORMATS, Kind};
use decision_gate_core::at::Timestamp;
use decision_gate_core::evidence::Answer;
use decision_gate_runtime::ports::Provider as _;
use serde_json::{Value, json};

use super::{ReportProvider, ReportSettings};
use crate::tests::{ask_at, cases, code, query, value};
use crate::{BuildError, Root};

fn provider(path: &Path) -> ReportProvider {
    let root = Root { root_id: "reports".into(), path: path.into(), max_lane: None, self_attestable: false };
    ReportProvider::new(ReportSettings { roots: vec![root], ..ReportSettings::default() }).unwrap()
}

fn ask(provider: &ReportProvider, check: &str, params: Value) -> Answer {
    ask_at(provider, &query(provider, check, Some(params)), Timestamp::UnixMillis(0))
}

#[test]
fn cases_are_answered_as_they_say() {
    for case in cases("report") {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in case.told["files"].as_object().unwrap() {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text.as_str().unwrap()).unwrap();
        }
        case.check(&provider(folder.path()));
    }
}

#[test]
fn every_fact_of_every_kind_is_a_check_and_names_its_formats() {
    let folder = tempfile::tempdir().unwrap();
    let provider = provider(folder.path());
    let contract = provider.contract();
    let facts: usize = Kind::ALL.into_iter().map(|kind| kind.facts().len()).sum();
    assert_eq!(contract.checks.len(), facts);
    for check in &contract.checks {
        let kind = Kind::ALL.into_iter().find(|it| check.check_id.as_str().starts_with(&format!("{}.", it.word())));
        let formats: Vec<_> = FORMATS.into_iter().filter(|it| Some(it.kind) == kind).map(|it| it.id).collect();
        assert_eq!(check.params_schema["properties"]["format"]["enum"], json!(formats), "{}", check.check_id);
    }
}

#[test]
fn only_regular_files_below_the_root_are_read() {
    let outside = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let report = "<testsuite><testcase name='a'/></testsuite>";
    fs::write(outside.path().join("junit.xml"), report).unwrap();
    fs::write(folder.path().join("own.xml"), report).unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(outside.path().join("junit.xml"), folder.path().join("link.xml")).unwrap();
    let provider = provider(folder.path());
    for (file, expected) in [
        ("../junit.xml", "path_outside_root"),
        ("/etc/passwd", "absolute_path_forbidden"),
        ("link.xml", "symlink_forbidden"),
        ("folder", "not_regular_file"),
        ("none.xml", "file_not_found"),
    ] {
        let answer = ask(&provider, "tests.total", json!({ "file": file }));
        assert_eq!(code(&answer), expected, "{file}");
    }
    for (glob, expected) in
        [("../*.xml", "path_outside_root"), ("*.xml", "symlink_forbidden"), ("*/x", "params_invalid")]
    {
        assert_eq!(code(&ask(&provider, "tests.total", json!({ "glob": glob }))), expected, "{glob}");
    }
    assert_eq!(value(&ask(&provider, "tests.total", json!({ "glob": "o*n.x*l" }))), 1);
}

#[test]
fn a_question_says_where_in_one_way() {
    let folder = tempfile::tempdir().unwrap();
    let provider = provider(folder.path());
    for (params, expected) in [
        (json!({}), "params_missing"),
        (json!({ "file": "a", "glob": "*" }), "params_invalid"),
        (json!({ "files": [] }), "params_invalid"),
        (json!({ "files": ["a", "./a"] }), "params_invalid"),
        (json!({ "file": "a", "at_least": 2 }), "params_invalid"),
        (json!({ "glob": "*", "at_least": 0 }), "params_invalid"),
        (json!({ "file": "a", "commit": "0123456" }), "params_invalid"),
        (json!({ "file": "a", "surprise": 1 }), "params_invalid"),
        (json!({ "file": "a", "root": "other" }), "params_invalid"),
        (json!({ "file": "a", "format": "lcov" }), "report_kind_mismatch"),
        (json!({ "file": "a", "format": "tap" }), "report_unsupported"),
    ] {
        assert_eq!(code(&ask(&provider, "tests.failed", params.clone())), expected, "{params}");
    }
    assert_eq!(code(&ask(&provider, "tests.lost", json!({ "file": "a" }))), "check_missing");
}

#[test]
fn limits_hold_for_all_files_together() {
    let folder = tempfile::tempdir().unwrap();
    let report = "<testsuite><testcase name='a'/></testsuite>";
    for name in ["a.xml", "b.xml", "c.xml"] {
        fs::write(folder.path().join(name), report).unwrap();
    }
    let with = |max_bytes: usize, max_files: usize| {
        let root = Root { root_id: "r".into(), path: folder.path().into(), max_lane: None, self_attestable: false };
        ReportProvider::new(ReportSettings { roots: vec![root], max_bytes, max_files, ..ReportSettings::default() })
    };
    let all = json!({ "glob": "*.xml", "at_least": 3 });
    assert_eq!(value(&ask(&with(3 * report.len(), 3).unwrap(), "tests.total", all.clone())), 3);
    assert_eq!(code(&ask(&with(3 * report.len() - 1, 3).unwrap(), "tests.total", all.clone())), "evidence_too_large");
    assert_eq!(code(&ask(&with(3 * report.len(), 2).unwrap(), "tests.total", all)), "report_too_many");
    assert_eq!(with(1, 0).unwrap_err(), BuildError::LimitZero { key: "max_files" });
}
