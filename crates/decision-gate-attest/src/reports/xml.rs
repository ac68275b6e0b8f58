//! XML as a tree of names and attributes, through quick-xml, with everything closed that reports don't need.
//!
//! No entity but the five of XML and character references is known, a document type with declarations of its own is
//! refused (one that only names a file is passed over, and the file never read), and depth, elements and attributes
//! are bounded. Texts are checked and not kept: no count of ours stands in one.

use std::borrow::Cow;
use std::collections::BTreeMap;

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use super::error::{Place, ReportError};

const MAX_DEPTH: usize = 64;
const MAX_ELEMENTS: usize = 2_000_000;
const MAX_ATTRIBUTES: usize = 64;

/// An element.
#[derive(Debug, Default)]
pub(super) struct Element {
    /// Its name, without a prefix.
    pub(super) name: String,
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) children: Vec<Element>,
}

impl Element {
    /// An attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// The children of a name.
    pub(super) fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |it| it.name == name)
    }

    /// Whether there is a child of a name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.named(name).next().is_some()
    }

    /// A count in an attribute, where there is one.
    pub(super) fn count(&self, name: &str) -> Result<Option<u64>, ReportError> {
        let Some(text) = self.attribute(name) else { return Ok(None) };
        let what = || ReportError::whole(format!("`{name}` of `{}` must be a whole number of 0 or more", self.name));
        text.trim().parse().map(Some).map_err(|_| what())
    }
}

/// The root element of a document.
pub(super) fn read(bytes: &[u8]) -> Result<Element, ReportError> {
    let text = decode(bytes)?;
    let mut reader = Reader::from_str(&text);
    reader.config_mut().check_comments = true;
    let mut builder = Builder::default();
    loop {
        let before = reader.buffer_position();
        let event = reader.read_event().map_err(|error| at(&text, reader.error_position(), reason(&error)))?;
        if matches!(event, Event::Eof) {
            break;
        }
        builder.take(event).map_err(|what| at(&text, before, what))?;
    }
    match builder {
        Builder { open, root: Some(root), .. } if open.is_empty() => Ok(root),
        Builder { open, .. } if open.is_empty() => {
            Err(ReportError::Empty { format: None, missing: "the file has no element" })
        }
        Builder { .. } => Err(at(&text, u64::MAX, "an element is not closed")),
    }
}

/// The tree as far as it was read.
#[derive(Default)]
struct Builder {
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>) -> Result<(), &'static str> {
        match event {
            Event::Start(start) => {
                let element = self.element(&start)?;
                if self.open.len() >= MAX_DEPTH {
                    return Err("it is nested too deeply");
                }
                self.open.push(element);
            }
            Event::Empty(start) => {
                let element = self.element(&start)?;
                self.close(element)?;
            }
            Event::End(_) => {
                let element = self.open.pop().ok_or("an element that was not opened is closed")?;
                self.close(element)?;
            }
            Event::Text(text) => {
                let blank = text.iter().all(u8::is_ascii_whitespace);
                if self.open.is_empty() && !blank {
                    return Err("there is text outside of the elements");
                }
                if !text.iter().all(|byte| is_allowed(*byte)) {
                    return Err("a control character that XML does not allow");
                }
            }
            Event::CData(text) => {
                if self.open.is_empty() || !text.iter().all(|byte| is_allowed(*byte)) {
                    return Err("a control character that XML does not allow");
                }
            }
            Event::GeneralRef(reference) => known(&reference)?,
            Event::DocType(kind) => {
                if kind.contains(&b'[') || self.elements > 0 {
                    return Err("a document type with declarations of its own");
                }
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::Eof => {}
        }
        Ok(())
    }

    fn element(&mut self, start: &BytesStart<'_>) -> Result<Element, &'static str> {
        self.elements += 1;
        if self.elements > MAX_ELEMENTS {
            return Err("it has too many elements");
        }
        if self.open.is_empty() && self.root.is_some() {
            return Err("there is a second root element");
        }
        let mut attributes = BTreeMap::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| "an attribute is malformed or given twice")?;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|_| "an attribute with an entity that is not known")?;
            if !value.bytes().all(is_allowed) || attribute.value.contains(&b'<') {
                return Err("a character that XML does not allow in an attribute");
            }
            attributes.insert(text(attribute.key.as_ref())?, value.into_owned());
            if attributes.len() > MAX_ATTRIBUTES {
                return Err("an element has too many attributes");
            }
        }
        Ok(Element { name: text(start.local_name().as_ref())?, attributes, children: Vec::new() })
    }

    fn close(&mut self, element: Element) -> Result<(), &'static str> {
        match (self.open.last_mut(), &self.root) {
            (Some(parent), _) => parent.children.push(element),
            (None, None) => self.root = Some(element),
            (None, Some(_)) => return Err("there is a second root element"),
        }
        Ok(())
    }
}

/// Whether a reference stands for a character without a declaration.
fn known(reference: &BytesRef<'_>) -> Result<(), &'static str> {
    if reference.is_char_ref() {
        let char = reference.resolve_char_ref().map_err(|_| "a character reference that is none")?;
        let allowed = char.is_some_and(|it| u8::try_from(it).is_ok_and(is_allowed) || it > '\u{ff}');
        return if allowed { Ok(()) } else { Err("a control character that XML does not allow") };
    }
    let name = text(reference)?;
    resolve_predefined_entity(&name).map(|_| ()).ok_or("an entity that is not known")
}

/// Whether a byte of UTF-8 is one of a character that XML allows.
fn is_allowed(byte: u8) -> bool {
    byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r')
}

fn text(bytes: &[u8]) -> Result<String, &'static str> {
    str::from_utf8(bytes).map(str::to_owned).map_err(|_| "it is not utf-8")
}

fn reason(error: &quick_xml::Error) -> &'static str {
    match error {
        quick_xml::Error::IllFormed(_) => "it is not well-formed",
        quick_xml::Error::InvalidAttr(_) => "an attribute is malformed or given twice",
        quick_xml::Error::Escape(_) => "an entity that is not known",
        quick_xml::Error::Encoding(_) => "it is not utf-8",
        quick_xml::Error::Io(_) | quick_xml::Error::Syntax(_) | quick_xml::Error::Namespace(_) => "it is not xml",
    }
}

/// The error at an offset of the decoded text; its end where it is beyond that.
fn at(text: &str, offset: u64, what: &str) -> ReportError {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(text.len());
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    let line = before.split(|byte| *byte == b'\n').count();
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    ReportError::Invalid { place: Place::At { line, column }, what: what.to_owned() }
}

/// The text of the bytes: UTF-8, UTF-16 with a mark, or what a declaration in ASCII says.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, ReportError> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => return utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => return utf16(rest, u16::from_be_bytes),
        _ => {}
    }
    let declared = declared(bytes);
    match declared.as_deref() {
        None | Some("utf-8" | "utf8" | "us-ascii" | "ascii") => {
            str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| {
                let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
                at(str::from_utf8(before).unwrap_or_default(), u64::MAX, "it is not utf-8")
            })
        }
        // One byte a character and ASCII below 128: names and numbers are the same in all of them, and no text is kept.
        Some(name) if name == "latin1" || name.starts_with("iso-8859-") || name.starts_with("windows-125") => {
            Ok(bytes.iter().map(|byte| char::from(*byte)).collect())
        }
        Some(_) => Err(ReportError::whole("its encoding is neither utf-8, utf-16 nor one of one byte a character")),
    }
}

/// The encoding that the declaration names, in lower case.
fn declared(bytes: &[u8]) -> Option<String> {
    let declaration = bytes.strip_prefix(b"<?xml")?;
    let end = declaration.iter().position(|byte| *byte == b'>')?;
    let declaration = str::from_utf8(declaration.get(..end)?).ok()?;
    let (_, after) = declaration.split_once("encoding")?;
    let value = after.trim_start().strip_prefix('=')?.trim_start();
    let value = value.trim_start_matches(['"', '\'']);
    Some(value.split(['"', '\'']).next()?.to_ascii_lowercase())
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'static, str>, ReportError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text: Result<String, _> = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect();
    match text {
        Ok(text) if rest.is_empty() => Ok(Cow::Owned(text)),
        Ok(_) | Err(_) => Err(ReportError::whole("it is not utf-16")),
    }
}
