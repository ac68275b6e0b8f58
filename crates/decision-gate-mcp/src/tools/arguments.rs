//! Reads arguments, and says in the caller's terms what is wrong with them.
//!
//! The happy path is one pass of serde. Only when it fails is the value read again with its path kept, and serde's
//! message taken apart into facts: the path, what is allowed there, the nearest allowed word.

use std::fmt::Write as _;

use rmcp::model::JsonObject;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::ToolError;
use crate::words::{cut, nearest};

/// The arguments as their type.
pub(super) fn read<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, ToolError> {
    let arguments = Value::Object(arguments);
    T::deserialize(&arguments)
        .map_err(|error| explain::<T>(&arguments).unwrap_or_else(|| Fault::of(&error.to_string()).tell("")))
}

/// What is wrong with `value` as a `T`; nothing if it is one.
pub(crate) fn explain<T: DeserializeOwned>(value: &Value) -> Option<ToolError> {
    let error = serde_path_to_error::deserialize::<_, T>(value).err()?;
    let path = match error.path().to_string() {
        path if path == "." => String::new(),
        path => cut(&path),
    };
    Some(Fault::of(&error.inner().to_string()).tell(&path))
}

/// One way in which a value does not fit its type.
#[derive(Debug, PartialEq, Eq)]
enum Fault {
    /// A member that has no place there.
    UnknownField { name: String, allowed: Vec<String> },
    /// A word that is none of the list.
    UnknownWord { name: String, allowed: Vec<String> },
    /// A member that must be there.
    Missing { name: String },
    /// Another kind of value.
    WrongType { found: String, expected: String },
    /// What the type itself said.
    Refused { reason: String },
}

impl Fault {
    /// Takes serde's message apart.
    fn of(message: &str) -> Self {
        let words = backticked(message);
        let first = || words.first().map(|word| cut(word)).unwrap_or_default();
        let rest = || words.iter().skip(1).cloned().collect();
        if message.starts_with("unknown field ") {
            Self::UnknownField { name: first(), allowed: rest() }
        } else if message.starts_with("unknown variant ") {
            Self::UnknownWord { name: first(), allowed: rest() }
        } else if message.starts_with("missing field ") {
            Self::Missing { name: first() }
        } else if let Some((found, expected)) = mismatch(message) {
            Self::WrongType { found: cut(&plain_found(found)), expected: plain_expected(expected) }
        } else if message.starts_with("data did not match any variant") {
            Self::Refused { reason: "it has none of the allowed forms".to_owned() }
        } else {
            Self::Refused { reason: cut(message) }
        }
    }

    fn tell(self, path: &str) -> ToolError {
        let place = if path.is_empty() { "the arguments".to_owned() } else { format!("`{path}`") };
        let error = |path: &str, message: String, hint: String| {
            ToolError::new("invalid_arguments", message, hint).with("path", path)
        };
        match self {
            Self::UnknownField { name, allowed } => {
                let at = at_member(path, &name);
                unknown(error(&at, format!("`{at}` is not known"), hint(&name, &allowed)), &name, &allowed)
            }
            Self::UnknownWord { name, allowed } => {
                unknown(error(path, format!("{place} can't be `{name}`"), hint(&name, &allowed)), &name, &allowed)
            }
            Self::Missing { name } => {
                let at = at_member(path, &name);
                let hint = format!("add `{name}`");
                error(&at, format!("`{at}` is missing"), hint)
            }
            Self::WrongType { found, expected } => {
                let hint = format!("send {expected}");
                error(path, format!("{place} is {found}, not {expected}"), hint).with("expected", expected)
            }
            Self::Refused { reason } => {
                error(path, format!("{place} is refused: {reason}"), "see the tool's input schema".to_owned())
            }
        }
    }
}

fn unknown(error: ToolError, name: &str, allowed: &[String]) -> ToolError {
    let error = error.with("allowed", allowed);
    match nearest(name, allowed.iter().map(String::as_str)) {
        Some(word) => error.with("nearest", word),
        None => error,
    }
}

fn hint(name: &str, allowed: &[String]) -> String {
    let mut hint = String::new();
    if let Some(word) = nearest(name, allowed.iter().map(String::as_str)) {
        let _infallible = write!(hint, "did you mean `{word}`? ");
    }
    if allowed.is_empty() {
        hint.push_str("nothing is allowed there");
    } else {
        let _infallible = write!(hint, "allowed: {}", allowed.join(", "));
    }
    hint
}

/// The path of a member, whether or not `path` already ends with it.
fn at_member(path: &str, name: &str) -> String {
    let ends_with_it = path == name || path.strip_suffix(name).is_some_and(|before| before.ends_with('.'));
    match path {
        _ if ends_with_it => path.to_owned(),
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    }
}

/// What stands between backticks.
fn backticked(message: &str) -> Vec<String> {
    message.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Both sides of `invalid type: X, expected Y`.
fn mismatch(message: &str) -> Option<(&str, &str)> {
    let rest =
        ["invalid type: ", "invalid value: ", "invalid length "].iter().find_map(|it| message.strip_prefix(it))?;
    rest.rsplit_once(", expected ")
}

/// Serde's word for what was sent, as JSON has it.
fn plain_found(found: &str) -> String {
    let kind = |from: &str, to: &str| found.strip_prefix(from).map(|rest| format!("{to}{rest}"));
    match found {
        "map" => "an object".to_owned(),
        "sequence" => "an array".to_owned(),
        "null" | "unit value" => "null".to_owned(),
        _ => kind("integer ", "the number ")
            .or_else(|| kind("floating point ", "the number "))
            .or_else(|| kind("boolean ", "the value "))
            .or_else(|| kind("string ", "the text "))
            .unwrap_or_else(|| found.to_owned()),
    }
}

/// What the type wanted, without the names of types.
fn plain_expected(expected: &str) -> String {
    let plain = match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0 up",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a map" | "map" => "an object",
        "a sequence" | "sequence" => "an array",
        "a boolean" => "true or false",
        "a string" | "a borrowed string" | "string" => "a text",
        _ if expected.starts_with("struct ") || expected.contains("tagged enum ") => "an object",
        _ if expected.starts_with("a nonzero u") => "a whole number from 1 up",
        _ if expected.starts_with("enum ") || expected.starts_with("variant ") => "one of the listed words",
        _ if expected.starts_with("tuple ") || expected.starts_with("a tuple ") => "an array",
        _ => expected,
    };
    plain.to_owned()
}

#[cfg(test)]
mod tests;
