//! Points in time as the payloads write them: milliseconds since 1970, or a logical counter.
//!
//! Nothing here reads a clock. The two kinds never compare with each other: a caller that mixes them gets an error.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::json::canonical::form::{Form, object};

/// A point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case", deny_unknown_fields)]
pub enum Timestamp {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    UnixMillis(i64),
    /// A counter that the caller keeps, for tests and replays (`time.source = "caller"`).
    Logical(u64),
}

/// Two points in time of different kinds were compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a {left} time and a {right} time do not compare")]
pub struct MixedTimes {
    /// Kind of the first.
    pub left: &'static str,
    /// Kind of the second.
    pub right: &'static str,
}

impl Timestamp {
    /// The word for its kind on the wire.
    pub fn kind(self) -> &'static str {
        match self {
            Self::UnixMillis(_) => "unix_millis",
            Self::Logical(_) => "logical",
        }
    }

    /// The point in time that an RFC 3339 date-time names; parts of a millisecond are cut off.
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        Some(Self::UnixMillis(instant(text)?.as_millisecond()))
    }

    /// Whether JSON carries it exactly. Times beyond that are of no clock.
    pub fn is_exact(self) -> bool {
        match self {
            Self::UnixMillis(millis) => millis.unsigned_abs() < 1 << 53,
            Self::Logical(count) => count < 1 << 53,
        }
    }

    /// The later of two points of one kind.
    ///
    /// # Errors
    /// [`MixedTimes`] when their kinds differ.
    pub fn later(self, other: Self) -> Result<Self, MixedTimes> {
        match (self, other) {
            (Self::UnixMillis(a), Self::UnixMillis(b)) => Ok(Self::UnixMillis(a.max(b))),
            (Self::Logical(a), Self::Logical(b)) => Ok(Self::Logical(a.max(b))),
            (Self::UnixMillis(_), Self::Logical(_)) | (Self::Logical(_), Self::UnixMillis(_)) => {
                Err(MixedTimes { left: self.kind(), right: other.kind() })
            }
        }
    }

    /// Whether `self` is `units` (milliseconds or counts) or more after `start`.
    ///
    /// # Errors
    /// [`MixedTimes`] when their kinds differ.
    pub fn is_after_by(self, start: Self, units: u64) -> Result<bool, MixedTimes> {
        match (self, start) {
            (Self::UnixMillis(now), Self::UnixMillis(start)) => {
                Ok(i128::from(now) >= i128::from(start) + i128::from(units))
            }
            (Self::Logical(now), Self::Logical(start)) => Ok(u128::from(now) >= u128::from(start) + u128::from(units)),
            (Self::UnixMillis(_), Self::Logical(_)) | (Self::Logical(_), Self::UnixMillis(_)) => {
                Err(MixedTimes { left: self.kind(), right: start.kind() })
            }
        }
    }
}

/// The instant that an RFC 3339 date-time names, and nothing else: no other spelling of a time has one.
///
/// The rules that decide are kept for ever, so the grammar stands here and not in a library. Digits after the ninth of
/// a fraction are cut off. A leap second is taken at the end of a month in UTC only, as the last instant before it.
pub(crate) fn instant(text: &str) -> Option<jiff::Timestamp> {
    let (date, rest) = text.split_at_checked(10)?;
    let (time, rest) = rest.strip_prefix(['T', 't', ' '])?.split_at_checked(8)?;
    let (fraction, offset) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at_checked(rest.bytes().take_while(u8::is_ascii_digit).count())?,
        None => ("0", rest),
    };
    let nanosecond = (0..9).try_fold(0, |sum, place| match fraction.as_bytes().get(place) {
        None if place == 0 => None,
        digit => Some(sum * 10 + i32::from(digit.map_or(0, |digit| digit - b'0'))),
    })?;
    let [year, month, day] = fields(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = fields(time, ':', [2, 2, 2])?;
    let leap = second == 60;
    let (second, nanosecond) = if leap { (59, 999_999_999) } else { (second, nanosecond) };
    let part = |number: i16| i8::try_from(number).ok();
    let date = jiff::civil::Date::new(year, part(month)?, part(day)?).ok()?;
    let time = jiff::civil::Time::new(part(hour)?, part(minute)?, part(second)?, nanosecond).ok()?;
    let instant = offset_of(offset)?.to_timestamp(date.to_datetime(time)).ok()?;
    let utc = jiff::tz::Offset::UTC.to_datetime(instant);
    let ends_month = utc.date() == utc.date().last_of_month() && (utc.hour(), utc.minute()) == (23, 59);
    (!leap || ends_month).then_some(instant)
}

/// `Z`, or hours and minutes.
fn offset_of(text: &str) -> Option<jiff::tz::Offset> {
    if matches!(text, "Z" | "z") {
        return Some(jiff::tz::Offset::UTC);
    }
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => (-1, text),
        None => (1, text.strip_prefix('+')?),
    };
    let [hours, minutes] = fields(text, ':', [2, 2])?;
    if hours > 23 || minutes > 59 {
        return None;
    }
    jiff::tz::Offset::from_seconds(sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60)).ok()
}

/// Numbers of these many digits, and what stands between them.
fn fields<const COUNT: usize>(text: &str, between: char, digits: [usize; COUNT]) -> Option<[i16; COUNT]> {
    let mut parts = text.split(between);
    let mut numbers = [0; COUNT];
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part = parts.next()?;
        if part.len() != digits || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

impl Form for Timestamp {
    fn form(&self, out: &mut Vec<u8>) {
        match self {
            Self::UnixMillis(millis) => object!(out, { "kind": self.kind(), "value": millis }),
            Self::Logical(count) => object!(out, { "kind": self.kind(), "value": count }),
        }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnixMillis(millis) => match jiff::Timestamp::from_millisecond(*millis) {
                Ok(time) => write!(f, "{time}"),
                Err(_) => write!(f, "{millis} ms"),
            },
            Self::Logical(count) => write!(f, "logical {count}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_one_kind_compare_and_kinds_do_not_mix() {
        let ms = Timestamp::UnixMillis;
        assert_eq!(ms(5).later(ms(3)), Ok(ms(5)));
        assert!(ms(5).later(Timestamp::Logical(9)).is_err());
        assert_eq!(ms(1_010).is_after_by(ms(10), 1_000), Ok(true));
        assert_eq!(ms(1_009).is_after_by(ms(10), 1_000), Ok(false));
        assert_eq!(ms(i64::MAX).is_after_by(ms(i64::MIN), u64::MAX), Ok(true));
        assert_eq!(ms(0).to_string(), "1970-01-01T00:00:00Z");
        assert!(ms(-(1 << 53) + 1).is_exact() && !ms(1 << 53).is_exact() && !Timestamp::Logical(u64::MAX).is_exact());
    }

    #[test]
    fn a_date_time_is_rfc_3339_and_nothing_else() {
        let shown = |text| instant(text).map(|it| it.to_string());
        for (text, wanted) in [
            ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
            ("2026-01-01t00:00:00z", "2026-01-01T00:00:00Z"),
            ("2026-01-01 01:30:00.25+01:30", "2026-01-01T00:00:00.25Z"),
            ("2025-12-31T23:00:00-01:00", "2026-01-01T00:00:00Z"),
            ("2026-01-01T00:00:00.1234567899Z", "2026-01-01T00:00:00.123456789Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999999Z"),
            ("2017-01-01T08:59:60+09:00", "2016-12-31T23:59:59.999999999Z"),
            ("0000-01-01T00:00:00-00:00", "0000-01-01T00:00:00Z"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(wanted), "{text}");
        }
        for text in [
            "2026-01-01",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00Z",
            "2026-01-01T00:00:00Z[UTC]",
            "2026-01-01T00:00:00+01",
            "2026-01-01T00:00:00+0100",
            "2026-01-01T00:00:00+24:00",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00,5Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:60Z",
            "2026-01-02T23:59:60Z",
            "2026-02-29T00:00:00Z",
            "20260101T000000Z",
            "+002026-01-01T00:00:00Z",
            "2026-01-01T00:00:00Zä",
            "２026-01-01T00:00:00Z",
            "",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_is_written_as_kind_and_value() {
        let text = r#"{"kind":"unix_millis","value":7}"#;
        assert_eq!(serde_json::from_str::<Timestamp>(text).unwrap(), Timestamp::UnixMillis(7));
        assert_eq!(serde_json::to_string(&Timestamp::UnixMillis(7)).unwrap(), text);
    }
}
