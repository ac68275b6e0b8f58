//! Rates and scores from 0 to 1, in billionths, so that no rounding ever lifts one over a threshold.
//!
//! Texts and numbers with more digits are cut off, never rounded up; a threshold with more digits is refused. A rate is
//! shown cut off at as many digits as its threshold has, so a failing rate never looks equal to it.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

const ONE: u32 = 1_000_000_000;

/// A rate from 0 to 1, in billionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct Rate(u32);

/// What is no rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a rate is a number from 0.0 to 1.0 with at most 9 decimals")]
pub struct RateError;

impl Rate {
    /// 0.
    pub const ZERO: Self = Self(0);
    /// 1.
    pub const ONE: Self = Self(ONE);

    /// A rate from billionths, at most a thousand million.
    pub fn from_billionths(parts: u32) -> Option<Self> {
        (parts <= ONE).then_some(Self(parts))
    }

    /// In billionths.
    pub fn billionths(self) -> u32 {
        self.0
    }

    /// `part` of `whole`, cut off; nothing where `whole` is 0 or less than `part`.
    pub fn of(part: u64, whole: u64) -> Option<Self> {
        if whole == 0 || part > whole {
            return None;
        }
        let parts = u128::from(part) * u128::from(ONE) / u128::from(whole);
        u32::try_from(parts).ok().map(Self)
    }

    /// Reads a decimal such as `0.8`, without sign or exponent, cut off after nine digits.
    pub fn parse(text: &str) -> Option<Self> {
        Self::digits(text).map(|(rate, _)| rate)
    }

    /// The rate, and whether anything was cut off.
    fn digits(text: &str) -> Option<(Self, bool)> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let decimal = |it: &str| !it.is_empty() && it.len() <= 32 && it.bytes().all(|byte| byte.is_ascii_digit());
        if !decimal(whole) || !decimal(fraction) {
            return None;
        }
        let kept: String = fraction.chars().chain("000000000".chars()).take(9).collect();
        let rest = fraction.chars().skip(9).any(|it| it != '0');
        let parts = whole.parse::<u128>().ok()? * u128::from(ONE) + kept.parse::<u128>().ok()?;
        let rate = u32::try_from(parts).ok().and_then(Self::from_billionths)?;
        (rate < Self::ONE || !rest).then_some((rate, rest))
    }

    /// Reads a JSON number from 0 to 1, cut off after nine digits.
    pub fn from_number(value: &Value) -> Option<Self> {
        Self::exact(value).map(|(rate, _)| rate)
    }

    fn exact(value: &Value) -> Option<(Self, bool)> {
        let text = value.as_number()?.to_string();
        match text.split_once(['e', 'E']) {
            None => Self::digits(&text),
            // Ten to the minus seven and less: the only exponents that a number from 0 to 1 is printed with.
            Some((digits, exponent)) => {
                let zeros = usize::try_from(exponent.strip_prefix('-')?.parse::<u32>().ok()?).ok()?.checked_sub(1)?;
                let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
                if zeros >= 9 {
                    return Some((Self::ZERO, digits.bytes().any(|it| matches!(it, b'1'..=b'9'))));
                }
                Self::digits(&format!("0.{}{whole}{fraction}", "0".repeat(zeros)))
            }
        }
    }

    /// As a decimal: `0.8`.
    pub fn decimal(self) -> String {
        let text = format!("{}.{:09}", self.0 / ONE, self.0 % ONE);
        let short = text.trim_end_matches('0');
        if short.ends_with('.') { format!("{short}0") } else { short.to_owned() }
    }

    /// How many decimals its percentage has, at least one: 1 for 0.8, 2 for 0.8005.
    pub fn percent_decimals(self) -> usize {
        let fraction = format!("{:07}", self.0 % (ONE / 100));
        fraction.trim_end_matches('0').len().max(1)
    }

    /// As a percentage, cut off: `95.0%`.
    pub fn percent(self, decimals: usize) -> String {
        let mut text = (self.0 / (ONE / 100)).to_string();
        let fraction = format!("{:07}", self.0 % (ONE / 100));
        let _ = write!(text, ".{}%", fraction.get(..decimals.clamp(1, 7)).unwrap_or(&fraction));
        text
    }
}

impl TryFrom<Value> for Rate {
    type Error = RateError;

    fn try_from(value: Value) -> Result<Self, RateError> {
        match Self::exact(&value) {
            Some((rate, false)) => Ok(rate),
            Some((_, true)) | None => Err(RateError),
        }
    }
}

impl From<Rate> for Value {
    fn from(rate: Rate) -> Self {
        Self::from(f64::from(rate.0) / f64::from(ONE))
    }
}

impl JsonSchema for Rate {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Rate".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "number", "minimum": 0.0, "maximum": 1.0 })
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rate_is_read_exactly_or_cut_off_and_never_rounded_up() {
        for (text, wanted) in [
            ("0.8", Some(800_000_000)),
            ("0", Some(0)),
            ("1", Some(ONE)),
            ("1.0", Some(ONE)),
            ("0.79999999999999999999", Some(799_999_999)),
            ("1.0000000000001", None),
            ("1.1", None),
            ("-0.1", None),
            ("0.8e0", None),
            ("", None),
            (".5", None),
            ("0.", None),
            (" 0.5", None),
            ("NaN", None),
            ("0,8", None),
        ] {
            assert_eq!(Rate::parse(text).map(Rate::billionths), wanted, "{text}");
        }
        for (value, wanted) in [(json!(0.8), 800_000_000), (json!(1), ONE), (json!(1e-8), 10), (json!(1.5e-7), 150)] {
            assert_eq!(serde_json::from_value::<Rate>(value.clone()).unwrap().billionths(), wanted, "{value}");
        }
        for value in [json!("0.8"), json!(1.5), json!(-1), json!(0.123_456_789_01), json!(1e-12), json!(null)] {
            assert!(serde_json::from_value::<Rate>(value.clone()).is_err(), "{value}");
        }
    }

    #[test]
    fn what_is_shown_never_hides_on_which_side_it_is() {
        let threshold = Rate::parse("0.8").unwrap();
        assert_eq!(Rate::parse("0.79999").unwrap().percent(threshold.percent_decimals()), "79.9%");
        assert_eq!(threshold.percent(1), "80.0%");
        let fine = Rate::parse("0.8005").unwrap();
        assert_eq!(fine.percent(fine.percent_decimals()), "80.05%");
        assert_eq!(Rate::of(2, 3).unwrap().percent(1), "66.6%");
        assert_eq!(Rate::of(47, 50), Rate::parse("0.94"));
        assert_eq!((Rate::of(1, 0), Rate::of(3, 2)), (None, None));
        assert_eq!(Rate::ONE.percent(1), "100.0%");
        assert_eq!(Rate::parse("0.94").unwrap().decimal(), "0.94");
    }
}
