//! JaCoCo XML: the counters of the whole report. Its document type names a file that is never read.

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::summary::{Counted, Coverage, Kind, Summary};
use super::super::xml::Element;
use super::{Format, element, never};

pub(super) const FORMAT: Format = Format {
    id: "jacoco",
    name: "JaCoCo XML",
    kind: Kind::Coverage,
    fits: |content| {
        let report = content.as_xml().filter(|root| root.name == "report" && root.attribute("name").is_some());
        report.is_some_and(|it| ["counter", "package", "group", "sessioninfo"].into_iter().any(|name| it.has(name)))
    },
    bare: never,
    read,
};

fn read(content: &Content) -> Result<Summary, ReportError> {
    let root = element(content)?;
    let lines = counter(root, "LINE")?.unwrap_or_default();
    Ok(Summary::Coverage(Coverage {
        lines,
        branches: counter(root, "BRANCH")?,
        functions: counter(root, "METHOD")?,
        regions: None,
        instructions: counter(root, "INSTRUCTION")?,
    }))
}

/// A counter of the whole report.
fn counter(root: &Element, kind: &str) -> Result<Option<Counted>, ReportError> {
    let Some(counter) = root.named("counter").find(|it| it.attribute("type") == Some(kind)) else { return Ok(None) };
    let need = |name: &str| {
        let what = || ReportError::whole(format!("a counter has no `{name}`"));
        counter.count(name)?.ok_or_else(what)
    };
    let (missed, covered) = (need("missed")?, need("covered")?);
    Ok(Counted::new(covered, covered.saturating_add(missed)))
}
