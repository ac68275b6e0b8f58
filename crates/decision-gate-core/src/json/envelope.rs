//! Reads the `id` and `method` off a JSON-RPC line, whatever is wrong with the rest of it.
//!
//! An error answer must carry the request's id, also when the request is too deep, too large, cut or not UTF-8.
//! The scan follows the structure of the top-level object, so neither a string nor a nested object can pass for a
//! member; where the structure breaks, it stops and keeps what it found before.

/// What stands as the top-level `id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdSite {
    /// There is none, as far as the line can be read.
    Absent,
    /// `null`.
    Null,
    /// An integer.
    Number(i64),
    /// A string.
    String(String),
    /// Something that is no id, is cut off, or stands there twice.
    Invalid,
}

/// What the line is at its top level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvelopeShape {
    /// Nothing but white space.
    Empty,
    /// An object.
    Object,
    /// An array: a batch.
    Array,
    /// Anything else.
    Other,
}

/// How far the structure of the top-level object could be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvelopeEnd {
    /// To its closing brace.
    Closed,
    /// To the end of the line or to where the structure breaks.
    Broken,
}

/// What could be read off a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The top-level `id`.
    pub id: IdSite,
    /// The top-level `method`, if it is a string.
    pub method: Option<String>,
    /// What the line is.
    pub shape: EnvelopeShape,
    /// Whether its end was seen.
    pub end: EnvelopeEnd,
}

/// Reads what it can. Never fails, never recurses.
pub fn scan_envelope(line: &[u8]) -> Envelope {
    let mut cursor = Cursor { bytes: line, at: 0 };
    let shape = match cursor.token() {
        None => EnvelopeShape::Empty,
        Some(b'{') => EnvelopeShape::Object,
        Some(b'[') => EnvelopeShape::Array,
        Some(_) => EnvelopeShape::Other,
    };
    let mut envelope = Envelope { id: IdSite::Absent, method: None, shape, end: EnvelopeEnd::Broken };
    if shape == EnvelopeShape::Object {
        cursor.at += 1;
        if cursor.members(&mut envelope).is_some() {
            envelope.end = EnvelopeEnd::Closed;
        }
    }
    envelope
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Walks the members of the top-level object; nothing if its end was not reached.
    fn members(&mut self, envelope: &mut Envelope) -> Option<()> {
        if self.token()? == b'}' {
            return Some(());
        }
        loop {
            let key = decode(self.string()?);
            self.expect(b':')?;
            let value = self.value();
            match key.as_deref() {
                Some("id") => envelope.id = merge(&envelope.id, value),
                Some("method") => envelope.method = value.and_then(|value| decode(value.strip_prefix(b"\"")?)),
                _ => {}
            }
            value?;
            match self.token()? {
                b',' => self.at += 1,
                b'}' => return Some(()),
                _ => return None,
            }
        }
    }

    /// The bytes of a value, a string without its closing quote; nothing if its end is not there.
    fn value(&mut self) -> Option<&'a [u8]> {
        match self.token()? {
            b'"' => {
                let start = self.at;
                self.string()?;
                self.bytes.get(start..self.at.checked_sub(1)?)
            }
            b'{' | b'[' => self.nested(),
            _ => self.scalar(),
        }
    }

    /// A number or literal, up to the delimiter that must follow it.
    fn scalar(&mut self) -> Option<&'a [u8]> {
        let rest = self.bytes.get(self.at..)?;
        let length = rest.iter().position(|byte| b" \t\r\n,:{}[]\"".contains(byte))?;
        self.at += length;
        if length == 0 { None } else { rest.get(..length) }
    }

    /// An array or object as a whole.
    fn nested(&mut self) -> Option<&'a [u8]> {
        let start = self.at;
        let mut open = Brackets::default();
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' => open.push(true),
                b'[' => open.push(false),
                b'}' => open.pop(true)?,
                b']' => open.pop(false)?,
                _ => {}
            }
            self.at += 1;
            if open.depth == 0 {
                return self.bytes.get(start..self.at);
            }
        }
    }

    /// The inside of a string; what is escaped stays so.
    fn string(&mut self) -> Option<&'a [u8]> {
        self.expect(b'"')?;
        let start = self.at;
        loop {
            match self.peek()? {
                b'"' => {
                    let inside = self.bytes.get(start..self.at);
                    self.at += 1;
                    return inside;
                }
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.token()? == byte).then(|| self.at += 1)
    }

    /// The next byte that is no white space.
    fn token(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
        self.peek()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }
}

/// The kinds of the outermost open brackets, and the number of all of them.
#[derive(Default)]
struct Brackets {
    depth: usize,
    objects: u128,
}

impl Brackets {
    /// Brackets deeper than this are only counted: such a line is refused anyway.
    const CHECKED: usize = 128;

    fn push(&mut self, object: bool) {
        if self.depth < Self::CHECKED {
            self.objects = self.objects << 1 | u128::from(object);
        }
        self.depth += 1;
    }

    /// Nothing if the bracket closes one of the other kind.
    fn pop(&mut self, object: bool) -> Option<()> {
        self.depth = self.depth.checked_sub(1)?;
        if self.depth >= Self::CHECKED {
            return Some(());
        }
        let matches = (self.objects & 1 == 1) == object;
        self.objects >>= 1;
        matches.then_some(())
    }
}

/// The id after another member of that name was read.
fn merge(before: &IdSite, value: Option<&[u8]>) -> IdSite {
    match (before, value) {
        (IdSite::Absent, Some(value)) => id_of(value),
        (IdSite::Absent, None) | (IdSite::Null | IdSite::Number(_) | IdSite::String(_) | IdSite::Invalid, _) => {
            IdSite::Invalid
        }
    }
}

fn id_of(value: &[u8]) -> IdSite {
    if value == b"null" {
        return IdSite::Null;
    }
    if let Some(inside) = value.strip_prefix(b"\"") {
        return decode(inside).map_or(IdSite::Invalid, IdSite::String);
    }
    let text = std::str::from_utf8(value).unwrap_or_default();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let well_formed = digits == "0" || digits.starts_with(|first: char| ('1'..='9').contains(&first));
    match text.parse() {
        Ok(number) if well_formed => IdSite::Number(number),
        _ => IdSite::Invalid,
    }
}

/// The text of a string's inside, if it is one.
fn decode(inside: &[u8]) -> Option<String> {
    if !inside.iter().any(|byte| *byte == b'\\' || *byte < 0x20) {
        return std::str::from_utf8(inside).ok().map(str::to_owned);
    }
    let mut quoted = Vec::with_capacity(inside.len() + 2);
    quoted.push(b'"');
    quoted.extend_from_slice(inside);
    quoted.push(b'"');
    match super::parse(&quoted, &super::Limits::message(quoted.len())).ok()?.value {
        serde_json::Value::String(text) => Some(text),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::Array(_)
        | serde_json::Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{EnvelopeEnd, EnvelopeShape, IdSite, scan_envelope};

    fn id(line: &str) -> IdSite {
        scan_envelope(line.as_bytes()).id
    }

    fn text(id: &str) -> IdSite {
        IdSite::String(id.to_owned())
    }

    #[test]
    fn the_id_is_found_whatever_is_wrong_behind_it() {
        let deep = format!("{{\"id\": 7, \"params\": {}", "[".repeat(100_000));
        let deep_first = format!("{{\"params\": {}{}, \"id\": 7}}", "[".repeat(100_000), "]".repeat(100_000));
        let cases = [
            (r#"{"jsonrpc": "2.0", "id": 1, "method": "ping"}"#, IdSite::Number(1)),
            (r#" { "method" : "x" , "id" : -9007199254740993 } "#, IdSite::Number(-9_007_199_254_740_993)),
            (r#"{"id": "a\"b\u00e9"}"#, text("a\"b\u{e9}")),
            (r#"{"\u0069d": 3}"#, IdSite::Number(3)),
            (r#"{"id": null}"#, IdSite::Null),
            (r#"{"id": 0}"#, IdSite::Number(0)),
            (r#"{"id": 5, "method": "#, IdSite::Number(5)),
            (r#"{"id": 5, "params": {"x": [1,}"#, IdSite::Number(5)),
            (r#"{"id": 5 "method"}"#, IdSite::Number(5)),
            (r#"{"params": {"text": "} ], \"id\": 4"}, "id": 5}"#, IdSite::Number(5)),
            ("{\"params\": \"raw\ttab\", \"id\": 5}", IdSite::Number(5)),
            (r#"{"params": nul, "id": 5}"#, IdSite::Number(5)),
            (r#"{"params": [01, .5], "id": 5}"#, IdSite::Number(5)),
            (&deep, IdSite::Number(7)),
            (&deep_first, IdSite::Number(7)),
        ];
        for (line, expected) in cases {
            assert_eq!(id(line), expected, "{}", line.chars().take(80).collect::<String>());
        }
        let not_text = scan_envelope(b"{\"id\": 6, \"params\": \"\xFF\xFE\"}");
        assert_eq!((not_text.id, not_text.end), (IdSite::Number(6), EnvelopeEnd::Closed));
        assert_eq!(scan_envelope(b"{\"p\": \"\xFF\", \"id\": 6}").id, IdSite::Number(6));
    }

    #[test]
    fn nothing_else_passes_for_an_id() {
        let cases = [
            (r#"{"params": {"id": 1}}"#, IdSite::Absent),
            (r#"{"params": [{"id": 1}], "x": "\"id\": 2"}"#, IdSite::Absent),
            (r#"{"ID": 1, "id ": 2, "": 3}"#, IdSite::Absent),
            (r#"[{"id": 1}]"#, IdSite::Absent),
            (r#""id": 1"#, IdSite::Absent),
            (r#"{"a": "cut, "id": 1}"#, IdSite::Absent),
            (r#"{"a": [}, "id": 1]}"#, IdSite::Absent),
            (r#"{"a": {], "id": 1}}"#, IdSite::Absent),
            (r#"{"a": {"b": 1}} {"id": 1}"#, IdSite::Absent),
            (r#"{"a": 1} "id": 1}"#, IdSite::Absent),
            ("", IdSite::Absent),
            ("{", IdSite::Absent),
            (r#"{"id"#, IdSite::Absent),
            (r#"{"id":"#, IdSite::Invalid),
            (r#"{"id": 12"#, IdSite::Invalid),
            (r#"{"id": "ab"#, IdSite::Invalid),
            (r#"{"id": "ab\"#, IdSite::Invalid),
            (r#"{"id": 1.5}"#, IdSite::Invalid),
            (r#"{"id": 01}"#, IdSite::Invalid),
            (r#"{"id": +1}"#, IdSite::Invalid),
            (r#"{"id": 9223372036854775808}"#, IdSite::Invalid),
            (r#"{"id": true}"#, IdSite::Invalid),
            (r#"{"id": {"id": 1}}"#, IdSite::Invalid),
            (r#"{"id": [1]}"#, IdSite::Invalid),
            (r#"{"id": "\ud800"}"#, IdSite::Invalid),
            (r#"{"id": 1, "id": 1}"#, IdSite::Invalid),
            (r#"{"id": 1, "\u0069d": "x"}"#, IdSite::Invalid),
        ];
        for (line, expected) in cases {
            assert_eq!(id(line), expected, "{line}");
        }
        assert_eq!(scan_envelope(b"{\"id\": \"\xFF\"}").id, IdSite::Invalid);
    }

    #[test]
    fn method_shape_and_end_are_told() {
        let read = |line: &str| {
            let found = scan_envelope(line.as_bytes());
            (found.shape, found.method, found.end)
        };
        let (object, closed, broken) = (EnvelopeShape::Object, EnvelopeEnd::Closed, EnvelopeEnd::Broken);
        assert_eq!(read(r#"{"method": "tools/list"}"#), (object, Some("tools/list".to_owned()), closed));
        assert_eq!(read(r#"{"method": "x", "id"#), (object, Some("x".to_owned()), broken));
        assert_eq!(read(r#"{"method": 1, "params": {"method": "x"}}"#), (object, None, closed));
        assert_eq!(read("{}"), (object, None, closed));
        assert_eq!(read(" [1]"), (EnvelopeShape::Array, None, broken));
        assert_eq!(read("\t\r\n "), (EnvelopeShape::Empty, None, broken));
        assert_eq!(read("nonsense"), (EnvelopeShape::Other, None, broken));
    }
}
