//! `issuers`: whose VEX counts, and how often each was right, in files that are changed as a whole.

use serde_json::{Value, json};

use crate::keys::{chmod, import, private_pem, write_private};
use crate::support::{Done, Project, files_below};

const DIRECTORY: &str = ".decision-gate/issuers.json";
const RECORDS: &str = ".decision-gate/outcomes.intoto.jsonl";

/// A project with an issuer `acme` (key 1) and somebody who records (key 2).
fn project() -> Project {
    let project = Project::empty();
    import(&project, "acme-2026", 1, &["--keyring", "acme.json"]);
    import(&project, "triage", 2, &[]);
    for (file, seed) in [("acme.pem", 1), ("triage.pem", 2), ("stranger.pem", 3)] {
        write_private(&project, file, &private_pem(seed));
    }
    add(&project, "acme", &["--name", "Acme Security", "--authority", "pkg:oci/acme"]).expect(0);
    project
}

fn add(project: &Project, id: &str, more: &[&str]) -> Done {
    project.run(&[&["issuers", "add", id, "--keyring", "acme.json"], more].concat())
}

fn record(project: &Project, issuer: &str, outcome: &str, key: &str, more: &[&str]) -> Done {
    let subject = format!("sha256:{}", "ab".repeat(32));
    let line = [
        "issuers",
        "record-outcome",
        issuer,
        "--vulnerability",
        "CVE-2026-0001",
        "--claimed",
        "not_affected",
        "--outcome",
        outcome,
        "--subject",
        &subject,
        "--key",
        key,
        "--at",
        "2026-06-01T00:00:00Z",
    ];
    project.run(&[&line[..], more].concat())
}

#[track_caller]
fn code(done: &Done) -> String {
    done.json()["error"]["code"].as_str().unwrap().to_owned()
}

#[test]
fn an_issuer_is_added_listed_and_shown() {
    let project = project();
    import(&project, "internal", 4, &["--keyring", "internal.json", "--not-after", "2026-01-01T00:00:00Z"]);
    let line = ["issuers", "add", "internal", "--keyring", "internal.json", "--key", "internal", "--authority", "*"];
    let rules = ["--tenant", "payments", "--not-after", "2126-01-01T00:00:00Z"];
    insta::assert_snapshot!("added", project.run(&[&line[..], &rules].concat()).expect(0).transcript());
    insta::assert_snapshot!("list", project.run(&["issuers", "list"]).expect(0).transcript());
    insta::assert_snapshot!("show", project.run(&["issuers", "show", "internal"]).expect(0).transcript());
    insta::assert_json_snapshot!("list_json", project.run(&["issuers", "list", "--format", "json"]).expect(0).json());
}

#[test]
fn a_directory_takes_nobody_twice_and_nothing_half() {
    let project = project();
    import(&project, "other", 5, &["--keyring", "other.json"]);
    let before = project.read(DIRECTORY);
    let any = ["--authority", "*", "--format", "json"];
    let other =
        |more: &[&str]| project.run(&[&["issuers", "add", "x", "--keyring", "other.json"], more, &any].concat());
    assert_eq!(code(&add(&project, "acme", &any).expect(2)), "issuer_exists");
    assert_eq!(code(&add(&project, "acme-too", &any).expect(2)), "issuer_key_shared");
    assert_eq!(code(&add(&project, "a b", &any).expect(2)), "issuer_id_invalid");
    assert_eq!(code(&other(&["--key", "none"]).expect(2)), "key_not_found");
    assert_eq!(code(&other(&["--authority", "everything"]).expect(2)), "arguments_invalid");
    project.write(".decision-gate/issuers.json.new", "");
    assert_eq!(code(&other(&[]).expect(2)), "issuers_busy");
    assert_eq!(project.read(DIRECTORY), before);
    for (text, wanted) in [("{}", "issuers_invalid"), ("[", "json_syntax"), ("[{}]", "issuers_invalid")] {
        project.write("bad.json", text);
        let line = ["issuers", "list", "--directory", "bad.json", "--format", "json"];
        assert_eq!(code(&project.run(&line).expect(2)), wanted);
    }
    let none = project.run(&["issuers", "list", "--directory", "none.json"]).expect(2);
    insta::assert_snapshot!("no_directory", none.transcript());
    assert_eq!(code(&project.run(&["issuers", "show", "nobody", "--format", "json"]).expect(2)), "issuer_not_found");
}

#[test]
fn outcomes_are_numbered_signed_and_counted() {
    let project = project();
    insta::assert_snapshot!(
        "recorded",
        record(&project, "acme", "confirmed", "triage.pem", &[]).expect(0).transcript()
    );
    let json = ["--format", "json", "--key-id", "triage"];
    let second = record(&project, "acme", "refuted", "triage.pem", &json).expect(0).json();
    assert_eq!((&second["sequence"], &second["outcomes"]["accuracy"]), (&json!(2), &json!(0.5)), "{second}");
    let shown = project.run(&["issuers", "show", "acme", "--format", "json"]).expect(0).json();
    assert_eq!(shown["outcomes"], json!({ "recorded": 2, "accuracy": 0.5, "unknown": null }));
    for envelope in project.read(RECORDS).lines() {
        let line = ["attest", "verify", "-", "--keys", ".decision-gate/keyring.json", "--predicate-type"];
        project.run_with(&[&line[..], &["urn:decision-gate:vex-outcome:v1"]].concat(), envelope).expect(0);
    }
    let text = project.run(&["issuers", "show", "acme"]).expect(0).stdout;
    assert!(text.contains("2 recorded, accuracy 0.5"), "{text}");
}

#[test]
fn nobody_records_about_himself_and_no_stranger_about_anybody() {
    let project = project();
    let json = ["--format", "json"];
    record(&project, "acme", "confirmed", "triage.pem", &[]).expect(0);
    let before = project.read(RECORDS);
    // Its own key, in the keyring of those who may record.
    import(&project, "acme-2026", 1, &[]);
    assert_eq!(code(&record(&project, "acme", "confirmed", "acme.pem", &json).expect(2)), "outcome_record_refused");
    assert_eq!(code(&record(&project, "acme", "confirmed", "stranger.pem", &json).expect(2)), "signature_invalid");
    assert_eq!(code(&record(&project, "nobody", "confirmed", "triage.pem", &json).expect(2)), "issuer_not_found");
    assert_eq!(project.read(RECORDS), before);
    // A file that was changed gives out no number.
    let good: Value = serde_json::from_str(&before).unwrap();
    let mut forged = good.clone();
    forged["payload"] = json!(good["payload"].as_str().unwrap().replacen('e', "f", 1));
    for (text, wanted) in
        [(format!("{before}{forged}\n"), "signature_invalid"), (format!("{before}no envelope\n"), "envelope_malformed")]
    {
        project.write(RECORDS, &text);
        let done = record(&project, "acme", "confirmed", "triage.pem", &json).expect(2);
        assert_eq!(code(&done), wanted);
        assert!(done.stdout.contains("line 2"), "{}", done.stdout);
        assert_eq!(project.read(RECORDS), text);
    }
    // What is missing in between is seen.
    project.write(RECORDS, &before);
    record(&project, "acme", "confirmed", "triage.pem", &[]).expect(0);
    let second = project.read(RECORDS).lines().nth(1).unwrap().to_owned();
    project.write(RECORDS, &format!("{second}\n"));
    let shown = project.run(&["issuers", "show", "acme", "--format", "json"]).expect(0).json();
    assert_eq!(shown["outcomes"]["unknown"], "incomplete");
}

#[cfg(unix)]
#[test]
fn new_files_are_for_their_owner_and_old_ones_keep_their_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let project = project();
    let mode = |path: &str| std::fs::metadata(project.folder().join(path)).unwrap().permissions().mode() & 0o7777;
    record(&project, "acme", "confirmed", "triage.pem", &[]).expect(0);
    assert_eq!((mode(DIRECTORY), mode(RECORDS)), (0o600, 0o600));
    chmod(&project, RECORDS, 0o640);
    record(&project, "acme", "confirmed", "triage.pem", &[]).expect(0);
    assert_eq!(mode(RECORDS), 0o640);
    assert!(files_below(&project.folder()).iter().all(|it| !it.contains(".new")));
}
