//! ESLint: `eslint -f json`. A file that can't be parsed is fatal: the rules saw nothing of it.

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::node::Node;
use super::super::summary::{Findings, Kind, Severity, Summary};
use super::{Format, document, empty_list, length, lists};

pub(super) const FORMAT: Format = Format {
    id: "eslint",
    name: "ESLint JSON",
    kind: Kind::Findings,
    fits: |content| lists(content, &["filePath", "messages", "errorCount"]),
    bare: empty_list,
    read,
};

fn read(content: &Content) -> Result<Summary, ReportError> {
    let files = document(content)?.items()?;
    let mut findings = Findings { examined: Some(length(files.len())), ..Findings::default() };
    for file in &files {
        add(file, &mut findings)?;
    }
    Ok(Summary::Findings(findings))
}

fn add(file: &Node<'_>, findings: &mut Findings) -> Result<(), ReportError> {
    let (mut errors, mut warnings) = (0, 0);
    for message in file.array("messages")? {
        if message.value().get("fatal").is_some_and(|it| it == true) {
            let what = "a file could not be parsed";
            return Err(ReportError::ToolFailed { format: FORMAT.id, place: message.at("fatal"), what });
        }
        match message.count("severity")? {
            2 => errors += 1,
            1 => warnings += 1,
            _ => return Err(ReportError::member(message.at("severity"), "1 or 2")),
        }
    }
    if file.count_or_none("fatalErrorCount")? > 0 {
        let what = "a file could not be parsed";
        return Err(ReportError::ToolFailed { format: FORMAT.id, place: file.at("fatalErrorCount"), what });
    }
    // A formatter may leave the messages out and keep the counts: the larger one counts.
    let errors = file.count("errorCount")?.max(errors);
    let warnings = file.count_or_none("warningCount")?.max(warnings);
    if errors > 0 {
        findings.add_many("error", Severity::High, errors);
    }
    if warnings > 0 {
        findings.add_many("warning", Severity::Medium, warnings);
    }
    let suppressed = length(file.array_or_none("suppressedMessages")?.len());
    findings.suppressed = findings.suppressed.saturating_add(suppressed);
    Ok(())
}
