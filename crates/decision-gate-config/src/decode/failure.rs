//! What serde reports, turned into a [`Fault`] at a key path.

use std::fmt::Display;

use serde::de::{Error, Expected, Unexpected};

use super::Found;
use crate::error::Fault;
use crate::key_path::{KeyPath, Segment};
use crate::tree::cut;

/// A fault on its way out of nested tables; each level adds its step.
#[derive(Debug)]
pub(crate) struct Failure {
    fault: Fault,
    /// Innermost first.
    steps: Vec<Segment>,
}

impl Failure {
    pub(super) fn new(fault: Fault) -> Self {
        Self { fault, steps: Vec::new() }
    }

    pub(super) fn kind(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(Fault::Type { expected: expected.into(), found: found.into() })
    }

    /// Whether the step to the key that it is about is part of it already.
    pub(super) fn is_about_key(&self) -> bool {
        !self.steps.is_empty()
    }

    /// The same fault, seen from the table or list around it.
    pub(super) fn within(mut self, segment: Segment) -> Self {
        self.steps.push(segment);
        self
    }

    pub(super) fn into_found(mut self) -> Found {
        self.steps.reverse();
        Found { key: KeyPath::from(self.steps), fault: self.fault }
    }
}

impl std::error::Error for Failure {}

impl Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.fault.fmt(f)
    }
}

impl Error for Failure {
    fn custom<T: Display>(problem: T) -> Self {
        Self::new(Fault::Grammar { problem: problem.to_string() })
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::kind(wanted(expected), describe(found))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(Fault::Range { expected: wanted(expected), found: plain(found) })
    }

    fn unknown_variant(found: &str, allowed: &'static [&'static str]) -> Self {
        Self::new(choice(found, allowed))
    }

    fn unknown_field(key: &str, allowed: &'static [&'static str]) -> Self {
        let allowed = allowed.iter().map(|key| (*key).to_owned()).collect();
        // The step to the key itself: the fault is about what stands there, not about the table.
        Self::new(Fault::UnknownKey { key: key.to_owned(), allowed, elsewhere: None })
            .within(Segment::Key(key.to_owned()))
    }

    fn missing_field(key: &'static str) -> Self {
        Self::new(Fault::MissingKey { key: key.to_owned() })
    }
}

/// What serde expects, without the names of Rust's types.
fn wanted(expected: &dyn Expected) -> String {
    match expected.to_string().as_str() {
        "a nonzero u64" => "an integer from 1".to_owned(),
        "u64" => "an integer from 0".to_owned(),
        other => other.to_owned(),
    }
}

/// A word that is not one of the allowed ones.
pub(super) fn choice(found: &str, allowed: &[&str]) -> Fault {
    Fault::Choice { found: cut(found), allowed: allowed.iter().map(|word| (*word).to_owned()).collect() }
}

/// Kind and value, such as "string `abc`".
fn describe(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(_) => format!("boolean `{}`", plain(found)),
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => format!("integer `{}`", plain(found)),
        Unexpected::Float(_) => format!("decimal number `{}`", plain(found)),
        Unexpected::Str(_) | Unexpected::Char(_) => format!("string `{}`", plain(found)),
        Unexpected::Bytes(_)
        | Unexpected::Unit
        | Unexpected::Option
        | Unexpected::NewtypeStruct
        | Unexpected::Seq
        | Unexpected::Map
        | Unexpected::Enum
        | Unexpected::UnitVariant
        | Unexpected::NewtypeVariant
        | Unexpected::TupleVariant
        | Unexpected::StructVariant
        | Unexpected::Other(_) => plain(found),
    }
}

/// The value alone, or what it is if it has no short form.
fn plain(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(value) => value.to_string(),
        Unexpected::Unsigned(value) => value.to_string(),
        Unexpected::Signed(value) => value.to_string(),
        Unexpected::Float(value) => value.to_string(),
        Unexpected::Char(value) => value.to_string(),
        Unexpected::Str(text) => cut(text),
        Unexpected::Unit | Unexpected::Option => "null".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a table".to_owned(),
        Unexpected::Bytes(_)
        | Unexpected::NewtypeStruct
        | Unexpected::Enum
        | Unexpected::UnitVariant
        | Unexpected::NewtypeVariant
        | Unexpected::TupleVariant
        | Unexpected::StructVariant
        | Unexpected::Other(_) => found.to_string(),
    }
}
