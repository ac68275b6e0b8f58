//! The server at the edges of the protocol: a table of lines, and what a table can't say (order, time, memory).

#![cfg(test)]

mod cases;
mod probe;

use std::{
    io,
    num::NonZeroUsize,
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};

use decision_gate_mcp::{ServeOptions, Visibility, tools::Profile};
use probe::{Client, Probe, TOOLS, call, cancel, initialize, request, stateless};
use serde_json::{Value, json};

fn options() -> ServeOptions<Probe> {
    ServeOptions::of(TOOLS)
}

fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap_or_default()
}

/// The message without what changes with a release.
fn settled(mut message: Value) -> Value {
    for place in ["/result/instructions", "/result/serverInfo/version", SERVER_VERSION] {
        if let Some(value) = message.pointer_mut(place) {
            *value = json!("…");
        }
    }
    message
}

const SERVER_VERSION: &str = "/result/_meta/io.modelcontextprotocol~1serverInfo/version";

fn ids(answers: &[Value]) -> Vec<Value> {
    answers.iter().map(|answer| answer["id"].clone()).collect()
}

#[tokio::test]
async fn a_session_of_the_first_era() {
    let mut client = Client::start();
    let opened = client.initialize().await;
    let instructions = opened["result"]["instructions"].as_str().unwrap();
    assert!(instructions.len() < 1024, "{} bytes", instructions.len());
    insta::assert_json_snapshot!(settled(opened));
    client.send(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
    insta::assert_json_snapshot!(client.ask(call(1, "echo", &json!({ "text": "hey" }))).await);
    insta::assert_json_snapshot!(client.ask(call(2, "refuse", &json!({}))).await);
    assert_eq!(text(&client.ask(call(3, "who_asks", &json!({}))).await), "probe 7");
    let (rest, ended) = client.end().await;
    assert_eq!(rest, Vec::<Value>::new());
    ended.unwrap();
}

#[tokio::test]
async fn a_session_of_the_second_era() {
    let mut client = Client::start();
    let discovered = client.ask(stateless(request("d", "server/discover", &json!({})))).await;
    insta::assert_json_snapshot!(settled(discovered));
    insta::assert_json_snapshot!(settled(client.ask(stateless(call(1, "refuse", &json!({})))).await));
    assert_eq!(text(&client.ask(stateless(call(2, "who_asks", &json!({})))).await), "modern 8");
    // There is no session to fall back on.
    let bare = client.ask(call(3, "who_asks", &json!({}))).await;
    assert_eq!(bare["error"]["code"], -32602, "{bare}");
    client.end().await.1.unwrap();
}

#[tokio::test]
async fn both_eras_at_once() {
    let mut client = Client::start();
    assert_eq!(text(&client.ask(stateless(call(1, "who_asks", &json!({})))).await), "modern 8");
    client.initialize().await;
    let legacy = client.ask(call(2, "who_asks", &json!({}))).await;
    assert_eq!(text(&legacy), "probe 7");
    assert_eq!(legacy["result"].get("resultType"), None);
    let modern = client.ask(stateless(call(3, "who_asks", &json!({})))).await;
    assert_eq!(text(&modern), "modern 8");
    assert_eq!(modern["result"]["resultType"], "complete");
    client.end().await.1.unwrap();
}

#[tokio::test]
async fn the_tool_list_is_sorted_and_hides_what_the_profile_hides() {
    let names = async |visibility: Visibility| {
        let mut options = options();
        options.visibility = visibility;
        let mut client = Client::with(options, 1 << 16);
        client.initialize().await;
        let list = client.ask(request(1, "tools/list", &json!({}))).await;
        let tools = list["result"]["tools"].as_array().unwrap();
        tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    insta::assert_snapshot!(names(Visibility::default()).await, @"echo panic refuse sleep wait who_asks");
    let full = Visibility { profile: Profile::Full, deny: vec!["panic".to_owned()], ..Visibility::default() };
    insta::assert_snapshot!(names(full).await, @"echo refuse secret sleep wait who_asks");
    let allowed = Visibility { allow: vec!["secret".to_owned()], ..Visibility::default() };
    insta::assert_snapshot!(names(allowed).await, @"echo panic refuse secret sleep wait who_asks");
}

#[tokio::test]
async fn a_hidden_tool_is_no_tool() {
    let mut client = Client::start();
    client.initialize().await;
    let answer = client.ask(call(1, "secret", &json!({}))).await;
    assert_eq!(answer["error"]["code"], -32602);
    assert_eq!(answer["error"]["data"]["code"], "tool_not_found");
}

#[tokio::test]
async fn a_tool_that_the_configuration_names_must_exist() {
    let mut options = options();
    options.visibility.deny = vec!["ecko".to_owned()];
    let (_, ended) = Client::with(options, 64).end().await;
    insta::assert_snapshot!(ended.map_err(|error| format!("{error}; {}", error.hint())).unwrap_err(), @"`ecko` in `server.tools.deny` is not a tool; did you mean `echo`?");
}

#[tokio::test]
async fn a_server_without_a_library_declares_none_and_answers_none() {
    let mut client = Client::start();
    let opened = client.initialize().await;
    let declared: Vec<_> = opened["result"]["capabilities"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(declared, ["logging", "tools"]);
    let reference = json!({ "type": "ref/prompt", "name": "p" });
    for (method, params) in [
        ("resources/list", json!({})),
        ("resources/templates/list", json!({})),
        ("resources/read", json!({ "uri": "x://y" })),
        ("prompts/list", json!({})),
        ("prompts/get", json!({ "name": "p" })),
        ("completion/complete", json!({ "ref": reference, "argument": { "name": "a", "value": "" } })),
    ] {
        for request in [request(1, method, &params), stateless(request(1, method, &params))] {
            let answer = client.ask(request).await;
            assert_eq!(answer["error"]["code"], -32601, "{answer}");
            assert_eq!(answer["error"]["data"]["code"], "method_not_found", "{answer}");
        }
    }
    client.end().await.1.unwrap();
}

/// The notices that came before the answer to `request`, and the answer.
async fn with_notices(client: &mut Client, request: Value) -> (Vec<Value>, Value) {
    client.send(request).await;
    let mut notices = Vec::new();
    loop {
        let message = client.receive().await.unwrap();
        match message.get("method") {
            Some(_) => notices.push(message),
            None => return (notices, message),
        }
    }
}

#[tokio::test]
async fn nobody_is_told_of_anything_before_asking_for_it() {
    let mut client = Client::start();
    client.initialize().await;
    let secret = json!({ "text": "s3cret", "s3cret": "s3cret" });
    assert_eq!(with_notices(&mut client, call(1, "echo", &secret)).await.0, Vec::<Value>::new());
    client.ask(request(2, "logging/setLevel", &json!({ "level": "warning" }))).await;
    let (told, _) = with_notices(&mut client, call(3, "echo", &json!({ "text": "s3cret" }))).await;
    assert_eq!(told, Vec::<Value>::new(), "an answer is told at `debug`");
    let (refused, _) = with_notices(&mut client, call(4, "echo", &secret)).await;
    let (broke, _) = with_notices(&mut client, call(5, "panic", &json!({}))).await;
    insta::assert_json_snapshot!([refused, broke].concat());
    client.ask(request(6, "logging/setLevel", &json!({ "level": "debug" }))).await;
    let (told, _) = with_notices(&mut client, call(7, "echo", &json!({ "text": "s3cret" }))).await;
    assert_eq!(told[0]["params"]["data"], json!({ "event": "tool_answered", "tool": "echo" }));
    assert!(!told[0].to_string().contains("s3cret"));
    // What a session asked for is no matter of a request that stands alone.
    let alone = |id: u64, level: Option<&str>| {
        let mut request = stateless(call(id, "refuse", &json!({})));
        if let Some(level) = level {
            request["params"]["_meta"]["io.modelcontextprotocol/logLevel"] = json!(level);
        }
        request
    };
    assert_eq!(with_notices(&mut client, alone(8, None)).await.0, Vec::<Value>::new());
    assert_eq!(with_notices(&mut client, alone(9, Some("error"))).await.0, Vec::<Value>::new());
    assert_eq!(with_notices(&mut client, alone(10, Some("info"))).await.0.len(), 1);
    client.end().await.1.unwrap();
}

#[tokio::test]
async fn requests_run_side_by_side() {
    let mut client = Client::start();
    client.initialize().await;
    client.send(call(1, "sleep", &json!({ "ms": 300 }))).await;
    client.send(call(2, "sleep", &json!({ "ms": 1 }))).await;
    client.send(request(3, "ping", &json!({}))).await;
    let answers = [client.receive().await.unwrap(), client.receive().await.unwrap(), client.receive().await.unwrap()];
    assert_eq!(ids(&answers), [json!(3), json!(2), json!(1)]);
}

#[tokio::test]
async fn a_cancelled_call_gets_no_answer_and_keeps_its_id_until_it_ends() {
    let mut client = Client::start();
    client.initialize().await;
    client.send(call(1, "wait", &json!({}))).await;
    client.until(|probe| probe.waiting.load(Ordering::SeqCst) == 1).await;
    client.send(cancel(1)).await;
    client.until(|probe| probe.cancelled.load(Ordering::SeqCst) == 1).await;
    let answer = client.ask(call(2, "echo", &json!({ "text": "next" }))).await;
    assert_eq!(answer["id"], 2);
    // The id is free again, and its answer is the new one.
    assert_eq!(text(&client.ask(call(1, "echo", &json!({ "text": "again" }))).await), "5 bytes: again");
    let (rest, ended) = client.end().await;
    assert_eq!(rest, Vec::<Value>::new());
    ended.unwrap();
}

#[tokio::test]
async fn a_full_server_reads_cancellations_and_answers_all_the_rest() {
    let mut options = options();
    options.limits.max_in_flight = NonZeroUsize::MIN;
    let mut client = Client::with(options, 1 << 16);
    client.initialize().await;
    client.send(call(1, "wait", &json!({}))).await;
    for id in 2..=5 {
        client.send(call(id, "echo", &json!({ "text": "waits" }))).await;
    }
    client.send(call(3, "echo", &json!({ "text": "twice" }))).await;
    // One that waits and the one that runs: neither gets an answer.
    client.send(cancel(4)).await;
    client.send(cancel(1)).await;
    let mut answers = Vec::new();
    while answers.len() < 4 {
        answers.push(client.receive().await.unwrap());
    }
    assert_eq!(ids(&answers), [json!(2), json!(3), json!(5), json!(3)]);
    assert_eq!(answers[3]["error"]["data"]["code"], "duplicate_request_id");
    assert_eq!(client.end().await.0, Vec::<Value>::new());
}

#[tokio::test]
async fn what_waits_for_a_place_is_answered_after_the_end_of_input() {
    let mut options = options();
    options.limits.max_in_flight = NonZeroUsize::MIN;
    let mut client = Client::with(options, 1 << 16);
    client.initialize().await;
    for id in 1..=5 {
        client.send(call(id, "sleep", &json!({ "ms": 5 }))).await;
    }
    client.raw(b"[]").await;
    let (rest, ended) = client.end().await;
    assert_eq!(ids(&rest), [json!(1), json!(2), json!(3), json!(4), json!(5), Value::Null]);
    ended.unwrap();
}

#[tokio::test]
async fn a_client_that_does_not_read_is_not_read_any_further() {
    let mut options = options();
    options.limits.max_in_flight = NonZeroUsize::new(4).unwrap();
    options.limits.max_line_bytes = 4096;
    let mut client = Client::with(options, 1024);
    client.initialize().await;
    let flood = async {
        for id in 0..10_000 {
            client.send(call(id, "echo", &json!({ "text": "x", "times": 500 }))).await;
        }
    };
    let blocked = tokio::time::timeout(Duration::from_millis(500), flood).await;
    assert!(blocked.is_err(), "the pipe is full long before");
}

#[tokio::test]
async fn the_end_of_input_drains_what_runs() {
    let mut client = Client::start();
    client.initialize().await;
    client.send(call(1, "sleep", &json!({ "ms": 200 }))).await;
    client.raw(br#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#).await;
    let (rest, ended) = client.end().await;
    assert_eq!(ids(&rest), [json!(2), json!(1)]);
    ended.unwrap();
}

#[tokio::test]
async fn a_signal_drains_what_runs_and_ends() {
    let mut client = Client::start();
    client.initialize().await;
    client.send(call(1, "sleep", &json!({ "ms": 200 }))).await;
    client.send(request(2, "ping", &json!({}))).await;
    assert_eq!(client.receive().await.unwrap()["id"], 2);
    client.shutdown.cancel();
    assert_eq!(text(&client.receive().await.unwrap()), "slept");
    assert_eq!(client.receive().await, None);
    client.end().await.1.unwrap();
}

#[tokio::test]
async fn a_signal_does_not_wait_for_ever() {
    let mut client = Client::start();
    client.initialize().await;
    client.send(call(1, "sleep", &json!({ "ms": 3_600_000 }))).await;
    client.send(request(2, "ping", &json!({}))).await;
    client.receive().await;
    let started = tokio::time::Instant::now();
    client.shutdown.cancel();
    client.outlive().await.unwrap();
    assert!(started.elapsed() <= Duration::from_secs(3), "{:?}", started.elapsed());
}

#[tokio::test]
async fn nothing_at_all_is_a_quiet_end() {
    let (rest, ended) = Client::start().end().await;
    assert_eq!(rest, Vec::<Value>::new());
    ended.unwrap();
}

#[tokio::test]
async fn a_client_that_is_gone_is_a_quiet_end() {
    let mut client = Client::start();
    client.send(initialize("2025-11-25")).await;
    client.hang_up().await.unwrap();
}

#[tokio::test]
async fn a_very_long_line_is_skipped_and_its_id_answered() {
    const MEBIBYTE: usize = 1024 * 1024;
    let mut client = Client::start();
    client.initialize().await;
    // As some clients write it: the id last.
    client.raw(br#"{"method":"tools/call","params":{"name":"echo","arguments":{"text":""#).await;
    let piece = vec![b'x'; MEBIBYTE];
    for _ in 0..50 {
        client.raw(&piece).await;
    }
    client.raw(b"\"}},\"jsonrpc\":\"2.0\",\"id\":9}\n").await;
    let answer = client.receive().await.unwrap();
    assert_eq!(answer["id"], 9);
    assert_eq!(answer["error"]["data"]["details"]["limit"], MEBIBYTE);
    assert_eq!(client.ask(request(10, "ping", &json!({}))).await["id"], 10);
}

/// What the log got.
#[derive(Clone, Debug, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_holds_nothing_that_a_client_sent_as_parameters() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let mut client = Client::start();
    client.initialize().await;
    let secret = json!({ "text": "s3cret", "s3cret": "s3cret" });
    client.ask(call(1, "echo", &json!({ "text": "s3cret" }))).await;
    client.ask(call(2, "echo", &secret)).await;
    client.ask(call(3, "panic", &json!({}))).await;
    client.ask(request(4, "tools/list", &json!({ "cursor": "s3cret" }))).await;
    client.ask(request(5, "no/such", &secret)).await;
    client.send(json!({ "jsonrpc": "2.0", "method": "notifications/s3cret", "params": secret })).await;
    client.raw(b"{\"params\":\"s3cret\"\n").await;
    client.end().await.1.unwrap();
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("a tool panicked"), "{log}");
    assert!(!log.contains("s3cret"), "{log}");
}
