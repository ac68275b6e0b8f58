//! The provider protocol of the public Decision Gate project (`reference/payloads.md` 6.4): `Content-Length` frames, no
//! handshake, one method, one call at a time. An answer in the wrong place can't be told from the next one, so after a
//! broken frame, a wrong id or a call that was given up the provider is ended.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use decision_gate_core::json::{self, Limits};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::Mutex;

use super::answer::of_json;
use super::fault::QueryFault;
use super::meter::{Death, Metered, Vitals};

/// Most bytes of the head of a frame; what the public project's own servers keep to.
const MAX_HEAD: u64 = 8 * 1024;

/// A provider that speaks it.
#[derive(Debug)]
pub(super) struct V0Session {
    pipes: Mutex<Pipes>,
    next_id: AtomicU64,
    vitals: Arc<Vitals>,
    max_message: usize,
}

#[derive(Debug)]
struct Pipes {
    input: ChildStdin,
    output: BufReader<Metered<ChildStdout>>,
}

/// Ends the provider unless the call it stands for went through: what it says next would answer the wrong call.
struct Unfinished<'a>(Option<&'a Vitals>);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if let Some(vitals) = self.0 {
            vitals.die(Death::Broken);
        }
    }
}

impl V0Session {
    pub(super) fn new(input: ChildStdin, stdout: ChildStdout, vitals: Arc<Vitals>, max_message: usize) -> Self {
        let output = BufReader::new(Metered::new(stdout, Arc::clone(&vitals)));
        Self { pipes: Mutex::new(Pipes { input, output }), next_id: AtomicU64::new(1), vitals, max_message }
    }

    /// Asks `evidence_query` with these arguments and gives the evidence result, as JSON that was read strictly.
    pub(super) async fn ask(&self, arguments: Value) -> Result<Value, QueryFault> {
        let mut pipes = self.pipes.lock().await;
        if let Some(death) = self.vitals.death() {
            return Err(QueryFault::Died(death));
        }
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let mut unfinished = Unfinished(Some(&self.vitals));
        let body = tokio::select! {
            body = pipes.exchange(id, arguments, self.max_message) => body,
            () = self.vitals.ended() => return Err(QueryFault::Died(self.vitals.death().unwrap_or(Death::Gone))),
        };
        let body = match body {
            Ok(body) => body,
            Err(fault) => {
                let died = matches!(fault, QueryFault::Died(Death::Gone));
                self.vitals.die(if died { Death::Gone } else { Death::Broken });
                return Err(self.vitals.death().filter(|_| died).map_or(fault, QueryFault::Died));
            }
        };
        let reply = json::parse_exact(&body, &Limits::message(self.max_message)).map_err(|error| of_json(&error))?;
        if reply.get("id").and_then(Value::as_u64) != Some(id) {
            return Err(QueryFault::Malformed { reason: "it answers another question".to_owned() });
        }
        unfinished.0 = None;
        self.vitals.answered();
        result_of(reply)
    }
}

impl Pipes {
    /// Sends one call and reads one frame.
    async fn exchange(&mut self, id: u64, arguments: Value, limit: usize) -> Result<Vec<u8>, QueryFault> {
        let params = json!({ "name": "evidence_query", "arguments": arguments });
        let call = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }).to_string();
        let gone = |_: io::Error| QueryFault::Died(Death::Gone);
        let frame = format!("Content-Length: {}\r\n\r\n{call}", call.len());
        self.input.write_all(frame.as_bytes()).await.map_err(gone)?;
        self.input.flush().await.map_err(gone)?;
        let length = self.head().await?;
        let within = usize::try_from(length).ok().filter(|length| *length <= limit);
        let Some(within) = within else { return Err(QueryFault::TooLong { length, limit }) };
        let mut body = vec![0; within];
        self.output.read_exact(&mut body).await.map_err(gone)?;
        Ok(body)
    }

    /// The length that the head of a frame says. Names are in any case, as in the heads of mail.
    async fn head(&mut self) -> Result<u64, QueryFault> {
        let malformed = |reason: &str| QueryFault::Malformed { reason: reason.to_owned() };
        let mut head = (&mut self.output).take(MAX_HEAD);
        let mut length = None;
        loop {
            let mut line = Vec::new();
            let read = head.read_until(b'\n', &mut line).await.map_err(|_| QueryFault::Died(Death::Gone))?;
            if read == 0 {
                let over = head.limit() == 0;
                return Err(if over { malformed("its head has no end") } else { QueryFault::Died(Death::Gone) });
            }
            let line = String::from_utf8(line).map_err(|_| malformed("its head is no text"))?;
            let line = line.trim();
            if line.is_empty() {
                return length.ok_or_else(|| malformed("its head has no length"));
            }
            let (name, value) = line.split_once(':').ok_or_else(|| malformed("its head is none"))?;
            if name.trim().eq_ignore_ascii_case("content-length") {
                let digits = value.trim();
                let number = digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()));
                length = Some(number.ok_or_else(|| malformed("its length is no number"))?);
            }
        }
    }
}

/// The evidence result in a reply. What else a provider writes is not taken, and its words are not repeated.
fn result_of(mut reply: Value) -> Result<Value, QueryFault> {
    if let Some(error) = reply.get("error").filter(|error| !error.is_null()) {
        let code = error.get("code").and_then(Value::as_i64).and_then(|code| i32::try_from(code).ok());
        return Err(QueryFault::Protocol { code: code.unwrap_or_default() });
    }
    let failed = reply.pointer("/result/isError").and_then(Value::as_bool) == Some(true);
    if failed {
        return Err(QueryFault::ToolError { tool: "evidence_query".to_owned(), code: None });
    }
    let item = reply.pointer_mut("/result/content/0");
    match item {
        Some(item) if item.get("type").and_then(Value::as_str) == Some("json") => {
            item.get_mut("json").map(Value::take).ok_or(QueryFault::Form { wanted: "`json` in its first item" })
        }
        _ => Err(QueryFault::Form { wanted: "first item of type `json`" }),
    }
}
