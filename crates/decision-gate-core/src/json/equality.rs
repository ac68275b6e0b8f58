//! When two values are the same: iff their RFC 8785 forms are.
//!
//! Numbers are doubles there, so they are compared as doubles at every depth, however they are held in memory.

use std::cmp::Ordering;

use serde_json::{Number, Value};

/// Whether two values have the same RFC 8785 form. Allocates nothing.
pub fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Number(left), Value::Number(right)) => compare_numbers(left, right).is_eq(),
        (Value::String(left), Value::String(right)) => left == right,
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| left.0 == right.0 && equal(left.1, right.1))
        }
        (
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_),
            _,
        ) => false,
    }
}

/// Orders two numbers as the doubles that their RFC 8785 forms are.
pub fn compare_numbers(left: &Number, right: &Number) -> Ordering {
    // Invariant: without arbitrary precision every number is a finite double or an integer, so both sides are there.
    left.as_f64().partial_cmp(&right.as_f64()).unwrap_or(Ordering::Equal)
}
