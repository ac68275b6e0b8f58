//! SonarQube quality gate: the answer of `api/qualitygates/project_status`. Passed is only `OK` without a condition that
//! failed; `NONE` and an answer without a status are no evidence.

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::summary::{Kind, QualityGate, Summary};
use super::{Format, document, has, length, never};

pub(super) const FORMAT: Format = Format {
    id: "sonarqube",
    name: "SonarQube quality gate",
    kind: Kind::QualityGate,
    fits: |content| has(content, &["projectStatus"]) || is_error(content),
    bare: never,
    read,
};

/// Whether it is what the server answers when it can't.
fn is_error(content: &Content) -> bool {
    let report = content.as_json().and_then(|it| it.as_object()).filter(|it| it.len() == 1);
    let errors = report.and_then(|it| it.get("errors")).and_then(|it| it.as_array());
    errors.is_some_and(|it| !it.is_empty() && it.iter().all(|it| it.get("msg").is_some()))
}

fn read(content: &Content) -> Result<Summary, ReportError> {
    let report = document(content)?;
    if report.get("errors").is_some() {
        let what = "the server answers with an error";
        return Err(ReportError::ToolFailed { format: FORMAT.id, place: report.at("errors"), what });
    }
    let empty = ReportError::Empty { format: Some(FORMAT.id), missing: "the project has no quality gate status" };
    let Some(status) = report.get("projectStatus") else { return Err(empty) };
    let conditions = status.array_or_none("conditions")?;
    let failed = conditions.iter().filter(|it| it.text("status") != Some("OK"));
    let failed_conditions: Vec<String> =
        failed.clone().map(|it| it.text("metricKey").unwrap_or("unnamed").chars().take(128).collect()).collect();
    let errors = conditions.iter().any(|it| !matches!(it.text("status"), Some("OK" | "WARN" | "NO_VALUE")));
    let word = match status.text("status") {
        Some("OK") if errors => {
            return Err(ReportError::member(status.at("status"), "`ERROR`, as the conditions come to"));
        }
        Some("OK") if failed_conditions.is_empty() => "passed",
        Some("OK" | "WARN") => "warned",
        Some("ERROR") => "failed",
        Some("NONE") | None => return Err(empty),
        Some(_) => return Err(ReportError::member(status.at("status"), "`OK`, `WARN`, `ERROR` or `NONE`")),
    };
    Ok(Summary::QualityGate(QualityGate { status: word, conditions: length(conditions.len()), failed_conditions }))
}
