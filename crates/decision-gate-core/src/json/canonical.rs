//! Canonical JSON, RFC 8785 exactly: the bytes that are hashed and signed.
//!
//! Maps in memory are sorted by code point; RFC 8785 sorts by UTF-16 unit, which is another order only where some name
//! has a character from U+E000 on. Numbers are printed as ECMAScript prints doubles.

pub(crate) mod form;
mod writer;

use serde::Serialize;
use serde_json::{Map, Number, Value};

use super::{JsonError, Limits, number::MAX_SAFE, parse, pointer, print, special};

/// The first UTF-8 byte of the characters for which code point order and UTF-16 order may differ.
const FIRST_UNORDERED: u8 = 0xEE;

/// The canonical form of `value`.
pub fn to_vec(value: &Value) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    write(value, &mut out);
    out
}

/// Appends the canonical form of `value`.
pub fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => write_number(number, out),
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            let mut before = b'[';
            for item in items {
                out.push(before);
                write(item, out);
                before = b',';
            }
            if items.is_empty() {
                out.push(b'[');
            }
            out.push(b']');
        }
        Value::Object(members) => write_object(members, out),
    }
}

/// Whether `bytes` are the canonical form of a document.
pub fn is_canonical(bytes: &[u8]) -> bool {
    parse(bytes, &Limits::message(usize::MAX)).is_ok_and(|parsed| to_vec(&parsed.value) == bytes)
}

/// The canonical form of anything that serializes. As in serde, a float that is not finite is `null`.
///
/// # Errors
/// A value without a JSON form, or with an integer that the canonical form would round.
pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, JsonError> {
    let no_form = |error: serde_json::Error| JsonError::NoJsonForm { reason: error.to_string() };
    let written = writer::written(value).map_err(no_form)?;
    if written.doubtful {
        refuse_rounded(&serde_json::to_value(value).map_err(no_form)?, &mut String::new())?;
    }
    Ok(written.bytes)
}

/// The canonical form of a value of our own types: they have one, and hold no integer that it would round. For anything
/// else there is [`of`]; here a value without a JSON form is `null`.
pub fn own<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    writer::written(value).map_or_else(|_| b"null".to_vec(), |written| written.bytes)
}

/// Refuses a value that the canonical form would round: an integer beyond 2^53 that no double has.
///
/// # Errors
/// [`JsonError::ValueOutOfRange`] with the place of the first one.
pub fn refuse_inexact(value: &Value) -> Result<(), JsonError> {
    refuse_rounded(value, &mut String::new())
}

fn refuse_rounded(value: &Value, path: &mut String) -> Result<(), JsonError> {
    let length = path.len();
    match value {
        Value::Number(number) => refuse_rounded_number(number, path),
        Value::Array(items) => items.iter().enumerate().try_for_each(|(index, item)| {
            pointer::push_index(path, index);
            let result = refuse_rounded(item, path);
            path.truncate(length);
            result
        }),
        Value::Object(members) => members.iter().try_for_each(|(key, member)| {
            pointer::push_key(path, key);
            let result = refuse_rounded(member, path);
            path.truncate(length);
            result
        }),
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
    }
}

fn refuse_rounded_number(number: &Number, path: &str) -> Result<(), JsonError> {
    if number.is_f64() || safe_magnitude(number).is_some() {
        return Ok(());
    }
    let digits = number.to_string();
    let mut form = Vec::new();
    write_number(number, &mut form);
    if form == digits.as_bytes() {
        Ok(())
    } else {
        Err(JsonError::ValueOutOfRange { pointer: path.to_owned(), text: digits })
    }
}

fn write_object(members: &Map<String, Value>, out: &mut Vec<u8>) {
    if members.is_empty() {
        out.extend_from_slice(b"{}");
    } else if members.keys().any(|key| !key.is_ascii() && key.bytes().any(|byte| byte >= FIRST_UNORDERED)) {
        let mut sorted: Vec<_> = members.iter().collect();
        sorted.sort_by(|left, right| left.0.encode_utf16().cmp(right.0.encode_utf16()));
        write_members(sorted.into_iter(), out);
    } else {
        write_members(members.iter(), out);
    }
}

fn write_members<'a>(members: impl Iterator<Item = (&'a String, &'a Value)>, out: &mut Vec<u8>) {
    let mut before = b'{';
    for (key, value) in members {
        out.push(before);
        write_string(key, out);
        out.push(b':');
        write(value, out);
        before = b',';
    }
    out.push(b'}');
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    out.push(b'"');
    let mut plain = 0;
    loop {
        let at = special::find(bytes, plain);
        out.extend_from_slice(bytes.get(plain..at).unwrap_or_default());
        let Some(byte) = bytes.get(at) else { break };
        write_escape(*byte, out);
        plain = at + 1;
    }
    out.push(b'"');
}

fn write_escape(byte: u8, out: &mut Vec<u8>) {
    let short = match byte {
        b'"' => b'"',
        b'\\' => b'\\',
        0x08 => b'b',
        0x09 => b't',
        0x0A => b'n',
        0x0C => b'f',
        0x0D => b'r',
        _ => {
            let low = byte & 0x0F;
            let digit = if low < 10 { b'0' + low } else { b'a' - 10 + low };
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', b'0' + (byte >> 4), digit]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

fn write_number(number: &Number, out: &mut Vec<u8>) {
    if let Some((negative, magnitude)) = safe_magnitude(number) {
        write_integer(negative, magnitude, out);
    } else {
        // Invariant: without arbitrary precision every number is a finite double or an integer.
        print::double(number.as_f64().unwrap_or_default(), |text| out.extend_from_slice(text.as_bytes()));
    }
}

/// An integer; of one that no double has, the form is that of the nearest double.
fn write_integer(negative: bool, magnitude: u64, out: &mut Vec<u8>) {
    if magnitude > MAX_SAFE {
        #[expect(clippy::cast_precision_loss, reason = "the form is that of the nearest double")]
        let nearest = if negative { -(magnitude as f64) } else { magnitude as f64 };
        return print::double(nearest, |text| out.extend_from_slice(text.as_bytes()));
    }
    if negative {
        out.push(b'-');
    }
    print::integer(magnitude, |digits| out.extend_from_slice(digits));
}

/// Sign and magnitude of an integer that is a double without rounding.
fn safe_magnitude(number: &Number) -> Option<(bool, u64)> {
    let (negative, magnitude) = match (number.as_u64(), number.as_i64()) {
        (Some(value), _) => (false, value),
        (None, Some(value)) => (true, value.unsigned_abs()),
        (None, None) => return None,
    };
    (magnitude <= MAX_SAFE).then_some((negative, magnitude))
}
