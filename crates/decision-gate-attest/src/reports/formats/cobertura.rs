//! Cobertura XML, as Cobertura, coverage.py, coverlet and others write it.
//!
//! The totals on the root are taken where they stand there; else the lines of the classes are counted. Branches without
//! a total are not said.

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::summary::{Counted, Coverage, Kind, Summary};
use super::super::xml::Element;
use super::{Format, element, never};

pub(super) const FORMAT: Format = Format {
    id: "cobertura",
    name: "Cobertura XML",
    kind: Kind::Coverage,
    fits: |content| {
        content.as_xml().is_some_and(|root| root.name == "coverage" && root.attribute("line-rate").is_some())
    },
    bare: never,
    read,
};

fn read(content: &Content) -> Result<Summary, ReportError> {
    let root = element(content)?;
    let counted = |(covered, total)| {
        Counted::new(covered, total).ok_or_else(|| ReportError::whole("more is covered than there is"))
    };
    let lines = match stated(root, "lines-covered", "lines-valid")? {
        Some(lines) => lines,
        None => lines(root)?,
    };
    let branches = stated(root, "branches-covered", "branches-valid")?.filter(|(_, valid)| *valid > 0);
    let branches = branches.map(counted).transpose()?;
    Ok(Summary::Coverage(Coverage { lines: counted(lines)?, branches, ..Coverage::default() }))
}

/// Two counts of the root that go together.
fn stated(root: &Element, covered: &str, valid: &str) -> Result<Option<(u64, u64)>, ReportError> {
    match (root.count(covered)?, root.count(valid)?) {
        (Some(covered), Some(valid)) => Ok(Some((covered, valid))),
        (None, None) => Ok(None),
        _ => Err(ReportError::whole(format!("`{covered}` and `{valid}` of `coverage` go together"))),
    }
}

/// The lines of the classes, counted.
fn lines(root: &Element) -> Result<(u64, u64), ReportError> {
    let classes = root.named("packages").flat_map(|it| it.named("package")).flat_map(|it| it.named("classes"));
    let lines =
        classes.flat_map(|it| it.named("class")).flat_map(|it| it.named("lines")).flat_map(|it| it.named("line"));
    let (mut covered, mut total) = (0, 0);
    for line in lines {
        total += 1;
        covered += u64::from(line.count("hits")?.unwrap_or_default() > 0);
    }
    Ok((covered, total))
}
