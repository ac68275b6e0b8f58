//! Runs the table of `tests/conformance/mcp_stdio` on a server in memory.

use std::{fs, path::Path};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::probe::Client;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/conformance/mcp_stdio");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Behaviour {
    title: String,
    cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    why: String,
    #[serde(default)]
    session: Option<String>,
    #[serde(default)]
    steps: Vec<Step>,
    #[serde(default)]
    end: Option<String>,
    #[serde(default)]
    last: Vec<Value>,
    /// This server has everything that a case can need but a library.
    #[serde(default)]
    needs: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    send: Send,
    #[serde(default = "newline")]
    end: String,
    #[serde(default)]
    expect: Vec<Value>,
    #[serde(default)]
    order: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Send {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Part {
    Text(String),
    Fill { fill: String, times: usize },
    Hex { hex: String },
}

fn newline() -> String {
    "\n".to_owned()
}

impl Step {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = match &self.send {
            Send::Text(text) => with_tools(text).into_bytes(),
            Send::Parts(parts) => parts.iter().flat_map(Part::bytes).collect(),
        };
        bytes.extend_from_slice(self.end.as_bytes());
        bytes
    }
}

impl Part {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => with_tools(text).into_bytes(),
            Self::Fill { fill, times } => fill.repeat(*times).into_bytes(),
            Self::Hex { hex } => {
                let digits: Vec<_> = hex.chars().map(|digit| digit.to_digit(16).unwrap()).collect();
                digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
            }
        }
    }
}

fn with_tools(text: &str) -> String {
    text.replace("${tool}", "echo")
        .replace("${arguments}", r#"{"text":"x"}"#)
        .replace("${slow_tool}", "sleep")
        .replace("${slow_arguments}", r#"{"ms":250}"#)
        .replace("${panic_tool}", "panic")
}

/// Whether `message` has at least what `expected` has.
fn matches(message: &Value, expected: &Value) -> bool {
    let Value::Object(members) = expected else { return message == expected };
    members.iter().all(|(name, expected)| match message.get(name) {
        None => expected == "$absent",
        Some(found) => matches(found, expected),
    })
}

/// Checks `received` against `expected`: each exactly once, and nothing else.
fn settle(received: &[Value], expected: &[Value], strict: bool) -> Result<(), String> {
    let mut left: Vec<&Value> = received.iter().collect();
    for (at, expected) in expected.iter().enumerate() {
        let found = left.iter().position(|message| matches(message, expected));
        match found {
            Some(found) if !strict || found == 0 => drop(left.remove(found)),
            _ => return Err(format!("expected message {at} is not there: {expected}\n     received: {received:?}")),
        }
    }
    if left.is_empty() { Ok(()) } else { Err(format!("more than expected: {left:?}")) }
}

async fn run(case: &Case) -> Result<(), String> {
    let mut client = Client::start();
    if case.session.as_deref() != Some("none") {
        client.initialize().await;
        client.send(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
    }
    for step in &case.steps {
        client.raw(&step.bytes()).await;
        let mut received = Vec::new();
        while received.len() < step.expect.len() {
            received.push(client.receive().await.ok_or("the output has ended")?);
        }
        settle(&received, &step.expect, step.order.as_deref() == Some("strict"))?;
    }
    if case.end.as_deref() == Some("signal") {
        client.shutdown.cancel();
    } else {
        client.close_input();
    }
    let (rest, ended) = client.end().await;
    settle(&rest, &case.last, false)?;
    ended.map_err(|error| error.to_string())
}

#[tokio::test]
async fn every_behaviour_of_the_table() {
    let mut files: Vec<_> = fs::read_dir(Path::new(FOLDER)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let (mut ran, mut failed) = (0, Vec::new());
    for path in files {
        let behaviour: Behaviour = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        for case in behaviour.cases.iter().filter(|case| !case.needs.iter().any(|it| it == "library")) {
            ran += 1;
            if let Err(fault) = run(case).await {
                failed.push(format!(
                    "{} / {} ({}; {})\n     {fault}",
                    path.display(),
                    case.name,
                    behaviour.title,
                    case.why
                ));
            }
        }
    }
    assert!(failed.is_empty(), "{} of {ran} failed:\n{}", failed.len(), failed.join("\n"));
    assert!(ran > 100, "the table has lost cases: {ran}");
}
