//! Why a text is not acceptable JSON, and where.
//!
//! Every variant carries the place as offset, line and column; those that are about one member carry its
//! JSON Pointer. The code is derived in one total match, so a new way to fail can't go without one.

use std::fmt;

use thiserror::Error;

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Bytes before the place.
    pub offset: usize,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Position {
    /// The place that is `offset` bytes into `bytes`.
    pub fn of(bytes: &[u8], offset: usize) -> Self {
        let before = bytes.get(..offset).unwrap_or(bytes);
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let line = before.split(|byte| *byte == b'\n').count();
        // Continuation bytes are no columns of their own.
        let column = before.iter().skip(line_start).filter(|byte| **byte & 0xC0 != 0x80).count() + 1;
        Self { offset, line, column }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line `{}` column `{}`", self.line, self.column)
    }
}

/// What the grammar wanted where the text had something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Any value.
    Value,
    /// A value, and no byte order mark before it.
    NoByteOrderMark,
    /// A member name.
    Key,
    /// The colon between name and value.
    Colon,
    /// A comma or the end of the array.
    CommaOrBracket,
    /// A comma or the end of the object.
    CommaOrBrace,
    /// Nothing after the value.
    End,
    /// A digit of a number.
    Digit,
    /// A known character after a backslash.
    Escape,
    /// Four hexadecimal digits after `\u`.
    HexDigits,
    /// The end of a string, or an escape in place of a control character.
    StringEnd,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value => "a value",
            Self::NoByteOrderMark => "a value without a byte order mark",
            Self::Key => "a member name",
            Self::Colon => "`:`",
            Self::CommaOrBracket => "`,` or `]`",
            Self::CommaOrBrace => "`,` or `}`",
            Self::End => "the end of the text",
            Self::Digit => "a digit",
            Self::Escape => "one of `\"\\/bfnrtu`",
            Self::HexDigits => "four hexadecimal digits",
            Self::StringEnd => "`\"` or an escape",
        })
    }
}

/// Why a text is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum JsonError {
    /// Over the size limit; nothing of it was read.
    #[error("the text has `{length}` bytes, the limit is `{limit}`")]
    TooLarge {
        /// Bytes of the text.
        length: usize,
        /// Most bytes taken.
        limit: usize,
    },
    /// Not UTF-8.
    #[error("the text is not utf-8 at {at}")]
    InvalidUtf8 {
        /// The first bad byte.
        at: Position,
    },
    /// Not JSON.
    #[error("expected {expected} but found {} at {at}", Found(*.found))]
    Syntax {
        /// Where.
        at: Position,
        /// What the grammar wanted.
        expected: Expected,
        /// What stands there; nothing at the end of the text.
        found: Option<char>,
    },
    /// Arrays and objects within one another beyond the limit.
    #[error("the text nests deeper than `{limit}` levels at {at}")]
    TooDeep {
        /// The bracket that is one too many.
        at: Position,
        /// Most levels taken.
        limit: usize,
    },
    /// A name stands twice in one object.
    #[error("`{pointer}` is given twice, again at {at}")]
    DuplicateKey {
        /// The second one.
        at: Position,
        /// The member.
        pointer: String,
    },
    /// Half of a surrogate pair, which no UTF-8 text can carry.
    #[error("a `\\u` escape at {at} is half of a surrogate pair")]
    LoneSurrogate {
        /// The escape.
        at: Position,
    },
    /// A number that RFC 8785 can't carry exactly.
    #[error("a double can't hold the number `{text}` of {} exactly, at {at}", Member(.pointer))]
    NumberOutOfRange {
        /// The number.
        at: Position,
        /// The member.
        pointer: String,
        /// How it is written, cut to a bounded length.
        text: String,
    },
    /// A number in memory that RFC 8785 can't carry exactly.
    #[error("a double can't hold the number `{text}` of {} exactly", Member(.pointer))]
    ValueOutOfRange {
        /// The member.
        pointer: String,
        /// Its digits.
        text: String,
    },
    /// A value in memory that has no JSON form.
    #[error("the value has no json form: `{reason}`")]
    NoJsonForm {
        /// What its serializer said.
        reason: String,
    },
}

impl JsonError {
    /// Stable code for the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "json_too_large",
            Self::InvalidUtf8 { .. } => "json_invalid_utf8",
            Self::Syntax { .. } => "json_syntax",
            Self::TooDeep { .. } => "json_too_deep",
            Self::DuplicateKey { .. } => "json_duplicate_key",
            Self::LoneSurrogate { .. } => "json_lone_surrogate",
            Self::NumberOutOfRange { .. } | Self::ValueOutOfRange { .. } => "number_out_of_range",
            Self::NoJsonForm { .. } => "json_no_form",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "send less, or raise the limit in the configuration",
            Self::InvalidUtf8 { .. } => "encode the text as utf-8",
            Self::Syntax { expected: Expected::NoByteOrderMark, .. } => "save the text without a byte order mark",
            Self::Syntax { .. } => "write the text as rfc 8259 json, without comments or trailing commas",
            Self::TooDeep { .. } => "flatten the document",
            Self::DuplicateKey { .. } => "keep one of the two members",
            Self::LoneSurrogate { .. } => "write the character as utf-8 or as a whole surrogate pair",
            Self::NumberOutOfRange { .. } | Self::ValueOutOfRange { .. } => {
                "write the number with at most 15 significant digits, or as a string"
            }
            Self::NoJsonForm { .. } => "use string keys and finite numbers",
        }
    }

    /// The member that it is about; empty for the whole.
    pub fn pointer(&self) -> &str {
        match self {
            Self::DuplicateKey { pointer, .. }
            | Self::NumberOutOfRange { pointer, .. }
            | Self::ValueOutOfRange { pointer, .. } => pointer,
            Self::TooLarge { .. }
            | Self::InvalidUtf8 { .. }
            | Self::Syntax { .. }
            | Self::TooDeep { .. }
            | Self::LoneSurrogate { .. }
            | Self::NoJsonForm { .. } => "",
        }
    }

    /// Where in the text, if it is about one place.
    pub fn position(&self) -> Option<Position> {
        match self {
            Self::InvalidUtf8 { at }
            | Self::Syntax { at, .. }
            | Self::TooDeep { at, .. }
            | Self::DuplicateKey { at, .. }
            | Self::LoneSurrogate { at }
            | Self::NumberOutOfRange { at, .. } => Some(*at),
            Self::TooLarge { .. } | Self::ValueOutOfRange { .. } | Self::NoJsonForm { .. } => None,
        }
    }
}

/// Prints what was found, control characters escaped.
struct Found(Option<char>);

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(found) if found.is_control() || found == '\u{FEFF}' => write!(f, "`{}`", found.escape_unicode()),
            Some(found) => write!(f, "`{found}`"),
            None => f.write_str("the end of the text"),
        }
    }
}

/// Prints a JSON Pointer.
struct Member<'a>(&'a str);

impl fmt::Display for Member<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str("the document") } else { write!(f, "`{}`", self.0) }
    }
}
