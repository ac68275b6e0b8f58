//! RSpec: its formatter `json`. An error outside of the examples, such as a file that does not load, is an error.

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::summary::{Kind, Summary, Tests};
use super::{Format, document, has, never};

pub(super) const FORMAT: Format = Format {
    id: "rspec",
    name: "RSpec JSON",
    kind: Kind::Tests,
    fits: |content| {
        let summary = content.as_json().and_then(|it| it.get("summary"));
        has(content, &["examples"]) && summary.is_some_and(|it| it.get("example_count").is_some())
    },
    bare: never,
    read,
};

fn read(content: &Content) -> Result<Summary, ReportError> {
    let summary = document(content)?.object("summary")?;
    let (failures, skipped) = (summary.count("failure_count")?, summary.count_or_none("pending_count")?);
    let examples = summary.count("example_count")?;
    let within = || ReportError::member(summary.at("example_count"), "at least those that failed or are pending");
    let passed = examples.checked_sub(failures.saturating_add(skipped)).ok_or_else(within)?;
    let errors = summary.count_or_none("errors_outside_of_examples_count")?;
    Ok(Summary::Tests(Tests { passed, failures, errors, skipped }))
}
