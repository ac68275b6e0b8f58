//! The sample scenario on real reports: what passes, what fails, and what holds because it proves nothing.

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
    assert!(scenario.contains(&block(&guide, "yaml conditions")), "the guide shows a part of the sample");
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
