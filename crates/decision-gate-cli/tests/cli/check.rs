//! `check`: which scenario is meant, what came of it, and the exit code.

use crate::support::Project;
use serde_json::json;

/// A scenario on the report of the first one, with one gate.
pub(crate) fn scenario(id: &str, requirement: &str, more: &str) -> String {
    let condition = |name: &str, path: &str, comparator: &str, expected: u32| {
        format!(
            "  - condition_id: {name}\n    query: {{ provider_id: json, check_id: path, params: {{ file: tests.json, jsonpath: {path} }} }}\n    comparator: {comparator}\n    expected: {expected}\n"
        )
    };
    format!(
        "scenario_id: {id}\nstages:\n  - stage_id: first\n    gates:\n      - gate_id: quality\n        requirement: {requirement}\n{more}conditions:\n{}{}",
        condition("passed", "$.failed", "equals", 0),
        condition("covered", "$.coverage", "greater_than_or_equal", 80),
    )
}

fn pin(project: &Project, file: &str) {
    let config = project.read(".decision-gate/config.toml");
    let files = format!(r#"files = ["scenarios/release.yaml", "scenarios/{file}"]"#);
    project.write(".decision-gate/config.toml", &config.replace(r#"files = ["scenarios/release.yaml"]"#, &files));
}

#[test]
fn the_gate_is_shown_as_a_tree() {
    let project = Project::fresh();
    project.report(3, 2, 85.0);
    let tree =
        "{ Or: [{ And: [passed, covered] }, { Not: covered }, { RequireGroup: { min: 2, reqs: [passed, covered] } }] }";
    project.write("tree.yaml", &scenario("tree", tree, ""));
    insta::assert_snapshot!("a_tree", project.run(&["check", "tree.yaml"]).expect(1).transcript());
}

#[test]
fn a_run_goes_through_all_its_stages() {
    let project = Project::fresh();
    project.report(3, 0, 70.0);
    let second = "  - stage_id: second\n    gates:\n      - { gate_id: coverage, requirement: covered }\n";
    project.write("two.yaml", &scenario("two", "passed", second));
    insta::assert_snapshot!("two_stages", project.run(&["check", "two.yaml"]).expect(1).transcript());
    project.report(3, 0, 80.0);
    let report = project.run(&["check", "two.yaml", "--format", "json"]).expect(0).json();
    assert_eq!(report["verdict"], "allowed");
    let outcomes: Vec<_> =
        report["steps"].as_array().unwrap().iter().map(|it| it["decision"]["outcome"]["kind"].clone()).collect();
    assert_eq!(outcomes, ["advance", "complete"]);
}

#[test]
fn a_degraded_run_completes_and_is_not_allowed() {
    let project = Project::fresh();
    let branch = "    advance_to: { kind: branch, branches: [{ gate_id: quality, outcome: unknown, next_stage_id: last }], default: null }\n  - stage_id: last\n    ungated: true\n    advance_to: terminal\n";
    project.write("soft.yaml", &scenario("soft", "passed", branch));
    let done = project.run(&["check", "soft.yaml"]).expect(1);
    assert!(done.stdout.starts_with("NOT ALLOWED: the run is degraded"), "{}", done.stdout);
}

#[test]
fn a_run_that_goes_round_in_circles_is_cut_off() {
    let project = Project::fresh();
    project.report(3, 0, 85.0);
    let circle = "    advance_to: { kind: fixed, stage_id: second }\n  - stage_id: second\n    gates:\n      - { gate_id: again, requirement: covered }\n    advance_to: { kind: fixed, stage_id: first }\n";
    project.write("circle.yaml", &scenario("circle", "passed", circle));
    let report = project.run(&["check", "circle.yaml", "--format", "json"]).expect(1).json();
    assert_eq!(report["verdict"], "not_allowed");
    assert_eq!(report["steps"].as_array().unwrap().len(), 4);
    assert!(report["notes"].to_string().contains("cut off after 4 steps"), "{report}");
}

#[test]
fn a_file_is_a_draft_unless_the_configuration_lists_it() {
    let project = Project::fresh();
    project.report(3, 0, 85.0);
    project.write(".decision-gate/scenarios/mine.yaml", &scenario("mine", "passed", ""));
    let file = ".decision-gate/scenarios/mine.yaml";
    let origin = |report: &serde_json::Value| report["run"]["origin"].clone();
    assert_eq!(origin(&project.run(&["check", file, "--format", "json"]).expect(0).json()), "draft");
    let refused = project.run(&["check", file, "--require", "pinned"]).expect(2);
    insta::assert_snapshot!("a_draft_is_refused", refused.transcript());
    // The ledger knows it now by its name, and a draft it stays.
    project.run(&["check", "mine"]).expect(0);
    project.run(&["check", "mine", "--require", "pinned"]).expect(2);

    pin(&project, "mine.yaml");
    for named in [file, "mine"] {
        let report = project.run(&["check", named, "--require", "pinned", "--format", "json"]).expect(0).json();
        assert_eq!(origin(&report), "pinned", "{named}");
    }
}

#[test]
fn a_file_can_not_take_the_place_of_a_pinned_scenario() {
    let project = Project::fresh();
    project.write("mine.yaml", &scenario("release", "passed", ""));
    // An ungated file of the same name beside the caller does not win either.
    project.write("release", "ungated: true");
    let refused = project.run(&["check", "mine.yaml", "--format", "json"]).expect(2).json();
    assert_eq!(refused["error"]["code"], "scenario_pinned");
    project.run(&["check", "release", "--require", "pinned"]).expect(1);
}

#[test]
fn drafts_are_refused_where_the_configuration_says_so() {
    let project = Project::fresh();
    project.write("mine.yaml", &scenario("mine", "passed", ""));
    let refused =
        project.run(&["check", "mine.yaml", "--set", "scenarios.drafts=refuse", "--format", "json"]).expect(2);
    assert_eq!(refused.json()["error"]["code"], "drafts_refused");
}

#[test]
fn a_run_may_name_what_it_is_about() {
    let project = Project::fresh();
    project.report(3, 0, 85.0);
    let subject = format!("sha256:{}", "ab".repeat(32));
    let config = project.read(".decision-gate/config.toml");
    project.write(".decision-gate/config.toml", &format!("environments = [\"production\"]\n{config}"));
    let line = [
        "check",
        "release",
        "--environment",
        "production",
        "--subject",
        &subject,
        "--run-id",
        "r-1",
        "--format",
        "json",
    ];
    let report = project.run(&line).expect(0).json();
    assert_eq!(report["run"]["environment"], "production");
    assert_eq!(report["run"]["subject"], json!([{ "digest": { "sha256": "ab".repeat(32) } }]));
    let again = project.run(&line).expect(2).json();
    assert_eq!(again["error"]["code"], "run_exists");
    let unknown = project.run(&["check", "release", "--environment", "prod", "--format", "json"]).expect(2).json();
    assert_eq!(unknown["error"]["code"], "environment_unknown");
}

#[test]
fn quiet_says_nothing_but_by_the_exit_code() {
    let project = Project::fresh();
    let held = project.run(&["check", "release", "--quiet"]).expect(1);
    assert_eq!((held.stdout.as_str(), held.stderr.as_str()), ("", ""));
    project.report(3, 0, 85.0);
    let allowed = project.run(&["check", "release", "-q"]).expect(0);
    assert_eq!((allowed.stdout.as_str(), allowed.stderr.as_str()), ("", ""));
}

#[test]
fn the_words_of_a_scenario_can_not_look_like_ours() {
    let project = Project::fresh();
    let spec = scenario("forged", "passed", "");
    project
        .write("forged.yaml", &spec.replace("file: tests.json", r#"file: "x\nALLOWED: the run completed\e[2K\u202e""#));
    for line in [&["check", "forged.yaml"][..], &["check", "forged.yaml", "--set", "scenarios.drafts=refuse"]] {
        let mut command = project.command(line);
        let done = project.done(command.env("CLICOLOR_FORCE", "1").output().unwrap());
        let shown = format!("{}{}", done.stdout, done.stderr);
        assert!(shown.lines().all(|line| !line.starts_with("ALLOWED")), "{shown}");
        assert!(!shown.contains("\u{1b}[2K") && !shown.contains('\u{202e}'), "{shown}");
    }
}

#[test]
fn a_taken_export_folder_is_found_before_the_run() {
    let project = Project::fresh();
    project.write("proof/keep", "me");
    let refused =
        project.run(&["check", "release", "--run-id", "one", "--export", "proof", "--format", "json"]).expect(2);
    assert_eq!(refused.json()["error"]["code"], "pack_exists");
    project.run(&["check", "release", "--run-id", "one"]).expect(1);
    assert_eq!(project.read("proof/keep"), "me");
}

#[test]
fn the_report_is_one_json_object() {
    let project = Project::fresh();
    project.report(3, 1, 85.0);
    let done = project.run(&["check", "release", "--format", "json", "--export", "proof"]).expect(1);
    assert_eq!(done.stderr, "");
    let mut report = done.json();
    for changing in
        ["/run/run_id", "/steps/0/decision/trigger_id", "/steps/0/decision/decided_at", "/runpack/root_hash"]
    {
        *report.pointer_mut(changing).unwrap_or_else(|| panic!("{changing}")) = json!("[changes]");
    }
    insta::assert_json_snapshot!("check_report", report);
}

#[test]
fn quiet_leaves_the_answer_to_the_exit_code() {
    let project = Project::fresh();
    assert_eq!(project.run(&["-q", "check", "release"]).expect(1).stdout, "");
    assert_eq!(project.run(&["doctor", "--quiet"]).expect(0).stdout, "");
    // What was asked for as data is given, and what goes wrong is said.
    assert_eq!(project.run(&["doctor", "-q", "--format", "json"]).expect(0).json()["ok"], true);
    assert!(!project.run(&["config", "schema", "--quiet"]).expect(0).stdout.is_empty());
    assert!(project.run(&["check", "no-such-scenario", "--quiet"]).expect(2).stderr.contains("code: "));
}

/// `script` makes the terminal; where it is not there, only the other half is looked at.
#[test]
fn how_far_work_has_come_is_told_on_a_terminal_and_nowhere_else() {
    let project = Project::fresh();
    project.report(12, 0, 84.5);
    assert_eq!(project.run(&["check", "release", "--export", "piped"]).expect(0).stderr, "");
    let on_terminal = |more: &str| {
        let ready = project.command(&[]);
        let program = ready.get_program().to_str().unwrap();
        let mut script = std::process::Command::new("script");
        script.args(["-qec", &format!("{program} check release {more}"), "/dev/null"]).current_dir(project.folder());
        script.env_clear().envs(ready.get_envs().filter_map(|(name, value)| Some((name, value?))));
        script.env("PATH", std::env::var("PATH").unwrap()).env("TERM", "xterm");
        script.output().ok().map(|output| project.done(output).expect(0).stdout)
    };
    let Some(shown) = on_terminal("--export shown") else {
        println!("skipped: no `script`");
        return;
    };
    assert!(shown.contains("asking for evidence"), "{shown}");
    let quiet = on_terminal("--export quiet --quiet").unwrap();
    assert_eq!(quiet, "");
}
