//! Answers under which a condition comes out as wanted, made from what the scenario expects and never from evidence.
//!
//! Every one of them has been through the comparison itself, and through the schema of the check.

use serde_json::{Value, json};

use crate::condition::{Expects, Judged, Source, Truth, judge_from};
use crate::evidence::{Answer, Found};
use crate::policy::Policy;
use crate::scenario::ConditionSpec;
use crate::trust::Lane;

/// An answer with which the condition comes out as wanted; `None` where none of those that were tried does.
pub(super) fn answer(spec: &ConditionSpec, want: bool, policy: &Policy) -> Option<Answer> {
    let fits = |answer: &Answer| judged(spec, answer, policy).status == Truth::from(want);
    candidates(spec, policy).into_iter().find(fits)
}

/// The condition under an answer of the caller's that is believed as far as anything of its provider can be.
pub(super) fn judged(spec: &ConditionSpec, answer: &Answer, policy: &Policy) -> Judged {
    let lane = policy.provider(&spec.query.provider_id).map_or(Lane::Asserted, |it| it.max_lane);
    let expected = spec.expected.value();
    judge_from(Source::Caller(lane), &spec.query, spec.comparator, expected, Some(answer), policy)
}

/// Whether an answer can make the condition come out so at all. Said for checks whose values can all be listed, and for
/// those that take any value; of others nothing is known, and it may be.
pub(super) fn possible(spec: &ConditionSpec, want: bool, policy: &Policy) -> bool {
    let any = || answer(spec, want, policy).is_some();
    match schema(spec, policy) {
        None | Some(Value::Bool(true)) => any(),
        Some(schema) if listed(schema).is_some() => any(),
        Some(_) => true,
    }
}

fn schema<'a>(spec: &ConditionSpec, policy: &'a Policy) -> Option<&'a Value> {
    policy.provider(&spec.query.provider_id)?.result_schemas.get(&spec.query.check_id)
}

/// Every value that a schema takes, where it says so plainly.
fn listed(schema: &Value) -> Option<Vec<Value>> {
    if let Some(Value::Array(values)) = schema.get("enum") {
        return Some(values.clone());
    }
    if let Some(only) = schema.get("const") {
        return Some(vec![only.clone()]);
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("boolean") => Some(vec![json!(true), json!(false)]),
        Some("null") => Some(vec![Value::Null]),
        Some(_) | None => None,
    }
}

/// Answers worth trying, plainest first.
fn candidates(spec: &ConditionSpec, policy: &Policy) -> Vec<Answer> {
    let found = |value: Value| Answer::Found(Box::new(Found::json(value)));
    if let Some(values) = schema(spec, policy).and_then(listed) {
        return values.into_iter().map(found).chain([Answer::absent()]).collect();
    }
    let expected = spec.expected.value();
    let mut values = match spec.comparator.expects() {
        Expects::Presence { .. } => Vec::new(),
        Expects::Value | Expects::Part => vec![expected.clone()],
        Expects::Set => expected.as_array().cloned().unwrap_or_default(),
    };
    values.extend(neighbours(expected));
    values.extend([
        json!(0),
        json!(1),
        json!(""),
        json!("other"),
        json!(true),
        json!([]),
        json!({}),
        json!({ "other": 1 }),
    ]);
    values.into_iter().map(found).chain([Answer::absent()]).collect()
}

/// Values a little beside an expected one, on either side.
fn neighbours(expected: &Value) -> Vec<Value> {
    match expected {
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => {
                [whole.checked_add(1), whole.checked_sub(1)].into_iter().flatten().map(Value::from).collect()
            }
            (None, Some(number)) => [number + 1.0, number - 1.0, number * 2.0, number / 2.0].map(Value::from).to_vec(),
            (None, None) => Vec::new(),
        },
        Value::String(text) => vec![
            json!(format!("{text}~")),
            json!("9999-12-30T00:00:00Z"),
            json!("0001-01-01T00:00:00Z"),
            json!("9999-12-30"),
            json!("0001-01-01"),
        ],
        Value::Array(items) => {
            let one_more = items.iter().cloned().chain([json!("other")]).collect();
            vec![one_more, Value::Array(Vec::new())]
        }
        Value::Null | Value::Bool(_) | Value::Object(_) => Vec::new(),
    }
}
