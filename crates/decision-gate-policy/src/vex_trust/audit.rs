//! The audit record of a decision, with the seed's keys.

use decision_gate_attest::rate::Rate;
use serde_json::{Value, json};

use crate::result::{GateResult, Judged, Outcome, Telling};

/// The detail that holds the record.
const DETAIL: &str = "audit";

/// The judgement with its record among the details.
pub(super) fn complete(judged: Judged) -> Judged {
    let record = (judged.telling == Telling::Whole).then(|| record(&judged, judged.outcome));
    judged.detail(DETAIL, || record)
}

/// The record of a row: as the gate said it, with the outcome that counts.
pub fn audit_record(row: &GateResult) -> Value {
    record(&row.judged, row.outcome)
}

fn record(judged: &Judged, outcome: Outcome) -> Value {
    let detail = |name: &str| {
        let found = judged.details.iter().find(|(it, _)| *it == name);
        found.map_or(Value::Null, |(_, value)| value.clone())
    };
    let score = detail("trust_score").as_str().and_then(Rate::parse).map(Value::from);
    json!({
        "VexTrustScore": score,
        "VexTrustTier": detail("tier"),
        "VexSignatureVerified": detail("signature_verified"),
        "VexIssuerId": detail("issuer_id"),
        "VexIssuerName": detail("issuer_name"),
        "VexTrustGateResult": outcome,
        "VexTrustGateReason": judged.reason,
    })
}
