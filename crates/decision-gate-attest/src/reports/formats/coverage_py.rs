//! coverage.py: `coverage json`.

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::summary::{Counted, Coverage, Kind, Summary};
use super::{Format, document, has, never};

pub(super) const FORMAT: Format = Format {
    id: "coverage-py",
    name: "coverage.py JSON",
    kind: Kind::Coverage,
    fits: |content| {
        let totals = content.as_json().and_then(|it| it.get("totals"));
        has(content, &["meta", "files"]) && totals.is_some_and(|it| it.get("num_statements").is_some())
    },
    bare: never,
    read,
};

fn read(content: &Content) -> Result<Summary, ReportError> {
    let totals = document(content)?.object("totals")?;
    let counted = |covered: &str, total: &str| {
        let total = totals.count(total)?;
        let within = || ReportError::member(totals.at(covered), "at most as many as there are");
        Counted::new(totals.count(covered)?, total).ok_or_else(within)
    };
    let lines = counted("covered_lines", "num_statements")?;
    let branches = totals.get("num_branches").map(|_| counted("covered_branches", "num_branches")).transpose()?;
    let branches = branches.filter(|it| it.total() > 0);
    Ok(Summary::Coverage(Coverage { lines, branches, ..Coverage::default() }))
}
