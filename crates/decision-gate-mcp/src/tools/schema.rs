//! JSON Schemas of arguments and answers, in the form that hosts and model APIs accept.
//!
//! 2020-12, root `type: object`, no `$schema`, no root title (it would be the name of a Rust type), no number
//! formats that only schemars knows, small or singly used definitions inlined. An optional argument does not also
//! offer `null`: the model pays for it and gains nothing.

use std::collections::BTreeMap;

use rmcp::model::JsonObject;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

/// Definitions up to this many bytes are repeated where they are used.
const SMALL: usize = 160;

const DEFINITIONS: &str = "#/$defs/";

/// The schema of what a caller sends.
pub(super) fn input<T: JsonSchema>() -> JsonObject {
    let mut schema = generate::<T>(SchemaSettings::draft2020_12().for_deserialize());
    walk(&mut schema, &mut drop_optional_null);
    walk(&mut schema, &mut drop_open_ends);
    object(schema)
}

/// The schema of what a caller gets.
pub(super) fn output<T: JsonSchema>() -> JsonObject {
    object(generate::<T>(SchemaSettings::draft2020_12().for_serialize()))
}

/// The same schema without what only a successful answer must have.
///
/// Clients validate the structured content of an `isError` result against the output schema too, and its
/// `{code, message, hint, details}` must pass.
pub(crate) fn allow_error_form(mut schema: JsonObject) -> JsonObject {
    schema.remove("required");
    schema.remove("additionalProperties");
    schema
}

fn generate<T: JsonSchema>(settings: SchemaSettings) -> Value {
    let mut settings = settings;
    settings.meta_schema = None;
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    if let Value::Object(root) = &mut schema {
        root.remove("title");
        root.remove("description");
        root.entry("type").or_insert_with(|| Value::from("object"));
    }
    walk(&mut schema, &mut drop_own_formats);
    walk(&mut schema, &mut spell_out_true);
    inline(&mut schema);
    schema
}

fn object(schema: Value) -> JsonObject {
    if let Value::Object(members) = schema { members } else { JsonObject::new() }
}

/// Visits every object of the schema, inner ones first.
fn walk(schema: &mut Value, visit: &mut impl FnMut(&mut JsonObject)) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(|member| walk(member, visit));
            visit(members);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `uint64` and its like are no formats of JSON Schema, and some hosts refuse them.
fn drop_own_formats(schema: &mut JsonObject) {
    let own =
        |format: &str| format.starts_with("uint") || format.starts_with("int") || matches!(format, "float" | "double");
    if schema.get("format").and_then(Value::as_str).is_some_and(own) {
        schema.remove("format");
    }
}

/// A bare `true` is a schema too, but some hosts take only objects.
fn spell_out_true(schema: &mut JsonObject) {
    let any = || Value::Object(JsonObject::new());
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.values_mut().filter(|it| **it == Value::Bool(true)).for_each(|it| *it = any());
    }
    if let Some(items) = schema.get_mut("items").filter(|it| **it == Value::Bool(true)) {
        *items = any();
    }
}

/// An object takes other members unless somebody says that it does not.
fn drop_open_ends(schema: &mut JsonObject) {
    if schema.get("type").and_then(Value::as_str) == Some("object")
        && schema.get("additionalProperties") == Some(&Value::Bool(true))
    {
        schema.remove("additionalProperties");
    }
}

fn drop_optional_null(schema: &mut JsonObject) {
    let required: Vec<String> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect())
        .unwrap_or_default();
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
    for (name, property) in properties.iter_mut() {
        if let Value::Object(property) = property
            && !required.contains(name)
        {
            without_null(property);
        }
    }
}

fn without_null(property: &mut JsonObject) {
    if property.get("default").is_some_and(Value::is_null) {
        property.remove("default");
    }
    if let Some(Value::Array(types)) = property.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            property.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(names)) = property.get_mut("enum") {
        names.retain(|name| !name.is_null());
    }
    let Some(Value::Array(forms)) = property.get_mut("anyOf") else { return };
    forms.retain(|form| form.get("type").is_none_or(|kind| kind != "null"));
    if let [Value::Object(only)] = forms.as_mut_slice() {
        let only = std::mem::take(only);
        property.remove("anyOf");
        for (key, value) in only {
            property.entry(key).or_insert(value);
        }
    }
}

/// Puts definitions that are small or used once where they are used, and drops those that nobody uses any more.
fn inline(schema: &mut Value) {
    loop {
        let Some(definitions) = schema.get("$defs").and_then(Value::as_object).cloned() else { return };
        let mut uses = BTreeMap::new();
        count_uses(schema, &mut uses);
        let chosen = definitions.iter().find(|(name, definition)| {
            let count = uses.get(*name).copied().unwrap_or_default();
            let recursive = mentions(definition, name);
            count == 0 || (!recursive && (count == 1 || definition.to_string().len() <= SMALL))
        });
        let Some((name, definition)) = chosen else { return };
        let reference = format!("{DEFINITIONS}{name}");
        walk(schema, &mut |place| replace(place, &reference, definition));
        if let Some(Value::Object(left)) = schema.get_mut("$defs") {
            left.remove(name);
            if left.is_empty()
                && let Value::Object(root) = schema
            {
                root.remove("$defs");
            }
        }
    }
}

fn replace(place: &mut JsonObject, reference: &str, definition: &Value) {
    if place.get("$ref").and_then(Value::as_str) != Some(reference) {
        return;
    }
    place.remove("$ref");
    if let Value::Object(members) = definition {
        for (key, value) in members {
            // What stands beside the reference is about this use, so it wins.
            place.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
}

fn count_uses(schema: &Value, uses: &mut BTreeMap<String, usize>) {
    match schema {
        Value::Object(members) => {
            if let Some(name) = members.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix(DEFINITIONS))
            {
                *uses.entry(name.to_owned()).or_default() += 1;
            }
            members.values().for_each(|member| count_uses(member, uses));
        }
        Value::Array(items) => items.iter().for_each(|item| count_uses(item, uses)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn mentions(schema: &Value, name: &str) -> bool {
    let mut uses = BTreeMap::new();
    count_uses(schema, &mut uses);
    uses.contains_key(name)
}

#[cfg(test)]
mod tests;
