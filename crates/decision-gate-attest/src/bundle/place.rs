//! Where in a file something stands.

use std::fmt;

/// A line of a file, or a part of the one document in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line, from 1; nothing where the file is one document.
    pub line: Option<usize>,
    /// JSON Pointer within the line or the document.
    pub pointer: String,
}

impl Place {
    pub(super) fn line(line: usize) -> Self {
        Self { line: Some(line), pointer: String::new() }
    }

    pub(super) fn whole() -> Self {
        Self { line: None, pointer: String::new() }
    }

    pub(super) fn within(&self, pointer: &str) -> Self {
        Self { line: self.line, pointer: format!("{}{pointer}", self.pointer) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.pointer.as_str()) {
            (Some(line), "") => write!(f, "line {line}"),
            (Some(line), pointer) => write!(f, "line {line}, `{pointer}`"),
            (None, "") => f.write_str("the document"),
            (None, pointer) => write!(f, "`{pointer}`"),
        }
    }
}
