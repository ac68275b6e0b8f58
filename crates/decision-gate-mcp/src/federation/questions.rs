//! What was asked of a provider over MCP and is not answered yet, and the reading of what comes back.
//!
//! Every message goes through the strict scan. An answer that does not pass, is too long or holds a number that would be
//! rounded becomes an error for the one query that it answers, if its id can be read; an answer to nothing that was
//! asked, or to something that was answered already, is dropped; so is what is no message at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use decision_gate_core::json::{self, IdSite, Limits, Parsed};
use rmcp::RoleClient;
use rmcp::model::{
    ClientNotification, ClientRequest, ErrorCode, ErrorData, JsonRpcMessage, NumberOrString, RequestId,
    ServerJsonRpcMessage,
};
use rmcp::service::TxJsonRpcMessage;
use serde_json::{Value, json};

use super::answer::of_json;
use super::fault::QueryFault;
use super::meter::{Death, Vitals};

/// Marks an error of this transport; outside of what JSON-RPC and MCP use.
pub(super) const REFUSED: ErrorCode = ErrorCode(-20_000);

/// The questions that wait for an answer.
#[derive(Debug)]
pub(super) struct Questions {
    asked: BTreeMap<Id, Asked>,
    vitals: Arc<Vitals>,
    max_message: usize,
}

/// What kind of question an id stands for: only the numbers of evidence must be exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Evidence,
    Other,
}

/// An id in an order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Id {
    Number(i64),
    Text(String),
}

impl Questions {
    pub(super) fn new(vitals: Arc<Vitals>, max_message: usize) -> Self {
        Self { asked: BTreeMap::new(), vitals, max_message }
    }

    /// The message in these bytes, if it means anything.
    pub(super) fn read(&mut self, line: &[u8]) -> Option<ServerJsonRpcMessage> {
        match json::parse(line, &Limits::message(self.max_message)) {
            Ok(parsed) => self.sort(parsed, None),
            Err(error) => self.refuse(&json::scan_envelope(line).id, &of_json(&error)),
        }
    }

    /// The message in these bytes, which came in reply to one question: an answer to any other is none.
    #[cfg(feature = "http")]
    pub(super) fn read_reply(&mut self, bytes: &[u8], own: &Id) -> Option<ServerJsonRpcMessage> {
        match json::parse(bytes, &Limits::message(self.max_message)) {
            Ok(parsed) => self.sort(parsed, Some(own)),
            Err(error) => {
                let id = json::scan_envelope(bytes).id;
                if Id::of(&id).as_ref() == Some(own) { self.refuse(&id, &of_json(&error)) } else { None }
            }
        }
    }

    /// Whether this question waits for its answer.
    #[cfg(feature = "http")]
    pub(super) fn waits(&self, id: &Id) -> bool {
        self.asked.contains_key(id)
    }

    fn sort(&mut self, parsed: Parsed, own: Option<&Id>) -> Option<ServerJsonRpcMessage> {
        let Parsed { value, inexact, .. } = parsed;
        let members = value.as_object()?;
        if members.contains_key("method") {
            let message = serde_json::from_value(value).ok()?;
            self.vitals.spoke();
            return Some(message);
        }
        let id = match members.get("id") {
            Some(Value::String(text)) => IdSite::String(text.clone()),
            Some(Value::Number(number)) => number.as_i64().map_or(IdSite::Invalid, IdSite::Number),
            _ => IdSite::Absent,
        };
        let mine = Id::of(&id).filter(|id| own.is_none_or(|own| own == id));
        let asked = mine.and_then(|id| self.asked.get(&id)).copied()?;
        if asked == Asked::Evidence && !inexact.is_empty() {
            return self.refuse(&id, &QueryFault::Inexact);
        }
        match serde_json::from_value(value) {
            Ok(message) => {
                self.take(&id);
                Some(message)
            }
            Err(_) => self.refuse(&id, &QueryFault::Malformed { reason: "it is no JSON-RPC answer".to_owned() }),
        }
    }

    /// Forgets a question that was answered.
    fn take(&mut self, id: &IdSite) -> Option<()> {
        self.asked.remove(&Id::of(id)?)?;
        self.vitals.answered();
        Some(())
    }

    /// The error for one question.
    #[cfg(feature = "http")]
    pub(super) fn refuse_own(&mut self, own: &Id, fault: &QueryFault) -> Option<ServerJsonRpcMessage> {
        let id = match own {
            Id::Number(number) => IdSite::Number(*number),
            Id::Text(text) => IdSite::String(text.clone()),
        };
        self.refuse(&id, fault)
    }

    /// The error for the query that a bad message answers, if it answers any.
    pub(super) fn refuse(&mut self, id: &IdSite, fault: &QueryFault) -> Option<ServerJsonRpcMessage> {
        self.take(id)?;
        let id = Id::of(id)?.into_request_id();
        tracing::debug!(code = fault.code(), "refused an answer of a provider");
        let facts = match fault {
            QueryFault::TooLong { length, limit } => json!({ "length": length, "limit": limit }),
            QueryFault::Malformed { reason } => json!({ "reason": reason }),
            QueryFault::Status { status } => json!({ "status": status }),
            _ => Value::Null,
        };
        Some(JsonRpcMessage::error(ErrorData::new(REFUSED, fault.code(), Some(facts)), Some(id)))
    }

    /// Remembers what goes out.
    pub(super) fn note(&mut self, item: &TxJsonRpcMessage<RoleClient>) {
        match item {
            JsonRpcMessage::Request(request) => {
                let evidence = matches!(request.request, ClientRequest::CallToolRequest(_));
                let asked = if evidence { Asked::Evidence } else { Asked::Other };
                self.asked.insert(Id::from(&request.id), asked);
            }
            JsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) = &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    self.asked.remove(&Id::from(id));
                }
            }
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => {}
        }
    }
}

impl Id {
    pub(super) fn of(site: &IdSite) -> Option<Self> {
        match site {
            IdSite::Number(number) => Some(Self::Number(*number)),
            IdSite::String(text) => Some(Self::Text(text.clone())),
            IdSite::Absent | IdSite::Null | IdSite::Invalid => None,
        }
    }

    fn into_request_id(self) -> RequestId {
        match self {
            Self::Number(number) => RequestId::Number(number),
            Self::Text(text) => RequestId::String(text.into()),
        }
    }
}

impl From<&RequestId> for Id {
    fn from(id: &RequestId) -> Self {
        match id {
            NumberOrString::Number(number) => Self::Number(*number),
            NumberOrString::String(text) => Self::Text(text.to_string()),
        }
    }
}

/// What a refused answer was refused for; the sender of the error is this transport.
pub(super) fn refusal(error: &ErrorData) -> Option<QueryFault> {
    if error.code != REFUSED {
        return None;
    }
    let fact = |name: &str| error.data.as_ref().and_then(|data| data.get(name));
    Some(match error.message.as_ref() {
        "evidence_too_large" => QueryFault::TooLong {
            length: fact("length").and_then(Value::as_u64).unwrap_or_default(),
            limit: fact("limit").and_then(Value::as_u64).and_then(|it| usize::try_from(it).ok()).unwrap_or_default(),
        },
        "number_out_of_range" => QueryFault::Inexact,
        "provider_gone" => QueryFault::Died(Death::Gone),
        "provider_http_status" => {
            let status = fact("status").and_then(Value::as_u64).and_then(|it| u16::try_from(it).ok());
            QueryFault::Status { status: status.unwrap_or_default() }
        }
        _ => {
            let reason = fact("reason").and_then(Value::as_str).unwrap_or("it can't be read");
            QueryFault::Malformed { reason: reason.chars().take(80).collect() }
        }
    })
}
