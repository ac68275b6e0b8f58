//! Runs that are named wrongly, and scenarios that are not what they were.

use std::process::Command;

use decision_gate_tests::wire::Era;
use decision_gate_tests::{Fault, Server};
use serde_json::{Value, json};

use super::{Gate, RUN};

/// The scenario with a gate that always opens.
fn weak(gate: &Gate) -> Result<Value, Fault> {
    let mut spec = gate.workspace.scenario()?;
    spec["conditions"][0]["comparator"] = json!("exists");
    spec["conditions"][1]["comparator"] = json!("exists");
    for condition in spec["conditions"].as_array_mut().unwrap() {
        condition.as_object_mut().unwrap().remove("expected");
    }
    Ok(spec)
}

#[test]
fn d01_a_run_is_stepped_by_its_own_scenario_only() -> Result<(), Fault> {
    let mut gate = Gate::open()?;
    let mut other = weak(&gate)?;
    other["scenario_id"] = json!("permissive");
    gate.server.answer("scenario_define", &json!({"spec": other}))?;
    let named = json!({"run_id": RUN, "scenario_id": "permissive"});
    for tool in ["scenario_next", "scenario_status", "runpack_export"] {
        gate.refused(tool, &named, "scenario_mismatch")?;
    }
    let submit = json!({"run_id": RUN, "scenario_id": "permissive", "payload": {"kind": "json", "value": 1}});
    gate.refused("scenario_submit", &submit, "scenario_mismatch")?;
    let trigger = json!({"scenario_id": "permissive", "trigger": {"run_id": RUN, "kind": "tick"}});
    gate.refused("scenario_trigger", &trigger, "scenario_mismatch")?;
    gate.ends_unharmed()
}

#[test]
fn d34_a_weaker_version_after_a_restart_does_not_open_a_run_that_was_held() -> Result<(), Fault> {
    let Gate { workspace, server } = Gate::open()?;
    server.close()?;
    let mut gate = Gate { server: Server::start(&workspace, Era::Modern)?, workspace };
    let before = gate.server.answer("scenario_status", &json!({"run_id": RUN}))?;
    let weak = weak(&gate)?;
    let defined = gate.server.answer("scenario_define", &json!({"spec": weak}))?;
    assert_eq!(defined["version"], 2, "{defined}");
    let held = gate.server.answer("scenario_next", &json!({"run_id": RUN}))?;
    assert_eq!(held.pointer("/decision/outcome/kind"), Some(&json!("hold")), "{held}");
    assert_eq!(held["spec_hash"], before["spec_hash"], "{held}");
    assert_ne!(held["spec_hash"], defined["spec_hash"], "{held}");
    // A new run has the new version.
    gate.server.answer("scenario_start", &json!({"scenario_id": "release", "run_id": "run-2"}))?;
    let opened = gate.server.answer("scenario_next", &json!({"run_id": "run-2"}))?;
    assert_eq!(opened["status"], "completed", "{opened}");
    assert_eq!(opened["origin"], "draft", "{opened}");
    Ok(())
}

#[test]
fn what_is_not_there_is_said_not_to_be_there() -> Result<(), Fault> {
    let mut gate = Gate::open()?;
    let run = |more: Value| {
        let mut arguments = json!({"run_id": RUN});
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        arguments
    };
    for (tool, arguments, code) in [
        ("scenario_next", json!({"run_id": "run-2"}), "run_not_found"),
        ("scenario_status", json!({"run_id": "run-2"}), "run_not_found"),
        ("runpack_export", json!({"run_id": "run-2"}), "run_not_found"),
        ("scenario_next", run(json!({"namespace_id": 7})), "run_not_found"),
        ("scenario_next", run(json!({"tenant_id": 7})), "tenant_unknown"),
        ("scenario_start", json!({"scenario_id": "releas"}), "scenario_not_found"),
        ("scenario_start", json!({"scenario_id": "release", "run_id": RUN}), "run_exists"),
        ("scenario_start", json!({"scenario_id": "release", "environment": "prod"}), "environment_unknown"),
        ("precheck", json!({"scenario_id": "release", "payload": {"coverd": 1}}), "condition_unknown"),
        ("precheck", json!({"scenario_id": "release", "stage_id": "no", "payload": {}}), "stage_not_found"),
        ("precheck", json!({"payload": {}}), "invalid_arguments"),
        ("provider_contract_get", json!({"provider_id": "jsn"}), "provider_missing"),
        ("provider_check_schema_get", json!({"provider_id": "json", "check_id": "pth"}), "check_missing"),
    ] {
        gate.refused(tool, &arguments, code)?;
    }
    gate.ends_unharmed()
}

#[test]
fn one_id_means_one_thing() -> Result<(), Fault> {
    let mut gate = Gate::open()?;
    let tick = json!({"trigger": {"run_id": RUN, "trigger_id": "first", "kind": "tick"}});
    gate.refused("scenario_trigger", &tick, "trigger_conflict")?;
    gate.ends_unharmed()?;

    let mut gate = Gate::open()?;
    let submit =
        |value: Value| json!({"run_id": RUN, "submission_id": "s-1", "payload": {"kind": "json", "value": value}});
    gate.server.answer("scenario_submit", &submit(json!({"a": 1})))?;
    assert_eq!(gate.server.answer("scenario_submit", &submit(json!({"a": 1.0})))?["repeated"], true);
    gate.refused("scenario_submit", &submit(json!({"a": 2})), "submission_conflict")?;
    Ok(())
}

type Break = fn(&mut Value);

/// How a scenario is broken, the code, and the path of the first problem.
const BREAKS: [(Break, &str, &str); 13] = [
    (|it| it["condition"] = json!([]), "scenario_invalid", "/condition"),
    (|it| it["stages"] = json!([]), "scenario_invalid", "/stages"),
    (|it| it["stages"][0]["gates"] = json!([]), "scenario_invalid", "/stages/0/gates"),
    (
        |it| it["stages"][0]["gates"][0]["requirement"] = json!({"And": []}),
        "scenario_invalid",
        "/stages/0/gates/0/requirement",
    ),
    (
        |it| it["stages"][0]["gates"][0]["requirement"] = json!({"Condition": "no_such"}),
        "scenario_dangling_reference",
        "/stages/0/gates/0/requirement",
    ),
    (|it| it["conditions"][0]["comparator"] = json!("equls"), "scenario_invalid", "/conditions/0/comparator"),
    (|it| it["conditions"][0]["comparatr"] = json!("equals"), "scenario_invalid", "/conditions/0/comparatr"),
    (
        |it| {
            it["conditions"][0]["comparator"] = json!("in_set");
            it["conditions"][0]["expected"] = json!([]);
        },
        "expected_invalid",
        "/conditions/0/expected",
    ),
    (
        |it| drop(it["conditions"][0].as_object_mut().unwrap().remove("expected")),
        "expected_invalid",
        "/conditions/0/expected",
    ),
    (
        |it| it["conditions"][0]["query"]["provider_id"] = json!("jsn"),
        "provider_missing",
        "/conditions/0/query/provider_id",
    ),
    (|it| it["conditions"][0]["query"]["check_id"] = json!("pth"), "check_missing", "/conditions/0/query/check_id"),
    (|it| it["conditions"][0]["query"]["params"]["fil"] = json!(1), "params_invalid", "/conditions/0/query/params"),
    (
        |it| it["conditions"][1]["condition_id"] = json!("no_test_failed"),
        "scenario_duplicate_id",
        "/conditions/1/condition_id",
    ),
];

#[test]
fn a_broken_scenario_is_refused_with_path_and_fix() -> Result<(), Fault> {
    let mut gate = Gate::open()?;
    for (break_it, code, path) in BREAKS {
        let mut spec = gate.workspace.scenario()?;
        break_it(&mut spec);
        let said = gate.refused("scenario_define", &json!({"spec": spec}), code)?;
        let problems = said["details"]["problems"].as_array().unwrap();
        assert!(problems.iter().any(|it| it["path"] == path), "{path}: {said}");
        assert!(problems.iter().all(|it| it["hint"].as_str().is_some_and(|hint| !hint.is_empty())), "{said}");
        // Nothing of it was kept.
        let listed = gate.server.answer("scenarios_list", &json!({}))?;
        assert_eq!(listed["items"][0]["versions"], 1, "{listed}");
    }
    gate.ends_unharmed()
}

#[test]
fn d32_a_reference_in_what_a_caller_sends_is_never_followed() -> Result<(), Fault> {
    let mut gate = Gate::open()?;
    // Whoever opens it hangs.
    let pipe = gate.workspace.path().join("schema.json");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let uri = format!("file://{}", pipe.display());
    let reference = json!({"$ref": uri});

    let mut spec = gate.workspace.scenario()?;
    spec["schemas"] = json!([{"schema_id": "report", "version": "1", "uri": uri}]);
    spec["conditions"][0]["expected"] = reference.clone();
    spec["conditions"][0]["comparator"] = json!("deep_equals");
    gate.server.answer("scenario_define", &json!({"spec": spec}))?;
    let held = gate.server.answer("scenario_next", &json!({"run_id": RUN}))?;
    assert_eq!(held.pointer("/decision/outcome/kind"), Some(&json!("hold")), "{held}");

    spec["schemas"] = json!([{"schema_id": "report", "version": "1", "schema": reference}]);
    gate.refused("scenario_define", &json!({"spec": spec}), "scenario_invalid")?;
    let params = json!({"file": {"$ref": "file:///etc/passwd"}});
    let query = json!({"query": {"provider_id": "json", "check_id": "path", "params": params}});
    let said = gate.refused("evidence_query", &query, "params_invalid")?;
    assert!(!said.to_string().contains("root:"), "{said}");
    let external = json!({"kind": "external", "content_ref": {"uri": uri, "content_hash": {"algorithm": "sha256", "value": "0".repeat(64)}}});
    let taken = gate.server.answer("scenario_submit", &json!({"run_id": RUN, "payload": external}))?;
    assert_eq!(taken["repeated"], false, "{taken}");
    Ok(())
}
