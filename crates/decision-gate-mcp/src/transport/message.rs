//! From a line to what it is: a request, a cancellation, nothing to do, or something to refuse.

use bytes::BytesMut;
use decision_gate_core::json::{self, Envelope, IdSite, Inexact, Parsed};
use rmcp::model::{ClientRequest, ErrorData, RequestId};
use serde::Serialize;
use serde_json::Value;

use super::{json_limits, line::Line, method, outbox::encode};
use crate::{error::Refusal, serve::WireLimits};

const CANCELLED: &str = "notifications/cancelled";

/// What a line is.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all are requests, and a box would cost each an allocation")]
pub(super) enum Inbound {
    /// Nothing that asks for anything.
    Nothing,
    /// The client no longer waits for this request.
    Cancel(RequestId),
    /// A request.
    Request { id: RequestId, request: ClientRequest, inexact: Option<Inexact>, bytes: usize },
    /// No request that can be served; this is the answer.
    Reply(Reply),
}

/// An error answer of the transport itself.
#[derive(Debug)]
pub(super) struct Reply {
    id: Option<Value>,
    error: ErrorData,
}

#[derive(Serialize)]
struct ErrorLine<'a> {
    jsonrpc: &'static str,
    // Absent, never null: both revisions of the protocol's schema take it so.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a Value>,
    error: &'a ErrorData,
}

impl Reply {
    /// About how much memory one holds.
    pub(super) const BYTES: usize = 512;

    /// An answer to something whose id could not be read.
    pub(super) fn of(refusal: Refusal) -> Self {
        Self { id: None, error: refusal.into() }
    }

    /// An answer to a request.
    pub(super) fn to(id: RequestId, refusal: Refusal) -> Self {
        Self { id: Some(id.into_json_value()), error: refusal.into() }
    }

    pub(super) fn into_line(self) -> Vec<u8> {
        encode(&ErrorLine { jsonrpc: "2.0", id: self.id.as_ref(), error: &self.error }).unwrap_or_default()
    }
}

/// Sorts a line.
pub(super) fn read(line: Line, limits: &WireLimits) -> Inbound {
    match line {
        Line::Whole(bytes) => read_whole(&bytes, limits),
        Line::TooLong(skeleton) => {
            let refusal = Refusal::LineTooLong { length: skeleton.length(), limit: limits.max_line_bytes };
            unreadable(&skeleton.envelope(), refusal)
        }
    }
}

fn read_whole(bytes: &BytesMut, limits: &WireLimits) -> Inbound {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Inbound::Nothing;
    }
    match json::parse(bytes, &json_limits(limits)) {
        Ok(parsed) => sort(parsed, bytes.len()),
        Err(error) => unreadable(&json::scan_envelope(bytes), error.into()),
    }
}

/// The answer to a line that can't be parsed, with the id that can be read all the same.
fn unreadable(envelope: &Envelope, refusal: Refusal) -> Inbound {
    let id = match &envelope.id {
        IdSite::Number(number) => Some(Value::from(*number)),
        IdSite::String(text) => Some(Value::from(text.as_str())),
        IdSite::Absent | IdSite::Null | IdSite::Invalid => None,
    };
    refuse(id, refusal)
}

fn refuse(id: Option<Value>, refusal: Refusal) -> Inbound {
    tracing::warn!(code = refusal.code(), "refused a message");
    Inbound::Reply(Reply { id, error: refusal.into() })
}

fn sort(parsed: Parsed, bytes: usize) -> Inbound {
    let Parsed { value, inexact, .. } = parsed;
    let mut message = match value {
        Value::Object(message) => message,
        Value::Array(_) => return refuse(None, Refusal::Batch),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
            return refuse(None, Refusal::NotAnObject { found: kind(&other) });
        }
    };
    let id = message.remove("id").map(|id| as_written(id, "/id", &inexact));
    let echo = id.as_ref().filter(|id| id.is_string() || id.is_i64() || id.is_u64()).cloned();
    if message.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return refuse(echo, Refusal::Version);
    }
    let method = match message.remove("method") {
        Some(Value::String(method)) => method,
        // This server asks nothing, so an answer is to nobody.
        None if message.contains_key("result") || message.contains_key("error") => return Inbound::Nothing,
        _ => return refuse(echo, Refusal::Method),
    };
    let params = message.remove("params");
    let Some(id) = id else { return notification(&method, params, &inexact) };
    let id = match request_id(id) {
        Ok(id) => id,
        Err(found) => return refuse(echo, Refusal::Id { found }),
    };
    let inexact = inexact.into_iter().find(|number| number.pointer != "/id");
    match method::request(method, params, inexact.as_ref()) {
        Ok(request) => Inbound::Request { id, request, inexact, bytes },
        Err(refusal) => {
            tracing::warn!(code = refusal.code(), "refused a request");
            Inbound::Reply(Reply::to(id, refusal))
        }
    }
}

/// An id is only ever compared and carried back, so one that no double carries exactly is still good.
fn as_written(id: Value, pointer: &str, inexact: &[Inexact]) -> Value {
    let written = inexact.iter().find(|number| number.pointer == pointer).map(|number| number.text.as_str());
    let integer = written
        .and_then(|text| text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<u64>().map(Value::from)).ok());
    integer.unwrap_or(id)
}

fn notification(method: &str, params: Option<Value>, inexact: &[Inexact]) -> Inbound {
    let Some(Value::Object(mut params)) = params.filter(|_| method == CANCELLED) else { return Inbound::Nothing };
    let id = params.remove("requestId").map(|id| as_written(id, "/params/requestId", inexact));
    match id.map(request_id) {
        Some(Ok(id)) => Inbound::Cancel(id),
        Some(Err(_)) | None => Inbound::Nothing,
    }
}

fn request_id(id: Value) -> Result<RequestId, &'static str> {
    match id {
        Value::String(text) => Ok(RequestId::String(text.into())),
        Value::Number(number) => number.as_i64().map(RequestId::Number).ok_or("this number"),
        other @ (Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => Err(kind(&other)),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
