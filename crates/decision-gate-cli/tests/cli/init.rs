//! `init` in projects as they are: what it finds, what it writes, and that the first check decides by it.

use crate::support::Project;

const JUNIT: &str =
    r#"<testsuites><testsuite name="unit"><testcase name="a"/><testcase name="b"/></testsuite></testsuites>"#;
const FAILED: &str =
    r#"<testsuite name="unit"><testcase name="a"/><testcase name="b"><failure/></testcase></testsuite>"#;
const SARIF: &str = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"scan"}},"results":[]}]}"#;

fn lcov(covered: u32) -> String {
    format!("SF:a.rs\nLF:100\nLH:{covered}\nend_of_record\n")
}

#[test]
fn reports_that_are_there_are_asked_for() {
    let project = Project::empty();
    project.write("test-results/unit.xml", JUNIT);
    project.write("test-results/ui.xml", JUNIT);
    project.write("coverage/lcov.info", &lcov(73));
    project.write("reports/scan.sarif", SARIF);
    // None of these is a report of this project's own.
    project.write("node_modules/x/test-results/unit.xml", FAILED);
    project.write("tests/fixtures/junit.xml", FAILED);
    project.write("test-notes.json", "{\"no\": \"report\"}");
    project.write("reports/empty.xml", "<testsuites/>");
    let init = project.run(&["init"]).expect(0);
    insta::assert_snapshot!("init_with_reports", init.transcript());
    insta::assert_snapshot!("init_with_reports_scenario", project.read(".decision-gate/scenarios/release.yaml"));
    insta::assert_snapshot!("init_with_reports_config", project.read(".decision-gate/config.toml"));
    project.run(&["config", "check"]).expect(0);
    project.run(&["check", "release"]).expect(0);
    project.write("test-results/ui.xml", FAILED);
    project.run(&["check", "release"]).expect(1);
    project.write("test-results/ui.xml", JUNIT);
    project.write("coverage/lcov.info", &lcov(72));
    project.run(&["check", "release"]).expect(1);
}

/// A file that tells the tool, the file that the scenario must ask for, and a report as that tool writes it.
const TOOLS: &[(&str, &str, &str, &str)] = &[
    (".config/nextest.toml", "[profile.ci.junit]\npath = \"junit.xml\"\n", "target/nextest/ci/junit.xml", JUNIT),
    ("Cargo.toml", "[package]\n", "target/nextest/ci/junit.xml", JUNIT),
    ("pyproject.toml", "[project]\n", "reports/junit.xml", JUNIT),
    ("pom.xml", "<project/>", "target/surefire-reports/TEST-a.xml", JUNIT),
    ("build.gradle.kts", "plugins {}", "build/test-results/test/TEST-a.xml", JUNIT),
    (
        "go.mod",
        "module x\n",
        "reports/tests.json",
        "{\"Action\":\"run\",\"Package\":\"x\",\"Test\":\"TestA\"}\n{\"Action\":\"pass\",\"Package\":\"x\",\"Test\":\"TestA\",\"Elapsed\":0.1}\n{\"Action\":\"pass\",\"Package\":\"x\",\"Elapsed\":0.1}\n",
    ),
    (
        "package.json",
        "{\"devDependencies\":{\"jest\":\"^30\"}}",
        "reports/tests.json",
        "{\"numTotalTests\":1,\"numPassedTests\":1,\"numFailedTests\":0,\"numPendingTests\":0,\"numTodoTests\":0,\"numTotalTestSuites\":1,\"numPassedTestSuites\":1,\"numFailedTestSuites\":0,\"numRuntimeErrorTestSuites\":0,\"success\":true,\"testResults\":[{\"status\":\"passed\",\"name\":\"a\",\"assertionResults\":[{\"status\":\"passed\",\"title\":\"a\",\"fullName\":\"a\",\"ancestorTitles\":[]}]}]}",
    ),
];

#[test]
fn where_no_report_is_yet_the_tool_of_the_project_says_where_it_will_be() {
    for (mark, content, report, written) in TOOLS {
        let project = Project::empty();
        project.write(mark, content);
        let init = project.run(&["init", "--format", "json"]).expect(0).json();
        let found = &init["found"][0];
        assert!(found["command"].is_string() && found["says"].is_null(), "{mark}: {found}");
        project.run(&["config", "check"]).expect(0);
        let held = project.run(&["check", "release"]).expect(1);
        assert!(held.stdout.contains("not_found") || held.stdout.contains("report_too_few"), "{mark}: {}", held.stdout);
        project.write(report, written);
        project.run(&["check", "release"]).expect(0);
    }
}

#[test]
fn it_says_what_to_do_next() {
    let project = Project::empty();
    project.write("go.mod", "module x\n");
    insta::assert_snapshot!("init_with_a_tool", project.run(&["init"]).expect(0).transcript());
    assert!(project.folder().join("reports").is_dir(), "the command writes there");
}

#[test]
fn a_project_that_is_large_or_odd_does_not_stop_it() {
    let project = Project::empty();
    for number in 0..40 {
        project.write(&format!("reports/many/junit-{number:02}.xml"), JUNIT);
    }
    project.write("reports/quote\"d.xml", JUNIT);
    project.write("a/b/c/d/e/f/g/h/reports/junit.xml", FAILED);
    #[cfg(unix)]
    std::os::unix::fs::symlink(project.folder(), project.folder().join("reports/loop")).unwrap();
    let init = project.run(&["init", "--format", "json"]).expect(0).json();
    assert_eq!(init["found"].as_array().unwrap().len(), 1, "{init}");
    project.run(&["config", "check"]).expect(0);
    project.run(&["check", "release"]).expect(0);
}
