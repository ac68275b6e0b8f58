//! From a document to the value that a JSONPath selects in it.
//!
//! One match is the value itself, several are an array, none is no value. Copies of overlapping matches are bounded, and
//! a value that contains a number that RFC 8785 can't carry exactly is refused rather than rounded.

use std::fmt;

use decision_gate_core::json::path::{JsonPath, JsonPathError, Match, PathFault};
use decision_gate_core::json::{Exactness, Parsed};
use serde_json::{Map, Value, json};

use crate::refusal::{Refusal, bounded_pointer, facts};

/// Why a path gives no answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SelectFault {
    /// The path itself, or too much of it for this document.
    Path(JsonPathError),
    /// A number that is selected or compared.
    Inexact { pointer: String },
    /// Too much was selected.
    TooLarge { limit: usize },
}

/// What `path` selects in `document`, in all at most about `limit` bytes if it is several values.
pub(crate) fn select(document: Parsed, path: Option<&JsonPath>, limit: usize) -> Result<Option<Value>, SelectFault> {
    let Some(path) = path else {
        exact(&document, "")?;
        return Ok(Some(document.value));
    };
    let matches = path.query_parsed(&document).map_err(SelectFault::from)?;
    match matches.nodes.as_slice() {
        [] => Ok(None),
        [only] => {
            exact(&document, &only.location.pointer())?;
            Ok(Some(only.value.clone()))
        }
        several => {
            bounded(several, limit)?;
            several.iter().try_for_each(|it| exact(&document, &it.location.pointer()))?;
            Ok(Some(several.iter().map(|it| it.value.clone()).collect()))
        }
    }
}

fn exact(document: &Parsed, pointer: &str) -> Result<(), SelectFault> {
    match document.exactness(pointer) {
        Exactness::Exact => Ok(()),
        Exactness::Inexact(number) => Err(SelectFault::Inexact { pointer: number.pointer.clone() }),
        Exactness::Unlisted => Err(SelectFault::Inexact { pointer: pointer.to_owned() }),
    }
}

/// Refuses matches that are more than `limit` bytes together: `$['a','a',…]` selects the same one over and over.
fn bounded(matches: &[Match<'_>], limit: usize) -> Result<(), SelectFault> {
    let mut left = limit;
    matches.iter().try_for_each(|it| charge(it.value, &mut left)).ok_or(SelectFault::TooLarge { limit })
}

/// Takes at most the bytes of the value's canonical form, and no more steps than there are bytes left.
fn charge(value: &Value, left: &mut usize) -> Option<()> {
    let own = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => 1,
        Value::String(text) => text.len() + 1,
    };
    *left = left.checked_sub(own)?;
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| charge(item, left)),
        Value::Object(members) => members.iter().try_for_each(|(name, member)| {
            *left = left.checked_sub(name.len())?;
            charge(member, left)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Some(()),
    }
}

impl From<JsonPathError> for SelectFault {
    fn from(error: JsonPathError) -> Self {
        // The error of the path shows the number, which is what the file contains.
        if let JsonPathError::NumberOutOfRange { pointer, .. } = error {
            Self::Inexact { pointer }
        } else {
            Self::Path(error)
        }
    }
}

/// Says what the asker wrote and where the document is at fault, never what stands there.
impl fmt::Display for SelectFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(error) => error.fmt(f),
            Self::Inexact { pointer } => {
                write!(
                    f,
                    "the answer rests on a number at `{}` that is not exact as a double",
                    bounded_pointer(pointer)
                )
            }
            Self::TooLarge { limit } => write!(f, "the jsonpath selects more than `{limit}` bytes"),
        }
    }
}

impl Refusal for SelectFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Path(JsonPathError::Refused {
                fault: PathFault::Syntax | PathFault::UnknownFunction | PathFault::IllTyped | PathFault::PatternInvalid,
                ..
            }) => "invalid_jsonpath",
            Self::Path(error) => error.code(),
            Self::Inexact { .. } => "number_out_of_range",
            Self::TooLarge { .. } => "evidence_too_large",
        }
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::Path(error) => error.hint(),
            Self::Inexact { .. } => "write the number with at most 15 significant digits, or as a string",
            Self::TooLarge { .. } => "select less, for example by names or by `[0]`",
        }
    }

    fn facts(&self) -> Map<String, Value> {
        match self {
            Self::Path(_) => Map::new(),
            Self::Inexact { pointer } => facts([("pointer", json!(bounded_pointer(pointer)))]),
            Self::TooLarge { limit } => facts([("max_bytes", json!(limit))]),
        }
    }
}
