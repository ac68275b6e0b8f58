//! The guides that make attestations, run as they stand: their commands go to one shell, and what they show must be
//! said in that order. The artifact and the trace are those that a reader would have.

use std::process::Command;

use crate::support::Project;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");

/// Commands of the `console` blocks, each with what it is shown to say.
fn commands(guide: &str) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for line in guide.split("\n```console\n").skip(1).flat_map(|it| it.split("\n```").next().unwrap().lines()) {
        if let Some(command) = line.strip_prefix("$ ") {
            found.push((command.to_owned(), Vec::new()));
        } else {
            let (command, says) = found.last_mut().unwrap();
            match line.strip_prefix('>') {
                Some(more) => command.push_str(&format!("\n{}", more.strip_prefix(' ').unwrap_or(more))),
                None => says.push(line.to_owned()),
            }
        }
    }
    found
}

/// Lines are compared without the space that aligns them.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn follow(guide: &str, least: usize) -> Project {
    let guide = std::fs::read_to_string(format!("{ROOT}docs/guides/{guide}")).unwrap();
    let commands = commands(&guide);
    assert!(commands.len() >= least, "{} commands", commands.len());
    let project = Project::empty();
    project.write("app.tar", "the artifact");
    std::fs::copy(format!("{ROOT}tests/traces/samples/engine.perf.txt"), project.folder().join("trace.txt")).unwrap();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_decision-gate"));
    for (command, says) in commands {
        let ready = project.command(&[]);
        let mut shell = Command::new("bash");
        shell.arg("-c").arg(&command).current_dir(project.folder()).env_clear();
        shell.envs(ready.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let path = std::env::var("PATH").unwrap();
        shell.env("PATH", format!("{}:{path}", program.parent().unwrap().display()));
        let done = project.done(shell.output().unwrap()).expect(0);
        let mut rest = plain(&format!("{}{}", done.stdout, done.stderr));
        for line in says {
            let found = rest.split_once(&plain(&line)).map(|(_, after)| after.to_owned());
            rest = found.unwrap_or_else(|| panic!("no `{line}`:\n$ {command}\n{}{}", done.stdout, done.stderr));
        }
    }
    project
}

#[test]
fn the_guide_on_execution_evidence_goes_as_it_is_told() {
    let project = follow("make-execution-evidence.md", 3);
    assert!(project.read("execution.dsse.json").contains("payload"));
}

#[test]
fn the_guide_on_beacon_attestations_goes_as_it_is_told() {
    let project = follow("make-beacon-attestation.md", 4);
    assert_eq!(project.read("beacons.intoto.jsonl").lines().count(), 2);
}

#[test]
fn the_guide_on_auditing_a_ledger_goes_as_it_is_told() {
    let project = follow("audit-a-ledger.md", 18);
    assert!(project.read("kept.note").starts_with("gate.example/ledger/1/1\n2\n"));
}

#[test]
fn the_guide_on_reports_goes_as_it_is_told() {
    let project = follow("read-a-report.md", 6);
    let page = project.read("allowed.html");
    assert!(page.contains("<h1 id=\"verdict-title\">Allowed</h1>"), "{page}");
    assert!(project.read("report.html").contains(">On hold</h1>"));
}

#[test]
fn the_guide_on_scenarios_goes_as_it_is_told() {
    let project = follow("write-a-scenario.md", 7);
    assert!(project.read("cases/missing.yaml").contains("Unknown"));
}

#[test]
fn the_tutorial_goes_as_it_is_told() {
    let began = std::time::Instant::now();
    let project = follow("../tutorial.md", 9);
    assert!(project.folder().join("proof/manifest.json").is_file());
    // What is left of five minutes is for reading.
    assert!(began.elapsed() < std::time::Duration::from_mins(1), "{:?}", began.elapsed());
}

#[test]
fn the_guide_on_gating_a_pipeline_goes_as_it_is_told() {
    let project = follow("gate-in-ci.md", 7);
    for file in ["gate.sarif", "gate.md", "svr.intoto.jsonl"] {
        assert!(!project.read(file).is_empty(), "{file}");
    }
}

#[test]
fn the_guide_on_clients_goes_as_it_is_told() {
    let project = follow("mcp-clients.md", 3);
    assert!(project.read(".vscode/mcp.json").contains("decision-gate"));
}

#[test]
fn the_guide_on_backtests_goes_as_it_is_told() {
    let project = follow("backtest-a-policy.md", 14);
    assert!(project.folder().join("proofs/tuesday/manifest.json").is_file());
}
