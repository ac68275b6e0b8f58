//! A whole session that calls every tool, rightly and wrongly: each message must be of the protocol's own schema, each
//! answer of its tool's output schema, and the text beside it must say something.

use std::collections::{BTreeMap, BTreeSet};

use decision_gate_tests::wire::Era;
use decision_gate_tests::{Answer, Fault, Server, Workspace};
use jsonschema::Validator;
use serde_json::{Value, json};

/// What a call must come back as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Must {
    Answer,
    Err(&'static str),
}

fn release(environment: &str) -> Value {
    json!({"subject": [format!("sha256:{}", "ab".repeat(32))], "environment": environment})
}

/// Calls of a release that first holds, in order. What `runpack_verify` takes is known only after the export.
type Call = (&'static str, Value, Must);

fn calls(spec: &Value) -> Vec<Call> {
    let query = json!({"provider_id": "json", "check_id": "path",
        "params": {"root": "reports", "file": "tests.json", "jsonpath": "$.coverage"}});
    let nowhere = json!({"provider_id": "json", "check_id": "path",
        "params": {"root": "reports", "file": "no-such.json"}});
    let run = json!({"run_id": "run-1"});
    let signature = json!({"sig": "AAAA"});
    let envelope = json!({"payloadType": "text/plain", "payload": "", "signatures": [signature]});
    vec![
        ("providers_list", json!({}), Must::Answer),
        ("provider_contract_get", json!({"provider_id": "json"}), Must::Answer),
        ("provider_contract_get", json!({"provider_id": "no_such"}), Must::Err("provider_missing")),
        ("provider_check_schema_get", json!({"provider_id": "json", "check_id": "path"}), Must::Answer),
        ("evidence_query", json!({"query": query}), Must::Answer),
        ("evidence_query", json!({"query": nowhere}), Must::Answer),
        ("scenarios_list", json!({}), Must::Answer),
        ("scenario_define", json!({"spec": {}}), Must::Err("scenario_invalid")),
        ("scenario_define", json!({"spec": spec}), Must::Answer),
        ("scenarios_list", json!({"limit": 1}), Must::Answer),
        ("precheck", json!({"scenario_id": "release", "payload": {"covered": 81}}), Must::Answer),
        ("scenario_start", json!({"scenario_id": "no_such"}), Must::Err("scenario_not_found")),
        ("scenario_start", json!({"scenario_id": "release", "run_id": "run-1"}), Must::Answer),
        (
            "scenario_submit",
            json!({"run_id": "run-1", "payload": {"kind": "json", "value": {"note": 1}}}),
            Must::Answer,
        ),
        ("scenario_next", run.clone(), Must::Answer),
        ("scenario_next", json!({"run_id": "run-1", "feedback": "evidence"}), Must::Answer),
        ("scenario_next", json!({"run": "run-1"}), Must::Err("invalid_arguments")),
        ("scenario_trigger", json!({"trigger": {"run_id": "run-1", "kind": "tick"}}), Must::Answer),
        ("scenario_status", run.clone(), Must::Answer),
        ("scenario_status", json!({"run_id": "no-such-run"}), Must::Err("run_not_found")),
        ("$mend", Value::Null, Must::Answer),
        ("scenario_next", run.clone(), Must::Answer),
        ("runpack_export", run, Must::Answer),
        ("runpack_verify", Value::Null, Must::Answer),
        (
            "schemas_register",
            json!({"schema_id": "values", "version": "1", "schema": {"type": "object", "properties": {"covered": {"type": "number"}}}}),
            Must::Answer,
        ),
        (
            "schemas_register",
            json!({"schema_id": "values", "version": "1", "schema": {}}),
            Must::Err("schema_conflict"),
        ),
        ("schemas_list", json!({}), Must::Answer),
        ("schemas_get", json!({"schema_id": "values", "version": "1"}), Must::Answer),
        ("schemas_get", json!({"schema_id": "values", "version": "2"}), Must::Err("schema_not_found")),
        ("attestation_verify", json!({"envelope": envelope}), Must::Answer),
        ("attestation_verify", json!({"envelope": envelope.to_string()}), Must::Answer),
        ("attestation_verify", json!({"envelope": {}}), Must::Err("envelope_malformed")),
        ("attestation_verify", json!({"envelope": " ".repeat(300_000)}), Must::Err("envelope_too_large")),
        ("decision_gate_docs_search", json!({"query": "trust_lane"}), Must::Answer),
        ("decision_gate_docs_search", json!({"query": ""}), Must::Err("invalid_arguments")),
    ]
}

/// After the run of the others is through.
fn calls_about_releases() -> Vec<Call> {
    vec![
        ("release_evaluate", release("production"), Must::Answer),
        ("release_evaluate", release("moon"), Must::Err("environment_unknown")),
        ("policy_backtest", json!({"curves": true}), Must::Answer),
        ("policy_backtest", json!({"environment": "moon"}), Must::Err("environment_unknown")),
        ("policy_backtest", json!({"policy": "/etc/passwd"}), Must::Err("release_policy_unknown")),
        ("policy_backtest", json!({"since": "yesterday"}), Must::Err("invalid_arguments")),
    ]
}

#[test]
fn every_message_is_of_the_protocol_and_every_answer_of_its_tool() -> Result<(), Fault> {
    for era in Era::ALL {
        session(era)?;
    }
    Ok(())
}

fn session(era: Era) -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    workspace.configure_releases()?;
    let mut server = Server::start(&workspace, era)?;
    let tools = server.result("tools/list", json!({}))?;
    let schemas = output_schemas(&tools);
    let mut called = BTreeSet::new();
    let mut pack = Value::Null;
    for (tool, mut arguments, must) in calls(&workspace.scenario()?).into_iter().chain(calls_about_releases()) {
        if tool == "$mend" {
            workspace.mend()?;
            continue;
        }
        if tool == "runpack_verify" {
            arguments = json!({"runpack_dir": pack});
        }
        let answer = server.call(tool, &arguments)?;
        check(era, tool, &answer, must, schemas.get(tool));
        called.insert(tool.to_owned());
        if tool == "runpack_export" {
            pack = answer.structured.get("runpack_dir").cloned().unwrap_or_default();
        }
    }
    assert_eq!(called, schemas.into_keys().collect::<BTreeSet<_>>(), "{era}: tools that are listed and tools called");
    refusals(&mut server)?;
    let closed = server.close()?;
    assert!(closed.status.success(), "{era}: {}", closed.status);
    Ok(())
}

/// Protocol errors are messages too: the server's lines are checked as they come.
fn refusals(server: &mut Server) -> Result<(), Fault> {
    for (method, params) in [
        ("no/such", json!({})),
        ("tools/call", json!({"name": "no_such_tool", "arguments": {}})),
        ("tools/list", json!({"cursor": "no-such-cursor"})),
        ("completion/complete", json!({})),
    ] {
        let answer = server.request(method, params)?;
        assert!(answer.get("error").is_some(), "{method} was answered with {answer}");
    }
    for nonsense in ["{\"jsonrpc\":\"2.0\",\"id\":\n", "[]\n", "{\"jsonrpc\":\"1.0\",\"id\":99,\"method\":\"x\"}\n"] {
        server.send_raw(nonsense.as_bytes())?;
        let answer = server.next_message(nonsense)?.unwrap_or_default();
        assert!(answer.get("error").is_some(), "{nonsense} was answered with {answer}");
    }
    Ok(())
}

fn output_schemas(tools: &Value) -> BTreeMap<String, Option<Validator>> {
    let tools = tools.get("tools").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let named = tools.iter().filter_map(|tool| {
        let schema = tool.get("outputSchema").and_then(|schema| jsonschema::validator_for(schema).ok());
        Some((tool.get("name")?.as_str()?.to_owned(), schema))
    });
    named.collect()
}

fn check(era: Era, tool: &str, answer: &Answer, must: Must, schema: Option<&Option<Validator>>) {
    let said = &answer.structured;
    let place = format!("{era}, `{tool}`: {said}");
    assert!(!answer.text.trim().is_empty(), "{place} has no text");
    match must {
        Must::Answer => assert!(!answer.is_error, "{place} is an error"),
        Must::Err(code) => {
            assert!(answer.is_error, "{place} is no error");
            assert_eq!(said.get("code").and_then(Value::as_str), Some(code), "{place}");
        }
    }
    let schema = schema.and_then(Option::as_ref);
    assert!(schema.is_some(), "{place}: no output schema, or one that is none");
    let against: Vec<String> =
        schema.iter().flat_map(|schema| schema.iter_errors(said)).map(|error| error.to_string()).collect();
    assert!(against.is_empty(), "{place} is not of its output schema: {against:?}");
}
