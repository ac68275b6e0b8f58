//! From the text of a number to a value in memory.
//!
//! Exact integral numbers become integers however they are spelled, so `1`, `1.0` and `1e0` are one value.
//! Everything else becomes its nearest double; if that double's ECMAScript print has another decimal value than the
//! text, the number is inexact.

use serde_json::{Number, Value};

use super::{decimal, print};

/// Integers up to here are doubles without rounding.
pub(super) const MAX_SAFE: u64 = 1 << 53;

/// Decimals of up to 15 significant digits survive the way through a double and back.
const MAX_EXACT_MANTISSA: u64 = 1_000_000_000_000_000;

const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// A number text, cut into what the fast ways need.
pub(super) struct Written<'a> {
    /// The whole text.
    pub(super) text: &'a str,
    /// Whether it starts with a minus sign.
    pub(super) negative: bool,
    /// All digits as one integer, unless there were too many.
    pub(super) mantissa: Option<u64>,
    /// The power of ten by which the mantissa is to be multiplied, for small ones.
    pub(super) scale: i32,
}

/// What a number text means.
pub(super) enum Meaning {
    Exact(Value),
    Inexact(Value),
    /// Beyond the largest double.
    Infinite,
}

impl Written<'_> {
    pub(super) fn meaning(&self) -> Meaning {
        match self.mantissa {
            Some(mantissa) if self.scale == 0 && mantissa <= MAX_SAFE => {
                Meaning::Exact(integer(self.negative, mantissa).unwrap_or(Value::Null))
            }
            Some(mantissa) if mantissa < MAX_EXACT_MANTISSA => {
                self.short(mantissa).map_or_else(|| self.long(), Meaning::Exact)
            }
            _ => self.long(),
        }
    }

    /// At most 15 digits and a power of ten that is itself exact: one correctly rounded operation.
    fn short(&self, mantissa: u64) -> Option<Value> {
        let power = self.scale.unsigned_abs();
        if let Some(whole) = self.whole(mantissa, power) {
            return integer(self.negative, whole);
        }
        let factor = *POWERS.get(usize::try_from(power).ok()?)?;
        #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
        let mantissa = mantissa as f64;
        let value = if self.scale < 0 { mantissa / factor } else { mantissa * factor };
        double(if self.negative { -value } else { value })
    }

    fn whole(&self, mantissa: u64, power: u32) -> Option<u64> {
        if mantissa == 0 {
            return Some(0);
        }
        let factor = 10_u64.checked_pow(power)?;
        if self.scale >= 0 {
            mantissa.checked_mul(factor)
        } else {
            mantissa.is_multiple_of(factor).then(|| mantissa / factor)
        }
    }

    fn long(&self) -> Meaning {
        // The grammar of the text was checked, so it parses.
        let value = self.text.parse::<f64>().unwrap_or(f64::INFINITY);
        let Some(as_double) = double(value) else { return Meaning::Infinite };
        print::double(value, |print| {
            if !decimal::same_value(self.text, print) {
                return Meaning::Inexact(as_double);
            }
            let whole = print.trim_start_matches('-').parse::<u64>().ok();
            Meaning::Exact(whole.and_then(|whole| integer(self.negative, whole)).unwrap_or(as_double))
        })
    }
}

fn integer(negative: bool, magnitude: u64) -> Option<Value> {
    if negative {
        0_i64.checked_sub_unsigned(magnitude).map(|value| Value::Number(Number::from(value)))
    } else {
        Some(Value::Number(Number::from(magnitude)))
    }
}

fn double(value: f64) -> Option<Value> {
    // Zero has one canonical form.
    Number::from_f64(if value == 0.0 { 0.0 } else { value }).map(Value::Number)
}
