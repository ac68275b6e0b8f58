//! What each condition can be, by what its check promises to answer and by the lane that its provider can reach.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Finding, Lint, Possible};
use crate::condition::{Comparator, Expects, Truth};
use crate::evidence::EvidenceValue;
use crate::name::ConditionId;
use crate::scenario::ConditionSpec;
use crate::trust::Lane;

pub(super) fn look<'a>(lint: Lint<'a>, findings: &mut Vec<Finding>) -> BTreeMap<&'a ConditionId, Possible> {
    let used = used(lint);
    let mut all = BTreeMap::new();
    for (index, condition) in lint.scenario.spec().conditions.iter().enumerate() {
        let path = format!("/conditions/{index}");
        let id = &condition.condition_id;
        let mut find = |below: &str, code, message, hint| {
            findings.push(Finding { path: format!("{path}{below}"), code, message, hint });
        };
        if !used.contains(id) {
            find(
                "",
                "condition_unused",
                format!("condition `{id}` is used by no gate"),
                "use it in a gate, or remove it",
            );
        }
        if condition.comparator.word() == "not_exists" {
            let provider = &condition.query.provider_id;
            let message = format!(
                "condition `{id}` holds when `{provider}` answers that there is nothing: whoever can empty that source can open it"
            );
            find("", "absence_opens", message, "ask for something that is there");
        }
        let mut can_be = by_contract(lint, condition);
        match (can_be.can_be(Truth::True), can_be.can_be(Truth::False)) {
            (false, true) => {
                let message = format!("`{id}` is never True: no answer that its check may give compares so");
                find("/expected", "condition_never_true", message, "compare with a value that the check can answer");
            }
            (true, false) if !is_presence(condition.comparator) => {
                let message = format!("`{id}` is never False: every answer that its check may give compares so");
                find("/expected", "condition_never_false", message, "compare with a value that tells answers apart");
            }
            _ => {}
        }
        if let Some((needed, reached)) = out_of_reach(lint, condition) {
            let (provider, needed, reached) = (&condition.query.provider_id, needed.word(), reached.word());
            let message = format!(
                "`{id}` stays Unknown: it needs `{needed}` evidence, and `{provider}` brings at most `{reached}`"
            );
            find(
                "/query/provider_id",
                "lane_out_of_reach",
                message,
                "ask a provider whose evidence is verified, or have this one sign",
            );
            can_be = Possible::UNKNOWN;
        }
        all.insert(id, can_be);
    }
    all
}

fn used(lint: Lint<'_>) -> BTreeSet<&ConditionId> {
    let mut used = BTreeSet::new();
    for gate in lint.scenario.spec().stages.iter().flat_map(|stage| &stage.gates) {
        gate.requirement.leaves(&mut |id| {
            used.insert(id);
        });
    }
    used
}

fn is_presence(comparator: Comparator) -> bool {
    matches!(comparator.expects(), Expects::Presence { .. })
}

/// The lane that a condition needs, and the highest that its provider's evidence can have, where that is less.
fn out_of_reach(lint: Lint<'_>, condition: &ConditionSpec) -> Option<(Lane, Lane)> {
    let policy = lint.policy?;
    let reached = policy.provider(&condition.query.provider_id)?.max_lane;
    let asked = condition.trust.map_or(Lane::Asserted, |trust| trust.min_lane);
    let needed = policy.required_lane(&condition.query.provider_id).max(asked);
    (needed > reached).then_some((needed, reached))
}

/// What a condition can be by its check's `result_schema`. Anything can stay Unknown.
fn by_contract(lint: Lint<'_>, condition: &ConditionSpec) -> Possible {
    let contract = lint.contracts.get(&condition.query.provider_id);
    let Some(check) = contract.and_then(|it| it.check(&condition.query.check_id)) else { return Possible::ANYTHING };
    if is_presence(condition.comparator) {
        return Possible::ANYTHING;
    }
    let expected = condition.expected.value();
    let decided = match values(&check.result_schema) {
        Some(values) => over_values(condition.comparator, &values, expected),
        None => over_range(condition.comparator, &check.result_schema, expected),
    };
    decided.map_or(Possible::ANYTHING, |decided| decided.or_else(Truth::Unknown))
}

/// All values of a schema, where it lists them.
fn values(schema: &Value) -> Option<Vec<Value>> {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return Some(values.clone());
    }
    if let Some(value) = schema.get("const") {
        return Some(vec![value.clone()]);
    }
    let is_boolean = schema.get("type").and_then(Value::as_str) == Some("boolean");
    is_boolean.then(|| vec![Value::Bool(false), Value::Bool(true)])
}

fn over_values(comparator: Comparator, values: &[Value], expected: &Value) -> Option<Possible> {
    let mut all = Possible::NOTHING;
    for value in values {
        all = all.or_else(Truth::from(comparator.compare(&EvidenceValue::Json(value.clone()), expected)?));
    }
    (!values.is_empty()).then_some(all)
}

/// Over numbers between two ends: an order that is the same at both is the same between them.
fn over_range(comparator: Comparator, schema: &Value, expected: &Value) -> Option<Possible> {
    let number = schema.get("type").and_then(Value::as_str).is_some_and(|it| it == "number" || it == "integer");
    let expected = expected.as_f64().filter(|_| number)?;
    let low = schema.get("minimum").and_then(Value::as_f64).unwrap_or(f64::NEG_INFINITY);
    let high = schema.get("maximum").and_then(Value::as_f64).unwrap_or(f64::INFINITY);
    let ends = |holds: fn(&f64, &f64) -> bool| {
        Possible::only(Truth::from(holds(&low, &expected))).or_else(Truth::from(holds(&high, &expected)))
    };
    let outside = expected < low || expected > high;
    match comparator.word() {
        "greater_than" => Some(ends(f64::gt)),
        "greater_than_or_equal" => Some(ends(f64::ge)),
        "less_than" => Some(ends(f64::lt)),
        "less_than_or_equal" => Some(ends(f64::le)),
        "equals" if outside => Some(Possible::only(Truth::False)),
        "not_equals" if outside => Some(Possible::only(Truth::True)),
        _ => None,
    }
}
