//! cargo-audit: `cargo audit --json`. What it warns of, such as an unmaintained crate, is information.

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::summary::{Findings, Kind, Severity, Summary};
use super::{Format, document, has, length, never};

pub(super) const FORMAT: Format = Format {
    id: "cargo-audit",
    name: "cargo-audit JSON",
    kind: Kind::Findings,
    fits: |content| has(content, &["database", "lockfile", "vulnerabilities"]),
    bare: never,
    read,
};

fn read(content: &Content) -> Result<Summary, ReportError> {
    let report = document(content)?;
    let mut findings = Findings::default();
    let vulnerabilities = report.object("vulnerabilities")?;
    let listed = vulnerabilities.array("list")?;
    let count = vulnerabilities.count("count")?;
    if count != length(listed.len()) {
        return Err(ReportError::page(FORMAT.id, length(listed.len()), count));
    }
    for vulnerability in listed {
        findings.add(vulnerability.get("advisory").and_then(|it| it.text("severity")));
    }
    if let Some(warnings) = report.get("warnings") {
        // A list once, lists by kind today.
        if warnings.value().is_array() {
            findings.add_many("warning", Severity::Info, length(warnings.items()?.len()));
        } else {
            for (_, warnings) in warnings.members()? {
                findings.add_many("warning", Severity::Info, length(warnings.items()?.len()));
            }
        }
    }
    findings.suppressed = report.get("settings").map_or(Ok(0), |it| Ok(length(it.array_or_none("ignore")?.len())))?;
    findings.examined = Some(report.object("lockfile")?.count("dependency-count")?);
    Ok(Summary::Findings(findings))
}
