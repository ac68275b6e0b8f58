//! Contract files: made out of what a server says of its tools, read by somebody, and then what counts.

use std::fs;
use std::process::Stdio;
#[cfg(target_os = "linux")]
use std::time::{Duration, Instant};

use decision_gate_tests::{Clients, Fault, Launch, Workspace, binary, project_root};
use serde_json::{Value, json};

#[cfg(target_os = "linux")]
use super::lifecycle::{is_running, processes};
use super::serve;

/// What a command did.
struct Done {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Done {
    fn json(&self) -> Result<Value, Fault> {
        serde_json::from_str(&self.stdout).map_err(|source| Fault::NotJson { line: self.stdout.clone(), source })
    }
}

/// Runs a command on the workspace's configuration.
fn run(workspace: &Workspace, arguments: &[&str]) -> Result<Done, Fault> {
    let launch = arguments.iter().fold(Launch::program(binary()?), |launch, it| launch.arg(*it));
    let output = launch.arg("--config").arg(workspace.config()).output(Stdio::null())?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(Done { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) })
}

/// A workspace whose provider `server` has a contract file, whether or not it is there yet.
fn workspace(command: &str, args: &[&str], more: &str) -> Result<Workspace, Fault> {
    let workspace = Workspace::new()?;
    let args = super::literals(args);
    workspace.write_config(&format!(
        "[server]\nprofile = \"full\"\n[store]\npath = \"ledger.db\"\n[runpacks]\nroot = \"packs\"\n\
         [[providers]]\nname = \"server\"\ntype = \"mcp\"\ntimeout_ms = 20000\n[providers.config]\n\
         command = '{command}'\nargs = [{args}]\ncontract = \"server.contract.json\"\n{more}\n"
    ))?;
    Ok(workspace)
}

fn write_contract(workspace: &Workspace, text: &str) -> Result<(), Fault> {
    let path = workspace.path().join("server.contract.json");
    fs::write(&path, text).map_err(Fault::io("write", path))
}

/// A contract of one check.
fn contract() -> Value {
    json!({
        "provider_id": "server", "name": "Server", "description": "Measures.", "transport": "mcp",
        "config_schema": { "type": "object" }, "notes": [],
        "checks": [{
            "check_id": "measure", "description": "A measure.", "determinism": "external", "params_required": false,
            "params_schema": { "type": "object", "additionalProperties": false }, "result_schema": { "type": "integer" },
            "allowed_comparators": ["equals"], "anchor_types": ["mcp_tool"], "content_types": ["application/json"],
            "examples": [],
        }],
    })
}

#[test]
fn a_derived_contract_is_printed_kept_and_then_counts() -> Result<(), Fault> {
    let workspace = workspace(super::PROVIDER, &["good"], "")?;
    let missing = run(&workspace, &["config", "check", "--format", "json"])?;
    assert_eq!(missing.json()?["error"]["code"], "provider_contract_unreadable", "{}", missing.stdout);
    let printed = run(&workspace, &["providers", "contract", "server"])?;
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    assert_eq!(run(&workspace, &["providers", "contract", "server", "--format", "json"])?.json()?, printed.json()?);
    let derived = printed.json()?;
    assert_eq!((&derived["provider_id"], &derived["checks"][0]["check_id"]), (&json!("server"), &json!("measure")));
    write_contract(&workspace, &printed.stdout)?;
    let mut server = serve(&workspace)?;
    let shown = server.answer("provider_contract_get", &json!({ "provider_id": "server" }))?;
    assert_eq!(shown["contract"], derived);
    let query = json!({ "provider_id": "server", "check_id": "measure", "params": {} });
    let answer = server.answer("evidence_query", &json!({ "query": query }))?;
    assert_eq!(answer["result"]["error"], Value::Null, "{answer}");
    server.close()?;
    Ok(())
}

#[test]
fn a_contract_of_the_example_in_python_has_what_its_tool_says() -> Result<(), Fault> {
    let python = Clients::python()?.python_program();
    let example = project_root().join("docs/examples/provider-python/provider.py");
    let example = example.display().to_string();
    let workspace = workspace(&python.display().to_string(), &["-B", &example, "evidence"], "")?;
    let derived = run(&workspace, &["providers", "contract", "server"])?.json()?;
    let [check] = derived["checks"].as_array().map_or(&[][..], Vec::as_slice) else { panic!("{derived}") };
    assert_eq!(check["check_id"], "report_field");
    assert_eq!(check["description"], "The value of a field of a report.");
    assert_eq!(check["params_schema"]["required"], json!(["report", "field"]), "{check}");
    assert_eq!(derived["notes"], json!([]), "{derived}");
    Ok(())
}

#[test]
fn a_server_that_can_not_be_asked_is_said_without_its_words() -> Result<(), Fault> {
    for (command, args, more, code) in [
        (super::PROVIDER, "mute", "start_timeout_ms = 300", "provider_not_discovered"),
        (super::PROVIDER, "gone", "", "provider_not_discovered"),
        (super::PROVIDER, "flood_start", "", "provider_not_discovered"),
        (super::PROVIDER, "v0", "protocol = \"decision-gate-v0\"", "provider_not_discovered"),
        ("./not-there", "", "", "provider_not_discovered"),
    ] {
        let workspace = workspace(command, &[args], more)?;
        let done = run(&workspace, &["providers", "contract", "server", "--format", "json"])?;
        assert_eq!(done.code, Some(2), "{args}: {}", done.stdout);
        assert_eq!(done.json()?["error"]["code"], code, "{args}: {}", done.stdout);
    }
    let workspace = workspace(super::PROVIDER, &["good"], "")?;
    for (name, code) in [("serve", "provider_missing"), ("time", "provider_not_external")] {
        let done = run(&workspace, &["providers", "contract", name, "--format", "json"])?;
        assert_eq!((done.code, &done.json()?["error"]["code"]), (Some(2), &json!(code)), "{name}: {}", done.stdout);
    }
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_is_left_of_a_server_that_was_asked_for_its_tools() -> Result<(), Fault> {
    let workspace = workspace(super::PROVIDER, &["child"], "env = [\"PATH\"]\nset_env = { PID_FILE = 'pids' }")?;
    assert_eq!(run(&workspace, &["providers", "contract", "server"])?.code, Some(0));
    let processes = processes(&workspace.path().join("pids"));
    assert_eq!(processes.len(), 2, "{processes:?}");
    let until = Instant::now() + Duration::from_secs(10);
    while processes.iter().any(|it| is_running(it)) {
        assert!(Instant::now() < until, "still there: {processes:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

#[test]
fn what_a_contract_file_does_not_allow_is_refused_before_anything_is_asked() -> Result<(), Fault> {
    let workspace =
        workspace(super::PROVIDER, &["good"], "checks = [{ check_id = \"measure\", jsonpath = \"$.value\" }]")?;
    write_contract(&workspace, &contract().to_string())?;
    let mut server = serve(&workspace)?;
    let shown = server.answer("provider_contract_get", &json!({ "provider_id": "server" }))?;
    // The bare name of an anchor, as the public project writes it.
    let anchors = &shown["contract"]["checks"][0]["anchor_types"];
    assert_eq!(anchors, &json!([{ "anchor_type": "mcp_tool", "fields": [] }]));
    let spec = |comparator: &str, params: Value| {
        let mut spec = super::scenario(&["server"]);
        spec["conditions"][0]["comparator"] = json!(comparator);
        spec["conditions"][0]["query"]["params"] = params;
        json!({ "spec": spec })
    };
    for refused in [spec("less_than", json!({})), spec("equals", json!({ "more": 1 }))] {
        assert!(server.call("scenario_define", &refused)?.is_error, "{refused}");
    }
    server.answer("scenario_define", &spec("equals", json!({})))?;
    server.answer("scenario_start", &json!({ "scenario_id": "federated", "run_id": "run-1" }))?;
    let done = server.answer("scenario_next", &json!({ "run_id": "run-1" }))?;
    assert_eq!(done["decision"]["outcome"]["kind"], "complete", "{done}");
    server.close()?;
    Ok(())
}

#[test]
fn a_contract_file_that_does_not_hold_stops_the_start() -> Result<(), Fault> {
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut contract = contract();
        change(&mut contract);
        contract.to_string()
    };
    let twice = |it: &mut Value| {
        let check = it["checks"][0].clone();
        it["checks"].as_array_mut().unwrap().push(check);
    };
    for (name, text, code) in [
        ("no JSON", "{".to_owned(), "provider_contract_invalid"),
        ("repeated keys", contract().to_string().replacen('{', "{\"name\":\"a\",", 1), "provider_contract_invalid"),
        ("of another", changed(&|it| it["provider_id"] = json!("another")), "provider_contract_invalid"),
        ("a stranger", changed(&|it| it["trusted"] = json!(true)), "provider_contract_invalid"),
        ("a check twice", changed(&twice), "provider_check_invalid"),
        ("no comparator", changed(&|it| it["checks"][0]["allowed_comparators"] = json!([])), "provider_check_invalid"),
        (
            "reach outside",
            changed(&|it| it["checks"][0]["result_schema"] = json!({ "$ref": "https://example.com/schema" })),
            "provider_check_invalid",
        ),
        ("another check", changed(&|it| it["checks"][0]["check_id"] = json!("other")), "provider_check_invalid"),
        ("too long", format!("{}{}", contract(), " ".repeat(1024 * 1024)), "provider_contract_unreadable"),
    ] {
        let workspace = workspace(super::PROVIDER, &["good"], "checks = [{ check_id = \"measure\" }]")?;
        write_contract(&workspace, &text)?;
        let done = run(&workspace, &["config", "check", "--format", "json"])?;
        assert_eq!((done.code, &done.json()?["error"]["code"]), (Some(2), &json!(code)), "{name}: {}", done.stdout);
    }
    Ok(())
}
