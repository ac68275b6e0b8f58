//! The sixteen comparators. A new one is a static in a file here and a line in [`ALL`]; schemas and the reference
//! are printed from that list.
//!
//! A comparison that makes no sense for the types at hand gives `None`: Unknown, never unequal.

mod collections;
mod equality;
mod existence;
mod lexicographic;
mod ordering;

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::evidence::EvidenceValue;

/// What a comparator needs beside the evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expects {
    /// Nothing: it asks whether there is a value.
    Presence {
        /// The answer when there is one.
        when_found: bool,
    },
    /// A value that fits the check's `result_schema`.
    Value,
    /// A non-empty array of values that fit the check's `result_schema`.
    Set,
    /// A substring, or a non-empty array of elements.
    Part,
}

/// One way to compare. Everything else about it lives beside it.
pub(crate) struct Definition {
    /// The word in a scenario.
    word: &'static str,
    /// One sentence for the reference.
    says: &'static str,
    /// What it needs.
    expects: Expects,
    /// Compares JSON evidence with what is expected; `None` when these types do not compare.
    compare: fn(seen: &Value, expected: &Value) -> Option<bool>,
    /// Compares raw bytes with what is expected.
    bytes: fn(seen: &[u8], expected: &[u8]) -> Option<bool>,
}

/// A comparator, by its word.
#[derive(Clone, Copy)]
pub struct Comparator(&'static Definition);

/// Every comparator, in canonical order (`reference/payloads.md` 1.5).
pub const ALL: [Comparator; 16] = [
    Comparator(&equality::EQUALS),
    Comparator(&equality::NOT_EQUALS),
    Comparator(&ordering::GREATER_THAN),
    Comparator(&ordering::GREATER_THAN_OR_EQUAL),
    Comparator(&ordering::LESS_THAN),
    Comparator(&ordering::LESS_THAN_OR_EQUAL),
    Comparator(&lexicographic::LEX_GREATER_THAN),
    Comparator(&lexicographic::LEX_GREATER_THAN_OR_EQUAL),
    Comparator(&lexicographic::LEX_LESS_THAN),
    Comparator(&lexicographic::LEX_LESS_THAN_OR_EQUAL),
    Comparator(&collections::CONTAINS),
    Comparator(&collections::IN_SET),
    Comparator(&equality::DEEP_EQUALS),
    Comparator(&equality::DEEP_NOT_EQUALS),
    Comparator(&existence::EXISTS),
    Comparator(&existence::NOT_EXISTS),
];

impl Comparator {
    /// The comparator of that word.
    pub fn named(word: &str) -> Option<Self> {
        ALL.into_iter().find(|it| it.0.word == word)
    }

    /// The word for it in a scenario, such as `greater_than`.
    pub fn word(self) -> &'static str {
        self.0.word
    }

    /// One sentence for the reference.
    pub fn says(self) -> &'static str {
        self.0.says
    }

    /// What it needs beside the evidence.
    pub fn expects(self) -> Expects {
        self.0.expects
    }

    /// Compares a value that is there. `None` when the types do not compare.
    pub fn compare(self, seen: &EvidenceValue, expected: &Value) -> Option<bool> {
        if let Expects::Presence { when_found } = self.0.expects {
            return Some(when_found);
        }
        match seen {
            EvidenceValue::Json(seen) => (self.0.compare)(seen, expected),
            EvidenceValue::Bytes(seen) => (self.0.bytes)(seen, &byte_array(expected)?),
        }
    }
}

/// An array of integers 0..=255 as bytes.
fn byte_array(expected: &Value) -> Option<Vec<u8>> {
    expected.as_array()?.iter().map(|item| item.as_u64().and_then(|byte| u8::try_from(byte).ok())).collect()
}

/// Bytes have no order, no parts and no depth.
fn no_bytes(_: &[u8], _: &[u8]) -> Option<bool> {
    None
}

impl PartialEq for Comparator {
    fn eq(&self, other: &Self) -> bool {
        self.0.word == other.0.word
    }
}

impl Eq for Comparator {}

impl fmt::Debug for Comparator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.word)
    }
}

impl fmt::Display for Comparator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.word)
    }
}

impl Serialize for Comparator {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.word)
    }
}

impl<'de> Deserialize<'de> for Comparator {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Self::named(&word).ok_or_else(|| {
            let known: Vec<_> = ALL.iter().map(|it| format!("`{it}`")).collect();
            serde::de::Error::custom(format_args!("unknown comparator `{word}`, expected one of {}", known.join(", ")))
        })
    }
}

impl JsonSchema for Comparator {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Comparator".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words: Vec<_> = ALL.iter().map(|it| it.word()).collect();
        json_schema!({ "type": "string", "enum": words })
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
