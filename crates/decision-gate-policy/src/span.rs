//! Lengths of time as options write them: `90s`, `5m`, `24h`, `30d`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest that can be written: a hundred years of days.
const LONGEST: u64 = 36_500 * 86_400_000;

/// A length of time, longer than nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(u64);

/// What is no length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a length of time is a whole number above 0 and `ms`, `s`, `m`, `h` or `d`, such as `24h`")]
pub struct SpanError;

const UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

impl Span {
    /// So many days, from 1 on.
    pub const fn days(count: u16) -> Self {
        Self(count as u64 * 86_400_000)
    }

    /// In milliseconds.
    pub fn millis(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }
}

impl TryFrom<String> for Span {
    type Error = SpanError;

    fn try_from(text: String) -> Result<Self, SpanError> {
        let digits = text.trim_end_matches(|it: char| it.is_ascii_lowercase());
        let unit = text.strip_prefix(digits).unwrap_or_default();
        let unit = UNITS.iter().find(|(name, _)| *name == unit).ok_or(SpanError)?.1;
        let plain = digits.bytes().all(|it| it.is_ascii_digit()) && !digits.starts_with('0');
        let count = digits.parse::<u64>().ok().filter(|_| plain).ok_or(SpanError)?;
        count.checked_mul(unit).filter(|it| *it <= LONGEST).map(Self).ok_or(SpanError)
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unit = UNITS.iter().rev().find(|(_, unit)| self.0.is_multiple_of(*unit));
        let (name, unit) = unit.copied().unwrap_or(("ms", 1));
        write!(f, "{}{name}", self.0 / unit)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[1-9][0-9]*(ms|s|m|h|d)$" })
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_has_a_number_and_a_unit() {
        for (text, millis) in
            [("1ms", 1), ("90s", 90_000), ("5m", 300_000), ("24h", 86_400_000), ("30d", 2_592_000_000)]
        {
            assert_eq!(Span::try_from(text.to_owned()).unwrap().millis(), millis, "{text}");
        }
        assert_eq!(Span::try_from("120m".to_owned()).unwrap().to_string(), "2h");
        for text in ["", "5", "m", "0m", "-5m", "+5m", "5 m", "5M", "05m", "1.5h", "40000d", "99999999999999999999s"] {
            assert_eq!(Span::try_from(text.to_owned()), Err(SpanError), "{text}");
        }
    }
}
