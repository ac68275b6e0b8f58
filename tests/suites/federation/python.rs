//! Servers that other people wrote: the example in Python with the official SDK, and one from a registry.

use std::fs;
use std::process::Command;

use decision_gate_tests::wire::Era;
use decision_gate_tests::{Clients, Fault, Launch, Server, Workspace, project_root};
use serde_json::{Value, json};

fn start(workspace: &Workspace, config: &str) -> Result<Server, Fault> {
    let shared = "[server]\nprofile = \"full\"\n[store]\npath = \"ledger.db\"\n[runpacks]\nroot = \"packs\"\n\
                  [evidence]\nallow_raw_values = true\nrequire_provider_opt_in = false\n";
    workspace.write_config(&format!("{shared}{config}"))?;
    let mut server = Launch::serve(&workspace.config())?.spawn(Era::Legacy)?;
    server.open()?;
    Ok(server)
}

fn query(server: &mut Server, provider: &str, check: &str, params: &Value) -> Result<Value, Fault> {
    let query = json!({ "provider_id": provider, "check_id": check, "params": params });
    server.answer("evidence_query", &json!({ "query": query }))
}

#[test]
fn the_example_in_python_answers_in_both_eras() -> Result<(), Fault> {
    let python = Clients::python()?.python_program();
    let workspace = Workspace::new()?;
    workspace.write_evidence("report.json", br#"{"failed":0}"#)?;
    let example = project_root().join("docs/examples/provider-python/provider.py");
    for handshake in ["initialize", "discover", "auto"] {
        let config = format!(
            "[[providers]]\nname = \"reports\"\ntype = \"mcp\"\ntimeout_ms = 30000\n[providers.config]\n\
             command = '{}'\nargs = ['-B', '{}', 'evidence']\nsend_context = true\nhandshake = \"{handshake}\"\n\
             checks = [{{ check_id = \"report_field\", answer = \"evidence\" }}]\n",
            python.display(),
            example.display(),
        );
        let mut server = start(&workspace, &config)?;
        let failed =
            query(&mut server, "reports", "report_field", &json!({ "report": "report.json", "field": "failed" }))?;
        assert_eq!(failed["result"]["value"], json!({ "kind": "json", "value": 0 }), "{handshake}: {failed}");
        assert_eq!(failed["result"]["evidence_anchor"]["anchor_value"], r#"{"field":"failed","report":"report.json"}"#);
        let absent =
            query(&mut server, "reports", "report_field", &json!({ "report": "report.json", "field": "none" }))?;
        assert_eq!((&absent["absent"], &absent["result"]["error"]), (&json!(true), &Value::Null), "{absent}");
        let outside =
            query(&mut server, "reports", "report_field", &json!({ "report": "../ledger.db", "field": "x" }))?;
        assert_eq!(outside["result"]["error"]["code"], "provider_tool_error", "{outside}");
        server.close()?;
    }
    Ok(())
}

#[test]
fn the_git_server_of_the_registry_is_an_evidence_provider() -> Result<(), Fault> {
    let program = Clients::git_server()?.git_server_program();
    let workspace = Workspace::new()?;
    let repository = workspace.path().join("repository");
    fs::create_dir(&repository).map_err(Fault::io("create", &repository))?;
    for arguments in [&["init", "-q", "-b", "release"][..], &["commit", "-q", "--allow-empty", "-m", "first"]] {
        let mut git = Command::new("git");
        git.current_dir(&repository).args(["-c", "user.name=Test", "-c", "user.email=test@localhost"]).args(arguments);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        assert!(git.status().map_err(Fault::io("run", "git"))?.success(), "{arguments:?}");
    }
    let config = format!(
        "[[providers]]\nname = \"git\"\ntype = \"mcp\"\ntimeout_ms = 30000\n[providers.config]\n\
         command = '{}'\nargs = ['--repository', '{}']\nenv = [\"PATH\"]\n\
         [[providers.config.checks]]\ncheck_id = \"status\"\ntool = \"git_status\"\nanswer = \"text\"\n\
         arguments = {{ repo_path = '{}' }}\nresult_schema = {{ type = \"string\" }}\n",
        program.display(),
        repository.display(),
        repository.display(),
    );
    let mut server = start(&workspace, &config)?;
    let condition = json!({
        "condition_id": "clean",
        "query": { "provider_id": "git", "check_id": "status", "params": {} },
        "comparator": "contains",
        "expected": "working tree clean",
    });
    let stage = json!({
        "stage_id": "ship", "gates": [{ "gate_id": "clean", "requirement": { "Condition": "clean" } }],
        "advance_to": { "kind": "terminal" },
    });
    let spec = json!({
        "scenario_id": "tidy", "namespace_id": 1, "spec_version": "1", "stages": [stage], "conditions": [condition],
    });
    server.answer("scenario_define", &json!({ "spec": spec }))?;
    server.answer("scenario_start", &json!({ "scenario_id": "tidy", "run_id": "run-1" }))?;
    let untidy = repository.join("left-over.txt");
    fs::write(&untidy, "x").map_err(Fault::io("write", &untidy))?;
    let held = server.answer("scenario_next", &json!({ "run_id": "run-1" }))?;
    assert_eq!(held["decision"]["outcome"]["kind"], "hold", "{held}");
    fs::remove_file(&untidy).map_err(Fault::io("remove", &untidy))?;
    let done = server.answer("scenario_next", &json!({ "run_id": "run-1" }))?;
    assert_eq!(done["decision"]["outcome"]["kind"], "complete", "{done}");
    server.answer("runpack_export", &json!({ "run_id": "run-1", "output_dir": "tidy" }))?;
    let verdict = server.answer("runpack_verify", &json!({ "runpack_dir": "tidy" }))?;
    assert_eq!(verdict["status"], "pass", "{verdict}");
    server.close()?;
    Ok(())
}
