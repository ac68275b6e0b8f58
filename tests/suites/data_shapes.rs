//! Data shapes and tenants through the built server: registered by a tool or pinned by the configuration.

#![cfg(test)]

use std::fs;

use decision_gate_tests::wire::Era;
use decision_gate_tests::{Fault, Launch, Server, Workspace};
use serde_json::{Value, json};

const MORE: &str = r#"
[[schemas]]
schema_id = "release-values"
version = "1"
file = "shape.yaml"

[[tenants]]
id = 1
name = "first"
namespaces = [1]

[[tenants]]
id = 2
name = "second"
"#;

const SHAPE: &str = "type: object\nproperties:\n  no_test_failed: {type: integer}\n  covered: {type: number}\n";

fn workspace() -> Result<Workspace, Fault> {
    let workspace = Workspace::new()?;
    let config = fs::read_to_string(workspace.config()).unwrap();
    workspace.write_config(&format!("{config}{MORE}"))?;
    fs::write(workspace.path().join("shape.yaml"), SHAPE).unwrap();
    Ok(workspace)
}

fn open(workspace: &Workspace) -> Result<Server, Fault> {
    let mut server = Launch::serve(&workspace.config())?.arg("--profile").arg("full").spawn(Era::Legacy)?;
    server.open()?;
    Ok(server)
}

/// The structured content of an answer or an error.
fn call(server: &mut Server, tool: &str, arguments: &Value) -> Result<Value, Fault> {
    let result = server.result("tools/call", json!({"name": tool, "arguments": arguments}))?;
    Ok(result["structuredContent"].clone())
}

#[test]
fn a_shape_is_registered_listed_shown_and_used() -> Result<(), Fault> {
    let workspace = workspace()?;
    let mut server = open(&workspace)?;
    let schema: Value = json!({"type": "object", "properties": {"no_test_failed": {"type": "string"}}});
    let register = json!({"schema_id": "report", "version": "1", "schema": schema, "description": "what tests say"});
    let first = call(&mut server, "schemas_register", &register)?;
    assert_eq!((&first["origin"], &first["description"]), (&json!("registered"), &json!("what tests say")), "{first}");
    assert_eq!(call(&mut server, "schemas_register", &register)?, first);
    drop(server);

    let mut server = open(&workspace)?;
    let shown = call(&mut server, "schemas_get", &json!({"schema_id": "report", "version": "1"}))?;
    assert_eq!((&shown["schema"], &shown["schema_hash"]), (&schema, &first["schema_hash"]));
    let page = call(&mut server, "schemas_list", &json!({"limit": 1}))?;
    assert_eq!(page["items"][0]["schema_id"], "release-values", "{page}");
    assert_eq!(page["items"][0]["origin"], "pinned", "{page}");
    let rest = call(&mut server, "schemas_list", &json!({"cursor": page["next_cursor"]}))?;
    assert_eq!((&rest["items"][0]["schema_id"], rest.get("next_cursor")), (&json!("report"), None), "{rest}");

    let spec = workspace.scenario()?;
    let precheck = |shape: &str, value: Value| {
        json!({
            "spec": spec, "payload": {"no_test_failed": value},
            "data_shape": {"schema_id": shape, "version": "1"}
        })
    };
    let judged = call(&mut server, "precheck", &precheck("release-values", json!(0)))?;
    assert_eq!((&judged["data_shape"]["origin"], judged.get("code")), (&json!("pinned"), None), "{judged}");
    for (shape, value, code) in [
        ("release-values", json!("s3cret"), "payload_schema_mismatch"),
        ("report", json!("s3cret"), "data_shape_mismatch"),
        ("none", json!(0), "schema_not_found"),
    ] {
        let refused = call(&mut server, "precheck", &precheck(shape, value))?;
        assert_eq!(refused["code"], code, "{refused}");
        assert!(!refused.to_string().contains("s3cret"), "{refused}");
    }
    let misfit = call(&mut server, "precheck", &precheck("release-values", json!("x")))?;
    assert_eq!(misfit["details"]["path"], "/payload/no_test_failed", "{misfit}");
    Ok(())
}

#[test]
fn what_the_configuration_does_not_open_is_refused_by_every_tool() -> Result<(), Fault> {
    let workspace = workspace()?;
    let mut server = open(&workspace)?;
    for (scope, code) in
        [(json!({"tenant_id": 3}), "tenant_unknown"), (json!({"namespace_id": 2}), "namespace_unknown")]
    {
        for (tool, arguments) in [
            ("scenarios_list", json!({})),
            ("schemas_list", json!({})),
            ("schemas_get", json!({"schema_id": "release-values", "version": "1"})),
            ("schemas_register", json!({"schema_id": "a", "version": "1", "schema": {}})),
            ("scenario_start", json!({"scenario_id": "release"})),
            ("scenario_status", json!({"run_id": "none"})),
            ("scenario_next", json!({"run_id": "none"})),
            (
                "scenario_submit",
                json!({"run_id": "none", "payload": {"kind": "json", "value": 1}, "content_type": "application/json"}),
            ),
            ("precheck", json!({"scenario_id": "release", "payload": {}})),
            ("evidence_query", json!({"query": {"provider_id": "time", "check_id": "now"}})),
            ("runpack_export", json!({"run_id": "none"})),
        ] {
            let mut arguments = arguments;
            arguments.as_object_mut().unwrap().extend(scope.as_object().unwrap().clone());
            let refused = call(&mut server, tool, &arguments)?;
            assert_eq!(refused["code"], code, "{tool}: {refused}");
            assert!(refused["hint"].as_str().is_some_and(|it| it.contains("[[tenants]]")), "{tool}: {refused}");
        }
    }
    // The second tenant has every namespace, and the pinned shape of namespace 1 too.
    let shown = call(&mut server, "schemas_list", &json!({"tenant_id": 2}))?;
    assert_eq!(shown["items"].as_array().map(Vec::len), Some(1), "{shown}");
    assert_eq!(call(&mut server, "schemas_list", &json!({"tenant_id": 2, "namespace_id": 7}))?["items"], json!([]));
    Ok(())
}
