//! SARIF 2.1.0: a rule and a result for each gate. Unknown is `open`, what somebody answers for is suppressed, and only
//! what failed has a level.

use std::collections::BTreeSet;

use decision_gate_core::digest::Digest;
use serde_json::{Map, Value, json};

use super::escape::{line, uri};
use super::{Report, Row, Status};
use crate::render::json_text;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The report.
pub(super) fn write(report: &Report) -> String {
    let rules: BTreeSet<String> = report.rows.iter().map(rule).collect();
    let rules: Vec<_> = rules.iter().map(|id| json!({ "id": id })).collect();
    let properties: Map<String, Value> =
        report.facts.iter().map(|(name, value)| ((*name).to_owned(), line(value).into())).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "decision-gate",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "automationDetails": { "id": format!("decision-gate/{}/", line(&report.title)) },
            "invocations": [{
                "executionSuccessful": true,
                "exitCode": i32::from(!report.allowed),
                "endTimeUtc": time(report),
            }],
            "results": report.rows.iter().map(|row| result(report, row)).collect::<Vec<_>>(),
            "properties": {
                "allowed": report.allowed,
                "reason": line(&report.reason),
                "facts": properties,
                "nextActions": report.next().iter().map(|it| line(it)).collect::<Vec<_>>(),
            },
        }],
    });
    let log = without_nulls(log);
    format!("{}\n", json_text(&serde_json::to_string_pretty(&log).unwrap_or_default()))
}

fn rule(row: &Row) -> String {
    line(&format!("{}/{}", row.group, row.gate))
}

/// The end in UTC; a logical time is none.
fn time(report: &Report) -> Value {
    match report.at {
        decision_gate_core::at::Timestamp::UnixMillis(_) => report.at.to_string().into(),
        decision_gate_core::at::Timestamp::Logical(_) => Value::Null,
    }
}

fn result(report: &Report, row: &Row) -> Value {
    let (kind, level) = match row.status {
        Status::Passed => ("pass", "none"),
        Status::Noted => ("informational", "none"),
        Status::Warned => ("fail", "warning"),
        Status::Failed | Status::Waived => ("fail", "error"),
        Status::Unknown => ("open", "none"),
        Status::PassedBy | Status::NotAsked => ("notApplicable", "none"),
    };
    let why = row.why.iter().map(|it| line(it)).collect::<Vec<_>>().join("; ");
    let text = if why.is_empty() { format!("gate {}: {}", line(&row.gate), row.status.word()) } else { why };
    let suppressions: Vec<_> = row
        .waivers
        .iter()
        .filter(|_| row.status == Status::Waived)
        .map(|it| {
            let why = line(&format!("{}: {} (until {})", it.approver, it.reason, it.until));
            json!({ "kind": "external", "status": "accepted", "justification": why })
        })
        .collect();
    let mut location = json!({ "logicalLocations": [{ "fullyQualifiedName": rule(row), "kind": "member" }] });
    if let (Some(file), Value::Object(location)) = (&report.file, &mut location) {
        let physical = json!({ "artifactLocation": { "uri": uri(file) }, "region": { "startLine": 1 } });
        location.insert("physicalLocation".to_owned(), physical);
    }
    let fingerprint = Digest::of(format!("{}\0{}\0{}", report.title, row.group, row.gate).as_bytes());
    json!({
        "ruleId": rule(row),
        "kind": kind,
        "level": level,
        "message": { "text": text },
        "locations": [location],
        "partialFingerprints": { "decisionGate/v1": fingerprint.to_hex() },
        "suppressions": if suppressions.is_empty() { Value::Null } else { suppressions.into() },
        "properties": { "code": line(&row.code), "status": row.status.word() },
    })
}

/// Members that are null are not there.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, member)| !member.is_null());
            Value::Object(kept.map(|(name, member)| (name, without_nulls(member))).collect())
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}
