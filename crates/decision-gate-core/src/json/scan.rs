//! The strict reader: one pass from bytes to a value.
//!
//! It is iterative, so nesting costs no stack, and it keeps the way to where it is, so that every refusal names a place.
//! Beyond the RFC 8259 grammar it refuses duplicate names, lone surrogates and numbers without a double.

use std::mem;

use serde_json::{Map, Value};

use super::{
    Expected, Inexact, JsonError, Limits, Parsed, Position,
    number::{Meaning, Written},
    pointer, special,
};

/// Most digits that certainly fit a `u64`.
const MAX_DIGITS: usize = 19;

/// Reads a document, listing the numbers that RFC 8785 can't carry exactly.
///
/// # Errors
/// A text beyond the limits, or that is not strict JSON.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Parsed, JsonError> {
    if bytes.len() > limits.max_bytes() {
        return Err(JsonError::TooLarge { length: bytes.len(), limit: limits.max_bytes() });
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| JsonError::InvalidUtf8 { at: Position::of(bytes, error.valid_up_to()) })?;
    Scanner::new(text, limits.max_depth()).document()
}

/// Reads a document in which every number must be exact.
///
/// # Errors
/// As [`parse`], or the first number that is not exact.
pub fn parse_exact(bytes: &[u8], limits: &Limits) -> Result<Value, JsonError> {
    let parsed = parse(bytes, limits)?;
    match parsed.inexact.into_iter().next() {
        None => Ok(parsed.value),
        Some(Inexact { pointer, text, offset }) => {
            Err(JsonError::NumberOutOfRange { at: Position::of(bytes, offset), pointer, text })
        }
    }
}

/// An array or object whose end has not been seen.
enum Frame {
    Array(Vec<Value>),
    Object { members: Map<String, Value>, key: String, key_at: usize },
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    max_depth: usize,
    open: Vec<Frame>,
    inexact: Vec<Inexact>,
    inexact_count: usize,
    pointer_bytes: usize,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str, max_depth: usize) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            max_depth,
            open: Vec::new(),
            inexact: Vec::new(),
            inexact_count: 0,
            pointer_bytes: 0,
        }
    }

    fn document(mut self) -> Result<Parsed, JsonError> {
        if self.text.starts_with('\u{FEFF}') {
            return Err(self.expected(Expected::NoByteOrderMark));
        }
        loop {
            let Some(value) = self.value()? else { continue };
            if let Some(value) = self.attach(value)? {
                if self.peek_token().is_some() {
                    return Err(self.expected(Expected::End));
                }
                return Ok(Parsed { value, inexact: self.inexact, inexact_count: self.inexact_count });
            }
        }
    }

    /// A scalar or an empty array or object; nothing if one was opened whose first value comes next.
    fn value(&mut self) -> Result<Option<Value>, JsonError> {
        match self.peek_token() {
            Some(b'"') => {
                self.at += 1;
                self.string().map(|text| Some(Value::String(text)))
            }
            Some(b'-' | b'0'..=b'9') => self.number().map(Some),
            Some(b'{') => self.open_object(),
            Some(b'[') => self.open_array(),
            Some(b't') => self.literal("true", Value::Bool(true)),
            Some(b'f') => self.literal("false", Value::Bool(false)),
            Some(b'n') => self.literal("null", Value::Null),
            _ => Err(self.expected(Expected::Value)),
        }
    }

    fn open_object(&mut self) -> Result<Option<Value>, JsonError> {
        self.deeper()?;
        if self.peek_token() == Some(b'}') {
            self.at += 1;
            return Ok(Some(Value::Object(Map::new())));
        }
        let (key, key_at) = self.key()?;
        self.open.push(Frame::Object { members: Map::new(), key, key_at });
        Ok(None)
    }

    fn open_array(&mut self) -> Result<Option<Value>, JsonError> {
        self.deeper()?;
        if self.peek_token() == Some(b']') {
            self.at += 1;
            return Ok(Some(Value::Array(Vec::new())));
        }
        self.open.push(Frame::Array(Vec::new()));
        Ok(None)
    }

    fn deeper(&mut self) -> Result<(), JsonError> {
        if self.open.len() >= self.max_depth {
            return Err(JsonError::TooDeep { at: self.position(self.at), limit: self.max_depth });
        }
        self.at += 1;
        Ok(())
    }

    /// Puts a whole value where it belongs and closes what ends after it; the document if that was all.
    fn attach(&mut self, mut value: Value) -> Result<Option<Value>, JsonError> {
        loop {
            match self.open.last_mut() {
                None => return Ok(Some(value)),
                Some(Frame::Array(items)) => {
                    items.push(value);
                    match self.peek_token() {
                        Some(b',') => {
                            self.at += 1;
                            return Ok(None);
                        }
                        Some(b']') => {}
                        _ => return Err(self.expected(Expected::CommaOrBracket)),
                    }
                }
                Some(Frame::Object { members, key, key_at }) => {
                    let key_at = *key_at;
                    if members.insert(mem::take(key), value).is_some() {
                        return Err(self.duplicate(key_at));
                    }
                    match self.peek_token() {
                        Some(b',') => {
                            self.at += 1;
                            return self.next_key();
                        }
                        Some(b'}') => {}
                        _ => return Err(self.expected(Expected::CommaOrBrace)),
                    }
                }
            }
            self.at += 1;
            value = match self.open.pop() {
                Some(Frame::Array(items)) => Value::Array(items),
                Some(Frame::Object { members, .. }) => Value::Object(members),
                None => Value::Null,
            };
        }
    }

    /// The name of the next member of the innermost object.
    fn next_key(&mut self) -> Result<Option<Value>, JsonError> {
        self.skip_space();
        let (next, next_at) = self.key()?;
        if let Some(Frame::Object { key, key_at, .. }) = self.open.last_mut() {
            (*key, *key_at) = (next, next_at);
        }
        Ok(None)
    }

    /// A member name and the colon behind it.
    fn key(&mut self) -> Result<(String, usize), JsonError> {
        let key_at = self.at;
        if self.peek() != Some(b'"') {
            return Err(self.expected(Expected::Key));
        }
        self.at += 1;
        let key = self.string()?;
        if self.peek_token() != Some(b':') {
            return Err(self.expected(Expected::Colon));
        }
        self.at += 1;
        Ok((key, key_at))
    }

    fn literal(&mut self, word: &str, value: Value) -> Result<Option<Value>, JsonError> {
        if self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            self.at += word.len();
            Ok(Some(value))
        } else {
            Err(self.expected(Expected::Value))
        }
    }

    /// The rest of a string whose opening quote was read.
    fn string(&mut self) -> Result<String, JsonError> {
        let start = self.at;
        self.at = special::find(self.bytes, start);
        if self.peek() == Some(b'"') {
            let text = self.text.get(start..self.at).unwrap_or_default().to_owned();
            self.at += 1;
            return Ok(text);
        }
        self.escaped_string(start)
    }

    fn escaped_string(&mut self, start: usize) -> Result<String, JsonError> {
        let mut text = self.text.get(start..self.at).unwrap_or_default().to_owned();
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                _ => return Err(self.expected(Expected::StringEnd)),
            }
            let plain = self.at;
            self.at = special::find(self.bytes, plain);
            text.push_str(self.text.get(plain..self.at).unwrap_or_default());
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let escape_at = self.at;
        self.at += 1;
        let character = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{C}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(escape_at),
            _ => return Err(self.expected(Expected::Escape)),
        };
        self.at += 1;
        Ok(character)
    }

    fn unicode_escape(&mut self, escape_at: usize) -> Result<char, JsonError> {
        let lone = |scanner: &Self| JsonError::LoneSurrogate { at: scanner.position(escape_at) };
        let first = self.hex_digits()?;
        if let Some(character) = char::from_u32(first) {
            return Ok(character);
        }
        let pair_follows = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(b"\\u"));
        if first >= 0xDC00 || !pair_follows {
            return Err(lone(self));
        }
        self.at += 1;
        let second = self.hex_digits()?;
        if !(0xDC00..0xE000).contains(&second) {
            return Err(lone(self));
        }
        char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00)).ok_or_else(|| lone(self))
    }

    /// The four digits after the `u` that stands here.
    fn hex_digits(&mut self) -> Result<u32, JsonError> {
        self.at += 1;
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else { return Err(self.expected(Expected::HexDigits)) };
            unit = unit << 4 | digit;
            self.at += 1;
        }
        Ok(unit)
    }

    fn number(&mut self) -> Result<Value, JsonError> {
        let start = self.at;
        let negative = self.peek() == Some(b'-');
        self.at += usize::from(negative);
        let (mut mantissa, mut digits, mut scale) = (0, 1, 0_i32);
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            digits = self.digits(&mut mantissa)?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            let decimals = self.digits(&mut mantissa)?;
            digits += decimals;
            scale = i32::try_from(decimals).map_or(i32::MIN, |decimals| -decimals);
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            let down = self.peek() == Some(b'-');
            self.at += usize::from(down || self.peek() == Some(b'+'));
            let mut power = 0;
            let digits = self.digits(&mut power)?;
            let power = i32::try_from(power).ok().filter(|_| digits <= MAX_DIGITS).unwrap_or(i32::MAX);
            scale = scale.saturating_add(if down { -power } else { power });
        }
        let mantissa = (digits <= MAX_DIGITS).then_some(mantissa);
        let text = self.text.get(start..self.at).unwrap_or_default();
        match (Written { text, negative, mantissa, scale }).meaning() {
            Meaning::Exact(value) => Ok(value),
            Meaning::Inexact(value) => {
                self.note_inexact(text, start);
                Ok(value)
            }
            Meaning::Infinite => Err(JsonError::NumberOutOfRange {
                at: self.position(start),
                pointer: self.pointer(),
                text: bounded(text),
            }),
        }
    }

    /// One digit or more, appended to `mantissa`.
    fn digits(&mut self, mantissa: &mut u64) -> Result<usize, JsonError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let mut count = 0;
        for byte in rest {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            // What does not fit is told by the number of digits.
            *mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
            count += 1;
        }
        self.at += count;
        if count == 0 { Err(self.expected(Expected::Digit)) } else { Ok(count) }
    }

    fn note_inexact(&mut self, text: &str, offset: usize) {
        self.inexact_count += 1;
        if self.inexact.len() >= Parsed::MAX_INEXACT || self.pointer_bytes > Parsed::MAX_POINTER_BYTES {
            return;
        }
        let pointer = self.pointer();
        self.pointer_bytes += pointer.len();
        self.inexact.push(Inexact { pointer, text: bounded(text), offset });
    }

    /// The way to the value that is being read.
    fn pointer(&self) -> String {
        let mut path = String::new();
        for frame in &self.open {
            match frame {
                Frame::Array(items) => pointer::push_index(&mut path, items.len()),
                Frame::Object { key, .. } => pointer::push_key(&mut path, key),
            }
        }
        path
    }

    /// Says which member of the innermost object is there twice: its name was moved, so it is read again.
    fn duplicate(&mut self, key_at: usize) -> JsonError {
        self.open.pop();
        let mut path = self.pointer();
        self.at = key_at + 1;
        pointer::push_key(&mut path, &self.string().unwrap_or_default());
        JsonError::DuplicateKey { at: self.position(key_at), pointer: path }
    }

    fn expected(&self, expected: Expected) -> JsonError {
        let found = self.text.get(self.at..).and_then(|rest| rest.chars().next());
        JsonError::Syntax { at: self.position(self.at), expected, found }
    }

    fn position(&self, offset: usize) -> Position {
        Position::of(self.bytes, offset)
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn peek_token(&mut self) -> Option<u8> {
        self.skip_space();
        self.peek()
    }

    #[inline]
    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }
}

fn bounded(text: &str) -> String {
    text.chars().take(Inexact::MAX_TEXT).collect()
}
