//! Faults of the protocol, and why the server stops.
//!
//! A [`Refusal`] is a JSON-RPC error: the message was no request that this server can serve. What a caller can mend
//! by other arguments is never one; that is a [`ToolError`](crate::tools::ToolError) inside a result.

use rmcp::model::{ErrorCode, ErrorData};
use serde_json::{Value, json};
use thiserror::Error;

use decision_gate_core::json::{Inexact, JsonError};
use decision_gate_runtime::RuntimeError;

use crate::words::cut;

/// Why a message is answered with a JSON-RPC error.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum Refusal {
    /// Not acceptable as JSON.
    #[error("{0}")]
    Json(#[from] JsonError),
    /// The line is over the limit and was skipped.
    #[error("the line has `{length}` bytes, the limit is `{limit}`")]
    LineTooLong {
        /// Bytes of the line.
        length: u64,
        /// Most bytes taken.
        limit: usize,
    },
    /// Several messages in one array.
    #[error("a batch is not supported")]
    Batch,
    /// Neither an object nor an array.
    #[error("a message is an object, not {found}")]
    NotAnObject {
        /// What it is.
        found: &'static str,
    },
    /// `jsonrpc` is not there or not `2.0`.
    #[error("`jsonrpc` must be `2.0`")]
    Version,
    /// `method` is not there or no text.
    #[error("`method` must be a text")]
    Method,
    /// `id` is neither a text nor an integer.
    #[error("`id` must be a text or an integer from -2^63 to 2^63 - 1, not {found}")]
    Id {
        /// What it is.
        found: &'static str,
    },
    /// Another request with that id is still being answered.
    #[error("a request with this `id` is still being answered")]
    DuplicateId,
    /// No such method, or one of a capability that the server does not declare.
    #[error("`{method}` is not a method of this server")]
    UnknownMethod {
        /// Its name.
        method: String,
    },
    /// The parameters do not fit the method.
    #[error("{message}")]
    Params {
        /// Where.
        path: String,
        /// What is wrong.
        message: String,
    },
    /// A number in the parameters that RFC 8785 can't carry exactly.
    #[error("the number `{text}` of `{pointer}` is not exact as a double")]
    Number {
        /// JSON Pointer of the number.
        pointer: String,
        /// How it is written.
        text: String,
    },
    /// No tool of that name is listed.
    #[error("`{name}` is not a tool of this server")]
    UnknownTool {
        /// Its name.
        name: String,
        /// The nearest listed one.
        nearest: Option<&'static str>,
    },
    /// Nothing of ours lies at that address.
    #[error("there is no resource `{uri}`")]
    UnknownResource {
        /// The address.
        uri: String,
    },
    /// No prompt of that name is listed.
    #[error("`{name}` is not a prompt of this server")]
    UnknownPrompt {
        /// Its name.
        name: String,
        /// The nearest listed one.
        nearest: Option<&'static str>,
    },
    /// What is asked for can't be had now.
    #[error("{message}")]
    Unavailable {
        /// The code of the part that can't.
        code: &'static str,
        /// What is wrong.
        message: String,
        /// What to do.
        hint: String,
    },
    /// A list was asked for a page that there is not.
    #[error("the cursor is not one of this server's")]
    Cursor,
    /// The connection has no handshake, and the request brings no version of its own.
    #[error("request `_meta` lacks or has malformed: {}", .missing.join(", "))]
    NoSession {
        /// The keys.
        missing: Vec<&'static str>,
    },
    /// Something of ours broke.
    #[error("the server failed inside")]
    Internal,
}

impl Refusal {
    /// The inexact number `inexact`, as a refusal.
    pub(crate) fn number(inexact: &Inexact) -> Self {
        Self::Number { pointer: inexact.pointer.clone(), text: inexact.text.clone() }
    }

    /// Nothing of ours lies at `uri`.
    pub(crate) fn unknown_resource(uri: &str) -> Self {
        Self::UnknownResource { uri: cut(uri) }
    }

    /// The gate can't look something up.
    pub(crate) fn of_gate(error: &RuntimeError) -> Self {
        let (code, hint) = (error.code(), error.hint());
        Self::Unavailable { code, message: error.to_string(), hint }
    }

    /// A parameter that is not what it must be.
    pub(crate) fn param(path: &str, expected: &str) -> Self {
        Self::Params { path: path.to_owned(), message: format!("`{path}` must be {expected}") }
    }

    /// Stable code, in the error's `data`.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Json(error) => error.code(),
            Self::LineTooLong { .. } => "line_too_long",
            Self::Batch => "batch_not_supported",
            Self::NotAnObject { .. } | Self::Version | Self::Method | Self::Id { .. } => "invalid_request",
            Self::DuplicateId => "duplicate_request_id",
            Self::UnknownMethod { .. } => "method_not_found",
            Self::Params { .. } => "invalid_params",
            Self::Number { .. } => "number_out_of_range",
            Self::UnknownTool { .. } => "tool_not_found",
            Self::UnknownResource { .. } => "resource_not_found",
            Self::UnknownPrompt { .. } => "prompt_not_found",
            Self::Unavailable { code, .. } => code,
            Self::Cursor => "invalid_cursor",
            Self::NoSession { .. } => "session_missing",
            Self::Internal => "internal_error",
        }
    }

    /// The number that JSON-RPC has for it.
    fn rpc_code(&self) -> ErrorCode {
        match self {
            Self::Json(JsonError::TooLarge { .. } | JsonError::TooDeep { .. })
            | Self::LineTooLong { .. }
            | Self::Batch
            | Self::NotAnObject { .. }
            | Self::Version
            | Self::Method
            | Self::Id { .. }
            | Self::DuplicateId => ErrorCode::INVALID_REQUEST,
            Self::Json(_) => ErrorCode::PARSE_ERROR,
            Self::UnknownMethod { .. } => ErrorCode::METHOD_NOT_FOUND,
            Self::Params { .. }
            | Self::Number { .. }
            | Self::UnknownTool { .. }
            | Self::UnknownPrompt { .. }
            | Self::Cursor
            | Self::NoSession { .. } => ErrorCode::INVALID_PARAMS,
            // rmcp says -32602 to those who speak 2026-07-28, as that revision has it.
            Self::UnknownResource { .. } => ErrorCode::RESOURCE_NOT_FOUND,
            Self::Unavailable { .. } | Self::Internal => ErrorCode::INTERNAL_ERROR,
        }
    }

    /// What to do about it.
    pub(crate) fn hint(&self) -> &str {
        match self {
            Self::Json(error) => error.hint(),
            Self::LineTooLong { .. } => "send less, or raise `server.max_line_bytes`",
            Self::Batch => "send each message on a line of its own",
            Self::NotAnObject { .. } | Self::Version | Self::Method => "send a json-rpc 2.0 request",
            Self::Id { .. } | Self::DuplicateId => "give each request an id of its own",
            Self::UnknownMethod { .. } => "see the capabilities that the server declares",
            Self::Params { .. } => "see the protocol's schema of this method",
            Self::Number { .. } => "write the number with at most 15 significant digits, or as a string",
            Self::UnknownTool { .. } => "see `tools/list`",
            Self::UnknownResource { .. } => "see `resources/list` and `resources/templates/list`",
            Self::UnknownPrompt { .. } => "see `prompts/list`",
            Self::Unavailable { hint, .. } => hint,
            Self::Cursor => "leave `cursor` out to begin, then hand back `nextCursor` as it came",
            Self::NoSession { .. } => "send `initialize` first, or the missing keys with each request",
            Self::Internal => "try again; the server's log has the cause",
        }
    }

    /// The facts of the variants, beside code and hint.
    fn facts(&self) -> Value {
        match self {
            Self::Json(error) => {
                error.position().map_or(Value::Null, |at| json!({ "offset": at.offset, "column": at.column }))
            }
            Self::LineTooLong { length, limit } => json!({ "length": length, "limit": limit }),
            Self::UnknownMethod { method } => json!({ "method": cut(method) }),
            Self::Params { path, .. } => json!({ "path": cut(path) }),
            Self::Number { pointer, .. } => json!({ "path": cut(pointer) }),
            Self::UnknownTool { name, nearest } => json!({ "tool": cut(name), "nearest": nearest }),
            Self::UnknownResource { uri } => json!({ "uri": uri }),
            Self::UnknownPrompt { name, nearest } => json!({ "prompt": cut(name), "nearest": nearest }),
            Self::NoSession { missing } => json!({ "missing": missing }),
            Self::Batch
            | Self::NotAnObject { .. }
            | Self::Version
            | Self::Method
            | Self::Id { .. }
            | Self::DuplicateId
            | Self::Unavailable { .. }
            | Self::Cursor
            | Self::Internal => Value::Null,
        }
    }
}

impl From<Refusal> for ErrorData {
    fn from(refusal: Refusal) -> Self {
        let mut data = json!({ "code": refusal.code(), "hint": refusal.hint() });
        if let (Value::Object(data), facts @ Value::Object(_)) = (&mut data, refusal.facts()) {
            data.insert("details".to_owned(), facts);
        }
        Self::new(refusal.rpc_code(), cut(&refusal.to_string()), Some(data))
    }
}

/// Why the server could not start, or stopped before the client was done.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The configuration lists a tool that there is not.
    #[error("`{name}` in `{key}` is not a tool")]
    UnknownTool {
        /// The configuration key.
        key: &'static str,
        /// The name.
        name: String,
        /// The nearest tool.
        nearest: Option<&'static str>,
    },
    /// Reading from the client failed.
    #[error("reading from the client failed")]
    Read(#[source] std::io::Error),
    /// Writing to the client failed for another reason than that it is gone.
    #[error("writing to the client failed")]
    Write(#[source] std::io::Error),
    /// The message loop died.
    #[error("the message loop ended by a fault")]
    Loop,
}

impl ServeError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownTool { .. } => "config_unknown_tool",
            Self::Read(_) => "stdio_read_failed",
            Self::Write(_) => "stdio_write_failed",
            Self::Loop => "internal_error",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::UnknownTool { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
            Self::UnknownTool { nearest: None, .. } => "see the tools with `--profile full`".to_owned(),
            Self::Read(_) | Self::Write(_) => "start the server from an mcp client".to_owned(),
            Self::Loop => "see the log, and report it".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
