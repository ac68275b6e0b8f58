//! Decimal values of number texts, compared without rounding.
//!
//! A number is exact iff its text and the ECMAScript print of its double have the same decimal value.

/// Whether two number texts in JSON grammar have the same value.
pub(super) fn same_value(left: &str, right: &str) -> bool {
    let (left, right) = (Decimal::of(left), Decimal::of(right));
    match (left, right) {
        (None, None) => true,
        (Some(left), Some(right)) => left.same(&right),
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// A decimal other than zero: `0.d1d2d3…` times ten to the power of `exponent`, where `d1` is no zero.
struct Decimal<'a> {
    negative: bool,
    exponent: i64,
    digits: Digits<'a>,
}

impl<'a> Decimal<'a> {
    /// Nothing for zero.
    fn of(text: &'a str) -> Option<Self> {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let digits = Digits { whole: whole.trim_start_matches('0'), fraction };
        let (digits, point) = if digits.whole.is_empty() {
            let fraction = fraction.trim_start_matches('0');
            (Digits { whole: "", fraction }, -length(digits.fraction.len() - fraction.len()))
        } else {
            let point = length(digits.whole.len());
            (digits, point)
        };
        let exponent = saturating(exponent).saturating_add(point);
        (digits.len() > 0).then_some(Self { negative, exponent, digits })
    }

    fn same(&self, other: &Self) -> bool {
        self.negative == other.negative && self.exponent == other.exponent && {
            let length = self.digits.len().max(other.digits.len());
            self.digits.padded().take(length).eq(other.digits.padded().take(length))
        }
    }
}

/// Digits before and after the point.
struct Digits<'a> {
    whole: &'a str,
    fraction: &'a str,
}

impl Digits<'_> {
    fn len(&self) -> usize {
        self.whole.len() + self.fraction.len()
    }

    fn padded(&self) -> impl Iterator<Item = u8> {
        self.whole.bytes().chain(self.fraction.bytes()).chain(std::iter::repeat(b'0'))
    }
}

fn length(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn saturating(exponent: &str) -> i64 {
    let (negative, digits) = exponent.strip_prefix('-').map_or((false, exponent), |rest| (true, rest));
    let digits = digits.trim_start_matches('+').trim_start_matches('0');
    match digits.parse::<i64>() {
        Ok(value) if negative => value.saturating_neg(),
        Ok(value) => value,
        Err(_) if digits.is_empty() => 0,
        Err(_) if negative => i64::MIN,
        Err(_) => i64::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::same_value;

    #[test]
    fn spellings_of_one_value_are_the_same_and_others_are_not() {
        let same = [
            ("1", "1.0"),
            ("1", "1e0"),
            ("100", "1e2"),
            ("100", "1E+2"),
            ("0.001", "1e-3"),
            ("0.00100", "10e-4"),
            ("123.4500", "1.2345e2"),
            ("0", "-0.0e99"),
            ("-0", "0"),
            ("1e0000000000000000000000000005", "100000"),
            ("10e-1", "1"),
        ];
        for (left, right) in same {
            assert!(same_value(left, right), "{left} {right}");
        }
        let different = [
            ("1", "-1"),
            ("1", "10"),
            ("9007199254740993", "9007199254740992"),
            ("0.1", "0.10000000000000001"),
            ("1e-400", "0"),
            ("1e99999999999999999999", "1e99"),
            ("0.01", "0.1"),
        ];
        for (left, right) in different {
            assert!(!same_value(left, right), "{left} {right}");
        }
    }
}
