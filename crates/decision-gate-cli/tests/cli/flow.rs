//! What a new user does: `init`, `check`, mend, `check`, export, verify.

use crate::support::{Project, files_below};

#[test]
fn a_new_user_gets_from_nothing_to_a_verified_proof() {
    let project = Project::empty();
    let init = project.run(&["init"]).expect(0);
    insta::assert_snapshot!("init", init.transcript());

    let held = project.run(&["check", "release"]).expect(1);
    insta::assert_snapshot!("check_without_a_report", held.transcript());

    project.report(12, 1, 71.5);
    let held = project.run(&["check", "release"]).expect(1);
    insta::assert_snapshot!("check_with_a_failing_report", held.transcript());

    project.report(12, 0, 84.5);
    let allowed = project.run(&["check", "release", "--run-id", "one", "--export", "proof"]).expect(0);
    insta::assert_snapshot!("check_with_a_mended_report", allowed.transcript());

    let verified = project.run(&["runpack", "verify", "proof"]).expect(0);
    assert!(verified.stdout.starts_with("VERIFIED: the pack is consistent"), "{}", verified.stdout);
    let hash =
        verified.stdout.lines().find_map(|line| line.trim().strip_prefix("scenario ")).unwrap().trim().to_owned();
    let asked = ["runpack", "verify", "proof", "--require", "pinned", "--expect-run", "one", "--expect-scenario"];
    let allowed = project.run(&[&asked[..], &[&hash]].concat()).expect(0);
    assert!(allowed.stdout.starts_with("VERIFIED: the expected scenario allowed this run"), "{}", allowed.stdout);
}

#[test]
fn init_writes_what_the_configuration_check_accepts_and_never_overwrites() {
    let project = Project::fresh();
    let files = files_below(&project.folder());
    assert_eq!(
        files,
        [
            ".decision-gate/.gitignore",
            ".decision-gate/config.toml",
            ".decision-gate/scenarios/release.yaml",
            ".decision-gate/schemas/config.schema.json",
            ".decision-gate/schemas/scenario.schema.json",
        ]
    );
    insta::assert_snapshot!("config_check", project.run(&["config", "check"]).expect(0).transcript());

    project.write(".decision-gate/config.toml", "# mine\n");
    std::fs::remove_file(project.folder().join(".decision-gate/.gitignore")).unwrap();
    insta::assert_snapshot!("init_again", project.run(&["init"]).expect(2).transcript());
    assert_eq!(project.read(".decision-gate/config.toml"), "# mine\n");
    assert!(!project.folder().join(".decision-gate/.gitignore").exists(), "a refused init writes nothing");
}

#[test]
fn init_does_not_add_a_second_configuration_to_a_folder() {
    let project = Project::empty();
    project.write("decision-gate.yaml", "{}");
    let refused = project.run(&["init", "--format", "json"]).expect(2).json();
    assert_eq!(refused["error"]["code"], "file_exists");
    assert_eq!(files_below(&project.folder()), ["decision-gate.yaml"]);
    let below = project.run(&["init", "api"]).expect(0);
    assert!(below.stdout.contains("note     [root]/project/decision-gate.yaml counts"), "{}", below.stdout);
}

#[test]
fn init_elsewhere_tells_how_to_get_there() {
    let project = Project::empty();
    let done = project.run(&["init", "services/api"]).expect(0);
    assert!(done.stdout.contains("cd services/api"), "{}", done.stdout);
    let mut check = project.command(&["check", "release"]);
    let done =
        project.done(check.current_dir(project.folder().join("services/api/reports")).output().unwrap()).expect(1);
    assert!(
        done.stdout.contains("[root]/project/services/api/.decision-gate/config.toml"),
        "found upward: {}",
        done.stdout
    );
}

#[test]
fn the_ledger_of_a_fresh_project_is_its_own() {
    let project = Project::fresh();
    project.run(&["check", "release"]).expect(1);
    assert!(project.folder().join(".decision-gate/ledger.db").exists());
    assert_eq!(files_below(&project.home()), Vec::<String>::new());
}

#[test]
fn a_pack_is_exported_later_and_lies_under_the_configured_root() {
    let project = Project::fresh();
    project.run(&["check", "release", "--run-id", "later"]).expect(1);
    let exported = project.run(&["runpack", "export", "later"]).expect(0);
    assert!(exported.stdout.contains("[root]/project/.decision-gate/runpacks/later"), "{}", exported.stdout);
    // The run held, so no scenario let it through.
    let pack = ".decision-gate/runpacks/later";
    let report = project.run(&["runpack", "verify", pack, "--format", "json"]).expect(0).json();
    assert_eq!(report["verdict"], "consistent");
    let expected = format!("release@{}", report["run"]["spec_hash"]["value"].as_str().unwrap());
    let report =
        project.run(&["runpack", "verify", pack, "--expect-scenario", &expected, "--format", "json"]).expect(1);
    assert_eq!(report.json()["verdict"], "not_allowed");
    let again = project.run(&["runpack", "export", "later", "--format", "json"]).expect(2).json();
    assert_eq!(again["error"]["code"], "pack_exists");
    let disclosed = ["runpack", "export", "later", "--out", "shown", "--profile", "disclosed", "--format", "json"];
    assert_eq!(project.run(&disclosed).expect(0).json()["runpack"]["profile"], "disclosed");
}

#[test]
fn a_tampered_pack_is_refused_with_the_reason() {
    let project = Project::fresh();
    project.report(12, 0, 84.5);
    project.run(&["check", "release", "--export", "proof", "--quiet"]).expect(0);
    let events = project.read("proof/events.json");
    project.write("proof/events.json", &events.replacen("release", "relaese", 1));
    let refused = project.run(&["runpack", "verify", "proof"]).expect(1);
    assert!(refused.stdout.starts_with("NOT VERIFIED\n  "), "{}", refused.stdout);
    assert!(refused.stdout.contains("events.json"), "{}", refused.stdout);
    let missing = project.run(&["runpack", "verify", "nowhere", "--format", "json"]).expect(2).json();
    assert_eq!(missing["error"]["code"], "pack_not_found");
}
