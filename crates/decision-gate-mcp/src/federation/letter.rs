//! The headers of MCP over streamable HTTP: what a message says of itself, and what was agreed on before it.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use decision_gate_providers::http::{Method, Outgoing};
use rmcp::RoleClient;
use rmcp::service::TxJsonRpcMessage;
use serde_json::Value;

const SESSION: &str = "mcp-session-id";
const VERSION: &str = "mcp-protocol-version";
/// The first version without sessions, in which the method stands in a header.
const STATELESS: &str = "2026-07-28";
/// Most bytes of a session's name.
const MAX_SESSION: usize = 1_024;

/// What was agreed on.
#[derive(Debug, Default)]
pub(super) struct Line {
    session: Option<String>,
    version: Option<String>,
}

/// A message on its way out.
#[derive(Debug)]
pub(super) struct Letter {
    outgoing: Outgoing,
    modern: bool,
    begins: bool,
    has_session: bool,
}

type Headers = Vec<(&'static str, String)>;

impl Line {
    /// The session is the one that the server named, if it is a name.
    pub(super) fn session(&mut self, named: Option<&str>) {
        let fits =
            |name: &&str| (1..=MAX_SESSION).contains(&name.len()) && name.bytes().all(|it| it.is_ascii_graphic());
        self.session = named.filter(fits).map(str::to_owned);
    }

    /// The version is this one.
    pub(super) fn version(&mut self, version: &str) {
        self.version = Some(version.to_owned()).filter(|it| it.bytes().all(|byte| byte.is_ascii_graphic()));
    }

    /// The headers that end the session, if there is one.
    pub(super) fn goodbye(&mut self) -> Option<Headers> {
        self.session.as_ref()?;
        let headers = self.headers();
        self.session = None;
        Some(headers)
    }

    /// The headers that ask for a stream again.
    pub(super) fn resume(&self, last: &str) -> Headers {
        let mut headers = self.headers();
        headers.extend([("accept", "text/event-stream".to_owned()), ("last-event-id", last.to_owned())]);
        headers
    }

    fn headers(&self) -> Headers {
        let named = |name: &'static str, value: &Option<String>| value.clone().map(|value| (name, value));
        [named(SESSION, &self.session), named(VERSION, &self.version)].into_iter().flatten().collect()
    }
}

impl Letter {
    /// Writes a message under what was agreed on. The greeting of the older protocol begins anew.
    pub(super) fn write(item: &TxJsonRpcMessage<RoleClient>, line: &mut Line) -> Result<Self, io::Error> {
        let message = serde_json::to_value(item)?;
        let text = |pointer: &str| message.pointer(pointer).and_then(Value::as_str);
        let method = text("/method");
        let begins = method == Some("initialize");
        if begins {
            *line = Line::default();
        }
        if let Some(version) = text("/params/_meta/io.modelcontextprotocol~1protocolVersion") {
            line.version(version);
        }
        let modern = line.version.as_deref().is_some_and(|version| version >= STATELESS);
        let mut headers = line.headers();
        headers.extend([
            ("content-type", "application/json".to_owned()),
            ("accept", "application/json, text/event-stream".to_owned()),
        ]);
        if let Some(method) = method.filter(|_| modern) {
            headers.push(("mcp-method", method.to_owned()));
            let name = match method {
                "tools/call" | "prompts/get" => text("/params/name"),
                _ => None,
            };
            headers.extend(name.map(|name| ("mcp-name", header_value(name))));
        }
        let body = serde_json::to_vec(&message)?;
        let outgoing = Outgoing { method: Method::Post, headers, body };
        Ok(Self { outgoing, modern, begins, has_session: line.session.is_some() })
    }

    /// What is sent.
    pub(super) fn outgoing(&self) -> &Outgoing {
        &self.outgoing
    }

    /// Whether it is in a version without sessions.
    pub(super) fn is_modern(&self) -> bool {
        self.modern
    }

    /// Whether it begins a session.
    pub(super) fn begins(&self) -> bool {
        self.begins
    }

    /// Whether it is part of a session.
    pub(super) fn has_session(&self) -> bool {
        self.has_session
    }
}

/// A text as the value of a header, in Base64 where it could not stand there as it is.
fn header_value(text: &str) -> String {
    let plain = text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && text.trim() == text;
    if plain && !text.starts_with("=?base64?") {
        return text.to_owned();
    }
    format!("=?base64?{}?=", STANDARD.encode(text))
}
