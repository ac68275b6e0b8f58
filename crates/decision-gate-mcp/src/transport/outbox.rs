//! Whole lines to the client, one at a time, and what became of the connection.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use rmcp::model::ServerJsonRpcMessage;
use serde::Serialize;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

use super::message::Reply;
use crate::error::{Refusal, ServeError};

/// The writing half. Clones write to the same stream.
pub(super) struct Outbox<W> {
    writer: Arc<tokio::sync::Mutex<W>>,
    outcome: Outcome,
}

impl<W: AsyncWrite + Send + Unpin + 'static> Outbox<W> {
    pub(super) fn new(output: W, outcome: Outcome) -> Self {
        Self { writer: Arc::new(tokio::sync::Mutex::new(output)), outcome }
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

    pub(super) async fn close(&self) -> Result<(), io::Error> {
        self.writer.lock().await.shutdown().await
    }
}

/// A message as a line.
pub(super) fn line_of(message: &ServerJsonRpcMessage) -> Vec<u8> {
    encode(message).unwrap_or_else(|| Reply::of(Refusal::Internal).into_line())
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
