//! The plain part of JSON Schema, judged without a compiled schema.
//!
//! To compile a schema the library first compiles the meta-schema of the draft, which costs more than a whole start of
//! the server. Contracts hardly ever need more than the keywords below, and values hardly ever fail to fit. So a schema
//! of these keywords alone, each used as the draft says, is known to be valid here; and a value that surely fits is
//! accepted here. Whatever is not sure (another keyword, a value that may not fit, a number with a fraction) is the
//! library's to judge, and so is every message. The laws beside this file hold both parts against the library.

use serde_json::{Map, Value};

/// Types by name, without those that need more than a look.
const TYPES: [&str; 7] = ["null", "boolean", "object", "array", "number", "integer", "string"];

/// Whether a schema is valid and of the plain keywords alone: such a schema always compiles.
pub(super) fn is_plain(schema: &Value) -> bool {
    match schema {
        Value::Bool(_) => true,
        Value::Object(members) => members.iter().all(|(keyword, rule)| is_plain_rule(keyword, rule)),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) => false,
    }
}

fn is_plain_rule(keyword: &str, rule: &Value) -> bool {
    match keyword {
        "title" | "description" => rule.is_string(),
        "format" => rule == "date-time",
        "default" | "const" => true,
        "examples" | "enum" => rule.is_array(),
        "type" => match rule.as_str() {
            Some(name) => TYPES.contains(&name),
            None => is_set_of_names(rule, |name| TYPES.contains(&name)) && rule != &Value::Array(Vec::new()),
        },
        "properties" => rule.as_object().is_some_and(|members| members.values().all(is_plain)),
        "required" => is_set_of_names(rule, |_| true),
        "additionalProperties" | "items" => is_plain(rule),
        "allOf" | "anyOf" => rule.as_array().is_some_and(|forms| !forms.is_empty() && forms.iter().all(is_plain)),
        "minimum" | "maximum" => rule.is_i64(),
        "minLength" | "maxLength" | "minItems" | "maxItems" => rule.is_u64(),
        _ => false,
    }
}

/// An array of strings without repetition.
fn is_set_of_names(rule: &Value, allowed: impl Fn(&str) -> bool) -> bool {
    let Some(names) = rule.as_array() else { return false };
    let unique = names.iter().enumerate().all(|(at, name)| !names.iter().skip(at + 1).any(|other| other == name));
    unique && names.iter().all(|name| name.as_str().is_some_and(&allowed))
}

/// Whether `value` surely fits a plain schema.
pub(super) fn surely_fits(schema: &Value, value: &Value) -> bool {
    match schema.as_object() {
        Some(rules) => rules.iter().all(|(keyword, rule)| surely_keeps(rules, keyword, rule, value)),
        None => *schema == Value::Bool(true),
    }
}

fn surely_keeps(rules: &Map<String, Value>, keyword: &str, rule: &Value, value: &Value) -> bool {
    match (keyword, value) {
        ("title" | "description" | "default" | "examples", _) => true,
        ("type", _) => match rule.as_array() {
            Some(names) => names.iter().any(|name| is_of_type(name, value)),
            None => is_of_type(rule, value),
        },
        ("const", _) => rule == value,
        ("enum", _) => rule.as_array().is_some_and(|values| values.contains(value)),
        ("allOf", _) => rule.as_array().is_some_and(|forms| forms.iter().all(|form| surely_fits(form, value))),
        ("anyOf", _) => rule.as_array().is_some_and(|forms| forms.iter().any(|form| surely_fits(form, value))),
        ("properties", Value::Object(members)) => rule.as_object().is_some_and(|schemas| {
            schemas.iter().all(|(name, schema)| members.get(name).is_none_or(|member| surely_fits(schema, member)))
        }),
        ("required", Value::Object(members)) => rule
            .as_array()
            .is_some_and(|names| names.iter().all(|name| name.as_str().is_some_and(|it| members.contains_key(it)))),
        ("additionalProperties", Value::Object(members)) => {
            let named = rules.get("properties").and_then(Value::as_object);
            let further = members.iter().filter(|(name, _)| named.is_none_or(|named| !named.contains_key(*name)));
            further.into_iter().all(|(_, member)| surely_fits(rule, member))
        }
        ("items", Value::Array(items)) => items.iter().all(|item| surely_fits(rule, item)),
        ("minItems", Value::Array(items)) => at_least(Some(items.len()), rule),
        ("maxItems", Value::Array(items)) => at_most(Some(items.len()), rule),
        ("minLength", Value::String(text)) => at_least(Some(text.chars().count()), rule),
        ("maxLength", Value::String(text)) => at_most(Some(text.chars().count()), rule),
        ("minimum", Value::Number(number)) => at_least(number.as_i64(), rule),
        ("maximum", Value::Number(number)) => at_most(number.as_i64(), rule),
        ("format", Value::String(text)) => is_common_date_time(text),
        // Rules for objects, arrays, strings and numbers say nothing about anything else.
        (
            "properties"
            | "required"
            | "additionalProperties"
            | "items"
            | "minItems"
            | "maxItems"
            | "minLength"
            | "maxLength"
            | "minimum"
            | "maximum"
            | "format",
            _,
        ) => true,
        _ => false,
    }
}

/// An integer that is written with a fraction is left to the library.
fn is_of_type(name: &Value, value: &Value) -> bool {
    match (name.as_str(), value) {
        (Some("integer"), Value::Number(number)) => number.is_i64() || number.is_u64(),
        (Some("null"), Value::Null)
        | (Some("boolean"), Value::Bool(_))
        | (Some("number"), Value::Number(_))
        | (Some("string"), Value::String(_))
        | (Some("array"), Value::Array(_))
        | (Some("object"), Value::Object(_)) => true,
        _ => false,
    }
}

fn at_least(measure: Option<impl TryInto<i64>>, rule: &Value) -> bool {
    measure.and_then(|it| it.try_into().ok()).zip(rule.as_i64()).is_some_and(|(measure, least)| measure >= least)
}

fn at_most(measure: Option<impl TryInto<i64>>, rule: &Value) -> bool {
    measure.and_then(|it| it.try_into().ok()).zip(rule.as_i64()).is_some_and(|(measure, most)| measure <= most)
}

/// A date-time in the form that everybody writes; leap seconds and a space in the middle are left to the library.
fn is_common_date_time(text: &str) -> bool {
    text.as_bytes().get(10) == Some(&b'T') && !text.contains(":60") && crate::at::instant(text).is_some()
}

#[cfg(test)]
mod tests;
