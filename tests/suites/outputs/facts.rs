//! One tool after the other: which facts of its structured answer its text must say too.

use std::collections::BTreeSet;

use decision_gate_tests::wire::Era;
use decision_gate_tests::{Answer, Fault, Server, Workspace};
use serde_json::{Value, json};

/// A call, and places in its answer; `*` stands for each entry of a list.
type Row = (&'static str, Value, &'static [&'static str]);

const PROVIDERS: &[&str] = &["/providers/*/provider_id", "/providers/*/transport", "/providers/*/checks/*"];
const FOUND: &[&str] = &["/items/*/title", "/items/*/uri", "/total"];
const CONTRACT: &[&str] = &[
    "/contract/name",
    "/contract/description",
    "/contract/checks/*/check_id",
    "/contract/checks/*/allowed_comparators/*",
];
const CHECK: &[&str] = &["/provider_id", "/check_id", "/description", "/allowed_comparators/*"];
const DEFINED: &[&str] = &["/scenario_id", "/origin", "/version", "/spec_hash/value"];
const LISTED: &[&str] = &["/items/*/scenario_id", "/items/*/origin", "/items/*/versions", "/items/*/spec_hash/value"];
const PRECHECKED: &[&str] = &[
    "/stage_id",
    "/decision/kind",
    "/gate_evaluations/*/gate_id",
    "/gate_evaluations/*/status",
    "/gaps/*/condition_id",
    "/gaps/*/code",
    "/gaps/*/message",
    "/if_verified/decision/kind",
    "/if_verified/gaps/*/message",
];
const STARTED: &[&str] = &["/run_id", "/scenario_id", "/origin", "/status", "/stage_id", "/decision/decision_id"];
const HELD: &[&str] = &[
    "/run_id",
    "/scenario_id",
    "/origin",
    "/status",
    "/stage_id",
    "/decision/decision_id",
    "/decision/outcome/kind",
    "/decision/outcome/summary/unmet_gates/*",
    "/explanation/gates/*/gate_id",
    "/explanation/evidence/*/condition_id",
    "/explanation/evidence/*/step",
    "/explanation/evidence/*/code",
    "/explanation/evidence/*/message",
    "/explanation/next_actions/changes/*/text",
];
const STATUS: &[&str] =
    &["/run_id", "/status", "/stage_id", "/events", "/last_decision/decision_id", "/safe_summary/unmet_gates/*"];
const DONE: &[&str] = &["/run_id", "/status", "/decision/decision_id", "/decision/outcome/kind"];
const EXPORTED: &[&str] = &["/run_id", "/runpack_dir", "/path", "/files", "/root_hash/value"];
const VERIFIED: &[&str] = &[
    "/verdict",
    "/checked_files",
    "/facets/integrity/level",
    "/facets/replay/level",
    "/facets/signatures/level",
    "/facets/anchoring/level",
    "/findings/*/code",
    "/findings/*/path",
    "/findings/*/reason",
];

/// Well formed, and by nobody whom this server trusts.
const ENVELOPE: &str = r#"{"payloadType": "application/vnd.in-toto+json", "payload": "e30=", "signatures": [{"keyid": "k", "sig": "AAAA"}]}"#;
const NOT_VERIFIED: &[&str] = &["/digest/value", "/reasons/*/code", "/reasons/*/message", "/reasons/*/hint"];

const RELEASED: &[&str] = &[
    "/message",
    "/reason",
    "/run_id",
    "/gates/*/gate",
    "/gates/*/outcome",
    "/gates/*/message",
    "/explanation/next_actions/changes/*/text",
];

const SHAPE: &[&str] = &["/schema_id", "/version"];

fn calls(spec: &Value) -> Vec<Row> {
    let run = json!({"run_id": "run-1"});
    let check = json!({"provider_id": "json", "check_id": "path"});
    let params = json!({"root": "reports", "file": "tests.json", "jsonpath": "$.coverage"});
    let query = json!({"provider_id": "json", "check_id": "path", "params": params});
    let document = json!({"kind": "json", "value": {"note": 1}});
    vec![
        ("providers_list", json!({}), PROVIDERS),
        ("decision_gate_docs_search", json!({"query": "rotate a key"}), FOUND),
        ("provider_contract_get", json!({"provider_id": "json"}), CONTRACT),
        ("provider_check_schema_get", check, CHECK),
        ("evidence_query", json!({"query": query}), &["/result/lane", "/result/evidence_hash/value"]),
        ("scenario_define", json!({"spec": spec}), DEFINED),
        ("scenarios_list", json!({}), LISTED),
        ("precheck", json!({"scenario_id": "release", "payload": {"covered": 81}}), PRECHECKED),
        ("scenario_start", json!({"scenario_id": "release", "run_id": "run-1"}), STARTED),
        ("scenario_submit", json!({"run_id": "run-1", "payload": document}), &["/run_id", "/submission_id", "/status"]),
        ("scenario_next", run.clone(), HELD),
        ("scenario_trigger", json!({"trigger": {"run_id": "run-1", "kind": "tick"}}), HELD),
        ("scenario_status", run.clone(), STATUS),
        ("$mend", Value::Null, &[]),
        ("scenario_next", run.clone(), DONE),
        ("runpack_export", run, EXPORTED),
        ("runpack_verify", json!({"runpack_dir": "run-1", "expect_run": "run-2"}), VERIFIED),
        (
            "schemas_register",
            json!({"schema_id": "values", "version": "1", "schema": {"type": "object", "properties": {"covered": {"type": "number"}}}}),
            SHAPE,
        ),
        ("schemas_list", json!({}), &["/items/*/schema_id", "/items/*/version"]),
        ("schemas_get", json!({"schema_id": "values", "version": "1"}), SHAPE),
        ("attestation_verify", json!({"envelope": ENVELOPE}), NOT_VERIFIED),
        (
            "release_evaluate",
            json!({"subject": [format!("sha256:{}", "ab".repeat(32))], "environment": "production"}),
            RELEASED,
        ),
        ("policy_backtest", json!({}), &["/next/*", "/judged"]),
    ]
}

/// What stands at a place; several where it has a `*`.
fn at<'a>(value: &'a Value, place: &str) -> Vec<&'a Value> {
    place.split('/').skip(1).fold(vec![value], |found, step| {
        let inner = |value: &'a Value| match (step, value) {
            ("*", Value::Array(items)) => items.iter().collect(),
            (key, value) => value.get(key).into_iter().collect::<Vec<_>>(),
        };
        found.into_iter().flat_map(inner).collect()
    })
}

/// Whether the text says what stands at each place.
fn says(tool: &str, answer: &Answer, places: &[&str]) {
    for place in places {
        let facts = at(&answer.structured, place);
        assert!(!facts.is_empty(), "{tool}: nothing at {place}: {}", answer.structured);
        for fact in facts {
            let word = fact.as_str().map_or_else(|| fact.to_string(), str::to_owned);
            assert!(answer.text.contains(&word), "{tool}: the text lacks {place} `{word}`:\n{}", answer.text);
        }
    }
}

#[test]
fn the_text_of_every_tool_says_the_same_facts() -> Result<(), Fault> {
    for era in Era::ALL {
        let workspace = Workspace::new()?;
        workspace.configure_releases()?;
        let mut server = Server::start(&workspace, era)?;
        let mut called = BTreeSet::new();
        for (tool, arguments, places) in calls(&workspace.scenario()?) {
            if tool == "$mend" {
                workspace.mend()?;
                continue;
            }
            called.insert(tool);
            let answer = server.call(tool, &arguments)?;
            assert!(!answer.is_error, "{tool}: {}", answer.text);
            says(tool, &answer, places);
        }
        let list = server.result("tools/list", json!({}))?;
        let listed: BTreeSet<&str> =
            list["tools"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
        assert_eq!(called, listed, "{era}: tools that are listed and tools called");
    }
    Ok(())
}

#[test]
fn the_text_of_an_error_says_code_message_and_hint() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    let mut server = Server::start(&workspace, Era::Modern)?;
    let mut broken = workspace.scenario()?;
    broken["conditions"][0]["query"]["check_id"] = json!("pth");
    broken["conditions"][1]["query"]["provider_id"] = json!("jsn");
    for (tool, arguments) in [
        ("scenario_status", json!({"run_id": "no-such"})),
        ("scenario_next", json!({"run": "run-1"})),
        ("scenario_define", json!({"spec": broken})),
        ("provider_contract_get", json!({"provider_id": "jsn"})),
        ("runpack_verify", json!({"runpack_dir": "../"})),
    ] {
        let answer = server.call(tool, &arguments)?;
        assert!(answer.is_error, "{tool}: {}", answer.text);
        says(tool, &answer, &["/code", "/message", "/hint"]);
        assert!(answer.structured["details"].is_object(), "{}", answer.structured);
    }
    Ok(())
}

#[test]
fn an_outcome_that_allows_says_so_in_words() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    workspace.mend()?;
    let mut server = Server::start(&workspace, Era::Legacy)?;
    server.answer("scenario_define", &json!({"spec": workspace.scenario()?}))?;
    server.answer("scenario_start", &json!({"scenario_id": "release", "run_id": "run-1"}))?;
    let done = server.call("scenario_next", &json!({"run_id": "run-1"}))?;
    assert_eq!(done.structured["allowed"], true, "{}", done.structured);
    assert!(done.text.contains("allowed") && !done.text.contains("not allowed"), "{}", done.text);
    let again = server.call("scenario_next", &json!({"run_id": "run-1"}))?;
    assert_eq!(again.structured["repeated"], true, "{}", again.structured);
    assert!(again.text.contains("given before"), "{}", again.text);
    Ok(())
}
