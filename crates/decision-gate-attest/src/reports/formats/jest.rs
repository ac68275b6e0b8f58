//! Jest and Vitest: `jest --json`. A suite that did not run, because its file does not load, is an error.

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::summary::{Kind, Summary, Tests};
use super::{Format, document, has, never};

pub(super) const FORMAT: Format = Format {
    id: "jest",
    name: "Jest JSON",
    kind: Kind::Tests,
    fits: |content| has(content, &["numTotalTests", "numFailedTests", "testResults"]),
    bare: never,
    read,
};

fn read(content: &Content) -> Result<Summary, ReportError> {
    let report = document(content)?;
    if report.value().get("wasInterrupted").is_some_and(|it| it == true) {
        let missing = "the run was interrupted".to_owned();
        return Err(ReportError::Truncated { format: FORMAT.id, missing });
    }
    let skipped = report.count_or_none("numPendingTests")?.saturating_add(report.count_or_none("numTodoTests")?);
    let (passed, failures) = (report.count("numPassedTests")?, report.count("numFailedTests")?);
    let errors = report.count_or_none("numRuntimeErrorTestSuites")?;
    if passed.saturating_add(failures).saturating_add(skipped) != report.count("numTotalTests")? {
        return Err(ReportError::member(report.at("numTotalTests"), "the sum of the outcomes"));
    }
    let said = report.value().get("success").and_then(serde_json::Value::as_bool);
    match said {
        Some(true) if failures > 0 || errors > 0 => {
            Err(ReportError::member(report.at("success"), "false, as tests failed"))
        }
        Some(false) if failures == 0 && errors == 0 => {
            let what = "the run failed, and no test did";
            Err(ReportError::ToolFailed { format: FORMAT.id, place: report.at("success"), what })
        }
        _ => Ok(Summary::Tests(Tests { passed, failures, errors, skipped })),
    }
}
