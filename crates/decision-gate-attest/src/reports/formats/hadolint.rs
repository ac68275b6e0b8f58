//! Hadolint: `hadolint -f json`. An empty list is read where the format is named.

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::summary::{Findings, Kind, Summary};
use super::{Format, document, empty_list, lists};

pub(super) const FORMAT: Format = Format {
    id: "hadolint",
    name: "Hadolint JSON",
    kind: Kind::Findings,
    fits: |content| lists(content, &["code", "level", "file", "line", "message"]),
    bare: empty_list,
    read,
};

fn read(content: &Content) -> Result<Summary, ReportError> {
    let mut findings = Findings::default();
    for finding in document(content)?.items()? {
        // A Dockerfile that it can't parse: the rules saw nothing of it.
        if finding.text("code") == Some("DL1000") {
            let what = "the Dockerfile could not be parsed";
            return Err(ReportError::ToolFailed { format: FORMAT.id, place: finding.at("code"), what });
        }
        findings.add(finding.text("level"));
    }
    Ok(Summary::Findings(findings))
}
