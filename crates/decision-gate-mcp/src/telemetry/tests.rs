//! What a collector and Prometheus get to see, from decisions that the chain makes.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use decision_gate_config::sections::telemetry as settings;
use decision_gate_core::condition::Truth;
use decision_gate_core::digest::Digest;
use decision_gate_policy::chain::ReleaseDecision;
use decision_gate_policy::result::{GateResult, Judged, Outcome};
use decision_gate_policy::telemetry::Observed;
use serde_json::{Value, json};

use super::Telemetry;

/// A decision whose gate on VEX trust ended so.
fn decision(outcome: Outcome, reason: &'static str, score: Option<&str>) -> ReleaseDecision {
    let mut judged = Judged::measured(outcome, reason, "as the gate says it");
    if let Some(score) = score {
        judged = judged.detail("trust_score", score).detail("issuer_id", "acme");
    }
    ReleaseDecision {
        truth: Truth::True,
        reason: "gates_met",
        decided_by: None,
        rows: vec![GateResult {
            gate: "vex-trust",
            order: 250,
            outcome,
            would_have: outcome,
            truth: judged.truth(),
            judged,
            mode: None,
            mode_source: None,
            waived: Vec::new(),
            refused_waivers: Vec::new(),
        }],
        upcoming: Vec::new(),
        relaxations: Vec::new(),
        environment: "production".try_into().unwrap(),
        tenant: None,
        policy: Digest::of(b"policy"),
    }
}

fn three(telemetry: &Telemetry) {
    telemetry.release(Observed::of(&decision(Outcome::Pass, "trust_met", Some("0.95"))), Duration::from_micros(40));
    telemetry
        .release(Observed::of(&decision(Outcome::Block, "composite_score", Some("0.41"))), Duration::from_millis(120));
    telemetry
        .release(Observed::of(&decision(Outcome::Warn, "missing_vex_trust_data", None)), Duration::from_micros(60));
}

fn configured(settings: &Value) -> settings::Telemetry {
    serde_json::from_value(settings.clone()).unwrap()
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// A collector that answers every request alike, and what it got: path and body.
fn collector(status: &'static str) -> (String, Receiver<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut text = Vec::new();
            let mut chunk = [0; 4096];
            let (head, body) = loop {
                let count = stream.read(&mut chunk).unwrap();
                text.extend_from_slice(&chunk[..count]);
                let all = String::from_utf8_lossy(&text).into_owned();
                let Some((head, body)) = all.split_once("\r\n\r\n") else { continue };
                let length =
                    head.lines().find_map(|it| it.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
                if body.len() == length.unwrap_or(0_usize) || count == 0 {
                    break (head.to_owned(), body.to_owned());
                }
            };
            assert!(head.to_lowercase().contains("content-type: application/json"), "{head}");
            write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}").unwrap();
            let path = head.split(' ').nth(1).unwrap().to_owned();
            if sender.send((path, serde_json::from_str(&body).unwrap())).is_err() {
                return;
            }
        }
    });
    (endpoint, receiver)
}

/// Attributes as `name=value`, in their order.
fn attributes(of: &Value) -> Vec<String> {
    let each = of["attributes"].as_array().unwrap().iter();
    each.map(|it| {
        let (_, value) = it["value"].as_object().unwrap().iter().next().unwrap();
        format!("{}={}", it["key"].as_str().unwrap(), value.as_str().map_or(value.to_string(), str::to_owned))
    })
    .collect()
}

#[test]
fn a_collector_gets_the_seeds_metrics_and_spans() {
    let (endpoint, got) = collector("200 OK");
    let telemetry = Telemetry::new(&configured(&json!({ "otlp_endpoint": endpoint, "interval_ms": 3_600_000 })));
    three(&telemetry);
    block_on(telemetry.flush());
    let (path, body) = got.recv_timeout(Duration::from_secs(10)).unwrap();
    assert_eq!(path, "/v1/metrics");
    assert_eq!(attributes(&body["resourceMetrics"][0]["resource"])[0], "service.name=decision-gate");
    let metrics = body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].as_array().unwrap();
    let mut shown = Vec::new();
    for metric in metrics {
        let data = metric.get("sum").unwrap_or(&metric["histogram"]);
        assert_eq!(data["aggregationTemporality"], 2);
        for point in data["dataPoints"].as_array().unwrap() {
            let value = point.get("asInt").unwrap_or(&point["count"]).as_str().unwrap();
            let name = metric["name"].as_str().unwrap().trim_start_matches("stellaops.policy.vex_trust_gate.");
            shown.push(format!("{name} {} {value}", attributes(point).join(",")));
        }
    }
    assert_eq!(
        shown,
        [
            "evaluations.total environment=production 3",
            "decisions.total decision=block,environment=production,reason=composite_score 1",
            "decisions.total decision=pass,environment=production,reason=trust_met 1",
            "decisions.total decision=warn,environment=production,reason=missing_vex_trust_data 1",
            "trust_score decision=block,environment=production 1",
            "trust_score decision=pass,environment=production 1",
            "evaluation_duration_ms environment=production 3",
        ]
    );
    let (path, body) = got.recv_timeout(Duration::from_secs(10)).unwrap();
    assert_eq!(path, "/v1/traces");
    let spans = body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap();
    let shown: Vec<_> = spans.iter().map(|it| (it["name"].as_str().unwrap(), attributes(it).join(" "))).collect();
    let name = "VexTrustGate.EvaluateAsync";
    assert_eq!(
        shown,
        [
            (name, "environment=production trust_score=0.95 decision=pass issuer_id=acme".to_owned()),
            (name, "environment=production trust_score=0.41 decision=block issuer_id=acme".to_owned()),
            (name, "environment=production decision=warn".to_owned()),
        ]
    );
    let times = |key: &str| spans[1][key].as_str().unwrap().parse::<u64>().unwrap();
    assert_eq!(times("endTimeUnixNano") - times("startTimeUnixNano"), 120_000_000);
    assert_eq!((spans[0]["traceId"].as_str().unwrap().len(), spans[0]["spanId"].as_str().unwrap().len()), (32, 16));
    // What was told is not told again, and sums go on.
    block_on(telemetry.flush());
    telemetry.release(Observed::of(&decision(Outcome::Pass, "trust_met", Some("0.95"))), Duration::ZERO);
    block_on(telemetry.flush());
    let (_, body) = got.recv_timeout(Duration::from_secs(10)).unwrap();
    let first = &body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]["sum"]["dataPoints"][0];
    assert_eq!(first["asInt"], "4");
    let (_, body) = got.recv_timeout(Duration::from_secs(10)).unwrap();
    assert_eq!(body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().len(), 1);
}

#[test]
fn a_collector_that_is_away_or_refuses_loses_nothing_and_holds_nobody_up() {
    for endpoint in [collector("503 Service Unavailable").0, "http://127.0.0.1:9".to_owned()] {
        let telemetry = Telemetry::new(&configured(&json!({ "otlp_endpoint": endpoint })));
        three(&telemetry);
        block_on(telemetry.flush());
        let active = telemetry.0.as_ref().unwrap();
        let state = active.state();
        assert_eq!((state.spans.len(), state.changed, state.failing), (3, true, true), "{endpoint}");
    }
    let telemetry = Telemetry::new(&configured(&json!({ "otlp_endpoint": "http://127.0.0.1:9" })));
    (0..super::MAX_SPANS).for_each(|_| three(&telemetry));
    assert_eq!(telemetry.0.as_ref().unwrap().state().spans.len(), super::MAX_SPANS);
}

#[test]
fn prometheus_reads_a_text_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("decision-gate.prom");
    let telemetry = Telemetry::new(&configured(&json!({ "prometheus_file": path })));
    three(&telemetry);
    assert!(!path.exists(), "nothing is written before it is told");
    block_on(telemetry.flush());
    insta::assert_snapshot!(std::fs::read_to_string(&path).unwrap());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn a_runtime_tells_it_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("decision-gate.prom");
    let telemetry = Telemetry::new(&configured(&json!({ "prometheus_file": path, "interval_ms": 100 })));
    block_on(async {
        three(&telemetry);
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if path.exists() {
                return;
            }
        }
        panic!("it was not told");
    });
}

#[test]
fn nothing_is_kept_where_nothing_is_configured() {
    let telemetry = Telemetry::new(&configured(&json!({})));
    three(&telemetry);
    block_on(telemetry.flush());
    assert!(telemetry.0.is_none());
    for wrong in ["https://collector:4318", "127.0.0.1:4318", "http://", "http://a b", "http://user@host"] {
        let read = serde_json::from_value::<settings::Telemetry>(json!({ "otlp_endpoint": wrong }));
        assert!(read.is_err(), "{wrong}");
    }
}
