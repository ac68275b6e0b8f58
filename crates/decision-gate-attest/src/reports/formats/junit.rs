//! JUnit XML, as pytest, Maven, nextest, Jest and many others write it: the test cases are counted, each once, and the
//! sums that suites state are not relied on.

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::summary::{Kind, Summary, Tests};
use super::super::xml::Element;
use super::{Format, element, never};

pub(super) const FORMAT: Format = Format {
    id: "junit",
    name: "JUnit XML",
    kind: Kind::Tests,
    fits: |content| content.as_xml().is_some_and(|root| matches!(root.name.as_str(), "testsuites" | "testsuite")),
    bare: never,
    read,
};

fn read(content: &Content) -> Result<Summary, ReportError> {
    let mut tests = Tests::default();
    count(element(content)?, &mut tests);
    Ok(Summary::Tests(tests))
}

/// Counts the test cases of a suite and of those within it. The depth is that of the document, which is bounded.
fn count(suite: &Element, tests: &mut Tests) {
    for child in &suite.children {
        match child.name.as_str() {
            "testcase" => case(child, tests),
            "testsuite" | "testsuites" => count(child, tests),
            _ => {}
        }
    }
}

fn case(case: &Element, tests: &mut Tests) {
    let place = if case.has("failure") {
        &mut tests.failures
    } else if case.has("error") {
        &mut tests.errors
    } else if case.has("skipped") {
        &mut tests.skipped
    } else {
        &mut tests.passed
    };
    *place = place.saturating_add(1);
}
