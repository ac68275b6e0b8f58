//! `serve` as a client starts it: the protocol on stdout and nothing else, and an end without a fault.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use crate::support::Project;
use serde_json::{Value, json};

fn initialize() -> Value {
    let client = json!({ "name": "test", "version": "1" });
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
    json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params })
}

fn list() -> Value {
    json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" })
}

fn lines(messages: &[Value]) -> String {
    messages.iter().map(|message| message.to_string() + "\n").collect()
}

fn tools(stdout: &str) -> Vec<String> {
    let last: Value = serde_json::from_str(stdout.lines().last().unwrap()).unwrap();
    last["result"]["tools"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn stdout_carries_the_protocol_only() {
    let project = Project::fresh();
    let line = ["serve", "--config", ".decision-gate/config.toml", "--set", "logging.level=trace"];
    let done = project.run_with(&line, &lines(&[initialize(), list()])).expect(0);
    for line in done.stdout.lines() {
        assert_eq!(serde_json::from_str::<Value>(line).unwrap()["jsonrpc"], "2.0");
    }
    assert_eq!(done.stdout.lines().count(), 2);
    assert!(!done.stderr.is_empty(), "the log is on stderr");
}

#[test]
fn the_profile_says_which_tools_are_listed() {
    let project = Project::fresh();
    let of = |profile: &str| {
        let done = project.run_with(&["serve", "--profile", profile], &lines(&[initialize(), list()])).expect(0);
        tools(&done.stdout)
    };
    let (agent, full) = (of("agent"), of("full"));
    assert!(!agent.contains(&"scenario_define".to_owned()), "{agent:?}");
    assert!(full.contains(&"scenario_define".to_owned()), "{full:?}");
    assert!(agent.len() < full.len());
}

#[test]
fn the_working_directory_is_never_read_for_a_configuration() {
    let project = Project::fresh();
    project.write(".decision-gate/config.toml", "nonsense");
    project.write("decision-gate.toml", "nonsense");
    project.run_with(&["serve"], &lines(&[initialize()])).expect(0);
    project.run(&["config", "show", "--server"]).expect(0);
    project.run(&["config", "show"]).expect(2);
}

#[test]
fn the_users_configuration_is_found() {
    let project = Project::empty();
    let folder = project.home().join("config/decision-gate");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("decision-gate.toml"), "[server]\nprofil = \"ci\"\n").unwrap();
    let done = project.run(&["serve"]).expect(2);
    assert_eq!(done.stdout, "");
    insta::assert_snapshot!("serve_with_a_wrong_configuration", done.stderr);
}

#[test]
fn nothing_is_opened_before_it_is_needed() {
    let project = Project::empty();
    project.run_with(&["serve"], &lines(&[initialize(), list()])).expect(0);
    assert_eq!(crate::support::files_below(&project.home()), Vec::<String>::new());
}

#[test]
fn the_log_can_be_json() {
    let project = Project::empty();
    let mut command = project.command(&["serve", "--set", "logging.format=json"]);
    let done = project.done(command.env("DECISION_GATE_LOG", "debug").output().unwrap()).expect(0);
    let log: Vec<Value> = done.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(log.iter().any(|line| line["target"] == "decision_gate::commands::serve"), "{}", done.stderr);
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_without_a_fault() {
    let project = Project::empty();
    for signal in ["TERM", "INT"] {
        let mut command = project.command(&["serve"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(lines(&[initialize()]).as_bytes()).unwrap();
        let mut answer = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut answer).unwrap();
        assert!(answer.contains("\"id\":1"), "{answer}");
        let id = child.id().to_string();
        std::process::Command::new("kill").args(["-s", signal, &id]).status().unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{signal}");
    }
}
