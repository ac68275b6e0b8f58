//! What a collector and Prometheus get to see, from decisions that the chain makes.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use decision_gate_config::sections::telemetry as settings;
use decision_gate_core::condition::Truth;
use decision_gate_core::digest::Digest;
use decision_gate_policy::chain::ReleaseDecision;
use decision_gate_policy::result::{GateResult, Judged, Outcome};
use decision_gate_policy::telemetry::{Instrument, Observed};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as AnyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, NumberDataPoint};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::Telemetry;

/// A decision whose gate on VEX trust ended so.
fn decision(outcome: Outcome, reason: &'static str, score: Option<&str>) -> ReleaseDecision {
    let mut judged = Judged::measured(outcome, reason, "as the gate says it");
    if let Some(score) = score {
        judged = judged.detail("trust_score", || score).detail("issuer_id", || "acme");
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

/// A collector over TLS, whose authority stands in the file `ca`, and the paths that it was asked for.
fn secure(ca: &Path) -> (String, Receiver<String>) {
    let key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = authority.self_signed(&key).unwrap().der().clone();
    let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, root);
    std::fs::write(ca, format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")).unwrap();
    let issuer = Issuer::from_params(&authority, &key);
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
    let endpoint = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
                head.push(byte[0]);
            }
            // A client that does not trust the certificate sends nothing.
            let head = String::from_utf8(head).unwrap();
            let Some(path) = head.split(' ').nth(1) else { continue };
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").unwrap();
            stream.flush().unwrap();
            sender.send(path.to_owned()).unwrap();
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
    let first_metrics = body.clone();
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
            (name, "environment=production trust_score=0.0 decision=warn issuer_id=".to_owned()),
        ]
    );
    let times = |key: &str| spans[1][key].as_str().unwrap().parse::<u64>().unwrap();
    assert_eq!(times("endTimeUnixNano") - times("startTimeUnixNano"), 120_000_000);
    assert_eq!((spans[0]["traceId"].as_str().unwrap().len(), spans[0]["spanId"].as_str().unwrap().len()), (32, 16));
    official(&body, &first_metrics);
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

/// What was sent is what the official types of the protocol say: read strictly, and still all there.
fn official(traces: &Value, metrics: &Value) {
    let request: ExportTraceServiceRequest = serde_json::from_value(traces.clone()).unwrap();
    for span in &request.resource_spans[0].scope_spans[0].spans {
        let keys: Vec<&str> = span.attributes.iter().map(|it| it.key.as_str()).collect();
        assert_eq!(keys, ["environment", "trust_score", "decision", "issuer_id"]);
        assert_eq!((span.name.as_str(), span.kind()), ("VexTrustGate.EvaluateAsync", SpanKind::Internal));
        assert_eq!((span.trace_id.len(), span.span_id.len()), (16, 8));
        assert!(span.start_time_unix_nano > 1_700_000_000_000_000_000);
        assert!(span.end_time_unix_nano >= span.start_time_unix_nano);
        let value = |at: usize| span.attributes[at].value.as_ref().and_then(|it| it.value.clone()).unwrap();
        assert!(matches!((value(0), value(1)), (AnyValue::StringValue(_), AnyValue::DoubleValue(_))));
        assert!(matches!((value(2), value(3)), (AnyValue::StringValue(_), AnyValue::StringValue(_))));
    }
    let request: ExportMetricsServiceRequest = serde_json::from_value(metrics.clone()).unwrap();
    let resource = request.resource_metrics[0].resource.as_ref().unwrap();
    assert_eq!(resource.attributes[0].key, "service.name");
    let mut names = Vec::new();
    for metric in &request.resource_metrics[0].scope_metrics[0].metrics {
        names.push(metric.name.as_str());
        match metric.data.as_ref().unwrap() {
            Data::Sum(sum) => {
                assert!(sum.is_monotonic);
                assert_eq!(sum.aggregation_temporality(), AggregationTemporality::Cumulative);
                let counted = |it: &NumberDataPoint| matches!(it.value, Some(Number::AsInt(count)) if count > 0);
                assert!(sum.data_points.iter().all(counted));
            }
            Data::Histogram(histogram) => {
                assert_eq!(histogram.aggregation_temporality(), AggregationTemporality::Cumulative);
                for point in &histogram.data_points {
                    assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
                    assert_eq!(point.bucket_counts.iter().sum::<u64>(), point.count);
                    assert!(point.sum.is_some() && point.time_unix_nano > point.start_time_unix_nano);
                }
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(names, Instrument::ALL.map(Instrument::name));
}

#[test]
fn a_collector_over_https_is_told_only_where_its_certificate_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    let (endpoint, got) = secure(&ca);
    let stranger = Telemetry::new(&configured(&json!({ "otlp_endpoint": endpoint })));
    three(&stranger);
    block_on(stranger.flush());
    assert!(stranger.0.as_ref().unwrap().state().failing, "nobody vouches for this certificate");
    let telemetry = Telemetry::new(&configured(&json!({ "otlp_endpoint": endpoint, "otlp_ca_file": ca })));
    three(&telemetry);
    block_on(telemetry.flush());
    assert!(!telemetry.0.as_ref().unwrap().state().failing);
    let paths: Vec<String> = got.try_iter().collect();
    assert_eq!(paths, ["/v1/metrics", "/v1/traces"]);
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
    for wrong in ["ftp://collector:4318", "https://", "127.0.0.1:4318", "http://", "http://a b", "http://user@host"] {
        let read = serde_json::from_value::<settings::Telemetry>(json!({ "otlp_endpoint": wrong }));
        assert!(read.is_err(), "{wrong}");
    }
}
