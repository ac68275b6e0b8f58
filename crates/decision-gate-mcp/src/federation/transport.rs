//! The pipe to a provider that speaks MCP: lines out, and in only what was asked for.

use std::borrow::Cow;
use std::io;
use std::sync::Arc;

use rmcp::RoleClient;
use rmcp::model::ServerJsonRpcMessage;
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::Mutex;

use super::fault::QueryFault;
use super::meter::{Death, Metered, Vitals};
use super::questions::Questions;
use crate::transport::line::{Line, LineReader};

/// Lines to and from a provider.
pub(super) struct PipeTransport {
    lines: LineReader<Metered<ChildStdout>>,
    input: Arc<Mutex<ChildStdin>>,
    questions: Questions,
    vitals: Arc<Vitals>,
    max_message: usize,
}

impl PipeTransport {
    pub(super) fn new(stdin: ChildStdin, stdout: ChildStdout, vitals: Arc<Vitals>, max_message: usize) -> Self {
        Self {
            lines: LineReader::new(Metered::new(stdout, Arc::clone(&vitals)), max_message),
            input: Arc::new(Mutex::new(stdin)),
            questions: Questions::new(Arc::clone(&vitals), max_message),
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
                Ok(Some(Line::Whole(bytes))) => self.questions.read(&bytes),
                Ok(Some(Line::TooLong(skeleton))) => {
                    let fault = QueryFault::TooLong { length: skeleton.length(), limit: self.max_message };
                    self.questions.refuse(&skeleton.envelope().id, &fault)
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
        self.questions.note(&item);
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
