//! Bandit: `bandit -f json`. A file that it could not read is an error in its own list.

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::summary::{Findings, Kind, Summary};
use super::{Format, document, has, length, never};

pub(super) const FORMAT: Format = Format {
    id: "bandit",
    name: "Bandit JSON",
    kind: Kind::Findings,
    fits: |content| has(content, &["results", "metrics", "generated_at"]),
    bare: never,
    read,
};

fn read(content: &Content) -> Result<Summary, ReportError> {
    let report = document(content)?;
    if !report.array_or_none("errors")?.is_empty() {
        let what = "a file could not be read";
        return Err(ReportError::ToolFailed { format: FORMAT.id, place: report.at("errors"), what });
    }
    let mut findings = Findings::default();
    for result in report.array("results")? {
        findings.add(result.text("issue_severity"));
    }
    let files = report.object("metrics")?.members()?;
    findings.examined = Some(length(files.iter().filter(|(name, _)| *name != "_totals").count()));
    Ok(Summary::Findings(findings))
}
