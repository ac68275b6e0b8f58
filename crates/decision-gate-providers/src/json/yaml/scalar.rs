//! What a plain scalar means by the core schema of YAML 1.2 (section 10.3.2).

/// A plain scalar, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scalar {
    Null,
    Boolean(bool),
    /// As JSON writes it.
    Number(String),
    /// `.inf`, `-.inf`, `.nan`.
    NotFinite,
    /// A hexadecimal or octal number beyond 128 bits.
    TooLong,
    Text,
}

pub(super) fn resolve(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" => Scalar::Boolean(true),
        "false" | "False" | "FALSE" => Scalar::Boolean(false),
        ".nan" | ".NaN" | ".NAN" => Scalar::NotFinite,
        _ => number(text),
    }
}

fn number(text: &str) -> Scalar {
    let based = |digits: &str, base: u32| {
        if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(base)) {
            return Scalar::Text;
        }
        u128::from_str_radix(digits, base).map_or(Scalar::TooLong, |value| Scalar::Number(value.to_string()))
    };
    if let Some(digits) = text.strip_prefix("0x") {
        return based(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return based(digits, 8);
    }
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Scalar::NotFinite;
    }
    decimal(unsigned).map_or(Scalar::Text, |digits| Scalar::Number(format!("{sign}{digits}")))
}

/// `(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, spelled as JSON spells it.
fn decimal(text: &str) -> Option<String> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
        return None;
    }
    let mut written = match whole.trim_start_matches('0') {
        "" => "0".to_owned(),
        significant => significant.to_owned(),
    };
    if !fraction.is_empty() {
        written.push('.');
        written.push_str(fraction);
    }
    if let Some(exponent) = exponent {
        let unsigned = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        if unsigned.is_empty() || !digits(unsigned) {
            return None;
        }
        written.push('e');
        written.push_str(exponent);
    }
    Some(written)
}

fn digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_mean_what_the_core_schema_says() {
        let number = |text: &str| Scalar::Number(text.to_owned());
        for (text, means) in [
            ("", Scalar::Null),
            ("~", Scalar::Null),
            ("NULL", Scalar::Null),
            ("nULL", Scalar::Text),
            ("True", Scalar::Boolean(true)),
            ("FALSE", Scalar::Boolean(false)),
            ("yes", Scalar::Text),
            ("off", Scalar::Text),
            ("0", number("0")),
            ("-0", number("-0")),
            ("+12", number("12")),
            ("007", number("7")),
            ("0o17", number("15")),
            ("0x1F", number("31")),
            ("0xG", Scalar::Text),
            ("0x", Scalar::Text),
            ("0x+1", Scalar::Text),
            ("-0x1", Scalar::Text),
            ("0b11", Scalar::Text),
            ("1_000", Scalar::Text),
            ("0.278", number("0.278")),
            (".5", number("0.5")),
            ("5.", number("5")),
            ("-5.e-3", number("-5e-3")),
            ("1E+2", number("1e+2")),
            (".", Scalar::Text),
            (".e1", Scalar::Text),
            ("1e", Scalar::Text),
            ("1e+", Scalar::Text),
            ("1.2.3", Scalar::Text),
            ("--1", Scalar::Text),
            ("+-1", Scalar::Text),
            ("-.INF", Scalar::NotFinite),
            ("+.inf", Scalar::NotFinite),
            (".NaN", Scalar::NotFinite),
            ("-.nan", Scalar::Text),
            ("2026-01-01", Scalar::Text),
            ("12:30:45", Scalar::Text),
            ("0xfffffffffffffffffffffffffffffffff", Scalar::TooLong),
        ] {
            assert_eq!(resolve(text), means, "{text}");
        }
    }
}
