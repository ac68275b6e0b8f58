use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::*;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read into")]
struct Sample {
    run_id: String,
    #[serde(default)]
    limit: Option<u32>,
    #[serde(default)]
    stages: Vec<Stage>,
    #[serde(default)]
    feedback: Option<Feedback>,
    #[serde(default)]
    form: Option<Form>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read into")]
struct Stage {
    stage_id: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Feedback {
    Summary,
    Trace,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only read into")]
enum Form {
    Number(u8),
    List(Vec<u8>),
}

fn check(arguments: Value) -> String {
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    let error = read::<Sample>(arguments).unwrap_err();
    format!("{error}\n{}", Value::Object(error.details().clone()))
}

#[test]
fn what_fits_is_read() {
    let arguments = json!({ "run_id": "r", "limit": null, "stages": [{ "stage_id": "s" }] });
    assert_eq!(explain::<Sample>(&arguments), None);
}

#[test]
fn an_unknown_argument_names_the_nearest() {
    insta::assert_snapshot!(check(json!({ "run_id": "r", "lmit": 1 })), @r#"
    invalid_arguments: `lmit` is not known
    hint: did you mean `limit`? allowed: run_id, limit, stages, feedback, form
    {"allowed":["run_id","limit","stages","feedback","form"],"nearest":"limit","path":"lmit"}
    "#);
    insta::assert_snapshot!(check(json!({ "run_id": "r", "stages": [{ "stage_id": "a" }, { "stageid": "b" }] })), @r#"
    invalid_arguments: `stages[1].stageid` is not known
    hint: did you mean `stage_id`? allowed: stage_id
    {"allowed":["stage_id"],"nearest":"stage_id","path":"stages[1].stageid"}
    "#);
}

#[test]
fn a_missing_argument_is_named() {
    insta::assert_snapshot!(check(json!({})), @r#"
    invalid_arguments: `run_id` is missing
    hint: add `run_id`
    {"path":"run_id"}
    "#);
    insta::assert_snapshot!(check(json!({ "run_id": "r", "stages": [{}] })), @r#"
    invalid_arguments: `stages[0].stage_id` is missing
    hint: add `stage_id`
    {"path":"stages[0].stage_id"}
    "#);
}

#[test]
fn a_wrong_type_names_both_sides_without_type_names() {
    insta::assert_snapshot!(check(json!({ "run_id": 7 })), @r#"
    invalid_arguments: `run_id` is the number `7`, not a text
    hint: send a text
    {"expected":"a text","path":"run_id"}
    "#);
    insta::assert_snapshot!(check(json!({ "run_id": "r", "limit": -1 })), @r#"
    invalid_arguments: `limit` is the number `-1`, not a whole number from 0 up
    hint: send a whole number from 0 up
    {"expected":"a whole number from 0 up","path":"limit"}
    "#);
    insta::assert_snapshot!(check(json!({ "run_id": "r", "limit": "many, expected few" })), @r#"
    invalid_arguments: `limit` is the text "many, expected few", not a whole number from 0 up
    hint: send a whole number from 0 up
    {"expected":"a whole number from 0 up","path":"limit"}
    "#);
    insta::assert_snapshot!(check(json!({ "run_id": "r", "stages": {} })), @r#"
    invalid_arguments: `stages` is an object, not an array
    hint: send an array
    {"expected":"an array","path":"stages"}
    "#);
    insta::assert_snapshot!(check(json!({ "run_id": "r", "stages": ["s"] })), @r#"
    invalid_arguments: `stages[0]` is the text "s", not an object
    hint: send an object
    {"expected":"an object","path":"stages[0]"}
    "#);
}

#[test]
fn an_unknown_word_lists_the_words() {
    insta::assert_snapshot!(check(json!({ "run_id": "r", "feedback": "traces" })), @r#"
    invalid_arguments: `feedback` can't be `traces`
    hint: did you mean `trace`? allowed: summary, trace
    {"allowed":["summary","trace"],"nearest":"trace","path":"feedback"}
    "#);
}

#[test]
fn a_form_that_is_none_of_the_forms_says_so() {
    insta::assert_snapshot!(check(json!({ "run_id": "r", "form": "x" })), @r#"
    invalid_arguments: `form` is refused: it has none of the allowed forms
    hint: see the tool's input schema
    {"path":"form"}
    "#);
}
