//! JSON Pointer (RFC 6901), as far as messages and exactness need it.

use std::fmt::Write as _;

/// Appends a member name as one reference token.
pub fn push_key(pointer: &mut String, key: &str) {
    pointer.push('/');
    for character in key.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

/// Appends an array index as one reference token.
pub fn push_index(pointer: &mut String, index: usize) {
    // Writing to a string can't fail.
    let _ = write!(pointer, "/{index}");
}

/// Whether `pointer` is `ancestor` or stands below it.
pub fn is_within(pointer: &str, ancestor: &str) -> bool {
    pointer.strip_prefix(ancestor).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
