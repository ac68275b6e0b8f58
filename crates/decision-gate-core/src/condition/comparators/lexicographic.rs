//! Lexicographic order of two strings, by their UTF-8 bytes.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Definition, Expects, no_bytes};

pub(super) static LEX_GREATER_THAN: Definition = Definition {
    word: "lex_greater_than",
    says: "The string sorts after the expected one, by UTF-8 bytes.",
    expects: Expects::Value,
    compare: |seen, expected| order(seen, expected).map(Ordering::is_gt),
    bytes: no_bytes,
};

pub(super) static LEX_GREATER_THAN_OR_EQUAL: Definition = Definition {
    word: "lex_greater_than_or_equal",
    says: "The string sorts after the expected one or equals it, by UTF-8 bytes.",
    expects: Expects::Value,
    compare: |seen, expected| order(seen, expected).map(Ordering::is_ge),
    bytes: no_bytes,
};

pub(super) static LEX_LESS_THAN: Definition = Definition {
    word: "lex_less_than",
    says: "The string sorts before the expected one, by UTF-8 bytes.",
    expects: Expects::Value,
    compare: |seen, expected| order(seen, expected).map(Ordering::is_lt),
    bytes: no_bytes,
};

pub(super) static LEX_LESS_THAN_OR_EQUAL: Definition = Definition {
    word: "lex_less_than_or_equal",
    says: "The string sorts before the expected one or equals it, by UTF-8 bytes.",
    expects: Expects::Value,
    compare: |seen, expected| order(seen, expected).map(Ordering::is_le),
    bytes: no_bytes,
};

fn order(seen: &Value, expected: &Value) -> Option<Ordering> {
    Some(seen.as_str()?.cmp(expected.as_str()?))
}
