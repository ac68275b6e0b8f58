//! npm audit: `npm audit --json`, of npm 6 and since 7. Vulnerabilities are counted as npm counts them.

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::summary::{Findings, Kind, Severity, Summary};
use super::{Format, document, has, length, never};

pub(super) const FORMAT: Format = Format {
    id: "npm-audit",
    name: "npm audit JSON",
    kind: Kind::Findings,
    fits: |content| {
        has(content, &["auditReportVersion"]) || has(content, &["advisories", "metadata"]) || is_error(content)
    },
    bare: never,
    read,
};

/// Whether it is what npm writes when it can't ask the registry.
fn is_error(content: &Content) -> bool {
    let error = content.as_json().and_then(|it| it.get("error"));
    error.is_some_and(|it| it.get("code").is_some() && it.get("summary").is_some())
}

fn read(content: &Content) -> Result<Summary, ReportError> {
    let report = document(content)?;
    if report.get("error").is_some() {
        let what = "it could not ask for advisories";
        return Err(ReportError::ToolFailed { format: FORMAT.id, place: report.at("error"), what });
    }
    let metadata = report.object("metadata")?;
    let counts = metadata.object("vulnerabilities")?;
    let mut findings = Findings::default();
    for (severity, _) in counts.members()?.into_iter().filter(|(name, _)| *name != "total") {
        let count = counts.count(severity)?;
        if count > 0 {
            findings.add_many(severity, Severity::parse(severity), count);
        }
    }
    if report.get("auditReportVersion").is_some() {
        let (listed, counted) =
            (length(report.object("vulnerabilities")?.members()?.len()), findings.by_severity.total());
        if listed != counted {
            return Err(ReportError::page(FORMAT.id, listed, counted));
        }
    }
    findings.examined = match metadata.get("dependencies") {
        Some(all) if all.value().is_object() => Some(all.count("total")?),
        _ => metadata.get("totalDependencies").map(|_| metadata.count("totalDependencies")).transpose()?,
    };
    Ok(Summary::Findings(findings))
}
