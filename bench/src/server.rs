//! A server under measurement. Requests and replies are written and read on the measuring thread itself, with blocking
//! calls, so that nothing of the driver's stands between the two ends. A guard kills a server that takes too long, and
//! the read then ends.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::fault::Fault;
use crate::machine::first_value;

/// No measurement on one server takes longer.
const GUARD: Duration = Duration::from_mins(10);

/// How the client opens the conversation and dresses its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Era {
    /// `initialize`.
    Legacy,
    /// Each request carries its revision.
    Modern,
}

impl Era {
    /// The revision that is named to the server.
    pub(crate) fn revision(self) -> &'static str {
        match self {
            Self::Legacy => "2025-11-25",
            Self::Modern => "2026-07-28",
        }
    }

    /// One request as a line.
    pub(crate) fn request(self, id: u64, method: &str, mut params: Value) -> String {
        if let (Self::Modern, Some(object)) = (self, params.as_object_mut()) {
            let meta = json!({
                "io.modelcontextprotocol/protocolVersion": self.revision(),
                "io.modelcontextprotocol/clientInfo": {"name": "decision-gate-bench", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {},
            });
            object.insert("_meta".to_owned(), meta);
        }
        let mut line = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string();
        line.push('\n');
        line
    }

    fn opening(self) -> String {
        match self {
            Self::Legacy => {
                let client = json!({"name": "decision-gate-bench", "version": "1"});
                let params = json!({"protocolVersion": self.revision(), "capabilities": {}, "clientInfo": client});
                self.request(0, "initialize", params)
            }
            Self::Modern => self.request(0, "server/discover", json!({})),
        }
    }
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    name: String,
    era: Era,
    child: Arc<Mutex<Child>>,
    id: u32,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    line: Vec<u8>,
    /// Dropped with the server, which tells the guard to go.
    _guard: Sender<()>,
    /// From just before the process was made to its first reply.
    pub(crate) cold: Duration,
}

impl Server {
    /// Starts a server and opens the conversation.
    pub(crate) fn start(era: Era, program: &Path, args: &[&Path]) -> Result<Self, Fault> {
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let opening = era.opening();
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let began = Instant::now();
        let mut child = command.spawn().map_err(Fault::io("run", program))?;
        let gone = || Fault::Gone { server: name.clone(), waiting_for: "start".to_owned() };
        let mut stdin = child.stdin.take().ok_or_else(gone)?;
        let stdout = BufReader::with_capacity(1 << 16, child.stdout.take().ok_or_else(gone)?);
        let id = child.id();
        let child = Arc::new(Mutex::new(child));
        stdin.write_all(opening.as_bytes()).map_err(Fault::io("write to", &name))?;
        // Made while the server is starting, so that it costs neither side anything.
        let guard = guard(&child);
        let mut server = Self { name, era, child, id, stdin, stdout, line: Vec::new(), _guard: guard, cold: GUARD };
        server.read("the opening")?;
        server.cold = began.elapsed();
        if era == Era::Legacy {
            server.write("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n")?;
        }
        Ok(server)
    }

    fn write(&mut self, line: &str) -> Result<(), Fault> {
        self.stdin.write_all(line.as_bytes()).map_err(Fault::io("write to", &self.name))
    }

    /// Writes one request and reads one line.
    pub(crate) fn exchange(&mut self, request: &str) -> Result<&[u8], Fault> {
        self.write(request)?;
        self.read(request)?;
        Ok(&self.line)
    }

    fn read(&mut self, waiting_for: &str) -> Result<(), Fault> {
        self.line.clear();
        let read = self.stdout.read_until(b'\n', &mut self.line).map_err(Fault::io("read from", &self.name))?;
        if read == 0 {
            let waiting_for = waiting_for.trim_end().to_owned();
            return Err(Fault::Gone { server: self.name.clone(), waiting_for });
        }
        Ok(())
    }

    /// How long one exchange takes.
    pub(crate) fn time(&mut self, request: &str) -> Result<Duration, Fault> {
        let began = Instant::now();
        self.exchange(request)?;
        Ok(began.elapsed())
    }

    /// A call as a line, to be written any number of times.
    pub(crate) fn request(&self, tool: &str, arguments: &Value) -> String {
        self.request_as(1, tool, arguments)
    }

    /// The same with an id of its own, to be written beside others.
    pub(crate) fn request_as(&self, id: u64, tool: &str, arguments: &Value) -> String {
        self.era.request(id, "tools/call", json!({"name": tool, "arguments": arguments}))
    }

    /// Writes several requests at once and reads as many lines.
    pub(crate) fn burst(&mut self, requests: &str, lines: usize) -> Result<(), Fault> {
        self.write(requests)?;
        (0..lines).try_for_each(|_| self.read(requests))
    }

    /// The same; each must be answered with a result that is no error.
    pub(crate) fn results(&mut self, requests: &str, lines: usize) -> Result<(), Fault> {
        self.write(requests)?;
        for _ in 0..lines {
            self.read(requests)?;
            self.taken(requests)?;
        }
        Ok(())
    }

    /// Exchanges a line that must be answered with a result that is no error, and returns the result.
    pub(crate) fn result(&mut self, request: &str) -> Result<Value, Fault> {
        self.exchange(request)?;
        self.taken(request)
    }

    /// The result in the line that was read.
    fn taken(&self, request: &str) -> Result<Value, Fault> {
        let line = String::from_utf8_lossy(&self.line).into_owned();
        let mut answer: Value = serde_json::from_str(&line).map_err(|_| Fault::NotJson(line.clone()))?;
        match answer.get_mut("result").map(Value::take) {
            Some(result) if result.get("isError").and_then(Value::as_bool) != Some(true) => Ok(result),
            _ => {
                let asked = request.trim_end().to_owned();
                Err(Fault::Refused { server: self.name.clone(), asked, answer: line.trim_end().to_owned() })
            }
        }
    }

    /// Calls a tool once.
    pub(crate) fn call(&mut self, tool: &str, arguments: &Value) -> Result<Value, Fault> {
        let request = self.request(tool, arguments);
        self.result(&request)
    }

    /// Resident memory in bytes.
    pub(crate) fn resident(&self) -> Result<f64, Fault> {
        self.memory("VmRSS")
    }

    /// The most resident memory that it ever had, in bytes.
    pub(crate) fn peak(&self) -> Result<f64, Fault> {
        self.memory("VmHWM")
    }

    fn memory(&self, name: &str) -> Result<f64, Fault> {
        let path = format!("/proc/{}/status", self.id);
        let kilobytes = first_value(&path, name).and_then(|value| value.split_whitespace().next()?.parse::<f64>().ok());
        let missing = || Fault::NotComparable(format!("no `{name}` in `{path}`: memory is measured on Linux only"));
        kilobytes.map(|kilobytes| kilobytes * 1024.0).ok_or_else(missing)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        // It may have ended by itself.
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// Kills `child` after a while, unless the returned end is dropped first.
fn guard(child: &Arc<Mutex<Child>>) -> Sender<()> {
    let (sender, receiver) = channel::<()>();
    let child = Arc::clone(child);
    thread::spawn(move || {
        if receiver.recv_timeout(GUARD) == Err(RecvTimeoutError::Timeout) {
            let _ = child.lock().unwrap_or_else(PoisonError::into_inner).kill();
        }
    });
    sender
}
