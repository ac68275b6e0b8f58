//! OSV-Scanner: `osv-scanner --format json`. A severity is that of the group that a vulnerability is in.

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::node::Node;
use super::super::summary::{Findings, Kind, Severity, Summary};
use super::{Format, document};

pub(super) const FORMAT: Format = Format {
    id: "osv-scanner",
    name: "OSV-Scanner JSON",
    kind: Kind::Findings,
    fits: |content| {
        let report = content.as_json();
        let results = report.and_then(|it| it.get("results")).and_then(|it| it.as_array());
        let config = report.is_some_and(|it| it.get("experimental_config").is_some());
        let packages = |it: &Vec<serde_json::Value>| it.iter().all(|it| it.get("packages").is_some());
        results.is_some_and(|it| packages(it) && (config || !it.is_empty()))
    },
    bare: |content| content.as_json().and_then(|it| it.get("results")).is_some_and(serde_json::Value::is_array),
    read,
};

fn read(content: &Content) -> Result<Summary, ReportError> {
    let mut findings = Findings::default();
    for source in document(content)?.array("results")? {
        for package in source.array("packages")? {
            let groups = package.array_or_none("groups")?;
            for vulnerability in package.array_or_none("vulnerabilities")? {
                let severity = severity(&vulnerability, &groups)?;
                findings.add_as(severity.map(word), severity.unwrap_or(Severity::Unknown));
            }
        }
    }
    Ok(Summary::Findings(findings))
}

/// The highest score of a group that lists it, else the word of its database.
fn severity(vulnerability: &Node<'_>, groups: &[Node<'_>]) -> Result<Option<Severity>, ReportError> {
    let id = vulnerability.text("id");
    for group in groups {
        let listed = group.array_or_none("ids")?.iter().any(|it| it.value().as_str() == id);
        let score = group.text("max_severity").and_then(|it| it.parse().ok()).map(Severity::of_score);
        if let (true, Some(severity)) = (listed, score.filter(|it| *it != Severity::Unknown)) {
            return Ok(Some(severity));
        }
    }
    let word = vulnerability.get("database_specific");
    let word = word.as_ref().and_then(|it| it.text("severity")).map(Severity::parse);
    Ok(word.filter(|it| *it != Severity::Unknown))
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Info => "info",
        Severity::Unknown => "unknown",
    }
}
