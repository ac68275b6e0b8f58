//! Data shapes: registered for good or pinned, and what a precheck does with them.

use std::collections::BTreeMap;
use std::sync::Arc;

use decision_gate_core::contract::shape::DataShape;
use decision_gate_core::ledger::EventKind;
use decision_gate_core::name::{NamespaceId, TenantId};
use decision_gate_runtime::{
    Caller, DataShapeName, PinnedSchema, PrecheckRequest, PrecheckSource, RegisterRequest, RuntimeError, SchemaOrigin,
};
use decision_gate_store::{SqliteSettings, SqliteStore};
use serde_json::{Value, json};

use crate::harness::{Gate, Plan, caller, code, wants_one};

fn request(id: &str, version: &str, schema: Value) -> RegisterRequest {
    RegisterRequest {
        schema_id: id.try_into().unwrap(),
        version: version.try_into().unwrap(),
        description: None,
        schema,
    }
}

/// Describes condition `c` as a whole number.
fn report() -> RegisterRequest {
    let schema = json!({"type": "object", "additionalProperties": false, "properties": {"c": {"type": "integer"}}});
    request("report", "1", schema)
}

fn pinned(schema: &Value) -> PinnedSchema {
    PinnedSchema {
        namespace: NamespaceId::FIRST,
        schema_id: "report".try_into().unwrap(),
        version: "1".try_into().unwrap(),
        description: None,
        shape: Arc::new(DataShape::new(schema).unwrap()),
    }
}

fn second_tenant() -> Caller {
    Caller { tenant: TenantId::new(2).unwrap(), ..caller() }
}

async fn precheck(gate: &Gate, caller: &Caller, shape: [&str; 2], value: Value) -> Result<&'static str, RuntimeError> {
    let [schema_id, version] = shape;
    let request = PrecheckRequest {
        source: PrecheckSource::Inline(wants_one("s", &json!({"give": 1}))),
        stage_id: None,
        values: BTreeMap::from([("c".try_into().unwrap(), value)]),
        data_shape: Some(DataShapeName {
            schema_id: schema_id.try_into().unwrap(),
            version: version.try_into().unwrap(),
        }),
        time: None,
    };
    let judged = gate.orchestrator.precheck(caller, &request).await?;
    assert_eq!(judged.data_shape.unwrap().schema_id.as_str(), schema_id);
    Ok(judged.answer.if_verified.shown().outcome.word())
}

#[tokio::test]
async fn a_payload_must_fit_the_shape_that_the_call_names() {
    let gate = Plan::default().build();
    gate.orchestrator.register_schema(&caller(), &report()).await.unwrap();
    assert_eq!(precheck(&gate, &caller(), ["report", "1"], json!(1)).await.unwrap(), "complete");
    assert_eq!(precheck(&gate, &caller(), ["report", "1"], json!(2)).await.unwrap(), "hold");
    let error = precheck(&gate, &caller(), ["report", "1"], json!("s3cret")).await.unwrap_err();
    assert!(error.to_string().contains("`/c`") && !error.to_string().contains("s3cret"), "{error}");
    assert_eq!(error.code(), "payload_schema_mismatch");
    assert_eq!(code(precheck(&gate, &caller(), ["report", "2"], json!(1)).await), "schema_not_found");
    assert_eq!(code(precheck(&gate, &caller(), ["other", "1"], json!(1)).await), "schema_not_found");
}

#[tokio::test]
async fn a_shape_must_describe_the_conditions_of_the_stage() {
    let gate = Plan::default().build();
    for (version, schema) in [
        ("other", json!({"properties": {"d": {"type": "integer"}}})),
        ("untyped", json!({"properties": {"c": {"description": "anything"}}})),
        ("unsuited", json!({"properties": {"c": {"type": "array"}}})),
    ] {
        gate.orchestrator.register_schema(&caller(), &request("report", version, schema)).await.unwrap();
        let value = if version == "unsuited" { json!([]) } else { json!(1) };
        assert_eq!(code(precheck(&gate, &caller(), ["report", version], value).await), "data_shape_mismatch");
    }
}

#[tokio::test]
async fn a_registered_shape_outlives_the_process_and_never_changes() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Arc::new(SqliteStore::new(SqliteSettings::file(folder.path().join("ledger.db"))));
    let gate = Plan::on(open()).build();
    let first = gate.orchestrator.register_schema(&caller(), &report()).await.unwrap();
    assert_eq!(first.line.origin, SchemaOrigin::Registered);
    drop(gate);
    let gate = Plan { seed: 1, ..Plan::on(open()) }.build();
    let again = gate.orchestrator.register_schema(&caller(), &report()).await.unwrap();
    assert_eq!(again.line, first.line);
    let other = request("report", "1", json!({"type": "object"}));
    assert_eq!(code(gate.orchestrator.register_schema(&caller(), &other).await), "schema_conflict");
    assert_eq!(precheck(&gate, &caller(), ["report", "1"], json!(1)).await.unwrap(), "complete");
    let kinds: Vec<_> = gate.events(None).await.iter().map(decision_gate_core::ledger::Event::kind).collect();
    assert_eq!(kinds.iter().filter(|it| **it == EventKind::SchemaRegistered).count(), 1, "{kinds:?}");
}

#[tokio::test]
async fn d32_what_a_caller_registers_reaches_nothing() {
    let gate = Plan::default().build();
    for (schema, wanted) in [
        (json!({"$ref": "file:///etc/passwd"}), "schema_remote_reference"),
        (json!({"$ref": "http://127.0.0.1:9/x"}), "schema_remote_reference"),
        (json!({"$ref": "#"}), "schema_reference_loop"),
        (json!({"type": "strange"}), "schema_invalid"),
        (json!({"description": "x".repeat(70_000)}), "schema_too_large"),
    ] {
        assert_eq!(code(gate.orchestrator.register_schema(&caller(), &request("a", "1", schema)).await), wanted);
    }
    let long = RegisterRequest { description: Some("x".repeat(513)), ..report() };
    assert_eq!(code(gate.orchestrator.register_schema(&caller(), &long).await), "description_too_long");
    assert!(gate.orchestrator.schemas(&caller(), None, 10).await.unwrap().is_empty());
    assert!(gate.events(None).await.is_empty(), "nothing was written");
}

#[tokio::test]
async fn a_pinned_shape_stands_before_a_registered_one() {
    let gate = Plan::default().build();
    gate.orchestrator.register_schema(&caller(), &report()).await.unwrap();
    gate.orchestrator.register_schema(&caller(), &request("zeta", "1", json!({"type": "object"}))).await.unwrap();
    let strict = json!({"type": "object", "properties": {"c": {"type": "integer", "maximum": 0}}});
    let plan = Plan { schemas: vec![pinned(&strict)], seed: 1, ..Plan::on(Arc::clone(&gate.store)) };
    let gate = plan.build();
    assert_eq!(code(precheck(&gate, &caller(), ["report", "1"], json!(1)).await), "payload_schema_mismatch");
    assert_eq!(code(gate.orchestrator.register_schema(&caller(), &report()).await), "schema_pinned");
    let same = gate.orchestrator.register_schema(&caller(), &request("report", "1", strict)).await.unwrap();
    assert_eq!(same.line.origin, SchemaOrigin::Pinned);
    let listed = gate.orchestrator.schemas(&caller(), None, 10).await.unwrap();
    let listed: Vec<_> = listed.iter().map(|it| (it.schema_id.as_str(), it.origin.word())).collect();
    assert_eq!(listed, [("report", "pinned"), ("zeta", "registered")]);
    let first = gate.orchestrator.schemas(&caller(), None, 1).await.unwrap();
    let after = Some((&first[0].schema_id, &first[0].version));
    let rest = gate.orchestrator.schemas(&caller(), after, 10).await.unwrap();
    assert_eq!(rest.iter().map(|it| it.schema_id.as_str()).collect::<Vec<_>>(), ["zeta"], "no shape comes twice");
}

#[tokio::test]
async fn d10_a_shape_of_another_tenant_is_as_if_it_were_not() {
    let gate = Plan { tenants: vec![1, 2], ..Plan::default() }.build();
    gate.orchestrator.register_schema(&caller(), &report()).await.unwrap();
    let [id, version] = ["report", "1"];
    let get = |id: &str| {
        let (id, version) = (id.try_into().unwrap(), version.try_into().unwrap());
        let gate = &gate;
        async move { gate.orchestrator.schema(&second_tenant(), &id, &version).await.unwrap_err() }
    };
    let [theirs, nobodys] = [get(id).await, get("nobodys").await];
    assert_eq!((theirs.code(), theirs.hint()), (nobodys.code(), nobodys.hint()));
    assert_eq!(theirs.to_string(), nobodys.to_string().replace("nobodys", id));
    assert_eq!(code(precheck(&gate, &second_tenant(), [id, version], json!(1)).await), "schema_not_found");
    assert!(gate.orchestrator.schemas(&second_tenant(), None, 10).await.unwrap().is_empty());
    // The name is free on the other shelf, with another content.
    let other = request(id, version, json!({"type": "object"}));
    gate.orchestrator.register_schema(&second_tenant(), &other).await.unwrap();
    let first = gate.orchestrator.schema(&caller(), &id.try_into().unwrap(), &version.try_into().unwrap()).await;
    assert_eq!(first.unwrap().shape.schema(), &report().schema);
}
