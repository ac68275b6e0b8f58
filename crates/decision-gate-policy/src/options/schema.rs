//! The JSON Schema of options, printed from their types.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::values::WaiverRules;
use crate::gates::{ALL, GateKind};
use crate::mode::Mode;

/// The schema of a type, all in line and without what is of no use to a reader.
pub fn of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|it| {
        it.inline_subschemas = true;
        it.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    strip(&mut schema);
    schema
}

/// Takes away the formats of numbers, which are names of machine types.
fn strip(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("format").and_then(Value::as_str).is_some_and(|it| it.starts_with("uint")) {
                members.remove("format");
            }
            members.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The schema of a whole document.
pub fn document_schema() -> Value {
    let mut gates: Map<String, Value> = ALL.iter().map(|gate| (gate.key.to_owned(), section(gate))).collect();
    gates.insert("Waivers".into(), of::<WaiverRules>());
    gates.insert("Ungated".into(), json!({ "enum": ["Hold", "Allow"] }));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": decision_gate_core::json::schema::id("release-policy"),
        "title": "Release policy",
        "type": "object",
        "properties": {
            "PolicyGates": { "type": "object", "properties": gates, "additionalProperties": false },
            "Logging": {
                "type": "object",
                "properties": { "LogLevel": { "type": "object", "additionalProperties": { "enum": LEVELS } } },
                "additionalProperties": false,
            },
        },
        "additionalProperties": false,
    })
}

/// Levels of a log, as seed 003 writes them.
const LEVELS: [&str; 7] = ["Trace", "Debug", "Information", "Warning", "Error", "Critical", "None"];

fn section(gate: &GateKind) -> Value {
    let mut entry = properties(&(gate.schema)());
    entry.insert("Enabled".into(), json!({ "type": "boolean" }));
    entry.insert("Mode".into(), json!({ "anyOf": [of::<Mode>(), { "type": "null" }] }));
    let mut base = entry.clone();
    base.retain(|key, _| !gate.only_in_entries.contains(&key.as_str()));
    let entries = json!({
        "type": "object",
        "additionalProperties": { "type": "object", "properties": entry, "additionalProperties": false },
    });
    base.insert("TenantOverrides".into(), json!({ "type": "object", "additionalProperties": entries }));
    base.insert(gate.entries_key.into(), entries);
    json!({ "type": "object", "properties": base, "additionalProperties": false })
}

fn properties(schema: &Value) -> Map<String, Value> {
    schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default()
}
