//! Grype: `grype -o json`. What it was told to ignore is suppressed.

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::summary::{Findings, Kind, Summary};
use super::{Format, document, length, never};

pub(super) const FORMAT: Format = Format {
    id: "grype",
    name: "Grype JSON",
    kind: Kind::Findings,
    fits: |content| {
        let matches = content.as_json().and_then(|it| it.get("matches")).and_then(|it| it.as_array());
        matches.is_some_and(|it| it.iter().all(|it| it.get("vulnerability").is_some()))
    },
    bare: never,
    read,
};

fn read(content: &Content) -> Result<Summary, ReportError> {
    let report = document(content)?;
    let mut findings = Findings::default();
    for found in report.array("matches")? {
        findings.add(found.object("vulnerability")?.text("severity"));
    }
    findings.suppressed = length(report.array_or_none("ignoredMatches")?.len());
    Ok(Summary::Findings(findings))
}
