//! llvm-cov: `llvm-cov export`, `cargo llvm-cov --json`, with or without its files.

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::node::Node;
use super::super::summary::{Counted, Coverage, Kind, Summary};
use super::{Format, document, never};

pub(super) const FORMAT: Format = Format {
    id: "llvm-cov",
    name: "llvm-cov JSON",
    kind: Kind::Coverage,
    fits: |content| content.as_json().and_then(|it| it.get("type")).is_some_and(|it| it == "llvm.coverage.json.export"),
    bare: never,
    read,
};

fn read(content: &Content) -> Result<Summary, ReportError> {
    let mut sum: Option<Coverage> = None;
    for export in document(content)?.array("data")? {
        let coverage = of(&export.object("totals")?)?;
        sum = Some(sum.map_or(coverage, |sum| sum.plus(&coverage)));
    }
    let missing = "there is no export in it";
    sum.map(Summary::Coverage).ok_or(ReportError::Empty { format: Some(FORMAT.id), missing })
}

fn of(totals: &Node<'_>) -> Result<Coverage, ReportError> {
    let counted = |name: &str| {
        let counts = totals.object(name)?;
        let within = || ReportError::member(counts.at("covered"), "at most `count`");
        Counted::new(counts.count("covered")?, counts.count("count")?).ok_or_else(within)
    };
    let some = |name: &str| match totals.get(name) {
        None => Ok(None),
        Some(_) => counted(name).map(|it| Some(it).filter(|it| it.total() > 0)),
    };
    Ok(Coverage {
        lines: counted("lines")?,
        branches: some("branches")?,
        functions: some("functions")?,
        regions: some("regions")?,
        instructions: None,
    })
}
