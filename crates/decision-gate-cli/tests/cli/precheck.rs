//! `precheck`: both answers, and that the hypothetical one never gives exit code 0.

use crate::support::Project;

const GOOD: &str = r#"{"tests_ran": 3, "no_test_failed": 0, "enough_coverage": 84.5}"#;
const LINE: [&str; 4] = ["precheck", "release", "--payload", "-"];

#[test]
fn asserted_values_do_not_pass_and_the_hypothetical_answer_does_not_count() {
    let project = Project::fresh();
    let done = project.run_with(&LINE, GOOD).expect(1);
    insta::assert_snapshot!("asserted_values", done.transcript());
    let report = project.run_with(&[&LINE[..], &["--format", "json"]].concat(), GOOD).expect(1).json();
    assert_eq!(report["allowed"], false);
    assert_eq!(report["decision"]["outcome"]["kind"], "hold");
    assert_eq!(report["if_verified"]["outcome"]["kind"], "complete");
}

#[test]
fn asserted_values_pass_where_the_trust_rules_take_them() {
    let project = Project::fresh();
    let lax = [&LINE[..], &["--set", "trust.trust_requirement=asserted"]].concat();
    project.run_with(&lax, GOOD).expect(0);
    project.run_with(&lax, &GOOD.replace("84.5", "79.9")).expect(1);
    project.run_with(&lax, "{}").expect(1);
}

#[test]
fn the_payload_may_be_a_file_and_the_scenario_too() {
    let project = Project::fresh();
    project.write("values.json", GOOD);
    let file = ".decision-gate/scenarios/release.yaml";
    let lax = ["--set", "trust.trust_requirement=asserted"];
    project.run(&[&["precheck", file, "--payload", "values.json"], &lax[..]].concat()).expect(0);
    let spec = project.read(file).replace("scenario_id: release", "scenario_id: another");
    project.write("another.yaml", &spec);
    project
        .run(&[&["precheck", "another.yaml", "--payload", "values.json", "--stage", "release"], &lax[..]].concat())
        .expect(0);
    // A precheck leaves no trace: the draft is not in the ledger.
    let unknown = project.run(&["check", "another", "--format", "json"]).expect(2).json();
    assert_eq!(unknown["error"]["code"], "scenario_not_found");
}

#[test]
fn a_wrong_payload_is_no_answer() {
    let project = Project::fresh();
    let cases = [
        (r#"{"tests_ran": 1, "tests_ran": 2}"#, "json_duplicate_key"),
        ("[1]", "payload_invalid"),
        (r#"{"tests ran": 1}"#, "payload_invalid"),
        (r#"{"tests_run": 1}"#, "condition_unknown"),
        (r#"{"tests_ran": 18446744073709551617}"#, "number_out_of_range"),
        ("{", "json_syntax"),
    ];
    for (payload, code) in cases {
        let done = project.run_with(&[&LINE[..], &["--format", "json"]].concat(), payload).expect(2);
        assert_eq!(done.json()["error"]["code"], code, "{payload}: {}", done.stdout);
    }
    let done = project.run_with(&LINE, r#"{"tests_run": 1}"#).expect(2);
    insta::assert_snapshot!("an_unknown_condition", done.transcript());
    let large = format!("{{\"tests_ran\": \"{}\"}}", "x".repeat(4096));
    let small = [&LINE[..], &["--set", "limits.max_payload_bytes=1024", "--format", "json"]].concat();
    assert_eq!(project.run_with(&small, &large).expect(2).json()["error"]["code"], "payload_too_large");
    let missing =
        project.run(&["precheck", "release", "--payload", "nowhere.json", "--format", "json"]).expect(2).json();
    assert_eq!(missing["error"]["code"], "payload_unreadable");
}
