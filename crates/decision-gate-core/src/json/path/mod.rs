//! Bounded JSONPath (RFC 9535): how a provider asks a document for a value.
//!
//! `serde_json_path` parses and answers; what is ours is the guard before it. A path comes from a caller, so it is
//! bounded before it is parsed, and its work on this very document is bounded before it is asked. Where the library
//! is known to answer otherwise than the RFC, the path is refused or written in other words: what is answered is the
//! answer of the RFC.

mod cost;
mod error;
mod guard;
mod location;
mod order;
mod pattern;

use std::fmt;

use serde_json::Value;
use serde_json_path::JsonPath as Library;

use self::guard::Guarded;
pub use self::{
    error::{JsonPathError, PathFault},
    location::Location,
};
use super::Parsed;

/// Most nodes that a path may select.
const MAX_NODES: usize = 10_000;

/// A checked JSONPath expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonPath {
    text: String,
    guarded: Guarded,
    path: Library,
}

/// One node that a path selects.
#[derive(Clone, Debug, PartialEq)]
pub struct Match<'a> {
    /// The node.
    pub value: &'a Value,
    /// Where it stands.
    pub location: Location<'a>,
}

/// The nodes that a path selects, in the order of RFC 9535. Members are visited in the order of their names.
#[derive(Clone, Debug, PartialEq)]
pub struct Matches<'a> {
    /// The nodes.
    pub nodes: Vec<Match<'a>>,
}

impl JsonPath {
    /// Checks the bounds, then the grammar.
    ///
    /// # Errors
    /// An expression that is beyond a bound, or not RFC 9535.
    pub fn parse(text: &str) -> Result<Self, JsonPathError> {
        let guarded = guard::check(text)?;
        let path = Library::parse(text)?;
        let written = order::written_out(text);
        let (guarded, path) =
            if written == text { (guarded, path) } else { (guard::inspect(&written)?, Library::parse(&written)?) };
        Ok(Self { text: text.to_owned(), guarded, path })
    }

    /// The expression as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it selects at most one node by its form alone.
    pub fn is_singular(&self) -> bool {
        self.guarded.plural_signs == 0
    }

    /// The nodes that the path selects in `document`, all of whose numbers count as exact and must be as
    /// [`super::parse`] makes them: integers if they are integral. No node is an answer, not an error.
    ///
    /// # Errors
    /// A document that is too deep or a question that is too much for it.
    pub fn query<'a>(&self, document: &'a Value) -> Result<Matches<'a>, JsonPathError> {
        cost::check(&self.guarded, document)?;
        let nodes = self.path.query(document).all();
        if nodes.len() > MAX_NODES {
            return Err(JsonPathError::TooManyNodes { limit: MAX_NODES });
        }
        let locations = location::locate(document, &nodes, self.guarded.reach());
        let located = nodes.iter().zip(locations).map(|(value, location)| Match { value, location });
        Ok(Matches { nodes: located.collect() })
    }

    /// Like [`Self::query`], and refuses a filter that may compare a number that is inexact. Those that are *selected*
    /// are the caller's to judge, by [`Parsed::exactness`].
    ///
    /// # Errors
    /// As [`Self::query`], or a filter that may rest on an inexact number.
    pub fn query_parsed<'a>(&self, document: &'a Parsed) -> Result<Matches<'a>, JsonPathError> {
        let compared = document.inexact.iter().find(|inexact| self.guarded.may_compare(&inexact.pointer));
        let unlisted = document.inexact.first().filter(|_| document.inexact_count > document.inexact.len());
        match (compared, unlisted) {
            (Some(inexact), _) => {
                Err(JsonPathError::NumberOutOfRange { pointer: inexact.pointer.clone(), text: inexact.text.clone() })
            }
            (None, Some(inexact)) if self.guarded.compares_numbers() => {
                Err(JsonPathError::NumberOutOfRange { pointer: String::new(), text: inexact.text.clone() })
            }
            (None, _) => self.query(&document.value),
        }
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests;
