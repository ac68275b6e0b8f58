//! Numbers as ECMAScript prints them, which is how RFC 8785 writes them.
//!
//! The shortest digits of a double are unique, so any correct algorithm finds the same; the fast one is used where its
//! layout is that of ECMAScript, the one that follows ECMAScript in everything where it is not.

/// Between these both write a double without an exponent.
const PLAIN_FROM: f64 = 1e-4;
const PLAIN_BELOW: f64 = 1e15;

/// Hands the form of a finite double to `take`.
pub(super) fn double<T>(value: f64, take: impl FnOnce(&str) -> T) -> T {
    if !(PLAIN_FROM..PLAIN_BELOW).contains(&value.abs()) {
        return take(ryu_js::Buffer::new().format_finite(value));
    }
    let mut fast = zmij::Buffer::new();
    let plain = fast.format_finite(value);
    take(plain.strip_suffix(".0").unwrap_or(plain))
}

/// Hands the digits of an integer to `take`.
pub(super) fn integer<T>(mut magnitude: u64, take: impl FnOnce(&[u8]) -> T) -> T {
    let mut buffer = [b'0'; 20];
    let mut start = buffer.len();
    let (pairs, _) = buffer.as_chunks_mut::<2>();
    for pair in pairs.iter_mut().rev() {
        let low = (magnitude % 100) as u8;
        *pair = [b'0' + low / 10, b'0' + low % 10];
        magnitude /= 100;
        start -= 2;
        if magnitude == 0 {
            start += usize::from(low < 10);
            break;
        }
    }
    take(buffer.get(start..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{double, integer};

    fn reference(value: f64) -> String {
        ryu_js::Buffer::new().format_finite(value).to_owned()
    }

    #[test]
    fn layouts_change_where_ecmascript_changes_them() {
        for exponent in -330..309 {
            let power: f64 = format!("1e{exponent}").parse().unwrap();
            for neighbour in [power.next_down(), power, power.next_up(), -power, power * 1.5] {
                if neighbour.is_finite() {
                    assert_eq!(double(neighbour, str::to_owned), reference(neighbour));
                }
            }
        }
        assert_eq!(double(-0.0, str::to_owned), "0");
    }

    #[test]
    fn integers_have_their_digits() {
        for value in [0, 7, 10, 99, 100, 101, 999, 1000, 12_345, 1 << 53, u64::MAX] {
            assert_eq!(integer(value, |digits| String::from_utf8(digits.to_vec()).unwrap()), value.to_string());
        }
    }

    proptest! {
        #[test]
        fn any_double_is_printed_as_the_reference_prints_it(bits in any::<u64>(), scale in 0..18_i32) {
            for value in [f64::from_bits(bits), f64::from((bits >> 32) as u32) / 10_f64.powi(scale)] {
                if value.is_finite() {
                    prop_assert_eq!(double(value, str::to_owned), reference(value));
                }
            }
        }
    }
}
