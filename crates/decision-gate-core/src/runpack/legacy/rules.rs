//! `rules: 0`: how the public project compares. Frozen: packs that it decided replay under these rules and no others, in
//! the verifier only.
//!
//! Numbers are equal as decimals, but within arrays and objects by their spelling; a value of another type is unequal and
//! not Unknown; `contains` of nothing is True. None of that holds under our own rules.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use crate::condition::{Comparator, Truth};
use crate::evidence::EvidenceValue;
use crate::json::compare_numbers;

/// The status that a value gives, without an error and in that project's order: presence, then absence of either side,
/// then the comparison. `None` where only its own library could tell: a time that is written in an unusual way.
pub(crate) fn compare(word: &str, value: Option<&EvidenceValue>, expected: Option<&Value>) -> Option<Truth> {
    match word {
        "exists" => return Some(Truth::from(value.is_some())),
        "not_exists" => return Some(Truth::from(value.is_none())),
        _ => {}
    }
    match (value, expected) {
        (Some(EvidenceValue::Json(value)), Some(expected)) => of_json(word, value, expected),
        (Some(EvidenceValue::Bytes(bytes)), Some(expected)) => Some(of_bytes(word, bytes, expected)),
        _ => Some(Truth::Unknown),
    }
}

fn known(holds: Option<bool>) -> Truth {
    holds.map_or(Truth::Unknown, Truth::from)
}

fn of_bytes(word: &str, bytes: &[u8], expected: &Value) -> Truth {
    let number = |it: &Value| it.as_u64().and_then(|it| u8::try_from(it).ok());
    let expected: Option<Vec<u8>> = expected.as_array().and_then(|items| items.iter().map(number).collect());
    known(expected.and_then(|expected| match word {
        "equals" => Some(bytes == expected),
        "not_equals" => Some(bytes != expected),
        _ => None,
    }))
}

fn of_json(word: &str, value: &Value, expected: &Value) -> Option<Truth> {
    Some(known(match word {
        "equals" => Some(equal(value, expected)),
        "not_equals" => Some(!equal(value, expected)),
        "greater_than" | "greater_than_or_equal" | "less_than" | "less_than_or_equal" => {
            if is_unusual(value) || is_unusual(expected) {
                return None;
            }
            match (value, expected) {
                (Value::Number(value), Value::Number(expected)) => ordered(word, decimals(value, expected)),
                _ => Comparator::named(word)?.compare(&EvidenceValue::Json(value.clone()), expected),
            }
        }
        "lex_greater_than" => texts(value, expected).map(|(value, expected)| value > expected),
        "lex_greater_than_or_equal" => texts(value, expected).map(|(value, expected)| value >= expected),
        "lex_less_than" => texts(value, expected).map(|(value, expected)| value < expected),
        "lex_less_than_or_equal" => texts(value, expected).map(|(value, expected)| value <= expected),
        "contains" => contains(value, expected),
        "in_set" => match (value, expected) {
            (Value::Array(_) | Value::Object(_), _) => None,
            (value, Value::Array(items)) => Some(items.contains(value)),
            _ => None,
        },
        "deep_equals" => is_deep(value, expected).then(|| value == expected),
        "deep_not_equals" => is_deep(value, expected).then(|| value != expected),
        _ => return None,
    }))
}

fn equal(value: &Value, expected: &Value) -> bool {
    match (value, expected) {
        (Value::Number(value), Value::Number(expected)) => decimals(value, expected).is_eq(),
        _ => value == expected,
    }
}

/// Integers as they are written: a double does not carry all of them.
fn decimals(left: &Number, right: &Number) -> Ordering {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => compare_numbers(left, right),
    }
}

/// Also where our own rules refuse a number, since a double can't carry it.
fn ordered(word: &str, order: Ordering) -> Option<bool> {
    match word {
        "greater_than" => Some(order.is_gt()),
        "greater_than_or_equal" => Some(order.is_ge()),
        "less_than" => Some(order.is_lt()),
        "less_than_or_equal" => Some(order.is_le()),
        _ => None,
    }
}

fn texts<'a>(value: &'a Value, expected: &'a Value) -> Option<(&'a [u8], &'a [u8])> {
    Some((value.as_str()?.as_bytes(), expected.as_str()?.as_bytes()))
}

fn contains(value: &Value, expected: &Value) -> Option<bool> {
    match (value, expected) {
        (Value::String(text), Value::String(part)) => Some(text.contains(part.as_str())),
        (Value::Array(items), Value::Array(parts)) => Some(parts.iter().all(|part| items.contains(part))),
        _ => None,
    }
}

fn is_deep(value: &Value, expected: &Value) -> bool {
    matches!((value, expected), (Value::Array(_), Value::Array(_)) | (Value::Object(_), Value::Object(_)))
}

/// A text with a time of day that is not written as RFC 3339 writes it, of which that project's library takes more.
fn is_unusual(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains(':') && crate::at::instant(text).is_none())
}
