//! Trivy: `trivy --format json`: of an image, a file system or a cluster, and the list of before version 2.
//!
//! Vulnerabilities, misconfigurations that failed, secrets and licences are findings alike.

use serde_json::Value;

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::node::Node;
use super::super::summary::{Findings, Kind, Summary};
use super::{Format, document, has, length, lists};

pub(super) const FORMAT: Format = Format {
    id: "trivy",
    name: "Trivy JSON",
    kind: Kind::Findings,
    fits: |content| {
        let image = has(content, &["SchemaVersion", "ArtifactName"]);
        image || has(content, &["ClusterName"]) || is_old(content)
    },
    bare: |content| content.as_json().is_some_and(Value::is_null) || lists(content, &["Target"]),
    read,
};

/// The groups of findings that a result may have.
const GROUPS: [&str; 4] = ["Vulnerabilities", "Misconfigurations", "Secrets", "Licenses"];

fn is_old(content: &Content) -> bool {
    lists(content, &["Target", "Vulnerabilities"]) || lists(content, &["Target", "Type"])
}

fn read(content: &Content) -> Result<Summary, ReportError> {
    let report = document(content)?;
    let mut findings = Findings { examined: Some(0), ..Findings::default() };
    match report.value() {
        Value::Null => {}
        Value::Array(_) => report.items()?.iter().try_for_each(|it| result(it, &mut findings))?,
        _ => {
            results(&report, &mut findings)?;
            // Of a cluster: resources, and before that one list for each kind of finding.
            for group in ["Resources", "Vulnerabilities", "Misconfigurations", "Secrets"] {
                for resource in report.array_or_none(group)? {
                    if resource.get("Error").is_some() {
                        let what = "a resource could not be looked at";
                        let place = resource.at("Error");
                        return Err(ReportError::ToolFailed { format: FORMAT.id, place, what });
                    }
                    results(&resource, &mut findings)?;
                }
            }
        }
    }
    Ok(Summary::Findings(findings))
}

fn results(within: &Node<'_>, findings: &mut Findings) -> Result<(), ReportError> {
    within.array_or_none("Results")?.iter().try_for_each(|it| result(it, findings))
}

fn result(result: &Node<'_>, findings: &mut Findings) -> Result<(), ReportError> {
    findings.examined = findings.examined.map(|it| it.saturating_add(1));
    for group in GROUPS {
        for finding in result.array_or_none(group)? {
            // A check that passed or that was told not to matter is listed too.
            if group == "Misconfigurations" && !matches!(finding.text("Status"), Some("FAIL") | None) {
                continue;
            }
            findings.add(finding.text("Severity"));
        }
    }
    let suppressed = length(result.array_or_none("ExperimentalModifiedFindings")?.len());
    findings.suppressed = findings.suppressed.saturating_add(suppressed);
    Ok(())
}
