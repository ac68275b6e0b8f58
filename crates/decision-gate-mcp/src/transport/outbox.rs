//! Whole lines to the client, one at a time, and what became of the connection.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use rmcp::model::{JsonRpcMessage, JsonRpcResponse, ListToolsResult, RequestId, ServerJsonRpcMessage, ServerResult};
use serde::Serialize;
use serde_json::Value;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

use super::message::Reply;
use crate::catalog::ToolList;
use crate::error::{Refusal, ServeError};

/// The writing half.
pub(crate) struct Outbox<W> {
    writer: Arc<tokio::sync::Mutex<W>>,
    outcome: Outcome,
    tools: Arc<dyn ToolList>,
}

impl<W: AsyncWrite + Send + Unpin + 'static> Outbox<W> {
    /// Lines go to `output`; the answer to `tools/list` gets its tools from `tools`.
    pub(crate) fn new(output: W, outcome: Outcome, tools: Arc<dyn ToolList>) -> Self {
        Self { writer: Arc::new(tokio::sync::Mutex::new(output)), outcome, tools }
    }

    pub(super) fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// Writes one line. A failure also ends the reading.
    pub(super) fn write(&self, line: Vec<u8>) -> impl Future<Output = Result<(), io::Error>> + Send + use<W> {
        let writer = Arc::clone(&self.writer);
        let outcome = self.outcome.clone();
        async move {
            let mut writer = writer.lock().await;
            let written = match writer.write_all(&line).await {
                Ok(()) => writer.flush().await,
                Err(error) => Err(error),
            };
            written.inspect_err(|error| outcome.write_failed(error))
        }
    }

    /// A message as a line.
    pub(super) fn line_of(&self, message: &ServerJsonRpcMessage) -> Vec<u8> {
        let line = match message {
            JsonRpcMessage::Response(JsonRpcResponse { id, result: ServerResult::ListToolsResult(list), .. }) => {
                list_line(id, list, &*self.tools)
            }
            message => encode(message),
        };
        line.unwrap_or_else(|| Reply::of(Refusal::Internal).into_line())
    }

    pub(super) async fn close(&self) -> Result<(), io::Error> {
        self.writer.lock().await.shutdown().await
    }
}

/// The JSON of `message` and a newline.
pub(super) fn encode(message: &impl Serialize) -> Option<Vec<u8>> {
    // Most answers are shorter; a longer one grows the buffer.
    let mut line = Vec::with_capacity(1024);
    match serde_json::to_writer(&mut line, message) {
        Ok(()) => {
            line.push(b'\n');
            Some(line)
        }
        Err(error) => {
            tracing::error!(%error, "a message has no form as json");
            None
        }
    }
}

/// The answer to `tools/list`: the tools are text already, and what else the result has is little.
fn list_line(id: &RequestId, list: &ListToolsResult, tools: &dyn ToolList) -> Option<Vec<u8>> {
    let texts = tools.texts();
    let Ok(Value::Object(mut rest)) = serde_json::to_value(list) else { return None };
    rest.remove("tools");
    let rest = serde_json::to_string(&rest).ok()?;
    let id = serde_json::to_string(id).ok()?;
    let between = if rest == "{}" { "" } else { "," };
    let parts = ["{\"jsonrpc\":\"2.0\",\"id\":", &id, ",\"result\":{\"tools\":["];
    let room = texts.iter().map(|text| text.len() + 1).sum::<usize>() + rest.len() + id.len() + 64;
    let mut line = Vec::with_capacity(room);
    parts.iter().for_each(|part| line.extend_from_slice(part.as_bytes()));
    for (number, text) in texts.iter().enumerate() {
        if number > 0 {
            line.push(b',');
        }
        line.extend_from_slice(text.as_bytes());
    }
    let members = rest.strip_prefix('{')?;
    ["]", between, members, "}\n"].iter().for_each(|part| line.extend_from_slice(part.as_bytes()));
    Some(line)
}

/// What became of the connection; shared by those who may end it.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    stop: CancellationToken,
    fault: Arc<Mutex<Option<ServeError>>>,
}

impl Outcome {
    pub(crate) fn new() -> Self {
        Self { stop: CancellationToken::new(), fault: Arc::default() }
    }

    /// Ends the reading; what is being answered is still answered.
    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }

    pub(super) async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    pub(super) fn read_failed(&self, error: io::Error) {
        self.end(ServeError::Read(error));
    }

    fn write_failed(&self, error: &io::Error) {
        // A client that is gone is no fault, and nothing more can be said to it.
        if error.kind() == io::ErrorKind::BrokenPipe {
            self.stop();
        } else {
            self.end(ServeError::Write(io::Error::new(error.kind(), error.to_string())));
        }
    }

    fn end(&self, fault: ServeError) {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(fault);
        self.stop();
    }

    /// The first fault, if there was one.
    pub(crate) fn into_result(self) -> Result<(), ServeError> {
        match self.fault.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(fault) => Err(fault),
            None => Ok(()),
        }
    }
}
