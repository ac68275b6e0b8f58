//! Servers at an address: the official SDK's over streamable HTTP, and one made by hand that does everything that a server
//! should not. Each costs the conditions that asked it and no others.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use decision_gate_tests::wire::Era;
use decision_gate_tests::{Clients, Fault, Launch, Server, Workspace, project_root};
use serde_json::{Value, json};

use super::hostile_address::Address;
use super::{ask, scenario};

/// What each mode of the server costs its own condition.
const MODES: [(&str, &[&str]); 28] = [
    ("hang", &["provider_timeout"]),
    ("hang_within", &["provider_timeout"]),
    ("mute", &["provider_timeout"]),
    ("flood", &["provider_flooding", "provider_timeout"]),
    ("flood_comments", &["provider_flooding", "provider_timeout"]),
    ("endless", &["evidence_too_large", "provider_timeout"]),
    ("endless_event", &["evidence_too_large", "provider_timeout"]),
    ("long", &["evidence_too_large"]),
    ("misplace", &["evidence_invalid"]),
    ("misplace_events", &["provider_gone"]),
    ("die", &["provider_gone"]),
    ("die_events", &["provider_gone"]),
    ("die_head", &["provider_gone"]),
    ("junk", &["evidence_invalid"]),
    ("page", &["evidence_invalid"]),
    ("accepted", &["evidence_invalid"]),
    ("head_bomb", &["provider_gone", "provider_timeout"]),
    ("failed", &["provider_http_status"]),
    ("unauthorized", &["provider_http_status"]),
    ("broken", &["provider_gone"]),
    ("twice", &["evidence_invalid"]),
    ("inexact", &["number_out_of_range"]),
    ("redirect", &["provider_unreachable"]),
    ("sent_to_get", &["provider_unreachable"]),
    ("forgets_always", &["provider_session_lost"]),
    ("nowhere", &["provider_unreachable"]),
    ("closed", &["provider_unreachable"]),
    ("no_tls", &["provider_unreachable"]),
];

/// Those that answer all the same.
const GOOD: [&str; 6] = ["good", "events", "lie", "resume", "redirect_within", "forgets"];

fn configure(workspace: &Workspace, providers: &[(&str, String)]) -> Result<(), Fault> {
    let mut text =
        "[server]\nprofile = \"full\"\n[store]\npath = \"ledger.db\"\n[runpacks]\nroot = \"packs\"\n".to_owned();
    for (name, settings) in providers {
        text += &format!(
            "\n[[providers]]\nname = \"{name}\"\ntype = \"mcp\"\ntimeout_ms = 5000\n[providers.config]\n{settings}\n\
             max_message_bytes = 65536\nchecks = [{{ check_id = \"measure\", jsonpath = \"$.value\" }}]\n"
        );
    }
    workspace.write_config(&text)
}

fn serve(workspace: &Workspace) -> Result<Server, Fault> {
    let mut server = Launch::serve(&workspace.config())?.spawn(Era::Legacy)?;
    server.open()?;
    Ok(server)
}

/// A port that nobody listens at.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn a_server_at_an_address_that_misbehaves_costs_only_its_own_conditions() -> Result<(), Fault> {
    let address = Address::start();
    let workspace = Workspace::new()?;
    let settings = |mode: &str| match mode {
        "nowhere" => format!("url = \"http://127.0.0.1:{}/\"\nallow_http = true\nallow_private = true", free_port()),
        "closed" => format!("url = \"http://{}/good\"\nallow_http = true", address.at),
        "no_tls" => format!("url = \"https://{}/good\"\nallow_private = true", address.at),
        mode => address.settings(mode),
    };
    let names: Vec<&str> = MODES.iter().map(|(mode, _)| *mode).chain(GOOD).collect();
    configure(&workspace, &names.iter().map(|name| (*name, settings(name))).collect::<Vec<_>>())?;
    let mut server = serve(&workspace)?;
    server.set_patience(Duration::from_mins(1));
    server.answer("scenario_define", &json!({ "spec": scenario(&names) }))?;
    server.answer("scenario_start", &json!({ "scenario_id": "federated", "run_id": "run-1" }))?;
    let begun = Instant::now();
    let step = server.answer("scenario_next", &json!({ "run_id": "run-1", "feedback": "evidence" }))?;
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    let of = |name: &str| {
        let evidence = step["evidence"].as_array().into_iter().flatten();
        evidence.clone().find(|it| it["condition_id"] == name).cloned().unwrap_or_else(|| panic!("{name}: {step}"))
    };
    for good in GOOD {
        assert_eq!(of(good)["status"], "True", "{good}: {}", of(good));
    }
    for (mode, codes) in MODES {
        let evidence = of(mode);
        let code = evidence["result"]["error"]["code"].as_str().unwrap_or_default();
        assert_eq!(evidence["status"], "Unknown", "{mode}: {evidence}");
        assert!(codes.contains(&code), "{mode}: {evidence}");
    }
    for (mode, reason) in
        [("redirect", "http_redirect_refused"), ("closed", "http_private_address"), ("no_tls", "http_tls")]
    {
        assert!(of(mode).to_string().contains(reason), "{mode}: {}", of(mode));
    }
    assert!(!step.to_string().contains("s3cret"), "d22: words of a provider in {step}");
    assert_eq!(ask(&mut server, "good", &json!({}))?["result"]["error"], Value::Null);
    let closed = server.close()?;
    assert!(!closed.stderr.contains("s3cret"), "d22: words of a provider in the log");
    Ok(())
}

#[test]
fn what_comes_on_one_reply_answers_no_other_question() -> Result<(), Fault> {
    let address = Address::start();
    let workspace = Workspace::new()?;
    configure(&workspace, &[("lie", address.settings("lie"))])?;
    let mut server = serve(&workspace)?;
    let query = json!({ "query": { "provider_id": "lie", "check_id": "measure", "params": {} } });
    server.answer("evidence_query", &query)?;
    let ids: Vec<i64> = (0..8).map(|_| server.send_call("evidence_query", &query)).collect::<Result<_, _>>()?;
    let seven = decision_gate_core::digest::Digest::of(b"7").to_hex();
    for id in ids {
        let answer = server.receive(id)?;
        let hash = &answer["result"]["structuredContent"]["result"]["evidence_hash"]["value"];
        assert_eq!(hash, &json!(seven), "{answer}");
    }
    server.close()?;
    Ok(())
}

#[test]
fn the_headers_of_a_session_are_those_that_the_protocol_asks_for() -> Result<(), Fault> {
    let address = Address::start();
    let workspace = Workspace::new()?;
    configure(&workspace, &[("good", format!("{}\nhandshake = \"initialize\"", address.settings("good")))])?;
    let mut server = serve(&workspace)?;
    assert!(address.heads.lock().unwrap().is_empty(), "it was asked before anybody needed it");
    assert_eq!(ask(&mut server, "good", &json!({}))?["result"]["error"], Value::Null);
    let heads = address.heads.lock().unwrap().clone();
    let both = "accept: application/json, text/event-stream";
    assert!(heads.iter().all(|head| head.starts_with("post /good") && head.contains(both)), "{heads:?}");
    let [first, later @ ..] = heads.as_slice() else { panic!("nobody asked") };
    assert!(!first.contains("mcp-session-id") && !first.contains("mcp-protocol-version"), "{first}");
    for head in later {
        assert!(head.contains("mcp-session-id: s-1") && head.contains("mcp-protocol-version: 2025-11-25"), "{head}");
    }
    server.close()?;
    Ok(())
}

#[test]
fn one_that_is_not_there_is_left_alone_for_longer_each_time() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    let url = format!("url = \"http://127.0.0.1:{}/\"\nallow_http = true\nallow_private = true", free_port());
    configure(&workspace, &[("nowhere", url)])?;
    let mut server = serve(&workspace)?;
    let mut codes = Vec::new();
    for _ in 0..8 {
        let answer = ask(&mut server, "nowhere", &json!({}))?;
        codes.push(answer["result"]["error"]["code"].as_str().unwrap_or_default().to_owned());
    }
    let refused = codes.iter().take_while(|code| *code == "provider_unreachable").count();
    assert!((3..8).contains(&refused), "{codes:?}");
    assert!(codes.iter().skip(refused).all(|code| code == "provider_resting"), "{codes:?}");
    server.close()?;
    Ok(())
}

/// The example of the documentation at an address of this machine, up to the end of the test.
struct Example(Child, u16);

impl Example {
    fn start(reports: &Path) -> Result<Self, Fault> {
        let python = Clients::python()?.python_program();
        let port = free_port();
        let mut example = Command::new(python);
        example.arg("-B").arg(project_root().join("docs/examples/provider-python/provider.py")).arg(reports);
        example.env("PORT", port.to_string()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = example.spawn().map_err(Fault::io("run", "python"))?;
        let started = Self(child, port);
        let until = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "the example does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(started)
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_official_sdk_answers_over_streamable_http_in_both_eras() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    workspace.write_evidence("report.json", br#"{"failed":0}"#)?;
    let example = Example::start(&workspace.path().join("evidence"))?;
    for handshake in ["initialize", "discover", "auto"] {
        workspace.write_config(&format!(
            "[server]\nprofile = \"full\"\n[store]\npath = \"ledger.db\"\n[runpacks]\nroot = \"packs\"\n\
             [evidence]\nallow_raw_values = true\nrequire_provider_opt_in = false\n\
             [[providers]]\nname = \"reports\"\ntype = \"mcp\"\ntimeout_ms = 30000\n[providers.config]\n\
             url = \"http://127.0.0.1:{}/mcp\"\nallow_http = true\nallow_private = true\nsend_context = true\n\
             handshake = \"{handshake}\"\nchecks = [{{ check_id = \"report_field\", answer = \"evidence\" }}]\n",
            example.1,
        ))?;
        let mut server = serve(&workspace)?;
        let query = |field: &str| {
            let params = json!({ "report": "report.json", "field": field });
            json!({ "query": { "provider_id": "reports", "check_id": "report_field", "params": params } })
        };
        let failed = server.answer("evidence_query", &query("failed"))?;
        assert_eq!(failed["result"]["value"], json!({ "kind": "json", "value": 0 }), "{handshake}: {failed}");
        let ids: Vec<i64> =
            (0..6).map(|_| server.send_call("evidence_query", &query("failed"))).collect::<Result<_, _>>()?;
        for id in ids {
            let answer = server.receive(id)?;
            let value = &answer["result"]["structuredContent"]["result"]["value"]["value"];
            assert_eq!(value, &json!(0), "{handshake}: {answer}");
        }
        server.close()?;
    }
    Ok(())
}
