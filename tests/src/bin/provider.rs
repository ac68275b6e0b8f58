//! A provider for tests that answers, or does what providers should not: `decision-gate-test-provider MODE`.
//!
//! Its one tool, `measure`, answers `structuredContent` of `{"value": 7}` and waits `delay_ms` first if it is told to.
//! The mode says what happens instead, at the first call or at the start. Mode `playback` answers with what the file
//! `PLAYBACK` has under the argument `case`. `evidence_query` is the tool of the public project's protocol, in mode `v0`.

use std::io::{self, BufRead, Read as _, Write};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

fn main() -> ExitCode {
    let mode = std::env::args().nth(1).unwrap_or_default();
    let served = if mode.starts_with("v0") { serve_v0(&mode) } else { serve(&mode) };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve(mode: &str) -> io::Result<()> {
    let stdout = io::stdout();
    at_start(mode)?;
    for line in io::stdin().lock().lines() {
        let Ok(message) = serde_json::from_str::<Value>(&line?) else { continue };
        let Some(id) = message.get("id").cloned() else { continue };
        match message.get("method").and_then(Value::as_str) {
            Some("initialize") => {
                let server = json!({ "name": "test", "version": "1" });
                let version = message.pointer("/params/protocolVersion").cloned();
                let result =
                    json!({ "protocolVersion": version, "capabilities": { "tools": {} }, "serverInfo": server });
                say(&mut stdout.lock(), &json!({ "jsonrpc": "2.0", "id": id, "result": result }))?;
            }
            Some("tools/list") => {
                let tool = json!({ "name": "measure", "inputSchema": { "type": "object" } });
                say(&mut stdout.lock(), &json!({ "jsonrpc": "2.0", "id": id, "result": { "tools": [tool] } }))?;
            }
            Some("tools/call") => {
                let delay = message.pointer("/params/arguments/delay_ms").and_then(Value::as_u64).unwrap_or_default();
                let (mode, message) = (mode.to_owned(), message.clone());
                thread::spawn(move || {
                    thread::sleep(Duration::from_millis(delay));
                    answer(&mode, &id, &message)
                });
            }
            _ => {
                let error = json!({ "code": -32601, "message": "unknown method" });
                say(&mut stdout.lock(), &json!({ "jsonrpc": "2.0", "id": id, "error": error }))?;
            }
        }
    }
    Ok(())
}

fn at_start(mode: &str) -> io::Result<()> {
    match mode {
        "mute" => thread::sleep(Duration::from_mins(10)),
        "gone" => return Err(io::ErrorKind::Other.into()),
        "flood_start" => flood(&mut io::stdout().lock())?,
        // What a server that prints its banner to the wrong stream does.
        "junk" => {
            for line in ["Listening on stdio", "", "{", "[1,2]", "null", "{\"jsonrpc\":\"2.0\"}", "\u{FFFD}\u{7}"] {
                writeln!(io::stdout(), "{line}")?;
            }
            io::stdout().write_all(b"\xFF\xFE\xC3\n{\"id\":1,\"result\":{}}\n")?;
        }
        "flood_stderr" => {
            thread::spawn(|| flood(&mut io::stderr().lock()));
        }
        // A child that lives on unless the whole group is killed.
        "child" => {
            let pid = std::process::Command::new("sleep").arg("600").spawn()?.id();
            let place = std::env::var("PID_FILE").unwrap_or_default();
            std::fs::write(place, format!("{pid}\n{}", std::process::id()))?;
        }
        _ => {}
    }
    Ok(())
}

fn answer(mode: &str, id: &Value, message: &Value) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let good = json!({ "content": [], "structuredContent": { "value": 7 } });
    let plain = |id: &Value| json!({ "jsonrpc": "2.0", "id": id, "result": good.clone() });
    let evil = json!({ "content": [], "structuredContent": { "value": 666 } });
    match mode {
        "hang" => thread::sleep(Duration::from_mins(10)),
        "die" => {
            out.write_all(br#"{"jsonrpc":"2.0","id":"#)?;
            out.flush()?;
            std::process::abort();
        }
        "flood" => flood(&mut out)?,
        "endless" => loop {
            out.write_all(&[b'x'; 8_192])?;
        },
        "long" => {
            let long = json!({ "content": [], "structuredContent": { "value": "x".repeat(2_000_000) } });
            say(&mut out, &json!({ "jsonrpc": "2.0", "id": id, "result": long }))?;
        }
        // Ids that were never given out, one that was, and then the answer twice.
        "lie" => {
            let lies =
                [json!(id.as_i64().unwrap_or_default() + 1), json!(1), json!("1"), json!(-1), json!(1.5), json!(null)];
            for lie in &lies {
                say(&mut out, &json!({ "jsonrpc": "2.0", "id": lie, "result": evil.clone() }))?;
            }
            say(&mut out, &plain(id))?;
            say(&mut out, &json!({ "jsonrpc": "2.0", "id": id, "result": evil.clone() }))?;
        }
        // Only ids that were never given out.
        "misplace" => say(&mut out, &json!({ "jsonrpc": "2.0", "id": 777, "result": good.clone() }))?,
        // Says what it was started with and asked.
        "mirror" => {
            let environment: Vec<_> =
                std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
            let folder = std::env::current_dir()?.file_name().map(|it| it.to_string_lossy().into_owned());
            let meta = message.pointer("/params/_meta").cloned();
            let value = json!({ "environment": environment, "folder": folder, "meta": meta });
            let result = json!({ "content": [], "structuredContent": { "value": value } });
            say(&mut out, &json!({ "jsonrpc": "2.0", "id": id, "result": result }))?;
        }
        "playback" => {
            let mut played = playback(message)?;
            if let Some(members) = played.as_object_mut() {
                members.extend([("jsonrpc".to_owned(), json!("2.0")), ("id".to_owned(), id.clone())]);
            }
            say(&mut out, &played)?;
        }
        _ => match raw_line(mode, id) {
            Some(line) => writeln!(out, "{line}")?,
            None => say(&mut out, &odd_message(mode, id).unwrap_or_else(|| plain(id)))?,
        },
    }
    out.flush()
}

/// The answer of a case, which it says to stderr too, as a server in trouble does.
fn playback(message: &Value) -> io::Result<Value> {
    let file = std::fs::read(std::env::var_os("PLAYBACK").unwrap_or_default())?;
    let mut cases: Value = serde_json::from_slice(&file)?;
    let case = message.pointer("/params/arguments/case").and_then(Value::as_str).unwrap_or_default();
    let played = cases.get_mut(case).map(Value::take).ok_or(io::ErrorKind::NotFound)?;
    writeln!(io::stderr(), "{played}")?;
    Ok(played)
}

/// Answers that are JSON, and no result of a tool.
fn odd_message(mode: &str, id: &Value) -> Option<Value> {
    let (member, content) = match mode {
        "shape" => ("result", json!(3)),
        "protocol_error" => ("error", json!({ "code": -32000, "message": "s3cret words" })),
        "tool_error" => {
            let content = json!([{ "type": "text", "text": "s3cret words" }]);
            ("result", json!({ "isError": true, "content": content, "structuredContent": { "code": "not_there" } }))
        }
        "asks" => {
            let request =
                json!({ "method": "elicitation/create", "params": { "message": "?", "requestedSchema": {} } });
            ("result", json!({ "resultType": "input_required", "inputRequests": { "a": request } }))
        }
        _ => return None,
    };
    Some(json!({ "jsonrpc": "2.0", "id": id, member: content }))
}

/// Answers that are no JSON as it should be.
fn raw_line(mode: &str, id: &Value) -> Option<String> {
    let result = |value: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[],"structuredContent":{{"value":{value}}}}}}}"#)
    };
    Some(match mode {
        "twice" => result(r#"7,"value":8"#),
        "two_ids" => result("7").replacen(r#","result""#, r#","id":0,"result""#, 1),
        "deep" => result(&("[".repeat(5_000) + &"]".repeat(5_000))),
        "inexact" => result("9007199254740993"),
        "surrogate" => result(r#""\ud800""#),
        _ => return None,
    })
}

fn flood(out: &mut impl Write) -> io::Result<()> {
    let line =
        json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": { "level": "info", "data": "x" } });
    loop {
        say(out, &line)?;
    }
}

fn say(out: &mut impl Write, message: &Value) -> io::Result<()> {
    writeln!(out, "{message}")?;
    out.flush()
}

/// The public project's protocol.
fn serve_v0(mode: &str) -> io::Result<()> {
    let mut input = io::stdin().lock();
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if input.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if line.trim().is_empty() {
                break;
            }
            if let Some((_, value)) = line.split_once(':') {
                length = value.trim().parse().unwrap_or(length);
            }
        }
        let mut body = vec![0; length];
        input.read_exact(&mut body)?;
        let call: Value = serde_json::from_slice(&body)?;
        let check = call.pointer("/params/arguments/query/check_id").cloned();
        let result = json!({ "value": { "kind": "json", "value": check }, "lane": "verified" });
        let item = match mode {
            "v0_text" => json!({ "type": "text", "text": "s3cret words" }),
            _ => json!({ "type": "json", "json": result }),
        };
        let id = if mode == "v0_lie" { json!(999) } else { call.get("id").cloned().unwrap_or_default() };
        let reply = json!({ "jsonrpc": "2.0", "id": id, "result": { "content": [item] } }).to_string();
        let said = match mode {
            "v0_hang" => {
                thread::sleep(Duration::from_mins(10));
                0
            }
            "v0_huge" => 99_999_999,
            _ => reply.len(),
        };
        write!(io::stdout(), "Content-Length: {said}\r\n\r\n{reply}")?;
        io::stdout().flush()?;
    }
}
