//! `release backtest`: what a policy would have made of the decisions in a ledger or in packs, and what it refuses to say.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::release::{evaluate, project, trace, waive};
use crate::support::{Done, Project};

fn backtest(project: &Project, more: &[&str]) -> Done {
    project.run(&[&["release", "backtest"], more].concat())
}

fn ledger(project: &Project) -> PathBuf {
    project.home().join("state/decision-gate/ledger.db")
}

/// Two releases that a policy in warn mode let through, the second with a trace.
fn decided() -> Project {
    let project = project("Warn");
    project.write(
        "strict.yaml",
        "PolicyGates:\n  ExecutionEvidence:\n    MissingEvidenceAction: Block\n    MinUniqueCallPaths: 1000000\n",
    );
    project.write("block.yaml", "PolicyGates:\n  ExecutionEvidence:\n    MissingEvidenceAction: Block\n");
    evaluate(&project, &["--run-id", "untraced"]).expect(0);
    trace(&project, "ci.pem");
    evaluate(&project, &["--run-id", "traced", "--export", "proofs/traced"]).expect(0);
    project
}

/// A text without what changes with every run: digests and times.
fn settled(text: &str) -> String {
    let hex = |it: &str| it.len() == 64 && it.bytes().all(|it| it.is_ascii_hexdigit());
    let time = |it: &str| it.starts_with("20") && it.ends_with('Z');
    let part = |it: &str| match it {
        it if hex(it) => "[digest]".to_owned(),
        it if time(it) => "[time]".to_owned(),
        it => it.split('@').map(|it| if hex(it) { "[digest]" } else { it }).collect::<Vec<_>>().join("@"),
    };
    text.lines().map(|line| line.split(' ').map(part).collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_would_be_held_is_told_with_the_number_that_turns_it() {
    let project = decided();
    let before = std::fs::read(ledger(&project)).unwrap();
    let text = backtest(&project, &["--policy", "strict.yaml", "--curves"]).expect(1);
    insta::assert_snapshot!("backtest_strict", settled(&text.transcript()));
    let markdown = backtest(&project, &["--policy", "strict.yaml", "--format", "markdown"]).expect(1);
    insta::assert_snapshot!("backtest_strict_markdown", settled(&markdown.transcript()));
    assert!(std::fs::read(ledger(&project)).unwrap() == before, "the ledger was written");
}

#[test]
fn json_has_the_whole_report() {
    let project = decided();
    let report = backtest(&project, &["--policy", "block.yaml", "--format", "json"]).expect(1).json();
    assert_eq!((&report["read"], &report["judged"]), (&json!(2), &json!(2)), "{report}");
    assert_eq!(report["flips"]["all"], json!({ "to_hold": 1, "to_allow": 0 }));
    assert_eq!(report["flips"]["by_reason"], json!({ "execution_evidence_missing": { "to_hold": 1, "to_allow": 0 } }));
    assert_eq!(report["examples"][0]["place"]["run_id"], "untraced");
    assert_eq!(report["candidate"]["policy"], "default");
}

#[test]
fn the_policy_in_force_would_change_nothing() {
    let project = decided();
    let text = backtest(&project, &[]).expect(0);
    assert!(text.stdout.starts_with("NOTHING WOULD CHANGE of 2 decisions\n"), "{}", text.stdout);
}

#[test]
fn what_would_be_let_through_is_told_too() {
    let project = project("Block");
    project.write("warn.yaml", "PolicyGates:\n  ExecutionEvidence:\n    MissingEvidenceAction: Warn\n");
    evaluate(&project, &[]).expect(1);
    waive(&project, -1, 2);
    evaluate(&project, &[]).expect(0);
    let report = backtest(&project, &["--policy", "warn.yaml", "--format", "json"]).expect(1).json();
    assert_eq!(report["flips"]["all"], json!({ "to_hold": 0, "to_allow": 1 }), "{report}");
}

#[test]
fn without_a_decision_to_judge_there_is_no_backtest() {
    let project = project("Block");
    let empty = backtest(&project, &[]).expect(2);
    assert!(empty.stdout.starts_with("NO DECISION could be judged\n"), "{}", empty.stdout);
    assert!(!ledger(&project).exists(), "to look made a ledger");
    let project = decided();
    let report = backtest(&project, &["--until", "2020-01-01", "--format", "json"]).expect(2).json();
    assert_eq!((&report["read"], &report["left_out"]), (&json!(0), &json!(2)));
}

#[test]
fn t177_a_candidate_out_of_an_evidence_root_is_refused() {
    let project = decided();
    project.write("attested/mine.yaml", "PolicyGates:\n  ExecutionEvidence:\n    Enabled: false\n");
    let answer = backtest(&project, &["--policy", "attested/mine.yaml", "--format", "json"]).expect(2).json();
    assert_eq!(answer["error"]["code"], "policy_in_evidence_root", "{answer}");
}

#[test]
fn what_can_not_be_asked_is_no_backtest() {
    let project = decided();
    for (line, code) in [
        (["--policy-name", "lax"], "release_policy_unknown"),
        (["--environment", "moon"], "environment_unknown"),
        (["--tenant", "nobody"], "arguments_invalid"),
        (["--gate", "luck"], "arguments_invalid"),
        (["--since", "yesterday"], "arguments_invalid"),
        (["--packs", "nowhere"], "pack_not_found"),
    ] {
        let answer = backtest(&project, &[&line[..], &["--format", "json"]].concat()).expect(2).json();
        assert_eq!(answer["error"]["code"], code, "{answer}");
    }
}

#[test]
fn t175_a_value_that_was_changed_in_the_ledger_is_named_and_not_judged() {
    let project = decided();
    let connection = rusqlite::Connection::open(ledger(&project)).unwrap();
    let change =
        "UPDATE side_values SET canonical = CAST(CAST(canonical AS TEXT) || ' ' AS BLOB) WHERE stream = 'traced'";
    assert_eq!(connection.execute(change, []).unwrap(), 1);
    drop(connection);
    let report = backtest(&project, &["--policy", "block.yaml", "--format", "json"]).expect(1).json();
    assert_eq!(report["judged"], 1, "{report}");
    assert_eq!(report["not_judgeable"]["value_changed"]["examples"][0]["run_id"], "traced");
}

#[test]
fn t178_packs_are_verified_before_they_are_judged() {
    let project = decided();
    let packs = ["--policy", "strict.yaml", "--packs", "proofs", "--format", "json"];
    let report = backtest(&project, &packs).expect(1).json();
    assert_eq!((&report["judged"], &report["flips"]["all"]["to_hold"]), (&json!(1), &json!(1)), "{report}");
    let values = project.read("proofs/traced/values.json");
    project.write("proofs/traced/values.json", &format!("{values} "));
    let report: Value = backtest(&project, &packs).expect(2).json();
    assert_eq!(report["not_judgeable"]["pack_not_verified"]["examples"][0]["run_id"], "traced", "{report}");
}
