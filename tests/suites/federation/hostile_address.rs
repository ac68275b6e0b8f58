//! A server at an address that the tests made by hand: it answers one way or another, the path says which.

use std::io::{BufRead as _, BufReader, Read as _, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// A server up to the end of the test.
pub(super) struct Address {
    pub(super) at: SocketAddr,
    /// The first lines and headers of all requests, in lower case.
    pub(super) heads: Arc<Mutex<Vec<String>>>,
}

struct Asked {
    method: String,
    mode: String,
    head: String,
    message: Value,
}

impl Address {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let (heads, forgot) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let seen = Arc::clone(&heads);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, forgot) = (Arc::clone(&seen), Arc::clone(&forgot));
                thread::spawn(move || serve(stream, &seen, &forgot));
            }
        });
        Self { at, heads }
    }

    /// The settings of a provider in this mode.
    pub(super) fn settings(&self, mode: &str) -> String {
        format!("url = \"http://{}/{mode}\"\nallow_http = true\nallow_private = true", self.at)
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim();
        if line.is_empty() {
            break;
        }
        if let Some(told) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = told.trim().parse().unwrap();
        }
        head.push_str(&line.to_ascii_lowercase());
        head.push('\n');
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let message = serde_json::from_slice(&body).unwrap_or_default();
    let mut words = head.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?);
    Some(Asked { method, mode: path.trim_start_matches('/').to_owned(), head, message })
}

fn serve(mut stream: TcpStream, seen: &Mutex<Vec<String>>, forgot: &AtomicBool) {
    let Some(asked) = read(&stream) else { return };
    seen.lock().unwrap().push(asked.head.clone());
    // Whoever hangs up early makes writing fail; that is none of our trouble.
    let _ = answer(&mut stream, &asked, forgot);
    // Gives the other side the time to read what was said.
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let _ = stream.read(&mut [0; 64]);
}

fn document(out: &mut TcpStream, status: &str, headers: &str, body: &str) -> std::io::Result<()> {
    write!(
        out,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    )?;
    out.write_all(body.as_bytes())
}

fn answer(out: &mut TcpStream, asked: &Asked, forgot: &AtomicBool) -> std::io::Result<()> {
    let id = asked.message.get("id").cloned().unwrap_or_default();
    let told = |result: Value| json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string();
    let mode = asked.mode.as_str();
    match mode {
        "mute" => {
            thread::sleep(Duration::from_mins(10));
            return Ok(());
        }
        "redirect" => return document(out, "307 There", "location: http://127.0.0.2:9/good\r\n", ""),
        "redirect_within" => return document(out, "308 There", "location: /good\r\n", ""),
        "sent_to_get" => return document(out, "303 There", "location: /good\r\n", ""),
        "unauthorized" => return document(out, "401 Who", "", "s3cret words"),
        "broken" => return out.write_all(b"s3cret words that are no http\r\n\r\n"),
        _ => {}
    }
    if asked.method == "get" {
        assert!(asked.head.contains("last-event-id: 41"), "{}", asked.head);
        return events(out, &[format!("data: {}\n\n", told(good(7)).replace(r#""id":null"#, r#""id":3"#))]);
    }
    match asked.message.get("method").and_then(Value::as_str) {
        Some("initialize") => {
            let server = json!({ "name": "test", "version": "1" });
            let result =
                json!({ "protocolVersion": "2025-11-25", "capabilities": { "tools": {} }, "serverInfo": server });
            document(out, "200 OK", "Mcp-Session-Id: s-1\r\n", &told(result))
        }
        Some("tools/list") => {
            let tool = json!({ "name": "measure", "inputSchema": { "type": "object" } });
            document(out, "200 OK", "", &told(json!({ "tools": [tool] })))
        }
        Some("tools/call") => call(out, mode, &id, forgot),
        Some("server/discover") => {
            let error = json!({ "code": -32601, "message": "s3cret words" });
            document(out, "200 OK", "", &json!({ "jsonrpc": "2.0", "id": id, "error": error }).to_string())
        }
        _ => out.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"),
    }
}

/// The answer to a question, or to one so far away from it.
fn told(id: &Value, by: i64, value: u32) -> String {
    let id = json!(id.as_i64().unwrap_or_default() + by);
    json!({ "jsonrpc": "2.0", "id": id, "result": good(value) }).to_string()
}

fn good(value: u32) -> Value {
    json!({ "content": [], "structuredContent": { "value": value } })
}

fn events(out: &mut TcpStream, parts: &[String]) -> std::io::Result<()> {
    out.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nconnection: close\r\n\r\n")?;
    for part in parts {
        out.write_all(part.as_bytes())?;
        out.flush()?;
    }
    Ok(())
}

fn call(out: &mut TcpStream, mode: &str, id: &Value, forgot: &AtomicBool) -> std::io::Result<()> {
    let log = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"x"}}"#;
    match mode {
        "events" => {
            let answer = told(id, 0, 7);
            let (first, second) = answer.split_at(20);
            let parts = [": hello\n\ndata: not json\n\n", &format!("data: {log}\n\nevent: message\ndata: {first}")];
            let [one, two] = parts.map(str::to_owned);
            events(out, &[one, two, format!("{second}\r\n\r\n")])
        }
        // The answers to the questions around it, then its own.
        "lie" => {
            let mut parts: Vec<String> =
                [-3, -2, -1, 1, 2, 3].iter().map(|by| format!("data: {}\n\n", told(id, *by, 666))).collect();
            parts.push(format!("data: {}\n\n", told(id, 0, 7)));
            events(out, &parts)
        }
        "resume" => events(out, &["id: 41\nretry: 10\ndata:\n\n".to_owned()]),
        "hang" => {
            thread::sleep(Duration::from_mins(10));
            Ok(())
        }
        "hang_within" => {
            events(out, &["data: {".to_owned()])?;
            thread::sleep(Duration::from_mins(10));
            Ok(())
        }
        "flood" => {
            events(out, &[])?;
            loop {
                write!(out, "data: {log}\n\n")?;
            }
        }
        "flood_comments" => {
            events(out, &[])?;
            loop {
                out.write_all(&[b":x\n".as_slice(); 400].concat())?;
            }
        }
        "endless_event" => {
            events(out, &["data: ".to_owned()])?;
            loop {
                out.write_all(&[b'x'; 8_192])?;
            }
        }
        "misplace_events" => events(out, &[format!("data: {}\n\n", told(id, 1, 7))]),
        "die_events" => events(out, &[format!("data: {}", told(id, 0, 7))]),
        _ => call_document(out, mode, id, forgot),
    }
}

/// What is answered as one document, or as none.
fn call_document(out: &mut TcpStream, mode: &str, id: &Value, forgot: &AtomicBool) -> std::io::Result<()> {
    let json = |out: &mut TcpStream, body: &str| document(out, "200 OK", "", body);
    match mode {
        "endless" => {
            out.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n")?;
            loop {
                out.write_all(&[b'x'; 8_192])?;
            }
        }
        "long" => json(out, &"x".repeat(2_000_000)),
        "misplace" => json(out, &told(id, 1, 7)),
        "die" => {
            out.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n{\"jso")
        }
        "die_head" => Ok(()),
        "junk" => json(out, "s3cret words"),
        "page" => {
            out.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 12\r\n\r\ns3cret words")
        }
        "accepted" => out.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"),
        "head_bomb" => {
            out.write_all(b"HTTP/1.1 200 OK\r\n")?;
            loop {
                out.write_all(&[b"a: b\r\n".as_slice(); 400].concat())?;
            }
        }
        "failed" => document(out, "500 No", "", "s3cret words"),
        "twice" => json(out, &told(id, 0, 7).replace("\"value\":7", "\"value\":7,\"value\":8")),
        "inexact" => json(out, &told(id, 0, 7).replace(":7", ":9007199254740993")),
        "forgets" if !forgot.swap(true, Ordering::SeqCst) => document(out, "404 Gone", "", ""),
        "forgets_always" => document(out, "404 Gone", "", ""),
        _ => json(out, &told(id, 0, 7)),
    }
}
