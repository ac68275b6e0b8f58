//! A condition in one line, for people: `report.coverage.lines(file: lcov.info) >= 0.8`.
//!
//! ```text
//! line       = question [ comparison ]
//! question   = provider "." check [ "(" [ param *( "," param ) ] ")" ]
//! param      = name ":" value
//! comparison = "exists" / "not_exists" / operator value
//! operator   = "==" / "!=" / ">=" / "<=" / ">" / "<" / "in" / a comparator by its word
//! value      = JSON / word             ; a word ends at a blank, a comma or a bracket and is text unless it is JSON
//! ```
//!
//! The provider ends at the first dot. A line without a comparison asks for `true`. What a line says hashes as the long
//! form that it stands for.

use serde_json::{Map, Value};

use super::condition::nearest;
use super::spec::Expected;
use crate::condition::{Comparator, Expects};
use crate::evidence::Query;
use crate::json::{self, JsonError, Limits};
use crate::name::{CheckId, NameError, ProviderId};

/// The longest line, in bytes.
const MAX_LINE: usize = 4_096;

const OPERATORS: [(&str, &str); 7] = [
    ("==", "equals"),
    ("!=", "not_equals"),
    (">=", "greater_than_or_equal"),
    ("<=", "less_than_or_equal"),
    (">", "greater_than"),
    ("<", "less_than"),
    ("in", "in_set"),
];

/// What a line says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ShortCondition {
    pub(super) query: Query,
    pub(super) comparator: Comparator,
    pub(super) expected: Expected,
}

/// Why a line says nothing. `at` counts characters from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShortFault {
    /// It is longer than a condition is.
    #[error("a condition in one line has at most {MAX_LINE} bytes: write it as an object")]
    TooLong,
    /// No `provider.check`.
    #[error("a condition in one line begins with `provider.check`, as in `report.tests.failed == 0`")]
    NoQuestion,
    /// A name that is none.
    #[error("`{text}` is no id: {error}")]
    Name {
        /// As written.
        text: String,
        /// Why not.
        error: NameError,
    },
    /// Something else should stand there.
    #[error("character {at}: {expected} should stand here, not `{found}`")]
    Expected {
        /// Where.
        at: usize,
        /// What should.
        expected: &'static str,
        /// What does.
        found: String,
    },
    /// A parameter twice.
    #[error("character {at}: the parameter `{name}` stands there twice")]
    Repeated {
        /// Where.
        at: usize,
        /// Which.
        name: String,
    },
    /// A comparison that is none.
    #[error("character {at}: `{word}` does not compare; {}", offer(nearest.as_deref()))]
    Operator {
        /// Where.
        at: usize,
        /// As written.
        word: String,
        /// The nearest that does.
        nearest: Option<String>,
    },
    /// A value that is not JSON.
    #[error("character {at}: {error}")]
    Value {
        /// Where.
        at: usize,
        /// Why not.
        error: JsonError,
    },
}

fn offer(nearest: Option<&str>) -> String {
    match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "use one of `==`, `!=`, `>`, `>=`, `<`, `<=`, `in`, or a comparator by its word".to_owned(),
    }
}

/// Reads a line.
pub(super) fn parse(line: &str) -> Result<ShortCondition, ShortFault> {
    if line.len() > MAX_LINE {
        return Err(ShortFault::TooLong);
    }
    let mut rest = Cursor { line, rest: line.trim_start() };
    let query = question(&mut rest)?;
    let (comparator, expected) = comparison(&mut rest)?;
    match rest.rest {
        "" => Ok(ShortCondition { query, comparator, expected }),
        _ => Err(rest.expected("the end")),
    }
}

fn question(rest: &mut Cursor<'_>) -> Result<Query, ShortFault> {
    let name = rest.take(|it| it.is_ascii_alphanumeric() || matches!(it, '.' | '_' | ':' | '-'));
    let (provider, check) = name.split_once('.').ok_or(ShortFault::NoQuestion)?;
    let misnamed = |text: &str, error| ShortFault::Name { text: text.to_owned(), error };
    Ok(Query {
        provider_id: ProviderId::try_from(provider).map_err(|error| misnamed(provider, error))?,
        check_id: CheckId::try_from(check).map_err(|error| misnamed(check, error))?,
        params: if rest.eat("(") { Some(Value::Object(params(rest)?)) } else { None },
    })
}

fn params(rest: &mut Cursor<'_>) -> Result<Map<String, Value>, ShortFault> {
    let mut params = Map::new();
    rest.blanks();
    while !rest.eat(")") {
        let at = rest.at();
        let name = rest.take(|it| it.is_ascii_alphanumeric() || matches!(it, '_' | '-'));
        if name.is_empty() {
            return Err(rest.expected("the name of a parameter or `)`"));
        }
        rest.blanks();
        if !rest.eat(":") {
            return Err(rest.expected("`:`"));
        }
        let value = value(rest)?;
        if params.insert(name.to_owned(), value).is_some() {
            return Err(ShortFault::Repeated { at, name: name.to_owned() });
        }
        rest.blanks();
        if rest.eat(",") {
            rest.blanks();
        } else if !rest.rest.starts_with(')') {
            return Err(rest.expected("`,` or `)`"));
        }
    }
    Ok(params)
}

fn comparison(rest: &mut Cursor<'_>) -> Result<(Comparator, Expected), ShortFault> {
    rest.blanks();
    let at = rest.at();
    let signs = rest.take(|it| matches!(it, '=' | '!' | '<' | '>'));
    let word = if signs.is_empty() { rest.take(|it| it.is_ascii_alphanumeric() || it == '_') } else { signs };
    let written = match word {
        "" if rest.rest.is_empty() => return Ok((equals(at)?, Expected::from(Value::Bool(true)))),
        "" => return Err(rest.expected("a comparison")),
        word => OPERATORS.iter().find(|(sign, _)| *sign == word).map_or(word, |(_, comparator)| comparator),
    };
    let comparator = Comparator::named(written).ok_or_else(|| operator(at, word))?;
    let expected = match comparator.expects() {
        Expects::Presence { .. } => Expected::default(),
        Expects::Value | Expects::Set | Expects::Part => Expected::from(value(rest)?),
    };
    rest.blanks();
    Ok((comparator, expected))
}

fn equals(at: usize) -> Result<Comparator, ShortFault> {
    Comparator::named("equals").ok_or_else(|| operator(at, "equals"))
}

fn operator(at: usize, word: &str) -> ShortFault {
    let known = crate::condition::ALL.into_iter().map(Comparator::word).chain(OPERATORS.iter().map(|(sign, _)| *sign));
    let meant = if word == "=" { Some("==".to_owned()) } else { nearest(word, known) };
    ShortFault::Operator { at, word: word.to_owned(), nearest: meant }
}

/// JSON, or a word.
fn value(rest: &mut Cursor<'_>) -> Result<Value, ShortFault> {
    rest.blanks();
    let at = rest.at();
    let strict = |text: &str| json::parse_exact(text.as_bytes(), &Limits::message(MAX_LINE));
    if rest.rest.starts_with(['"', '[', '{']) {
        let mut values = serde_json::Deserializer::from_str(rest.rest).into_iter::<serde::de::IgnoredAny>();
        let whole = matches!(values.next(), Some(Ok(_)));
        let end = if whole { values.byte_offset() } else { rest.rest.len() };
        let text = rest.take_bytes(end);
        return strict(text).map_err(|error| ShortFault::Value { at, error });
    }
    let word = rest.take(|it| !it.is_whitespace() && !matches!(it, ',' | '(' | ')' | '"' | '[' | ']' | '{' | '}'));
    match word {
        "" => Err(rest.expected("a value")),
        // What is no JSON is a text: a file, a path, a version.
        word => Ok(strict(word).unwrap_or_else(|_| Value::from(word))),
    }
}

/// What is left of a line.
struct Cursor<'a> {
    line: &'a str,
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn at(&self) -> usize {
        let read = self.line.len() - self.rest.len();
        self.line.char_indices().take_while(|(offset, _)| *offset < read).count() + 1
    }

    fn blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, sign: &str) -> bool {
        let after = self.rest.strip_prefix(sign);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn take(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|it| !belongs(it)).unwrap_or(self.rest.len());
        self.take_bytes(end)
    }

    fn take_bytes(&mut self, end: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    fn expected(&self, expected: &'static str) -> ShortFault {
        let found: String = self.rest.chars().take(20).collect();
        let found = if found.is_empty() { "the end of the line".to_owned() } else { found };
        ShortFault::Expected { at: self.at(), expected, found }
    }
}

#[cfg(test)]
mod tests;
