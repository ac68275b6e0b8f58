//! From bytes to a document of one of four shapes, by what stands in them and never by a name.

use decision_gate_core::json::{self, Expected, JsonError, Limits};
use serde_json::Value;

use super::error::{Place, ReportError};
use super::xml::{self, Element};

/// Most lines of JSON that are read.
const MAX_LINES: usize = 1_000_000;

/// A document.
#[derive(Debug)]
pub(super) enum Content {
    Json(Value),
    /// A JSON document in each line: at least two.
    Lines(Vec<Value>),
    Xml(Element),
    Text(String),
}

impl Content {
    /// The document that `bytes` are.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, ReportError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let Some(first) = bytes.iter().find(|it| !it.is_ascii_whitespace()) else {
            return Err(ReportError::Empty { format: None, missing: "the file has no text" });
        };
        match first {
            b'<' | 0xff | 0xfe | 0 => xml::read(bytes).map(Self::Xml),
            b'{' | b'[' => Self::json(bytes),
            _ if bytes.trim_ascii() == b"null" => Ok(Self::Json(Value::Null)),
            _ => match str::from_utf8(bytes) {
                Ok(text) => Ok(Self::Text(text.to_owned())),
                Err(_) => Err(ReportError::whole("it is not utf-8")),
            },
        }
    }

    fn json(bytes: &[u8]) -> Result<Self, ReportError> {
        match json::parse(bytes, &Limits::evidence(super::MAX_REPORT_BYTES)) {
            Ok(parsed) => Ok(Self::Json(parsed.value)),
            Err(error @ JsonError::Syntax { expected: Expected::End, .. }) => match Self::lines(bytes) {
                Some(lines) => lines,
                None => Err(ReportError::json(&error, 0)),
            },
            Err(error) => Err(ReportError::json(&error, 0)),
        }
    }

    /// The documents of the lines; nothing where the first line is none.
    fn lines(bytes: &[u8]) -> Option<Result<Self, ReportError>> {
        let mut documents = Vec::new();
        for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            match json::parse(line, &Limits::evidence(super::MAX_REPORT_BYTES)) {
                Ok(parsed) => documents.push(parsed.value),
                Err(_) if documents.is_empty() => return None,
                Err(error) => return Some(Err(ReportError::json(&error, index))),
            }
            if documents.len() > MAX_LINES {
                let what = format!("more than `{MAX_LINES}` lines");
                return Some(Err(ReportError::Invalid { place: Place::Line(index + 1), what }));
            }
        }
        Some(Ok(Self::Lines(documents)))
    }

    /// The one JSON document that it is.
    pub(super) fn as_json(&self) -> Option<&Value> {
        if let Self::Json(value) = self { Some(value) } else { None }
    }

    /// The JSON documents that it is, be it one.
    pub(super) fn as_lines(&self) -> Option<&[Value]> {
        match self {
            Self::Json(value @ Value::Object(_)) => Some(std::slice::from_ref(value)),
            Self::Lines(lines) => Some(lines),
            Self::Json(_) | Self::Xml(_) | Self::Text(_) => None,
        }
    }

    /// The element that it is.
    pub(super) fn as_xml(&self) -> Option<&Element> {
        if let Self::Xml(element) = self { Some(element) } else { None }
    }

    /// The text that it is, where it is nothing else.
    pub(super) fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}
