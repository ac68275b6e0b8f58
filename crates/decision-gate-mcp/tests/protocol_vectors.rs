//! Collections 22 (messages and sessions) and 23 (JSON-RPC) of the test vectors.
//!
//! The folder is `DECISION_GATE_VECTORS`, else `../shared/vectors` beside the project. Without it the tests say so and
//! pass, unless `DECISION_GATE_REQUIRE_VECTORS` is `1`.

#![cfg(test)]

#[expect(dead_code, reason = "the vectors need only a part of the probe")]
mod probe;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use decision_gate_core::json::{IdSite, Limits, parse, scan_envelope};
use decision_gate_vectors::collection;
use probe::Client;
use serde::Deserialize;
use serde_json::{Value, json};

fn file<T: for<'de> Deserialize<'de>>(folder: &Path, name: &str) -> T {
    serde_json::from_slice(&fs::read(folder.join(name)).unwrap()).unwrap()
}

/// Counts what passed and keeps what did not.
#[derive(Default)]
struct Tally {
    ran: usize,
    failed: Vec<String>,
}

impl Tally {
    fn take(&mut self, name: &str, outcome: Result<(), String>) {
        self.ran += 1;
        if let Err(fault) = outcome {
            self.failed.push(format!("{name}: {fault}"));
        }
    }

    fn finish(self, collection: &str) {
        println!("{collection}: {} of {}", self.ran - self.failed.len(), self.ran);
        assert!(self.ran > 0 && self.failed.is_empty(), "{}", self.failed.join("\n"));
    }
}

fn check(holds: bool, fault: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(fault()) }
}

/// The id of a message; what is absent counts as null.
fn id(message: &Value) -> &Value {
    message.get("id").unwrap_or(&Value::Null)
}

// Collection 22: messages.

#[derive(Deserialize)]
struct Messages {
    cases: Vec<MessageCase>,
}

#[derive(Deserialize)]
struct MessageCase {
    id: String,
    #[serde(rename = "type")]
    definition: String,
    version: String,
    message: Value,
    expect: String,
}

/// The official schemas of a revision, one validator a definition.
struct Schemas {
    folder: PathBuf,
    made: BTreeMap<(String, String), jsonschema::Validator>,
}

impl Schemas {
    fn is_valid(&mut self, version: &str, definition: &str, message: &Value) -> bool {
        let key = (version.to_owned(), definition.to_owned());
        let folder = &self.folder;
        let validator = self.made.entry(key).or_insert_with(|| {
            let mut schema: Value = file(folder, &format!("{version}.schema.json"));
            let definitions = if schema.get("$defs").is_some() { "$defs" } else { "definitions" };
            schema["$ref"] = json!(format!("#/{definitions}/{definition}"));
            jsonschema::validator_for(&schema).unwrap()
        });
        validator.is_valid(message)
    }
}

fn messages(folder: &Path, schemas: &mut Schemas, tally: &mut Tally) {
    let Messages { cases } = file(folder, "messages-2026-07-28.json");
    for case in cases {
        let valid = schemas.is_valid(&case.version, &case.definition, &case.message);
        // What goes over the wire comes through the strict parser unchanged.
        let text = case.message.to_string();
        let read = parse(text.as_bytes(), &Limits::message(text.len())).unwrap().value;
        let same = serde_json::to_string(&read).unwrap() == text;
        tally.take(
            &case.id,
            check(valid == (case.expect == "valid") && same, || format!("valid: {valid}, same: {same}")),
        );
    }
}

// Collection 22: sessions.

#[derive(Deserialize)]
struct Sessions {
    sessions: Vec<Session>,
}

#[derive(Deserialize)]
struct Session {
    id: String,
    version: String,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    send: String,
    expect: Vec<Value>,
}

/// Takes out of `received` what answers `expected`, and judges it.
fn claim(received: &mut Vec<Value>, sent: &str, expected: &Value) -> Result<(), String> {
    let kind = expected["kind"].as_str().unwrap_or_default();
    // The id that the line itself shows, if it can be read: an error to a broken line may carry it.
    let shown = match scan_envelope(sent.as_bytes()).id {
        IdSite::Number(number) => json!(number),
        IdSite::String(text) => json!(text),
        IdSite::Absent | IdSite::Null | IdSite::Invalid => Value::Null,
    };
    let wanted = expected.get("id").filter(|id| !id.is_null());
    let mine = |message: &Value| match wanted {
        Some(wanted) => id(message) == wanted,
        None => id(message).is_null() || *id(message) == shown,
    };
    let Some(at) = received.iter().position(mine) else {
        let may_be_silent = expected["optional"] == true || !matches!(kind, "result" | "error" | "error-or-isError");
        return check(may_be_silent, || format!("no answer to {sent}"));
    };
    let message = received.remove(at);
    let error = &message["error"]["code"];
    let right = match kind {
        "result" => message.get("result").is_some(),
        "error" => *error == expected["code"],
        "error-or-isError" => *error == expected["code"] || message["result"]["isError"] == true,
        "no-result" | "error-or-no-result" | "not-a-batch-of-results" => message.get("result").is_none(),
        other => return Err(format!("this runner does not know `{other}`")),
    };
    let has = expected["has"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let has_all = has.into_iter().all(|name| message["result"].get(name).is_some());
    let equal = expected.get("equals").is_none_or(|equals| message["result"] == *equals);
    let version = &message["result"]["protocolVersion"];
    let versioned = expected.get("protocolVersion").is_none_or(|wanted| version == wanted)
        && expected["protocolVersion_in"].as_array().is_none_or(|any| any.contains(version));
    check(right && has_all && equal && versioned, || format!("{sent}\n  expected {expected}\n  got {message}"))
}

async fn session(session: &Session, schemas: &mut Schemas) -> Result<(), String> {
    let mut client = Client::start();
    for step in &session.steps {
        client.raw(format!("{}\n", step.send).as_bytes()).await;
    }
    let (mut received, ended) = client.end().await;
    ended.map_err(|error| error.to_string())?;
    for message in &received {
        // The first revision has no error without an id, which a line without one still gets.
        let judged_by = if session.version == "2025-06-18" { "2025-11-25" } else { &session.version };
        check(schemas.is_valid(judged_by, "JSONRPCMessage", message), || format!("not valid: {message}"))?;
    }
    for step in &session.steps {
        for expected in &step.expect {
            claim(&mut received, &step.send, expected)?;
        }
    }
    check(received.is_empty(), || format!("more than expected: {received:?}"))
}

#[tokio::test]
async fn collection_22_mcp() {
    let Some(folder) = collection("22-mcp") else { return };
    let mut tally = Tally::default();
    let mut schemas = Schemas { folder: folder.join("schemas"), made: BTreeMap::new() };
    messages(&folder, &mut schemas, &mut tally);
    let Sessions { sessions } = file(&folder, "stdio-sessions.json");
    for case in &sessions {
        let outcome = session(case, &mut schemas).await;
        tally.take(&case.id, outcome);
    }
    tally.finish("22-mcp");
}

// Collection 23.

#[derive(Deserialize)]
struct Examples {
    cases: Vec<Example>,
}

#[derive(Deserialize)]
struct Example {
    id: String,
    send: String,
    receive: Value,
}

/// The code and id that must come; none if nothing must.
fn demanded(example: &Example) -> Option<(i64, Value)> {
    let one = &example.receive;
    if one.is_null() {
        return None;
    }
    let code = one["error"]["code"].as_i64();
    // No revision of MCP since 2025-06-18 has batches: one refusal for all of one.
    if example.send.trim_start().starts_with('[') && code != Some(-32700) {
        return Some((-32600, Value::Null));
    }
    // The example's server subtracts; this one has no such method, and must say so under the same id.
    Some((code.unwrap_or(-32601), id(one).clone()))
}

async fn example(example: &Example) -> Result<(), String> {
    let mut client = Client::start();
    client.initialize().await;
    client.raw(format!("{}\n", example.send).as_bytes()).await;
    let (received, ended) = client.end().await;
    ended.map_err(|error| error.to_string())?;
    let demanded = demanded(example);
    let got: Vec<_> =
        received.iter().map(|it| (it["error"]["code"].as_i64().unwrap_or_default(), id(it).clone())).collect();
    check(got.iter().eq(demanded.iter()), || format!("demanded {demanded:?}, got {received:?}"))
}

#[derive(Deserialize)]
struct Recorded {
    sessions: Vec<Recording>,
}

#[derive(Deserialize)]
struct Recording {
    id: String,
    exchanges: Vec<Exchange>,
}

#[derive(Deserialize)]
struct Exchange {
    request: Value,
    response: Value,
}

async fn recording(recording: &Recording) -> Result<(), String> {
    for Exchange { request, response } in &recording.exchanges {
        for message in [request, response] {
            let text = message.to_string();
            let parsed = parse(text.as_bytes(), &Limits::message(text.len())).map_err(|error| error.to_string())?;
            let again = serde_json::to_string(&parsed.value).unwrap();
            check(serde_json::from_str::<Value>(&again).unwrap() == *message, || format!("{text} became {again}"))?;
        }
        check(response.get("result").is_some() != response.get("error").is_some(), || format!("{response}"))?;
        check(id(request) == id(response), || format!("{request} {response}"))?;
        // None of these is a method of this server: the refusal comes under the recorded id.
        let mut client = Client::start();
        client.initialize().await;
        client.send(request.clone()).await;
        let (received, _) = client.end().await;
        let right = received.len() == 1 && received[0]["error"]["code"] == -32601 && id(&received[0]) == id(request);
        check(right, || format!("{request} got {received:?}"))?;
    }
    Ok(())
}

#[tokio::test]
async fn collection_23_jsonrpc() {
    let Some(folder) = collection("23-jsonrpc") else { return };
    let mut tally = Tally::default();
    let Examples { cases } = file(&folder, "spec-examples.json");
    for case in &cases {
        tally.take(&case.id, example(case).await);
    }
    let Recorded { sessions } = file(&folder, "recorded-exchanges.json");
    for case in &sessions {
        tally.take(&case.id, recording(case).await);
    }
    tally.finish("23-jsonrpc");
}
