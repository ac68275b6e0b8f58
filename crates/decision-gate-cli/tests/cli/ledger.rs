//! The ledger as an auditor meets it: checkpoints, proofs, anchored packs, and a file that somebody edited.

use serde_json::{Value, json};

use crate::keys::{private_pem, says_nothing_of, with_key, write_private};
use crate::support::{Done, Project};

const KEYRING: &str = ".decision-gate/keyring.json";

/// A project whose log has a name and a key, with one run that was allowed, and its signed pack in `proof`.
fn project() -> Project {
    let project = with_key("gate", 1, &[]);
    project.run(&["init"]).expect(0);
    project.report(12, 0, 84.5);
    write_private(&project, "gate.pem", &private_pem(1));
    write_private(&project, "log.pem", &private_pem(2));
    let config = project.read(".decision-gate/config.toml");
    let ledger = "\n[ledger]\norigin = \"gate.example/ledger\"\nsigning_key = \"../log.pem\"\n";
    project.write(".decision-gate/config.toml", &(config + ledger));
    let done = project.run(&["check", "release", "--run-id", "one", "--export", "proof", "--sign", "gate.pem"]);
    says_nothing_of(&private_pem(2), &done.expect(0));
    project
}

fn vkey(project: &Project) -> String {
    let done = project.run(&["ledger", "checkpoint", "--format", "json"]).expect(0);
    done.json()["checkpoint_key"].as_str().unwrap().to_owned()
}

fn ledger(project: &Project) -> std::path::PathBuf {
    project.folder().join(".decision-gate/ledger.db")
}

fn codes(report: &Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap()).collect()
}

fn verify(project: &Project, more: &[&str]) -> Done {
    project.run(&[&["ledger", "verify", "--format", "json"][..], more].concat())
}

#[test]
fn a_pack_is_anchored_in_the_log_that_signed_its_checkpoint() {
    let project = project();
    let key = vkey(&project);
    let check = |more: &[&str]| {
        let line = [&["runpack", "verify", "proof", "--format", "json"][..], more].concat();
        project.run(&line)
    };
    let report = check(&["--checkpoint-key", &key, "--keys", KEYRING, "--level", "anchored"]).expect(0).json();
    assert_eq!((&report["level"], &report["facets"]["anchoring"]["level"]), (&json!("anchored"), &json!("all")));
    // Without the log's key nothing is anchored, and with another's the pack fails.
    let report = check(&["--keys", KEYRING, "--level", "anchored"]).expect(1).json();
    assert_eq!(codes(&report), ["expected_level"]);
    let other = project.run(&[
        "ledger",
        "checkpoint",
        "--origin",
        "gate.example/other",
        "--key",
        "gate.pem",
        "--format",
        "json",
    ]);
    let other = other.expect(0).json()["checkpoint_key"].as_str().unwrap().to_owned();
    assert_eq!(codes(&check(&["--checkpoint-key", &other]).expect(1).json()), ["checkpoint_signer_refused"]);
    // The small verifier says the same of a pack whose run the log has.
    assert!(project.folder().join("proof/checkpoint.note").exists());
}

#[test]
fn a_ledger_that_was_edited_by_hand_is_not_sound() {
    let project = project();
    project.run(&["ledger", "checkpoint", "--out", "kept.note"]).expect(0);
    let key = vkey(&project);
    let kept = ["--checkpoint", "kept.note", "--checkpoint-key", &key];
    let report = verify(&project, &kept).expect(0).json();
    assert_eq!((&report["status"], &report["checkpoints"]), (&json!("sound"), &json!(2)));
    let edit = |script: &str| rusqlite::Connection::open(ledger(&project)).unwrap().execute_batch(script).unwrap();
    edit(
        "PRAGMA foreign_keys = OFF; CREATE TABLE kept AS SELECT * FROM events; DELETE FROM events WHERE stream = 'one' AND seq = 2",
    );
    let report = verify(&project, &[]).expect(1).json();
    let first = &report["findings"][0];
    assert_eq!((&first["code"], &first["run_id"], &first["seq"]), (&json!("event_missing"), &json!("one"), &json!(2)));
    let text = project.run(&["ledger", "verify"]).expect(1).stdout;
    assert!(text.contains("NOT SOUND"), "{text}");
    edit(
        "PRAGMA foreign_keys = OFF; INSERT INTO events SELECT * FROM kept WHERE stream = 'one' AND seq = 2; DROP TABLE kept",
    );
    verify(&project, &kept).expect(0);
    // A checkpoint without a key says nothing.
    let fault = verify(&project, &["--checkpoint", "kept.note"]).expect(2).json();
    assert_eq!(fault["error"]["code"], "checkpoint_key_missing");
}

#[test]
fn proofs_hold_without_a_ledger_and_only_as_they_are() {
    let project = project();
    let key = vkey(&project);
    project.run(&["ledger", "prove", "one", "--event", "2", "--out", "one.tlog-proof"]).expect(0);
    let judge =
        |file: &str| project.run(&["ledger", "verify", "--proof", file, "--checkpoint-key", &key, "--format", "json"]);
    let proven = judge("one.tlog-proof").expect(0).json();
    assert_eq!(
        (&proven["status"], &proven["head"]["run"], &proven["event"]["seq"]),
        (&json!("proven"), &json!("one"), &json!(2))
    );
    let text = project.read("one.tlog-proof");
    project.write("other.tlog-proof", &text.replace("index 1\n", "index 0\n"));
    let refused = judge("other.tlog-proof").expect(1).json();
    assert_eq!(refused["code"], "merkle_proof_invalid");
    project.write("none.tlog-proof", &text.replace("tlog-proof@v1", "tlog-proof@v9"));
    assert_eq!(judge("none.tlog-proof").expect(2).json()["error"]["code"], "tlog_proof_malformed");
    for (line, code) in [
        (&["ledger", "prove", "two"][..], "run_not_found"),
        (&["ledger", "prove", "one", "--event", "9"], "event_not_found"),
        (&["ledger", "prove", "--consistency", "9"], "merkle_proof_invalid"),
        (&["ledger", "prove", "one", "--checkpoint", "9"], "checkpoint_not_found"),
        (&["ledger", "prune"], "prune_selection_missing"),
        (&["ledger", "prune", "--before", "yesterday"], "time_invalid"),
        (&["ledger", "checkpoint", "--namespace", "9"], "ledger_empty"),
    ] {
        let done = project.run(&[line, &["--format", "json"]].concat()).expect(2);
        assert_eq!(done.json()["error"]["code"], code, "{line:?}");
        assert!(!done.json()["error"]["hint"].as_str().unwrap().is_empty());
    }
}

#[test]
fn what_is_pruned_stays_proven() {
    let project = project();
    let key = vkey(&project);
    let dry = project.run(&["ledger", "prune", "--run", "one", "--dry-run", "--format", "json"]).expect(0).json();
    let done = project.run(&["ledger", "prune", "--run", "one", "--format", "json"]).expect(0).json();
    assert_eq!((&dry["values"], &dry["dry_run"], &done["dry_run"]), (&done["values"], &json!(true), &json!(false)));
    assert!(done["values"].as_u64().unwrap() > 0);
    let report = verify(&project, &[]).expect(0).json();
    assert_eq!(report["values_pruned"], done["values"]);
    let stats = project.run(&["ledger", "stats", "--format", "json"]).expect(0).json();
    assert_eq!((&stats["shelves"][0]["values"], &stats["shelves"][0]["values_pruned"]), (&json!(0), &done["values"]));
    project.run(&["runpack", "export", "one", "--out", "later"]).expect(0);
    let line = ["runpack", "verify", "later", "--checkpoint-key", &key, "--format", "json"];
    let report = project.run(&line).expect(0).json();
    assert_eq!(
        (&report["facets"]["replay"]["level"], &report["facets"]["anchoring"]["level"]),
        (&json!("partial"), &json!("all"))
    );
    assert!(project.read("later/values.json").contains("\"withheld\":\"pruned\""));
    // And the two packs of one run differ in what was taken away.
    let differ = project.run(&["runpack", "diff", "proof", "later", "--format", "json"]).expect(1).json();
    assert_eq!((&differ["same"], &differ["files"][0]["path"]), (&json!(false), &json!("values.json")));
    project.run(&["runpack", "diff", "proof", "proof"]).expect(0);
}

#[test]
fn t220_a_value_that_is_gone_is_not_called_pruned() {
    let project = project();
    let edit = |script: &str| rusqlite::Connection::open(ledger(&project)).unwrap().execute_batch(script).unwrap();
    edit("DELETE FROM side_values WHERE stream = 'one' AND slot = (SELECT min(slot) FROM side_values)");
    let refused = project.run(&["runpack", "export", "one", "--out", "later", "--format", "json"]).expect(2).json();
    assert_eq!(refused["error"]["code"], "store_corrupt");
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.contains("a value of event 2 of run `one` is gone, and was not pruned"), "{message}");
    assert!(!project.folder().join("later").exists());
}

#[test]
fn what_a_checkpoint_has_not_is_said_with_what_to_do() {
    let project = project();
    let key = vkey(&project);
    project.run(&["ledger", "checkpoint", "--out", "kept.note"]).expect(0);
    project.run(&["check", "release", "--run-id", "later"]).expect(0);
    project.run(&["ledger", "checkpoint"]).expect(0);
    project.run(&["ledger", "prove", "--consistency", "2", "--out", "goes-on.proof"]).expect(0);
    let message = |line: &[&str]| {
        let done = project.run(&[line, &["--format", "json"]].concat()).expect(2).json();
        (done["error"]["code"].as_str().unwrap().to_owned(), done["error"]["message"].as_str().unwrap().to_owned())
    };
    let said = |code: &str, text: &str| (code.to_owned(), text.to_owned());
    assert_eq!(
        message(&["ledger", "prove", "later", "--checkpoint", "2"]),
        said("run_not_found", "run `later` is not in the checkpoint of size `2`")
    );
    assert_eq!(
        message(&["ledger", "prove", "one", "--checkpoint", "9"]),
        said("checkpoint_not_found", "no checkpoint of size `9` is kept of this log")
    );
    for old in ["0", "9"] {
        let text = format!("the log of size `{old}` is no beginning of that of the checkpoint, whose size is `3`");
        assert_eq!(message(&["ledger", "prove", "--consistency", old]), said("merkle_proof_invalid", &text));
    }
    // That nothing is said of the older checkpoint is no word about the proof.
    let line = ["ledger", "verify", "--proof", "goes-on.proof", "--checkpoint-key", &key];
    assert_eq!(message(&line).0, "old_checkpoint_missing");
    project.run(&[&line[..], &["--old-checkpoint", "kept.note"]].concat()).expect(0);
}

#[test]
fn what_is_no_whole_pack_is_not_compared() {
    let project = project();
    std::fs::create_dir(project.folder().join("empty")).unwrap();
    let refused = |left: &str, right: &str| {
        let done = project.run(&["runpack", "diff", left, right, "--format", "json"]).expect(2).json();
        done["error"]["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused("empty", "empty"), "pack_manifest_missing");
    assert_eq!(refused("proof", "empty"), "pack_manifest_missing");
    assert_eq!(refused("proof", "nowhere"), "pack_not_found");
    std::fs::create_dir(project.folder().join("proof/trust.json.d")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("../manifest.json", project.folder().join("proof/trust.json.d/link")).unwrap();
    #[cfg(unix)]
    assert_eq!(refused("proof", "proof"), "pack_unreadable");
}

#[test]
fn the_configured_key_signs_under_another_name() {
    let project = project();
    let done = project.run(&["ledger", "checkpoint", "--origin", "gate.example/other", "--format", "json"]).expect(0);
    assert!(done.json()["checkpoint_key"].as_str().unwrap().starts_with("gate.example/other/1/1+"));
}

#[test]
fn a_run_that_goes_on_keeps_its_values() {
    let project = project();
    project.report(12, 3, 84.5);
    project.run(&["check", "release", "--run-id", "held"]).expect(1);
    let refused = project.run(&["ledger", "prune", "--run", "held", "--format", "json"]).expect(2).json();
    assert_eq!(refused["error"]["code"], "run_not_ended");
}

#[test]
fn the_log_is_exported_as_tiles() {
    let project = project();
    let done = project.run(&["ledger", "export", "--out", "log", "--format", "json"]).expect(0).json();
    assert_eq!((&done["log_entries"], &done["files"]), (&json!(2), &json!(4)));
    let files = crate::support::files_below(&project.folder().join("log"));
    assert_eq!(files, ["checkpoint", "events.jsonl", "tile/0/000.p/2", "tile/entries/000.p/2"]);
    assert_eq!(u64::try_from(project.read("log/events.jsonl").lines().count()).ok(), done["events"].as_u64());
    project.run(&["ledger", "export", "--out", "log"]).expect(2);
}

#[test]
fn a_key_that_others_may_read_signs_nothing() {
    let project = project();
    crate::keys::chmod(&project, "log.pem", 0o644);
    let done = project.run(&["ledger", "checkpoint", "--format", "json"]).expect(2);
    assert_eq!(done.json()["error"]["code"], "private_key_exposed");
    let done = project.run(&["runpack", "export", "one", "--out", "again", "--format", "json"]).expect(2);
    assert_eq!(done.json()["error"]["code"], "private_key_exposed");
}
