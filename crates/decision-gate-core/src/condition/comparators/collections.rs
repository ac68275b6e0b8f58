//! Membership: a part in a whole, or a scalar in a set. Elements compare by their RFC 8785 forms.

use serde_json::Value;

use super::{Definition, Expects, no_bytes};
use crate::json;

pub(super) static CONTAINS: Definition = Definition {
    word: "contains",
    says: "The string contains the expected substring, or the array contains every expected element.",
    expects: Expects::Part,
    compare: |seen, expected| match (seen, expected) {
        (Value::String(seen), Value::String(part)) => Some(seen.contains(part.as_str())),
        (Value::Array(seen), Value::Array(parts)) if !parts.is_empty() => {
            Some(parts.iter().all(|part| seen.iter().any(|item| json::equal(item, part))))
        }
        _ => None,
    },
    bytes: no_bytes,
};

pub(super) static IN_SET: Definition = Definition {
    word: "in_set",
    says: "The scalar is one of the expected values.",
    expects: Expects::Set,
    compare: |seen, expected| match (seen, expected) {
        (Value::Array(_) | Value::Object(_), _) => None,
        (scalar, Value::Array(set)) if !set.is_empty() => Some(set.iter().any(|item| json::equal(item, scalar))),
        _ => None,
    },
    bytes: no_bytes,
};
