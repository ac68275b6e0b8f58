//! GitLab's code quality report, a JSON array: what the merge request shows beside the changed files.

use decision_gate_core::digest::Digest;
use serde_json::{Value, json};

use super::escape::line;
use super::{Report, Row, Status};
use crate::render::json_text;

/// The report.
pub(super) fn write(report: &Report) -> String {
    let issues: Vec<_> = report.rows.iter().filter_map(|row| issue(report, row)).collect();
    format!("{}\n", json_text(&serde_json::to_string_pretty(&Value::from(issues)).unwrap_or_default()))
}

fn issue(report: &Report, row: &Row) -> Option<Value> {
    let severity = match row.status {
        Status::Failed => "blocker",
        Status::Unknown => "critical",
        Status::Waived => "major",
        Status::Warned => "minor",
        Status::Passed | Status::Noted | Status::PassedBy | Status::NotAsked => return None,
    };
    let why = row.why.iter().map(|it| line(it)).collect::<Vec<_>>().join("; ");
    let fingerprint = Digest::of(format!("{}\0{}\0{}", report.title, row.group, row.gate).as_bytes());
    Some(json!({
        "description": format!("gate {} {}: {why}", line(&row.gate), row.status.word()),
        "check_name": line(&format!("decision-gate/{}/{}", row.group, row.gate)),
        "fingerprint": fingerprint.to_hex(),
        "severity": severity,
        "location": { "path": report.file.as_deref().map_or_else(|| "decision-gate".to_owned(), line), "lines": { "begin": 1 } },
    }))
}
