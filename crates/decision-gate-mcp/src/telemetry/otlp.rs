//! Requests of the OpenTelemetry protocol in their JSON form: 64-bit numbers are texts, ids hexadecimal, enums numbers.

use std::time::{SystemTime, UNIX_EPOCH};

use decision_gate_core::digest::to_hex;
use decision_gate_policy::telemetry::Observed;
use decision_gate_runtime::ports::{Entropy as _, SystemEntropy};
use serde_json::{Value, json};

use super::Ended;
use super::registry::{Attributes, Registry, Series};

/// `AGGREGATION_TEMPORALITY_CUMULATIVE`.
const CUMULATIVE: u8 = 2;
/// `SPAN_KIND_INTERNAL`.
const INTERNAL: u8 = 1;

/// An `ExportMetricsServiceRequest`.
pub(super) fn metrics(registry: &Registry, started: SystemTime, now: SystemTime) -> Value {
    let (started, now) = (nanos(started), nanos(now));
    let metrics: Vec<Value> = registry
        .iter()
        .map(|(instrument, all)| {
            let points: Vec<Value> = all
                .iter()
                .map(|(attributes, series)| {
                    let mut point = json!({
                        "attributes": of(attributes), "startTimeUnixNano": started, "timeUnixNano": now,
                    });
                    let value = match series {
                        Series::Sum(count) => json!({ "asInt": count.to_string() }),
                        Series::Distribution { buckets, sum } => json!({
                            "count": buckets.iter().sum::<u64>().to_string(),
                            "sum": sum,
                            "bucketCounts": buckets.iter().map(u64::to_string).collect::<Vec<_>>(),
                            "explicitBounds": instrument.bounds(),
                        }),
                    };
                    if let (Some(point), Value::Object(value)) = (point.as_object_mut(), value) {
                        point.extend(value);
                    }
                    point
                })
                .collect();
            let data = match instrument.bounds() {
                None => json!({ "aggregationTemporality": CUMULATIVE, "isMonotonic": true, "dataPoints": points }),
                Some(_) => json!({ "aggregationTemporality": CUMULATIVE, "dataPoints": points }),
            };
            let kind = if instrument.bounds().is_some() { "histogram" } else { "sum" };
            json!({ "name": instrument.name(), "description": instrument.description(), kind: data })
        })
        .collect();
    json!({ "resourceMetrics": [{
        "resource": resource(),
        "scopeMetrics": [{ "scope": scope(), "metrics": metrics }],
    }] })
}

/// An `ExportTraceServiceRequest`; each span is a trace of its own.
pub(super) fn spans(ended: &[Ended]) -> Value {
    let spans: Vec<Value> = ended.iter().map(one).collect();
    json!({ "resourceSpans": [{
        "resource": resource(),
        "scopeSpans": [{ "scope": scope(), "spans": spans }],
    }] })
}

fn one(ended: &Ended) -> Value {
    let span = &ended.span;
    let text = |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
    // Always these four: where nobody claims anything, the score is 0 and the issuer nobody.
    let attributes = [
        text("environment", &span.environment),
        json!({ "key": "trust_score", "value": { "doubleValue": span.trust_score.unwrap_or_default() } }),
        text("decision", span.decision),
        text("issuer_id", span.issuer_id.as_deref().unwrap_or_default()),
    ];
    json!({
        "traceId": id(16),
        "spanId": id(8),
        "name": Observed::SPAN,
        "kind": INTERNAL,
        "startTimeUnixNano": nanos(ended.began),
        "endTimeUnixNano": nanos(ended.ended),
        "attributes": attributes,
    })
}

/// So many random bytes in hexadecimal.
fn id(length: usize) -> String {
    // Without randomness all are zero, which a collector takes for no span; nothing else depends on it.
    let bytes = SystemEntropy.salt().map_or([0; 32], |salt| *salt.as_bytes());
    to_hex(bytes.get(..length).unwrap_or_default())
}

fn of(attributes: &Attributes) -> Vec<Value> {
    attributes.iter().map(|(key, value)| json!({ "key": key, "value": { "stringValue": value } })).collect()
}

fn resource() -> Value {
    json!({ "attributes": [
        { "key": "service.name", "value": { "stringValue": "decision-gate" } },
        { "key": "service.version", "value": { "stringValue": env!("CARGO_PKG_VERSION") } },
    ] })
}

fn scope() -> Value {
    json!({ "name": "decision-gate", "version": env!("CARGO_PKG_VERSION") })
}

fn nanos(time: SystemTime) -> String {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos().to_string()
}
