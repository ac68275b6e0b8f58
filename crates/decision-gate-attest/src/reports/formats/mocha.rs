//! Mocha: its reporter `json`. A hook that failed is a failure beside the tests.

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::summary::{Kind, Summary, Tests};
use super::{Format, document, has, never};

pub(super) const FORMAT: Format = Format {
    id: "mocha",
    name: "Mocha JSON",
    kind: Kind::Tests,
    fits: |content| {
        let stats = content.as_json().and_then(|it| it.get("stats"));
        has(content, &["tests", "failures"]) && stats.is_some_and(|it| it.get("passes").is_some())
    },
    bare: never,
    read,
};

fn read(content: &Content) -> Result<Summary, ReportError> {
    let stats = document(content)?.object("stats")?;
    let tests = Tests {
        passed: stats.count("passes")?,
        failures: stats.count("failures")?,
        errors: 0,
        skipped: stats.count_or_none("pending")?,
    };
    if tests.total() < stats.count("tests")? {
        return Err(ReportError::member(stats.at("tests"), "at most the sum of the outcomes"));
    }
    Ok(Summary::Tests(tests))
}
