//! Gitleaks: its JSON report, of version 7 (`offender`) and since. It states no severity; an empty list is its way to
//! say that it found nothing, and is read as one where the format is named.

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::summary::{Findings, Kind, Summary};
use super::{Format, document, empty_list, lists};

pub(super) const FORMAT: Format = Format {
    id: "gitleaks",
    name: "Gitleaks JSON",
    kind: Kind::Findings,
    fits: |content| lists(content, &["RuleID", "Secret", "File"]) || lists(content, &["offender", "rule", "file"]),
    bare: empty_list,
    read,
};

fn read(content: &Content) -> Result<Summary, ReportError> {
    let mut findings = Findings::default();
    for _ in document(content)?.items()? {
        findings.add(None);
    }
    Ok(Summary::Findings(findings))
}
