//! Everything that keeps a command from deciding: message, hint and code, exit code 2, and never a panic.

use crate::support::Project;

const RELEASE: &str = ".decision-gate/scenarios/release.yaml";
const CONFIG: &str = ".decision-gate/config.toml";

#[test]
fn a_missing_configuration_is_named() {
    let project = Project::empty();
    insta::assert_snapshot!(
        "config_missing",
        project.run(&["check", "release", "--config", "no.toml"]).expect(2).transcript()
    );
    insta::assert_snapshot!(
        "serve_config_missing",
        project.run(&["serve", "--config", "no.toml"]).expect(2).transcript()
    );
    insta::assert_snapshot!("no_config_at_all", project.run(&["check", "release"]).expect(2).transcript());
}

#[cfg(unix)]
#[test]
fn an_unreadable_configuration_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::fresh();
    let path = project.folder().join(CONFIG);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read(&path).is_ok() {
        // Whoever may read everything (root) can't see this; a folder in its place nobody can read.
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
    }
    let error = project.run(&["check", "release", "--format", "json"]).expect(2).json();
    assert_eq!(error["error"]["code"], "config_unreadable", "{error}");
}

#[test]
fn every_problem_of_a_configuration_is_listed_with_its_place() {
    let project = Project::fresh();
    let config = project.read(CONFIG);
    project.write(CONFIG, &config.replace("[store]", "[stroe]").replace("root = \"runpacks\"", "rooot = \"runpacks\""));
    insta::assert_snapshot!("unknown_keys", project.run(&["check", "release"]).expect(2).transcript());
    let error = project.run(&["config", "check", "--format", "json"]).expect(2).json();
    assert_eq!(error["error"]["problems"].as_array().unwrap().len(), 2, "{error}");
    assert_eq!(error["error"]["problems"][0]["code"], "config_unknown_key");
}

#[test]
fn every_problem_of_what_the_configuration_names_is_listed() {
    let project = Project::fresh();
    let release = project.read(RELEASE);
    project.write(RELEASE, &release.replace("comparator: equals", "comparator: contain"));
    project
        .write(".decision-gate/scenarios/other.yaml", &release.replace("And: [tests_ran, no_test_failed]", "And: []"));
    let config = project.read(CONFIG);
    let files = r#"files = ["scenarios/release.yaml", "scenarios/other.yaml", "scenarios/gone.yaml"]"#;
    project.write(CONFIG, &config.replace(r#"files = ["scenarios/release.yaml"]"#, files));
    std::fs::remove_dir(project.folder().join("reports")).unwrap();
    insta::assert_snapshot!("config_check_lists_all", project.run(&["config", "check"]).expect(2).transcript());
}

#[test]
fn a_bad_scenario_is_refused_with_its_place() {
    let project = Project::fresh();
    let release = project.read(RELEASE);
    project.write("bad.yaml", &release.replace("comparator: equals", "comparator: equal"));
    insta::assert_snapshot!("bad_comparator", project.run(&["check", "bad.yaml"]).expect(2).transcript());
    project.write("bad.yaml", &release.replace("requirement: enough_coverage", "requirement: coverage"));
    insta::assert_snapshot!("undefined_condition", project.run(&["check", "bad.yaml"]).expect(2).transcript());
    project.write("bad.yaml", &release.replace("check_id: path", "check_id: pth"));
    insta::assert_snapshot!("unknown_checks", project.run(&["check", "bad.yaml"]).expect(2).transcript());
    project.write("bad.yaml", "scenario_id: [");
    insta::assert_snapshot!("broken_yaml", project.run(&["check", "bad.yaml"]).expect(2).transcript());
    insta::assert_snapshot!("no_such_file", project.run(&["check", "./nowhere.yaml"]).expect(2).transcript());
}

#[test]
fn an_unknown_scenario_is_answered_with_the_nearest() {
    let project = Project::fresh();
    insta::assert_snapshot!("unknown_scenario", project.run(&["check", "relaese"]).expect(2).transcript());
    let error = project.run(&["check", "relaese", "--require", "pinned", "--format", "json"]).expect(2).json();
    assert_eq!(error["error"]["code"], "scenario_not_found");
    let error = project.run(&["runpack", "export", "nowhere", "--format", "json"]).expect(2).json();
    assert_eq!(error["error"]["code"], "run_not_found");
}

#[test]
fn a_ledger_that_is_none_is_refused_and_left_alone() {
    let project = Project::fresh();
    project.write(".decision-gate/ledger.db", "this is no database, however long it may be, and it must stay as it is");
    let done = project.run(&["check", "release", "--format", "json"]).expect(2);
    let code = done.json()["error"]["code"].as_str().unwrap().to_owned();
    assert!(code.starts_with("store_"), "{code}");
    assert!(project.read(".decision-gate/ledger.db").starts_with("this is no database"));
}

#[test]
fn without_a_home_there_is_no_silent_memory() {
    let project = Project::empty();
    let mut command = project.command(&["check", "release", "--format", "json"]);
    let done = project.done(command.env_clear().output().unwrap()).expect(2);
    assert_eq!(done.json()["error"]["code"], "config_no_home");
}

#[test]
fn colours_are_for_terminals_only() {
    let project = Project::fresh();
    for line in [&["check", "release"][..], &["check", "nothing"], &["--help"], &["check"], &["config", "show"]] {
        let done = project.run(line);
        assert!(!done.stdout.contains('\u{1b}') && !done.stderr.contains('\u{1b}'), "{line:?}");
        for (variable, more) in [("NO_COLOR", None), ("CLICOLOR_FORCE", Some("--no-color"))] {
            let mut command = project.command(line);
            let done = project.done(command.args(more).env(variable, "1").output().unwrap());
            assert!(!done.stdout.contains('\u{1b}') && !done.stderr.contains('\u{1b}'), "{line:?} {variable}");
        }
    }
    let mut forced = project.command(&["check", "release"]);
    let done = project.done(forced.env("CLICOLOR_FORCE", "1").output().unwrap());
    assert!(
        done.stdout.contains("\u{1b}[1m\u{1b}[31mNOT ALLOWED") || done.stdout.contains('\u{1b}'),
        "{}",
        done.stdout
    );
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let project = Project::fresh();
    for (line, code) in [(&["config", "schema"][..], 0), (&["check", "release"], 1), (&["--help"], 0)] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let done = project.done(project.command(line).stdout(writer).output().unwrap()).expect(code);
        assert_eq!(done.stderr, "", "{line:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_stdout_is_told() {
    let project = Project::fresh();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let done = project.done(project.command(&["config", "show"]).stdout(full).output().unwrap()).expect(2);
    assert!(done.stderr.contains("code: output_failed"), "{}", done.stderr);
}

#[test]
fn json_answers_parse() {
    let project = Project::fresh();
    let show = project.run(&["config", "show", "--format", "json"]).expect(0).json();
    let origin = |key: &str| {
        let settings = show["settings"].as_array().unwrap();
        settings.iter().find(|it| it["key"] == key).unwrap_or_else(|| panic!("{key}"))["origin"]["kind"].clone()
    };
    assert_eq!(origin("store.path"), "file");
    assert_eq!(origin("logging.level"), "default");
    let check = project.run(&["config", "check", "--format", "json"]).expect(0).json();
    assert_eq!(check["ok"], true);
    let schema = project.run(&["config", "schema"]).expect(0).json();
    assert_eq!(schema["type"], "object");
    let init = project.run(&["init", "--format", "json", "elsewhere"]).expect(0).json();
    assert_eq!(init["written"].as_array().unwrap().len(), 5);
}

#[test]
fn the_environment_and_flags_change_settings() {
    let project = Project::fresh();
    let mut command = project.command(&["config", "show", "--set", "limits.max_in_flight=7", "--format", "json"]);
    let done =
        project.done(command.env("DECISION_GATE_PROFILE", "ci").env("DECISION_GATE_LOG", "debug").output().unwrap());
    let show = done.expect(0).json();
    for (key, value, by) in [
        ("server.profile", serde_json::json!("ci"), "DECISION_GATE_PROFILE"),
        ("logging.level", serde_json::json!("debug"), "DECISION_GATE_LOG"),
        ("limits.max_in_flight", serde_json::json!(7), "--set"),
    ] {
        let setting = show["settings"].as_array().unwrap().iter().find(|it| it["key"] == key).unwrap();
        assert_eq!(setting["value"], value, "{key}");
        assert!(setting["origin"].to_string().contains(by), "{setting}");
    }
    let mut wrong = project.command(&["check", "release", "--set", "nonsense"]);
    let done = project.done(wrong.output().unwrap()).expect(2);
    assert!(done.stderr.starts_with("error: --set: "), "{}", done.stderr);
}
