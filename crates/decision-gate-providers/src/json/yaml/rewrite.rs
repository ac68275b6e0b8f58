//! Writes the JSON text of a YAML document, event by event.
//!
//! An alias repeats the bytes that its anchor was written as, from a budget, so a few bytes of YAML can't become many.

use std::collections::{BTreeMap, BTreeSet};

use decision_gate_core::json::Limits;
use granit_parser::{Event, ScalarStyle, YamlVersion};

use super::error::{Place, YamlFault};
use super::scalar::{self, Scalar};

/// The oldest version whose core schema is read.
const OLDEST: (u32, u32) = (1, 2);

/// A document on the way.
pub(super) struct Rewrite {
    written: Vec<u8>,
    open: Vec<Frame>,
    anchors: BTreeMap<usize, Anchor>,
    /// Most bytes that aliases may repeat.
    alias_limit: usize,
    aliased: usize,
    documents: usize,
}

/// A sequence or mapping whose end has not been seen.
struct Frame {
    kind: Kind,
    anchor: usize,
    is_first: bool,
}

enum Kind {
    Sequence,
    Mapping { keys: BTreeSet<String>, next: Next },
}

#[derive(Clone, Copy)]
enum Next {
    Key,
    Value,
}

/// What an alias repeats.
struct Anchor {
    start: usize,
    /// Nothing while the node is open.
    end: Option<usize>,
    /// Its text, if it can be a key.
    text: Option<String>,
}

impl Rewrite {
    /// A document whose aliases may repeat at most `alias_limit` bytes.
    pub(super) fn new(alias_limit: usize) -> Self {
        Self { written: Vec::new(), open: Vec::new(), anchors: BTreeMap::new(), alias_limit, aliased: 0, documents: 0 }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the parser may learn new events, and what is unknown is refused"
    )]
    pub(super) fn event(&mut self, event: Event<'_>, at: Place) -> Result<(), YamlFault> {
        match event {
            Event::DocumentStart(_, version) => self.document(version, at),
            Event::Scalar(text, style, anchor, None) => self.scalar(&text, style, anchor, at),
            Event::SequenceStart(_, anchor, None) => self.start(Kind::Sequence, anchor, at),
            Event::MappingStart(_, anchor, None) => {
                self.start(Kind::Mapping { keys: BTreeSet::new(), next: Next::Key }, anchor, at)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.end();
                Ok(())
            }
            Event::Alias(anchor) => self.alias(anchor, at),
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, _, Some(_))
            | Event::MappingStart(_, _, Some(_)) => Err(YamlFault::Tag { at }),
            Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            // A node that this reader does not know must not be left out silently.
            _ => Err(YamlFault::Syntax { at }),
        }
    }

    /// The JSON text.
    pub(super) fn finish(self) -> Result<Vec<u8>, YamlFault> {
        if self.documents == 0 { Err(YamlFault::NoDocument) } else { Ok(self.written) }
    }

    fn document(&mut self, version: Option<YamlVersion>, at: Place) -> Result<(), YamlFault> {
        self.documents += 1;
        if self.documents > 1 {
            return Err(YamlFault::SecondDocument { at });
        }
        match version {
            Some(version) if (version.major, version.minor) < OLDEST => Err(YamlFault::Version { at }),
            Some(_) | None => Ok(()),
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, anchor: usize, at: Place) -> Result<(), YamlFault> {
        let plain = matches!(style, ScalarStyle::Plain);
        if plain && text == "<<" && self.awaits_key() {
            return Err(YamlFault::MergeKey { at });
        }
        let scalar = if plain { scalar::resolve(text) } else { Scalar::Text };
        let text = matches!(scalar, Scalar::Text).then_some(text);
        self.node(text, at)?;
        let start = self.written.len();
        match (scalar, text) {
            (Scalar::Null, _) => self.written.extend_from_slice(b"null"),
            (Scalar::Boolean(true), _) => self.written.extend_from_slice(b"true"),
            (Scalar::Boolean(false), _) => self.written.extend_from_slice(b"false"),
            (Scalar::Number(number), _) => self.written.extend_from_slice(number.as_bytes()),
            (Scalar::Text, text) => {
                let text = text.unwrap_or_default();
                serde_json::to_writer(&mut self.written, text).map_err(|_| YamlFault::NoJson)?;
            }
            (Scalar::NotFinite, _) => return Err(YamlFault::NotFinite { at }),
            (Scalar::TooLong, _) => return Err(YamlFault::NumberTooLong { at }),
        }
        if anchor > 0 {
            let end = Some(self.written.len());
            self.anchors.insert(anchor, Anchor { start, end, text: text.map(str::to_owned) });
        }
        Ok(())
    }

    fn start(&mut self, kind: Kind, anchor: usize, at: Place) -> Result<(), YamlFault> {
        self.node(None, at)?;
        let limit = Limits::EVIDENCE_DEPTH;
        if self.open.len() >= limit {
            return Err(YamlFault::TooDeep { at: Some(at), limit });
        }
        if anchor > 0 {
            self.anchors.insert(anchor, Anchor { start: self.written.len(), end: None, text: None });
        }
        self.written.push(match kind {
            Kind::Sequence => b'[',
            Kind::Mapping { .. } => b'{',
        });
        self.open.push(Frame { kind, anchor, is_first: true });
        Ok(())
    }

    fn end(&mut self) {
        let Some(frame) = self.open.pop() else { return };
        self.written.push(match frame.kind {
            Kind::Sequence => b']',
            Kind::Mapping { .. } => b'}',
        });
        if let Some(anchor) = self.anchors.get_mut(&frame.anchor) {
            anchor.end = Some(self.written.len());
        }
    }

    fn alias(&mut self, anchor: usize, at: Place) -> Result<(), YamlFault> {
        let anchor = self.anchors.get(&anchor).ok_or(YamlFault::Syntax { at })?;
        let (start, end) = (anchor.start, anchor.end.ok_or(YamlFault::AliasWithin { at })?);
        let text = anchor.text.clone();
        self.aliased = self.aliased.saturating_add(end - start);
        if self.aliased > self.alias_limit {
            return Err(YamlFault::AliasLimit { at, limit: self.alias_limit });
        }
        self.node(text.as_deref(), at)?;
        self.written.extend_from_within(start..end);
        Ok(())
    }

    /// Writes what stands before a node. `text` is its text if it can be a key.
    fn node(&mut self, text: Option<&str>, at: Place) -> Result<(), YamlFault> {
        let Some(frame) = self.open.last_mut() else { return Ok(()) };
        match &mut frame.kind {
            Kind::Mapping { next: next @ Next::Value, .. } => {
                *next = Next::Key;
                self.written.push(b':');
                return Ok(());
            }
            Kind::Mapping { keys, next: next @ Next::Key } => {
                let text = text.ok_or(YamlFault::KeyNotText { at })?;
                if !keys.insert(text.to_owned()) {
                    return Err(YamlFault::DuplicateKey { at });
                }
                *next = Next::Value;
            }
            Kind::Sequence => {}
        }
        if !frame.is_first {
            self.written.push(b',');
        }
        frame.is_first = false;
        Ok(())
    }

    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Frame { kind: Kind::Mapping { next: Next::Key, .. }, .. }))
    }
}
