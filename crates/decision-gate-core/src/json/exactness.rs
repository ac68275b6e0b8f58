//! Which numbers of a document RFC 8785 carries exactly.
//!
//! A document may hold numbers that its canonical form rounds. That is no fault until somebody rests a decision on
//! one, so the parser keeps a bounded list of them and [`Parsed::exactness`] answers for a part of the document.

use serde_json::Value;

use super::pointer;

/// A number whose canonical form has another value than its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inexact {
    /// JSON Pointer of the number.
    pub pointer: String,
    /// How it is written, cut to [`Inexact::MAX_TEXT`] bytes.
    pub text: String,
    /// Bytes before it.
    pub offset: usize,
}

impl Inexact {
    /// Most bytes of the source text that are kept.
    pub const MAX_TEXT: usize = 64;
}

/// Whether the numbers of a part of a document are exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Exactness<'a> {
    /// All of them are.
    Exact,
    /// This one is not.
    Inexact(&'a Inexact),
    /// The document has too many inexact numbers to list, and one of these may be among them.
    Unlisted,
}

/// A document that passed the scan.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// The document. Inexact numbers are their nearest double; every exact integral number that fits is an integer,
    /// however it is written (`1.0`, `1e2`, `-0`).
    pub value: Value,
    /// The first inexact numbers, in the order of the text.
    pub inexact: Vec<Inexact>,
    /// How many there are in all; more than the list has if it was cut.
    pub inexact_count: usize,
}

impl Parsed {
    /// Most inexact numbers that are listed.
    pub const MAX_INEXACT: usize = 64;
    /// Most pointer bytes that the list holds in all.
    pub(crate) const MAX_POINTER_BYTES: usize = 64 * 1024;

    /// Whether all numbers at and below `at` (a JSON Pointer) are exact.
    pub fn exactness(&self, at: &str) -> Exactness<'_> {
        let listed = self.inexact.iter().find(|inexact| pointer::is_within(&inexact.pointer, at));
        match listed {
            Some(inexact) => Exactness::Inexact(inexact),
            None if self.inexact_count == self.inexact.len() => Exactness::Exact,
            // Invariant: the scan makes every inexact number a double.
            None if self.value.pointer(at).is_some_and(has_double) => Exactness::Unlisted,
            None => Exactness::Exact,
        }
    }
}

fn has_double(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(items) => items.iter().any(has_double),
        Value::Object(members) => members.values().any(has_double),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}
