//! JSON Schemas (2020-12) of documents that people write, as editors take them.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

/// The schema of a kind of document, from the type that it is read into. Its `$id` is a name and no address: nothing is
/// to be fetched.
pub fn document<T: JsonSchema>(name: &str, title: &str) -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value();
    clean(&mut schema);
    if let Value::Object(root) = &mut schema {
        root.insert("$id".to_owned(), Value::from(id(name)));
        root.insert("title".to_owned(), Value::from(title));
    }
    schema
}

/// The `$id` of a kind of document.
pub fn id(name: &str) -> String {
    format!("urn:decision-gate:schema:{name}:v1")
}

/// Drops the formats that are Rust's and not the schema language's.
fn clean(node: &mut Value) {
    match node {
        Value::Object(members) => {
            let own = |format: &str| format.starts_with("uint") || format.starts_with("int");
            if members.get("format").and_then(Value::as_str).is_some_and(own) {
                members.remove("format");
            }
            members.values_mut().for_each(clean);
        }
        Value::Array(items) => items.iter_mut().for_each(clean),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
