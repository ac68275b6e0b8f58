//! Checkov: `checkov -o json`, for one framework or for several in a list.

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::node::Node;
use super::super::summary::{Findings, Kind, Summary};
use super::{Format, document, has, length, lists, never};

const MEMBERS: [&str; 3] = ["check_type", "results", "summary"];

pub(super) const FORMAT: Format = Format {
    id: "checkov",
    name: "Checkov JSON",
    kind: Kind::Findings,
    fits: |content| has(content, &MEMBERS) || lists(content, &MEMBERS),
    bare: never,
    read,
};

fn read(content: &Content) -> Result<Summary, ReportError> {
    let report = document(content)?;
    let mut findings = Findings { examined: Some(0), ..Findings::default() };
    let several = if report.value().is_array() { report.items()? } else { vec![report] };
    for framework in several {
        add(&framework, &mut findings)?;
    }
    Ok(Summary::Findings(findings))
}

fn add(framework: &Node<'_>, findings: &mut Findings) -> Result<(), ReportError> {
    let (results, summary) = (framework.object("results")?, framework.object("summary")?);
    if !results.array_or_none("parsing_errors")?.is_empty() || summary.count_or_none("parsing_errors")? > 0 {
        let (place, what) = (results.at("parsing_errors"), "a file could not be read");
        return Err(ReportError::ToolFailed { format: FORMAT.id, place, what });
    }
    let failed = results.array_or_none("failed_checks")?;
    let (listed, counted) = (length(failed.len()), summary.count("failed")?);
    if listed != counted {
        return Err(ReportError::page(FORMAT.id, listed, counted));
    }
    for check in failed {
        findings.add(check.text("severity"));
    }
    let suppressed = summary.count_or_none("skipped")?;
    findings.suppressed = findings.suppressed.saturating_add(suppressed);
    let looked = summary.count_or_none("passed")?.saturating_add(listed).saturating_add(suppressed);
    findings.examined = findings.examined.map(|it| it.saturating_add(looked));
    Ok(())
}
