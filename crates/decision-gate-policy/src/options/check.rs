//! A tree against a schema of ours: keys that mean nothing, and what should stand at a path.

use serde_json::{Map, Value};

use super::fault::{OptionFault, nearest};

/// The first key that the schema does not know, or the first place where an object should be and is not.
pub(super) fn keys(schema: &Value, tree: &Value, path: &str) -> Option<OptionFault> {
    faults(schema, tree, path).into_iter().next()
}

/// Every such place.
pub(super) fn faults(schema: &Value, tree: &Value, path: &str) -> Vec<OptionFault> {
    let mut found = Vec::new();
    walk(schema, tree, path, &mut found);
    found
}

fn walk(schema: &Value, tree: &Value, path: &str, found: &mut Vec<OptionFault>) {
    if let (Some(items), Value::Array(values)) = (schema.get("items"), tree) {
        for (index, value) in values.iter().enumerate() {
            walk(items, value, &format!("{path}[{index}]"), found);
        }
        return;
    }
    let nothing = Map::new();
    let known = schema.get("properties").and_then(Value::as_object).unwrap_or(&nothing);
    let others = schema.get("additionalProperties").filter(|it| it.is_object());
    if known.is_empty() && others.is_none() && schema.get("type").and_then(Value::as_str) != Some("object") {
        return;
    }
    let Some(members) = tree.as_object() else {
        found.push(OptionFault::value(path, tree, describe(schema)));
        return;
    };
    for (key, value) in members {
        let path = join(path, key);
        match known.get(key).or(others) {
            Some(schema) => walk(schema, value, &path, found),
            None => {
                let nearest = nearest(key, known.keys().map(String::as_str));
                found.push(OptionFault::UnknownKey { path, nearest, allowed: known.keys().cloned().collect() });
            }
        }
    }
}

pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// What should stand at a path such as `Kinds[0].Kind`.
pub(super) fn expected(schema: &Value, path: &str) -> String {
    let steps = path.split(['.', '[']).filter(|it| !it.is_empty());
    let at = steps.fold(schema, |schema, step| {
        let inner = match step.strip_suffix(']') {
            Some(_) => schema.get("items"),
            None => schema.pointer(&format!("/properties/{step}")).or_else(|| schema.get("additionalProperties")),
        };
        inner.unwrap_or(schema)
    });
    describe(at)
}

/// In words.
fn describe(schema: &Value) -> String {
    let nullable = schema.get("type").and_then(Value::as_array).is_some_and(|it| it.iter().any(|it| it == "null"));
    if nullable { format!("{} or null", one(schema)) } else { one(schema) }
}

/// In words, but for null.
fn one(schema: &Value) -> String {
    if let Some(choices) = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array) {
        return choices.iter().map(describe).collect::<Vec<_>>().join(" or ");
    }
    if let Some(word) = schema.get("const") {
        return format!("`{}`", word.as_str().unwrap_or_default());
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        let words: Vec<_> = words.iter().map(|it| it.as_str().map_or("null".into(), |it| format!("`{it}`"))).collect();
        return format!("one of {}", words.join(", "));
    }
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str),
        kind => kind.and_then(Value::as_str),
    };
    let bound = |name: &str| schema.get(name).filter(|it| it.is_number());
    match (kind, bound("minimum"), bound("maximum")) {
        (Some("boolean"), ..) => "true or false".into(),
        (Some("integer"), Some(least), Some(most)) => format!("a whole number from {least} to {most}"),
        (Some("integer"), Some(least), None) => format!("a whole number of {least} or more"),
        (Some("integer"), ..) => "a whole number".into(),
        (Some("number"), Some(least), Some(most)) => format!("a number from {least} to {most} with at most 9 decimals"),
        (Some("number"), ..) => "a number".into(),
        (Some("string"), ..) if schema.get("pattern").is_some() => "a length of time such as `24h`".into(),
        (Some("string"), ..) => "a text".into(),
        (Some("array"), ..) => "a list".into(),
        (Some("object"), ..) => "a table of keys".into(),
        (Some("null"), ..) => "null".into(),
        _ => "another value".into(),
    }
}
