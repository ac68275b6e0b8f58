use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::*;

/// The name of this type must not show.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Sample {
    /// How many.
    count: u64,
    #[serde(default)]
    ratio: Option<f64>,
    /// A small part.
    #[serde(default)]
    part: Option<Part>,
    parts: Vec<Part>,
    tree: Option<Tree>,
    word: Word,
    #[serde(default)]
    maybe_word: Option<Word>,
    by_name: BTreeMap<String, i32>,
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Part {
    id: String,
}

#[derive(Deserialize, Serialize, JsonSchema)]
struct Tree {
    children: Vec<Tree>,
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Word {
    One,
    Two,
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[test]
fn an_input_schema_is_short_and_closed() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&input::<Sample>()).unwrap());
}

#[test]
fn an_output_schema_says_what_is_always_there() {
    let schema = output::<Sample>();
    insta::assert_snapshot!(Value::from(schema.get("required").cloned()), @r#"["count","ratio","part","parts","tree","word","maybe_word","by_name"]"#);
}

#[test]
fn no_arguments_are_an_empty_closed_object() {
    insta::assert_snapshot!(Value::Object(input::<Nothing>()), @r#"{"additionalProperties":false,"type":"object"}"#);
}

#[test]
fn an_error_form_passes_every_output_schema() {
    let schema = Value::Object(allow_error_form(output::<Sample>()));
    let error = crate::tools::ToolError::new("some_code", "something", "do something").with("path", "count").to_value();
    assert!(jsonschema::is_valid(&schema, &error), "{schema}");
    assert!(!jsonschema::is_valid(&Value::Object(output::<Sample>()), &error));
}

#[derive(Serialize, JsonSchema)]
struct Anything {
    value: Value,
    values: Vec<Value>,
}

#[test]
fn anything_is_an_empty_schema_since_hosts_refuse_a_bare_true() {
    let schema = output::<Anything>();
    insta::assert_snapshot!(Value::from(schema.get("properties").cloned()), @r#"{"value":{},"values":{"items":{},"type":"array"}}"#);
}
