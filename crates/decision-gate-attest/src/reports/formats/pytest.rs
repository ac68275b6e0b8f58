//! pytest: the report of its plugin `pytest-json-report`. An exit code that the tests do not explain is a failure of
//! the run: interrupted, misused, or broken.

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::node::Node;
use super::super::summary::{Kind, Summary, Tests};
use super::{Format, document, has, never};

pub(super) const FORMAT: Format = Format {
    id: "pytest-json",
    name: "pytest JSON",
    kind: Kind::Tests,
    fits: |content| has(content, &["exitcode", "summary", "created"]),
    bare: never,
    read,
};

fn read(content: &Content) -> Result<Summary, ReportError> {
    let report = document(content)?;
    let summary = report.object("summary")?;
    let tests = tests(&summary)?;
    let failed = |what: &'static str| {
        let place = report.at("exitcode");
        ReportError::ToolFailed { format: FORMAT.id, place, what }
    };
    match report.count("exitcode")? {
        0 if tests.failed() > 0 => {
            return Err(ReportError::member(report.at("exitcode"), "1, as tests failed"));
        }
        0 | 5 => {}
        1 if tests.failed() > 0 => {}
        1 => return Err(failed("the run failed, and no test did")),
        2 => return Err(failed("the run was interrupted")),
        3 => return Err(failed("it stumbled over an error of its own")),
        _ => return Err(failed("the run did not end well")),
    }
    let total = summary.count_or_none("total")?;
    if total != tests.total() {
        return Err(ReportError::member(summary.at("total"), "the sum of the outcomes"));
    }
    Ok(Summary::Tests(tests))
}

/// A test that is expected to fail and does is as good as skipped; one that passes against expectation passed, unless
/// pytest was told to be strict, which makes a failure of it.
fn tests(summary: &Node<'_>) -> Result<Tests, ReportError> {
    let skipped = summary.count_or_none("skipped")?.saturating_add(summary.count_or_none("xfailed")?);
    let passed = summary.count_or_none("passed")?.saturating_add(summary.count_or_none("xpassed")?);
    let (failures, errors) = (summary.count_or_none("failed")?, summary.count_or_none("error")?);
    Ok(Tests { passed, failures, errors, skipped })
}
