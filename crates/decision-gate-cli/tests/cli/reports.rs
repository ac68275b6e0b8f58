//! The sample scenario on real reports: what passes, what fails, and what holds because it proves nothing.

use serde_json::Value;

use crate::support::{Done, Project};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");
const PASSED: &str =
    r#"<testsuites><testsuite name="unit"><testcase name="a"/><testcase name="b"/></testsuite></testsuites>"#;
const FAILED: &str = r#"<testsuite name="unit"><testcase name="a"/><testcase name="b"><error/></testcase></testsuite>"#;
const CLEAN: &str = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"scan"}},"results":[]}]}"#;

/// The block of a kind in the guide.
fn block(guide: &str, kind: &str) -> String {
    let (_, after) = guide.split_once(&format!("\n```{kind}\n")).unwrap();
    after.split_once("```").unwrap().0.to_owned()
}

/// A project as the guide sets it up, with reports that let the change pass.
fn project() -> Project {
    let read = |path: &str| std::fs::read_to_string(format!("{ROOT}{path}")).unwrap();
    let (guide, scenario) =
        (read("docs/guides/gate-on-ci-reports.md"), read("config/samples/scenarios/ci-reports.yaml"));
    assert!(scenario.contains(&block(&guide, "yaml scenario")), "the guide shows a part of the sample");
    let project = Project::empty();
    project.write("decision-gate.toml", &block(&guide, "toml config"));
    project.write("ci-reports.yaml", &scenario);
    for job in ["linux", "macos"] {
        project.write(&format!("reports/junit-{job}.xml"), PASSED);
    }
    project.write("reports/lcov.info", "SF:a.rs\nLF:10\nLH:8\nend_of_record\n");
    project.write("reports/scan.sarif", CLEAN);
    project
}

fn check(project: &Project, status: i32) -> Done {
    project.run(&["check", "ci-reports.yaml", "--config", "decision-gate.toml", "--format", "json"]).expect(status)
}

#[test]
fn good_reports_let_a_change_pass() {
    let report = check(&project(), 0).json();
    assert_eq!(report["verdict"], "allowed");
}

#[test]
fn a_report_that_fails_or_proves_nothing_holds_it() {
    for (file, text, said) in [
        ("reports/junit-linux.xml", FAILED, "no_test_failed"),
        ("reports/junit-linux.xml", "<testsuites/>", "report_empty"),
        ("reports/junit-linux.xml", "<testsuites><testsuite>", "report_invalid"),
        ("reports/lcov.info", "SF:a.rs\nLF:100000\nLH:79999\nend_of_record\n", "lines_are_covered"),
        ("reports/lcov.info", "SF:a.rs\nLF:10\nLH:8\n", "report_truncated"),
        ("reports/scan.sarif", &CLEAN.replace("[]", r#"[{"level":"error","message":{"text":"x"}}]"#), "no_error_found"),
        (
            "reports/scan.sarif",
            &CLEAN.replace("[]", r#"[],"invocations":[{"executionSuccessful":false}]"#),
            "report_tool_failed",
        ),
        ("reports/scan.sarif", "no findings", "report_unsupported"),
    ] {
        let project = project();
        project.write(file, text);
        let run = check(&project, 1);
        assert!(run.stdout.contains(said), "{file} {text}: no `{said}` in {}", run.stdout);
    }
}

#[test]
fn a_job_without_a_report_holds_it() {
    let project = project();
    std::fs::remove_file(project.folder().join("reports/junit-macos.xml")).unwrap();
    let run = check(&project, 1);
    assert!(run.stdout.contains("report_too_few"), "{}", run.stdout);
}

#[test]
fn a_condition_without_a_place_and_without_a_source_is_named_with_both_ways_out() {
    let project = project();
    let configuration = project.read("decision-gate.toml").replace("coverage = ", "sbom = ");
    project.write("decision-gate.toml", &format!("{configuration}\n[scenarios]\nfiles = [\"ci-reports.yaml\"]\n"));
    for command in
        [["config", "check"].as_slice(), &["scenario", "lint", "ci-reports.yaml"], &["check", "ci-reports.yaml"]]
    {
        let run = project.run(&[command, &["--config", "decision-gate.toml"]].concat()).expect(2);
        let place = "ci-reports.yaml:15:3";
        for said in [place, "`coverage.lines` needs parameters", "`file`, `files` or `glob`", "`sources`"] {
            assert!(run.stderr.contains(said), "{command:?}: no `{said}` in {}", run.stderr);
        }
    }
}

#[test]
fn a_pack_says_what_was_read_and_verifies_without_the_configuration() {
    let (sourced, said) = (project(), project());
    let long = r#"
  tests_ran: "report.tests.passed(glob: junit-*.xml, at_least: 2) > 0"
  no_test_failed: "report.tests.failed(glob: junit-*.xml, at_least: 2) == 0"
  lines_are_covered: "report.coverage.lines(file: lcov.info) >= 0.8"
  no_error_found: "report.findings.high(file: scan.sarif) == 0"
"#;
    let scenario = said.read("ci-reports.yaml");
    said.write("ci-reports.yaml", &format!("{}conditions:{long}", scenario.split_once("conditions:").unwrap().0));
    let anchors = |project: &Project| {
        let export = ["check", "ci-reports.yaml", "--config", "decision-gate.toml", "--export", "pack"];
        project.run(&export).expect(0);
        std::fs::remove_file(project.folder().join("decision-gate.toml")).unwrap();
        project.run(&["runpack", "verify", "pack"]).expect(0);
        let evaluations: Value = serde_json::from_str(&project.read("pack/artifacts/gate_evals.json")).unwrap();
        let mut anchors = Vec::new();
        collect(&evaluations, "evidence_anchor", &mut anchors);
        anchors
    };
    let read = anchors(&sourced);
    assert_eq!(read.len(), 4, "{read:?}");
    assert_eq!(read, anchors(&said));
}

#[test]
fn another_source_is_another_policy() {
    let digest = |source: &str| {
        let project = project();
        let configuration = project.read("decision-gate.toml").replace("\"lcov.info\"", source);
        project.write("decision-gate.toml", &configuration);
        project.write("reports/other.info", &project.read("reports/lcov.info"));
        project.run(&["check", "ci-reports.yaml", "--config", "decision-gate.toml", "--export", "pack"]).expect(0);
        project.run(&["runpack", "verify", "pack", "--format", "json"]).expect(0).json()["run"].clone()
    };
    let (one, same, other) = (digest("\"lcov.info\""), digest("\"lcov.info\""), digest("\"other.info\""));
    assert_eq!(one["policies"].as_array().unwrap().len(), 1, "{one}");
    assert_eq!((&one["policies"], &one["spec_hash"]), (&same["policies"], &other["spec_hash"]));
    assert_ne!(one["policies"], other["policies"]);
}

/// Every value of a member, wherever it stands.
fn collect(value: &Value, member: &str, found: &mut Vec<Value>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get(member).filter(|it| !it.is_null()).cloned());
            members.values().for_each(|it| collect(it, member, found));
        }
        Value::Array(items) => items.iter().for_each(|it| collect(it, member, found)),
        _ => {}
    }
}
