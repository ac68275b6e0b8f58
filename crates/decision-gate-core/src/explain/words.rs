//! Questions, comparisons and values as short texts.

use serde_json::Value;

use crate::condition::{Comparator, Expects, Truth};
use crate::evidence::Query;
use crate::json::canonical;

/// The longest text of one value in an explanation, in bytes.
const MAX_VALUE_BYTES: usize = 80;

/// A query for people: `json.path file=junit.json jsonpath=$.failed`.
pub fn asks(query: &Query) -> String {
    let mut text = format!("{}.{}", query.provider_id, query.check_id);
    if let Some(Value::Object(params)) = &query.params {
        for (name, value) in params {
            let shown = value.as_str().map_or_else(|| short(value), |it| clip(it, MAX_VALUE_BYTES));
            text.push_str(&format!(" {name}={shown}"));
        }
    }
    clip(&text, 240)
}

/// A comparison for people: `greater_than_or_equal 80`.
pub fn expects(comparator: Comparator, expected: &Value) -> String {
    match comparator.expects() {
        Expects::Presence { .. } => comparator.word().to_owned(),
        Expects::Value | Expects::Set | Expects::Part => format!("{comparator} {}", short(expected)),
    }
}

/// The same where the gate may want that it does not hold.
pub(super) fn wants(comparator: Comparator, expected: &Value, wanted: Truth) -> String {
    let comparison = expects(comparator, expected);
    if wanted == Truth::False { format!("not: {comparison}") } else { comparison }
}

/// A value, cut to a readable length.
pub(super) fn short(value: &Value) -> String {
    clip(&String::from_utf8_lossy(&canonical::to_vec(value)), MAX_VALUE_BYTES)
}

/// At most `limit` bytes, cut between characters.
pub(super) fn clip(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let mut cut: String =
        text.char_indices().take_while(|(at, it)| at + it.len_utf8() <= limit).map(|(_, it)| it).collect();
    cut.push('…');
    cut
}
