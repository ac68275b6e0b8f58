//! pip-audit: `pip-audit -f json`, as an object and as the list of before. It states no severity. A dependency that it
//! skipped was not looked at.

use serde_json::Value;

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::summary::{Findings, Kind, Summary};
use super::{Format, document};

pub(super) const FORMAT: Format = Format {
    id: "pip-audit",
    name: "pip-audit JSON",
    kind: Kind::Findings,
    fits: |content| {
        let report = content.as_json();
        let listed = report.and_then(|it| it.get("dependencies").unwrap_or(it).as_array());
        let audited =
            |it: &Value| it.get("name").is_some() && (it.get("vulns").is_some() || it.get("skip_reason").is_some());
        listed.is_some_and(|it| !it.is_empty() && it.iter().all(audited))
    },
    bare: |content| {
        let report = content.as_json();
        report.and_then(|it| it.get("dependencies").unwrap_or(it).as_array()).is_some_and(Vec::is_empty)
    },
    read,
};

fn read(content: &Content) -> Result<Summary, ReportError> {
    let report = document(content)?;
    let dependencies = if report.value().is_array() { report.items()? } else { report.array("dependencies")? };
    let mut findings = Findings::default();
    let mut audited = 0;
    for dependency in dependencies {
        audited += u64::from(dependency.get("skip_reason").is_none());
        for _ in dependency.array_or_none("vulns")? {
            findings.add(None);
        }
    }
    findings.examined = Some(audited);
    Ok(Summary::Findings(findings))
}
