//! Semgrep: `semgrep --json`. An error of its own that is no warning means that rules or files were left out.

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::summary::{Findings, Kind, Summary};
use super::{Format, document, has, length};

pub(super) const FORMAT: Format = Format {
    id: "semgrep",
    name: "Semgrep JSON",
    kind: Kind::Findings,
    fits: |content| {
        let results = content.as_json().and_then(|it| it.get("results")).and_then(|it| it.as_array());
        let own = results.is_some_and(|it| !it.is_empty() && it.iter().all(|it| it.get("check_id").is_some()));
        has(content, &["errors"]) && (own || (results.is_some() && has(content, &["paths", "version"])))
    },
    bare: |content| has(content, &["results", "errors"]) && !has(content, &["metrics"]),
    read,
};

fn read(content: &Content) -> Result<Summary, ReportError> {
    let report = document(content)?;
    for error in report.array("errors")? {
        if !matches!(error.text("level"), Some("warn" | "info")) {
            let (place, what) = (error.at("level"), "rules or files were left out");
            return Err(ReportError::ToolFailed { format: FORMAT.id, place, what });
        }
    }
    let mut findings = Findings::default();
    for result in report.array("results")? {
        let extra = result.object("extra")?;
        if extra.value().get("is_ignored").is_some_and(|it| it == true) {
            findings.suppressed = findings.suppressed.saturating_add(1);
        } else {
            match extra.text("severity") {
                // Its own scale: below a warning, and not mere information.
                Some("INFO") => findings.add_as(Some("INFO"), super::super::summary::Severity::Low),
                stated => findings.add(stated),
            }
        }
    }
    let scanned = report.get("paths").map(|it| it.array_or_none("scanned")).transpose()?;
    findings.examined = scanned.map(|it| length(it.len()));
    Ok(Summary::Findings(findings))
}
