//! A server under test, spoken to one line at a time over its standard streams. Each line in both directions is
//! recorded; each line that it writes is held against the protocol's schema when it is read. Nothing waits for ever.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::binary::run;
use crate::wire::{Checker, Era, LEGACY, MODERN, Side, VERSION_KEY};
use crate::{Fault, Workspace, binary};

/// How long an answer may take before a test gives up on it. Generous: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a server is started.
#[derive(Debug)]
pub struct Launch {
    command: Command,
}

impl Launch {
    /// `decision-gate serve --config FILE`.
    ///
    /// # Errors
    /// When there is no binary.
    pub fn serve(config: &Path) -> Result<Self, Fault> {
        Ok(Self::program(binary()?).arg("serve").arg("--config").arg(config))
    }

    /// Any program, without the settings of whoever runs the tests.
    pub fn program(path: impl Into<PathBuf>) -> Self {
        let mut command = Command::new(path.into());
        without_settings(&mut command);
        Self { command }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.command.arg(arg.into());
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, key: &str, value: impl Into<OsString>) -> Self {
        self.command.env(key, value.into());
        self
    }

    /// Runs it to its end with `input` as its standard input.
    ///
    /// # Errors
    /// When it can't be started, or does not end in time.
    pub fn output(mut self, input: Stdio) -> Result<Output, Fault> {
        let program = PathBuf::from(self.command.get_program());
        self.command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = self.command.spawn().map_err(Fault::io("run", &program))?;
        let (sender, ended) = channel();
        let id = child.id();
        thread::spawn(move || sender.send(child.wait_with_output()));
        match ended.recv_timeout(PATIENCE) {
            Ok(output) => output.map_err(Fault::io("wait for", program)),
            Err(_) => {
                send_signal(id, "KILL")?;
                let waiting_for = format!("the end of `{}`", program.display());
                Err(Fault::Silent { waiting_for, limit: PATIENCE, stderr: String::new() })
            }
        }
    }

    /// Starts it, without saying a word to it yet.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn spawn(mut self, era: Era) -> Result<Server, Fault> {
        let program = PathBuf::from(self.command.get_program());
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().map_err(Fault::io("run", program))?;
        let (sender, lines) = channel();
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || {
                for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
                    if sender.send(line).is_err() {
                        break;
                    }
                }
            });
        }
        let stderr = Arc::new(Mutex::new(String::new()));
        if let Some(mut source) = child.stderr.take() {
            let log = Arc::clone(&stderr);
            thread::spawn(move || {
                let mut chunk = [0; 4096];
                while let Ok(length @ 1..) = source.read(&mut chunk) {
                    let text = String::from_utf8_lossy(chunk.get(..length).unwrap_or_default()).into_owned();
                    log.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
                }
            });
        }
        let stdin = child.stdin.take();
        let checker = Checker::new(era);
        Ok(Server {
            child,
            stdin,
            lines,
            stderr,
            checker,
            era,
            next_id: 0,
            wire: Vec::new(),
            early: VecDeque::new(),
            patience: PATIENCE,
        })
    }
}

/// A running server. Killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<Vec<u8>>,
    stderr: Arc<Mutex<String>>,
    checker: Checker,
    era: Era,
    next_id: i64,
    wire: Vec<(Side, String)>,
    early: VecDeque<Value>,
    patience: Duration,
}

/// What a tool answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// `structuredContent`, or null.
    pub structured: Value,
    /// The text blocks, joined by line ends.
    pub text: String,
    /// Whether it is an error that the caller can mend.
    pub is_error: bool,
}

/// A server that has ended.
#[derive(Debug)]
pub struct Closed {
    /// How it ended.
    pub status: ExitStatus,
    /// Every line, in both directions.
    pub wire: Vec<(Side, String)>,
    /// What it logged.
    pub stderr: String,
}

impl Server {
    /// Starts the binary in a workspace and opens the conversation.
    ///
    /// # Errors
    /// When it does not start, or does not open as the era wants.
    pub fn start(workspace: &Workspace, era: Era) -> Result<Self, Fault> {
        let mut server = Launch::serve(&workspace.config())?.spawn(era)?;
        server.open()?;
        Ok(server)
    }

    /// Opens the conversation: `initialize`, or `server/discover`. Returns the result.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn open(&mut self) -> Result<Value, Fault> {
        match self.era {
            Era::Legacy => {
                let client = json!({"name": "decision-gate-tests", "version": "1"});
                let params = json!({"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": client});
                let opened = self.result("initialize", params)?;
                self.notify("notifications/initialized")?;
                Ok(opened)
            }
            Era::Modern => self.result("server/discover", json!({})),
        }
    }

    /// Gives up on an answer after `limit` instead.
    pub fn set_patience(&mut self, limit: Duration) {
        self.patience = limit;
    }

    /// The process, for signals.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal, such as `TERM`.
    ///
    /// # Errors
    /// When it can't be sent.
    pub fn signal(&self, name: &str) -> Result<(), Fault> {
        send_signal(self.id(), name)
    }

    /// Every line so far, in both directions.
    pub fn wire(&self) -> &[(Side, String)] {
        &self.wire
    }

    /// What it has logged so far.
    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Writes bytes as they are; a line end is the caller's to add.
    ///
    /// # Errors
    /// When the server no longer reads.
    pub fn send_raw(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let line = String::from_utf8_lossy(bytes).trim_end().to_owned();
        self.checker.sent(&line);
        self.wire.push((Side::Client, line));
        let Some(stdin) = self.stdin.as_mut() else { return Ok(()) };
        stdin.write_all(bytes).and_then(|()| stdin.flush()).map_err(Fault::io("write to", "the server"))
    }

    /// Sends a request and returns its id without waiting.
    ///
    /// # Errors
    /// When the server no longer reads.
    pub fn send(&mut self, method: &str, params: Value) -> Result<i64, Fault> {
        self.next_id += 1;
        let id = self.next_id;
        let params = self.with_meta(params);
        let mut line = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string();
        line.push('\n');
        self.send_raw(line.as_bytes())?;
        Ok(id)
    }

    /// Sends a notification.
    ///
    /// # Errors
    /// When the server no longer reads.
    pub fn notify(&mut self, method: &str) -> Result<(), Fault> {
        let mut line = json!({"jsonrpc": "2.0", "method": method}).to_string();
        line.push('\n');
        self.send_raw(line.as_bytes())
    }

    /// The next line, checked; `None` when the server has closed its output.
    ///
    /// # Errors
    /// When nothing comes in time, or what comes is not of the protocol.
    pub fn next_message(&mut self, waiting_for: &str) -> Result<Option<Value>, Fault> {
        match self.lines.recv_timeout(self.patience) {
            Ok(bytes) => {
                let line = String::from_utf8_lossy(&bytes).into_owned();
                self.wire.push((Side::Server, line.clone()));
                self.checker.received(&line)?;
                serde_json::from_str(&line).map(Some).map_err(|source| Fault::NotJson { line, source })
            }
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => {
                Err(Fault::Silent { waiting_for: waiting_for.to_owned(), limit: self.patience, stderr: self.stderr() })
            }
        }
    }

    /// The answer to the request `id`, whatever else comes before it.
    ///
    /// # Errors
    /// When it does not come.
    pub fn receive(&mut self, id: i64) -> Result<Value, Fault> {
        let is_it = |message: &Value| message.get("id").and_then(Value::as_i64) == Some(id);
        if let Some(at) = self.early.iter().position(is_it) {
            return Ok(self.early.remove(at).unwrap_or_default());
        }
        let waiting_for = format!("request {id}");
        loop {
            let Some(message) = self.next_message(&waiting_for)? else {
                return Err(Fault::Gone { waiting_for, stderr: self.stderr() });
            };
            if is_it(&message) {
                return Ok(message);
            }
            self.early.push_back(message);
        }
    }

    /// Messages that came while something else was waited for: notifications, errors without an id.
    pub fn drain_early(&mut self) -> Vec<Value> {
        self.early.drain(..).collect()
    }

    /// Asks, and returns the whole answer, result or error.
    ///
    /// # Errors
    /// When no answer comes.
    pub fn request(&mut self, method: &str, params: Value) -> Result<Value, Fault> {
        let id = self.send(method, params)?;
        self.receive(id)
    }

    /// Asks, and returns the result.
    ///
    /// # Errors
    /// When the answer is a protocol error.
    pub fn result(&mut self, method: &str, params: Value) -> Result<Value, Fault> {
        let mut answer = self.request(method, params)?;
        match answer.get_mut("result") {
            Some(result) => Ok(result.take()),
            None => Err(Fault::Refused {
                method: method.to_owned(),
                error: answer.get("error").cloned().unwrap_or_default(),
            }),
        }
    }

    /// Calls a tool and returns the request's id without waiting.
    ///
    /// # Errors
    /// When the server no longer reads.
    pub fn send_call(&mut self, tool: &str, arguments: &Value) -> Result<i64, Fault> {
        self.send("tools/call", json!({"name": tool, "arguments": arguments}))
    }

    /// Calls a tool and returns what it answers, error or not.
    ///
    /// # Errors
    /// When the answer is a protocol error.
    pub fn call(&mut self, tool: &str, arguments: &Value) -> Result<Answer, Fault> {
        let result = self.result("tools/call", json!({"name": tool, "arguments": arguments}))?;
        Ok(Answer::of(&result))
    }

    /// Calls a tool that must not answer an error, and returns its structured content.
    ///
    /// # Errors
    /// When it answers an error.
    pub fn answer(&mut self, tool: &str, arguments: &Value) -> Result<Value, Fault> {
        let answer = self.call(tool, arguments)?;
        if answer.is_error {
            let content = if answer.structured.is_null() { Value::from(answer.text) } else { answer.structured };
            return Err(Fault::ToolError { tool: tool.to_owned(), content });
        }
        Ok(answer.structured)
    }

    /// Closes the server's input and waits for its end; whatever it still writes is checked.
    ///
    /// # Errors
    /// When it does not end in time.
    pub fn close(mut self) -> Result<Closed, Fault> {
        self.stdin = None;
        self.ended()
    }

    /// Kills it without a warning and returns what was said until then.
    ///
    /// # Errors
    /// When it can't be killed.
    pub fn kill(mut self) -> Result<Closed, Fault> {
        self.child.kill().map_err(Fault::io("kill", "the server"))?;
        self.ended()
    }

    /// Waits for its end, without closing its input.
    ///
    /// # Errors
    /// When it does not end in time.
    pub fn ended(mut self) -> Result<Closed, Fault> {
        while self.next_message("the end of the server")?.is_some() {}
        let until = Instant::now() + self.patience;
        loop {
            if let Some(status) = self.child.try_wait().map_err(Fault::io("wait for", "the server"))? {
                let stderr = self.stderr();
                return Ok(Closed { status, wire: std::mem::take(&mut self.wire), stderr });
            }
            if Instant::now() > until {
                let waiting_for = "the end of the server".to_owned();
                return Err(Fault::Silent { waiting_for, limit: self.patience, stderr: self.stderr() });
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// A modern request says in `_meta` what the handshake used to say once.
    fn with_meta(&self, mut params: Value) -> Value {
        if let (Era::Modern, Some(object)) = (self.era, params.as_object_mut()) {
            let client = json!({"name": "decision-gate-tests", "version": "1"});
            let meta = json!({
                VERSION_KEY: MODERN,
                "io.modelcontextprotocol/clientInfo": client,
                "io.modelcontextprotocol/clientCapabilities": {},
            });
            if let Some(whole) = object.entry("_meta").or_insert_with(|| json!({})).as_object_mut() {
                meta.as_object().into_iter().flatten().for_each(|(key, value)| {
                    whole.entry(key).or_insert_with(|| value.clone());
                });
            }
        }
        params
    }
}

/// Sends a process a signal, such as `TERM`.
///
/// # Errors
/// When it can't be sent.
pub fn send_signal(process: u32, name: &str) -> Result<(), Fault> {
    let mut kill = Command::new("kill");
    run(kill.arg(format!("-{name}")).arg(process.to_string()))
}

/// Takes the product's own environment variables away: a test sets what it means.
pub(crate) fn without_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DECISION_GATE_") {
            command.env_remove(name);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    /// Reads the result of `tools/call`.
    pub fn of(result: &Value) -> Self {
        let blocks = result.get("content").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let texts: Vec<&str> = blocks.iter().filter_map(|block| block.get("text")?.as_str()).collect();
        Self {
            structured: result.get("structuredContent").cloned().unwrap_or_default(),
            text: texts.join("\n"),
            is_error: result.get("isError").and_then(Value::as_bool).unwrap_or(false),
        }
    }
}
