//! Finds the bytes of a string that JSON treats specially: `"`, `\` and the control characters.
//!
//! Reader and writer need the same set. Eight bytes are looked at in one step.

const LOW_BITS: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// Offset of the first special byte at or after `from`; the length if there is none.
#[inline]
pub(super) fn find(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    let rest = bytes.get(from..).unwrap_or_default();
    let (chunks, tail) = rest.as_chunks::<8>();
    for chunk in chunks {
        let found = mask(u64::from_le_bytes(*chunk));
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    at + tail.iter().position(|byte| is_special(*byte)).unwrap_or(tail.len())
}

#[inline]
const fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// The high bit of the lowest special byte, and perhaps of bytes above it.
#[inline]
const fn mask(word: u64) -> u64 {
    let control = word.wrapping_sub(LOW_BITS * 0x20);
    let quote = (word ^ (LOW_BITS * b'"' as u64)).wrapping_sub(LOW_BITS);
    let backslash = (word ^ (LOW_BITS * b'\\' as u64)).wrapping_sub(LOW_BITS);
    // A borrow can only mark a byte above a true hit, so the lowest mark is right.
    (control | quote | backslash) & !word & HIGH_BITS
}

#[cfg(test)]
mod tests {
    use super::{find, is_special};

    #[test]
    fn every_byte_at_every_offset_is_judged_like_the_plain_test() {
        for byte in 0..=u8::MAX {
            for offset in 0..20 {
                let mut text = vec![b'a'; 20];
                text[offset] = byte;
                let expected = if is_special(byte) { offset } else { 20 };
                assert_eq!(find(&text, 0), expected, "byte {byte:#x} at {offset}");
            }
        }
    }

    #[test]
    fn neighbours_of_a_hit_do_not_move_it() {
        for first in 0..=u8::MAX {
            for second in 0..=u8::MAX {
                let text = [b'a', first, second, 0x20, 0x80, 0xFF, 0x22, 0x21, 0x7F];
                let expected = text.iter().position(|byte| is_special(*byte)).unwrap();
                assert_eq!(find(&text, 0), expected, "{text:?}");
            }
        }
    }
}
