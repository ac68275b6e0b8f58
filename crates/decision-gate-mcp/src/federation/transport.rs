//! The pipe to a provider that speaks MCP: lines out, and in only what was asked for.
//!
//! Every line goes through the strict scan. An answer that does not pass, is too long or holds a number that would be
//! rounded becomes an error for the one query that it answers, if its id can be read; an answer to nothing that was
//! asked, or to something that was answered already, is dropped; so is what is no message at all.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use decision_gate_core::json::{self, IdSite, Limits, Parsed};
use rmcp::RoleClient;
use rmcp::model::{
    ClientNotification, ClientRequest, ErrorCode, ErrorData, JsonRpcMessage, NumberOrString, RequestId,
    ServerJsonRpcMessage,
};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use serde_json::{Value, json};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::Mutex;

use super::answer::of_json;
use super::fault::QueryFault;
use super::meter::{Death, Metered, Vitals};
use crate::transport::line::{Line, LineReader};

/// Marks an error of this transport; outside of what JSON-RPC and MCP use.
pub(super) const REFUSED: ErrorCode = ErrorCode(-20_000);

/// Lines to and from a provider.
pub(super) struct PipeTransport {
    lines: LineReader<Metered<ChildStdout>>,
    input: Arc<Mutex<ChildStdin>>,
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
enum Id {
    Number(i64),
    Text(String),
}

impl PipeTransport {
    pub(super) fn new(stdin: ChildStdin, stdout: ChildStdout, vitals: Arc<Vitals>, max_message: usize) -> Self {
        Self {
            lines: LineReader::new(Metered::new(stdout, Arc::clone(&vitals)), max_message),
            input: Arc::new(Mutex::new(stdin)),
            asked: BTreeMap::new(),
            vitals,
            max_message,
        }
    }

    /// The next message that means anything; nothing once there is none to come.
    async fn next(&mut self) -> Option<ServerJsonRpcMessage> {
        loop {
            let line = tokio::select! {
                biased;
                () = self.vitals.ended() => return None,
                line = self.lines.next() => line,
            };
            let message = match line {
                Ok(Some(Line::Whole(bytes))) => self.read(&bytes),
                Ok(Some(Line::TooLong(skeleton))) => {
                    let fault = QueryFault::TooLong { length: skeleton.length(), limit: self.max_message };
                    self.refuse(&skeleton.envelope().id, &fault)
                }
                Ok(None) | Err(_) => {
                    self.vitals.die(Death::Gone);
                    return None;
                }
            };
            if message.is_some() {
                return message;
            }
        }
    }

    fn read(&mut self, line: &[u8]) -> Option<ServerJsonRpcMessage> {
        match json::parse(line, &Limits::message(self.max_message)) {
            Ok(parsed) => self.sort(parsed),
            Err(error) => self.refuse(&json::scan_envelope(line).id, &of_json(&error)),
        }
    }

    fn sort(&mut self, parsed: Parsed) -> Option<ServerJsonRpcMessage> {
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
        let asked = Id::of(&id).and_then(|id| self.asked.get(&id)).copied()?;
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

    /// The error for the query that a bad line answers, if it answers any.
    fn refuse(&mut self, id: &IdSite, fault: &QueryFault) -> Option<ServerJsonRpcMessage> {
        self.take(id)?;
        let id = Id::of(id)?.into_request_id();
        tracing::debug!(code = fault.code(), "refused an answer of a provider");
        let facts = match fault {
            QueryFault::TooLong { length, limit } => json!({ "length": length, "limit": limit }),
            QueryFault::Malformed { reason } => json!({ "reason": reason }),
            _ => Value::Null,
        };
        Some(JsonRpcMessage::error(ErrorData::new(REFUSED, fault.code(), Some(facts)), Some(id)))
    }

    fn note(&mut self, item: &TxJsonRpcMessage<RoleClient>) {
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
    fn of(site: &IdSite) -> Option<Self> {
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
        _ => {
            let reason = fact("reason").and_then(Value::as_str).unwrap_or("it can't be read");
            QueryFault::Malformed { reason: reason.chars().take(80).collect() }
        }
    })
}

impl Transport<RoleClient> for PipeTransport {
    type Error = io::Error;

    fn name() -> Cow<'static, str> {
        Cow::Borrowed("provider")
    }

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), io::Error>> + Send + 'static {
        self.note(&item);
        let (input, vitals) = (Arc::clone(&self.input), Arc::clone(&self.vitals));
        async move {
            let mut line = serde_json::to_vec(&item).map_err(io::Error::other)?;
            line.push(b'\n');
            tokio::select! {
                written = write(&input, &line) => written,
                () = vitals.ended() => Err(io::ErrorKind::BrokenPipe.into()),
            }
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        self.next().await
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        self.vitals.die(Death::Gone);
        Ok(())
    }
}

/// Writes all of `bytes` before anybody else writes.
async fn write<W: AsyncWrite + Unpin>(input: &Mutex<W>, bytes: &[u8]) -> Result<(), io::Error> {
    let mut input = input.lock().await;
    input.write_all(bytes).await?;
    input.flush().await
}
