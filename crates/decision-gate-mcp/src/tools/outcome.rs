//! What a tool answers when it can't do what it was asked, and how answers look on the wire.
//!
//! A [`ToolError`] is for what the caller can mend; it travels as a result with `isError`, so that the model sees
//! it. Faults of the protocol are never one of these.

use std::{borrow::Cow, fmt};

use rmcp::model::{CallToolResult, ContentBlock};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::Link;

/// Why a tool could not do what it was asked, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolError {
    code: &'static str,
    message: String,
    hint: Cow<'static, str>,
    details: Map<String, Value>,
}

impl ToolError {
    /// An error with a stable flat code, what is wrong, and what to do.
    pub fn new(code: &'static str, message: impl Into<String>, hint: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), hint: hint.into(), details: Map::new() }
    }

    /// The server's own failure; the message says nothing of its inside.
    pub fn internal() -> Self {
        Self::new("internal_error", "the server failed inside", "try again; the server's log has the cause")
    }

    /// The caller has ended the call; nobody gets to see it.
    pub(super) fn cancelled() -> Self {
        Self::new("call_cancelled", "the call was cancelled", "call again; nothing was written")
    }

    /// The same, with one more fact in `details`.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub fn hint(&self) -> &str {
        &self.hint
    }

    /// The facts, by name.
    pub fn details(&self) -> &Map<String, Value> {
        &self.details
    }

    /// The structured form: `{code, message, hint, details}`.
    pub fn to_value(&self) -> Value {
        json!({ "code": self.code, "message": self.message, "hint": self.hint, "details": self.details })
    }

    pub(crate) fn into_result(self) -> CallToolResult {
        let mut result = CallToolResult::error(vec![ContentBlock::text(self.to_string())]);
        result.structured_content = Some(self.to_value());
        result
    }
}

impl Serialize for ToolError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, "\nhint: {}", self.hint) }
    }
}

impl std::error::Error for ToolError {}

/// A result that carries the same facts twice, as data and as text, and where there is more to read.
pub(super) fn success(structured: Value, text: String, links: Vec<Link>) -> CallToolResult {
    let mut content = vec![ContentBlock::text(text)];
    content.extend(links.into_iter().map(Link::into_content));
    let mut result = CallToolResult::success(content);
    result.structured_content = Some(structured);
    result
}
