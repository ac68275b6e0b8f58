//! Order of two numbers, two RFC 3339 date-times, or two dates. Nothing else has an order here.

use std::cmp::Ordering;

use jiff::civil::Date;
use serde_json::Value;

use super::{Definition, Expects, no_bytes};
use crate::{at, json};

pub(super) static GREATER_THAN: Definition = Definition {
    word: "greater_than",
    says: "The number, date-time or date is after the expected one.",
    expects: Expects::Value,
    compare: |seen, expected| order(seen, expected).map(Ordering::is_gt),
    bytes: no_bytes,
};

pub(super) static GREATER_THAN_OR_EQUAL: Definition = Definition {
    word: "greater_than_or_equal",
    says: "The number, date-time or date is after the expected one or equals it.",
    expects: Expects::Value,
    compare: |seen, expected| order(seen, expected).map(Ordering::is_ge),
    bytes: no_bytes,
};

pub(super) static LESS_THAN: Definition = Definition {
    word: "less_than",
    says: "The number, date-time or date is before the expected one.",
    expects: Expects::Value,
    compare: |seen, expected| order(seen, expected).map(Ordering::is_lt),
    bytes: no_bytes,
};

pub(super) static LESS_THAN_OR_EQUAL: Definition = Definition {
    word: "less_than_or_equal",
    says: "The number, date-time or date is before the expected one or equals it.",
    expects: Expects::Value,
    compare: |seen, expected| order(seen, expected).map(Ordering::is_le),
    bytes: no_bytes,
};

fn order(seen: &Value, expected: &Value) -> Option<Ordering> {
    match (seen, expected) {
        (Value::Number(seen), Value::Number(expected)) => Some(json::compare_numbers(seen, expected)),
        (Value::String(seen), Value::String(expected)) => match (at::instant(seen), at::instant(expected)) {
            (Some(seen), Some(expected)) => Some(seen.cmp(&expected)),
            (None, None) => Some(date(seen)?.cmp(&date(expected)?)),
            (Some(_), None) | (None, Some(_)) => None,
        },
        _ => None,
    }
}

/// A calendar date `year-month-day`; the parts need not be padded.
fn date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (year, month, day) = (number(parts.next()?)?, number(parts.next()?)?, number(parts.next()?)?);
    if parts.next().is_some() {
        return None;
    }
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn number(text: &str) -> Option<i16> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) { None } else { text.parse().ok() }
}
