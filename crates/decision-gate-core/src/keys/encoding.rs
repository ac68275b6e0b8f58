//! Base64 with one answer: standard or URL-safe alphabet, never both, and padded as RFC 4648 section 4 demands.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

/// Standard base64 with padding, the one spelling that is written.
pub(crate) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Bytes of a padded text in one of the two alphabets. No two texts of one alphabet give the same bytes.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    // Mixed texts are of neither. Nearly all are standard, so that one is tried first, without a look over the text.
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()
}

/// Bytes of a padded text in the standard alphabet.
pub(crate) fn decode_standard(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Like [`decode`], padded or not.
pub(crate) fn decode_lenient(text: &str) -> Option<Vec<u8>> {
    if text.ends_with('=') {
        return decode(text);
    }
    let url_safe = text.bytes().any(|byte| matches!(byte, b'-' | b'_'));
    if url_safe { URL_SAFE_NO_PAD.decode(text) } else { STANDARD_NO_PAD.decode(text) }.ok()
}

/// Bytes of a URL-safe text without padding, as JOSE writes them.
pub(crate) fn decode_jose(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}
