//! Equality: two JSON values are equal iff their RFC 8785 forms are equal, at every depth.

use serde_json::Value;

use super::{Definition, Expects, no_bytes};
use crate::json;

pub(super) static EQUALS: Definition = Definition {
    word: "equals",
    says: "The value equals the expected one (1 equals 1.0, at every depth).",
    expects: Expects::Value,
    compare: |seen, expected| Some(json::equal(seen, expected)),
    bytes: |seen, expected| Some(seen == expected),
};

pub(super) static NOT_EQUALS: Definition = Definition {
    word: "not_equals",
    says: "The value differs from the expected one.",
    expects: Expects::Value,
    compare: |seen, expected| Some(!json::equal(seen, expected)),
    bytes: |seen, expected| Some(seen != expected),
};

pub(super) static DEEP_EQUALS: Definition = Definition {
    word: "deep_equals",
    says: "Two arrays, or two objects, are equal; the order of object members does not matter.",
    expects: Expects::Value,
    compare: |seen, expected| both_structured(seen, expected).then(|| json::equal(seen, expected)),
    bytes: no_bytes,
};

pub(super) static DEEP_NOT_EQUALS: Definition = Definition {
    word: "deep_not_equals",
    says: "Two arrays, or two objects, differ.",
    expects: Expects::Value,
    compare: |seen, expected| both_structured(seen, expected).then(|| !json::equal(seen, expected)),
    bytes: no_bytes,
};

fn both_structured(seen: &Value, expected: &Value) -> bool {
    (seen.is_array() && expected.is_array()) || (seen.is_object() && expected.is_object())
}
