//! `mcp config`: what clients need, printed or written into files that have more in them.

use crate::support::Project;
use serde_json::{Value, json};

const CLIENTS: [&str; 7] = ["claude-code", "claude-desktop", "vscode", "cursor", "zed", "codex", "gemini"];

/// The program's path, which is another on every machine.
fn settled(text: &str) -> String {
    text.replace(env!("CARGO_BIN_EXE_decision-gate"), "[program]")
}

#[test]
fn each_client_gets_what_it_reads() {
    let project = Project::fresh();
    let printed = |client: &&str| {
        let done = project.run(&["mcp", "config", "--client", client, "--profile", "ci"]).expect(0);
        format!("{client}\n{}", settled(&done.stdout))
    };
    insta::assert_snapshot!(CLIENTS.iter().map(printed).collect::<Vec<_>>().join("\n"));
}

#[test]
fn writing_it_twice_is_writing_it_once_and_the_rest_stays() {
    let project = Project::fresh();
    project
        .write(".vscode/mcp.json", "{\n  // mine\n  \"servers\": {\n    \"other\": { \"command\": \"x\" },\n  },\n}\n");
    let write = |client: &str| project.run(&["mcp", "config", "--client", client, "--write", "--format", "json"]);
    for client in CLIENTS {
        let first = write(client).expect(0).json();
        let file =
            first["file"].as_str().unwrap().replace("[root]", project.folder().parent().unwrap().to_str().unwrap());
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(env!("CARGO_BIN_EXE_decision-gate")), "{client}: {text}");
        assert_eq!(first["done"], if client == "vscode" { "written" } else { "made" }, "{client}");
        assert_eq!(write(client).expect(0).json()["done"], "unchanged", "{client}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "{client}");
    }
    insta::assert_snapshot!(
        settled(&project.read(".vscode/mcp.json")).replace(project.folder().to_str().unwrap(), "[project]")
    );
    let user = project.run(&["mcp", "config", "--client", "cursor", "--user", "--write"]).expect(0);
    assert!(user.stdout.contains("[root]/home/.cursor/mcp.json"), "{}", user.stdout);
}

/// What is written is what a client starts: the command with its arguments answers.
#[test]
fn what_is_written_starts_the_server() {
    let project = Project::fresh();
    project.run(&["mcp", "config", "--client", "claude-code", "--write"]).expect(0);
    let servers: Value = serde_json::from_str(&project.read(".mcp.json")).unwrap();
    let entry = &servers["mcpServers"]["decision-gate"];
    assert_eq!(entry["command"], env!("CARGO_BIN_EXE_decision-gate"));
    let args: Vec<_> = entry["args"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    let client = json!({ "name": "test", "version": "1" });
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
    let done = project.run_with(&args, &format!("{hello}\n")).expect(0);
    let answer: Value = serde_json::from_str(done.stdout.lines().next().unwrap()).unwrap();
    let declared: Vec<_> = answer["result"]["capabilities"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(declared, ["completions", "logging", "prompts", "resources", "tools"]);
    assert!(answer["result"]["instructions"].as_str().unwrap().len() < 1024);
}

#[test]
fn a_file_that_can_not_be_read_is_left_alone() {
    let project = Project::fresh();
    for (file, client, text, code) in [
        (".mcp.json", "claude-code", "{ broken", "client_file_invalid"),
        (".cursor/mcp.json", "cursor", "[]", "client_file_invalid"),
        (".gemini/settings.json", "gemini", "{\"mcpServers\": 1}", "client_file_invalid"),
        ("codex.toml", "codex", "model = ", "client_file_invalid"),
        ("codex.toml", "codex", "mcp_servers = { decision-gate = { command = \"x\" } }\n", "client_file_entangled"),
    ] {
        project.write(file, text);
        let named = if client == "codex" { vec!["--file", file] } else { Vec::new() };
        let line = [vec!["mcp", "config", "--client", client, "--write", "--format", "json"], named].concat();
        let done = project.run(&line).expect(2);
        assert_eq!(done.json()["error"]["code"], code, "{client}: {}", done.stdout);
        assert_eq!(project.read(file), text, "{client}");
    }
    let left = crate::support::files_below(&project.folder());
    assert!(!left.iter().any(|it| std::path::Path::new(it).extension().is_some_and(|it| it == "new")), "{left:?}");
}

#[test]
fn without_a_configuration_it_says_what_is_missing() {
    let project = Project::empty();
    let done = project.run(&["mcp", "config", "--client", "vscode"]).expect(0);
    assert!(done.stdout.contains("decision-gate init"), "{}", done.stdout);
    project.write("broken.toml", "nonsense");
    project.run(&["mcp", "config", "--client", "vscode", "--config", "broken.toml"]).expect(2);
}
