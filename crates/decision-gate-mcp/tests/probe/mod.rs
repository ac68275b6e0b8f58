//! A server over pipes in memory, with tools that echo, wait, block and panic.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use decision_gate_mcp::{
    ServeError, ServeOptions, serve,
    tools::{CallContext, Card, Erased, Hints, Profile, Summary, Table, Tool, ToolError},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, duplex},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

/// What the tools of this server work on.
#[derive(Debug, Default)]
pub(crate) struct Probe {
    /// Calls of `wait` that are running.
    pub(crate) waiting: AtomicUsize,
    /// Calls of `wait` that saw their cancellation.
    pub(crate) cancelled: AtomicUsize,
}

pub(crate) static TOOLS: Table<Probe> =
    &[&Erased(Wait), &Erased(Echo), &Erased(Sleep), &Erased(Panic), &Erased(Refuse), &Erased(WhoAsks), &Erased(Secret)];

const EVERYWHERE: &[Profile] = &[Profile::Agent, Profile::Ci, Profile::Full];

const fn card(name: &'static str, description: &'static str) -> Card {
    Card { name, title: name, description, hints: Hints::READS, profiles: EVERYWHERE }
}

#[derive(Debug)]
pub(crate) struct Echo;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EchoArguments {
    /// Text to return unchanged.
    text: String,
    /// How often.
    #[serde(default)]
    times: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EchoAnswer {
    text: String,
    bytes: usize,
}

impl Summary for EchoAnswer {
    fn text(&self) -> String {
        format!("{} bytes: {}", self.bytes, self.text)
    }
}

impl Tool<Probe> for Echo {
    type Arguments = EchoArguments;
    type Answer = EchoAnswer;
    const CARD: Card = card("echo", "Return the given text and its length in bytes.");

    async fn call(&self, _context: &CallContext<Probe>, arguments: EchoArguments) -> Result<EchoAnswer, ToolError> {
        let text = arguments.text.repeat(arguments.times.unwrap_or(1) as usize);
        Ok(EchoAnswer { bytes: text.len(), text })
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Word {
    word: String,
}

impl Summary for Word {
    fn text(&self) -> String {
        self.word.clone()
    }
}

fn word(word: impl Into<String>) -> Word {
    Word { word: word.into() }
}

#[derive(Debug)]
pub(crate) struct Sleep;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SleepArguments {
    ms: u64,
}

impl Tool<Probe> for Sleep {
    type Arguments = SleepArguments;
    type Answer = Word;
    const CARD: Card = card("sleep", "Wait.");

    async fn call(&self, _context: &CallContext<Probe>, arguments: SleepArguments) -> Result<Word, ToolError> {
        tokio::time::sleep(Duration::from_millis(arguments.ms)).await;
        Ok(word("slept"))
    }
}

/// Waits until it is cancelled.
#[derive(Debug)]
pub(crate) struct Wait;

impl Tool<Probe> for Wait {
    type Arguments = Nothing;
    type Answer = Word;
    const CARD: Card = card("wait", "Wait until cancelled.");

    async fn call(&self, context: &CallContext<Probe>, _arguments: Nothing) -> Result<Word, ToolError> {
        context.app().waiting.fetch_add(1, Ordering::SeqCst);
        context.cancellation().cancelled().await;
        context.app().waiting.fetch_sub(1, Ordering::SeqCst);
        context.app().cancelled.fetch_add(1, Ordering::SeqCst);
        Ok(word("cancelled"))
    }
}

#[derive(Debug)]
pub(crate) struct Panic;

impl Tool<Probe> for Panic {
    type Arguments = Nothing;
    type Answer = Word;
    const CARD: Card = card("panic", "Fail inside.");

    async fn call(&self, context: &CallContext<Probe>, _arguments: Nothing) -> Result<Word, ToolError> {
        panic!("on purpose in request {}", context.request_id());
    }
}

#[derive(Debug)]
pub(crate) struct Refuse;

impl Tool<Probe> for Refuse {
    type Arguments = Nothing;
    type Answer = Word;
    const CARD: Card = card("refuse", "Refuse.");

    async fn call(&self, _context: &CallContext<Probe>, _arguments: Nothing) -> Result<Word, ToolError> {
        Err(ToolError::new("probe_refused", "`refuse` always refuses", "call another tool").with("tries", 1))
    }
}

#[derive(Debug)]
pub(crate) struct WhoAsks;

impl Tool<Probe> for WhoAsks {
    type Arguments = Nothing;
    type Answer = Word;
    const CARD: Card = card("who_asks", "Say who asks.");

    async fn call(&self, context: &CallContext<Probe>, _arguments: Nothing) -> Result<Word, ToolError> {
        Ok(word(context.client().map_or("nobody".to_owned(), |client| format!("{} {}", client.name, client.version))))
    }
}

/// In no profile but `full`.
#[derive(Debug)]
pub(crate) struct Secret;

impl Tool<Probe> for Secret {
    type Arguments = Nothing;
    type Answer = Word;
    const CARD: Card = Card { profiles: &[Profile::Full], ..card("secret", "Hidden from agents.") };

    async fn call(&self, _context: &CallContext<Probe>, _arguments: Nothing) -> Result<Word, ToolError> {
        Ok(word("found"))
    }
}

/// A client's end of a running server.
pub(crate) struct Client {
    pub(crate) probe: Arc<Probe>,
    input: Option<DuplexStream>,
    output: Lines<BufReader<DuplexStream>>,
    pub(crate) shutdown: CancellationToken,
    server: JoinHandle<Result<(), ServeError>>,
}

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(20);

impl Client {
    pub(crate) fn start() -> Self {
        Self::with(ServeOptions::of(TOOLS), 1 << 20)
    }

    /// A client whose pipes hold `pipe` bytes.
    pub(crate) fn with(options: ServeOptions<Probe>, pipe: usize) -> Self {
        let probe = Arc::new(Probe::default());
        let (input, server_input) = duplex(pipe);
        let (server_output, output) = duplex(pipe);
        let shutdown = CancellationToken::new();
        let stop = shutdown.clone();
        let app = Arc::clone(&probe);
        let server =
            tokio::spawn(async move { serve(app, options, server_input, server_output, stop.cancelled_owned()).await });
        Self { probe, input: Some(input), output: BufReader::new(output).lines(), shutdown, server }
    }

    pub(crate) async fn raw(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("the input is open");
        tokio::time::timeout(PATIENCE, input.write_all(bytes)).await.expect("the server reads").unwrap();
    }

    pub(crate) async fn send(&mut self, message: Value) {
        self.raw(format!("{message}\n").as_bytes()).await;
    }

    /// The next message; nothing at the end of the output.
    pub(crate) async fn receive(&mut self) -> Option<Value> {
        let line = tokio::time::timeout(PATIENCE, self.output.next_line()).await.expect("an answer comes").unwrap();
        line.map(|line| serde_json::from_str(&line).unwrap_or_else(|_| panic!("not JSON: {line}")))
    }

    /// Sends a request and takes the next message as its answer.
    pub(crate) async fn ask(&mut self, message: Value) -> Value {
        self.send(message).await;
        self.receive().await.expect("the output is open")
    }

    pub(crate) async fn initialize(&mut self) -> Value {
        self.ask(initialize("2025-11-25")).await
    }

    pub(crate) fn close_input(&mut self) {
        self.input = None;
    }

    /// Closes the input, and gives what still came and how the server ended.
    pub(crate) async fn end(mut self) -> (Vec<Value>, Result<(), ServeError>) {
        self.close_input();
        let mut rest = Vec::new();
        while let Some(message) = self.receive().await {
            rest.push(message);
        }
        (rest, Self::ended(self.server).await)
    }

    /// Goes away without a word, and gives how the server ended.
    pub(crate) async fn hang_up(self) -> Result<(), ServeError> {
        let Self { input, output, server, .. } = self;
        drop((input, output));
        Self::ended(server).await
    }

    /// Waits for the server to end by itself.
    pub(crate) async fn outlive(self) -> Result<(), ServeError> {
        Self::ended(self.server).await
    }

    async fn ended(server: JoinHandle<Result<(), ServeError>>) -> Result<(), ServeError> {
        tokio::time::timeout(PATIENCE, server).await.expect("the server ends").unwrap()
    }

    /// Lets the server run until `condition` holds.
    pub(crate) async fn until(&self, condition: impl Fn(&Probe) -> bool) {
        let wait = async {
            while !condition(&self.probe) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("it comes to that");
    }
}

pub(crate) fn initialize(version: &str) -> Value {
    let client = json!({ "name": "probe", "version": "7" });
    let params = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": client });
    json!({ "jsonrpc": "2.0", "id": "i", "method": "initialize", "params": params })
}

pub(crate) fn request(id: impl Into<Value>, method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id.into(), "method": method, "params": params })
}

pub(crate) fn call(id: impl Into<Value>, tool: &str, arguments: &Value) -> Value {
    request(id, "tools/call", &json!({ "name": tool, "arguments": arguments }))
}

pub(crate) fn cancel(id: impl Into<Value>) -> Value {
    json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id.into() } })
}

/// `_meta` of a request that stands for itself.
pub(crate) fn meta(version: &str) -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientInfo": { "name": "modern", "version": "8" },
        "io.modelcontextprotocol/clientCapabilities": {}
    })
}

/// The same request, standing for itself.
pub(crate) fn stateless(mut message: Value) -> Value {
    message["params"]["_meta"] = meta("2026-07-28");
    message
}
