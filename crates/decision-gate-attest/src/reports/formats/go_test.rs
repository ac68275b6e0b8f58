//! Go: `go test -json`, one event a line. Each package ends with its own outcome; one that does not is cut. A package
//! that fails without a test of its own that failed did not build: that counts as an error.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::node::Node;
use super::super::summary::{Kind, Summary, Tests};
use super::{Format, never};

pub(super) const FORMAT: Format = Format {
    id: "go-test",
    name: "go test JSON",
    kind: Kind::Tests,
    fits: |content| {
        let event = |it: &Value| it.get("Action").is_some();
        let lines = content.as_lines();
        lines.is_some_and(|it| {
            it.iter().all(event) && it.iter().any(|it| it.get("Package").is_some() || it.get("ImportPath").is_some())
        })
    },
    bare: never,
    read,
};

/// What is known of a package.
#[derive(Default)]
struct Package<'a> {
    outcome: Option<&'a str>,
    tests: BTreeMap<&'a str, Option<&'a str>>,
}

fn read(content: &Content) -> Result<Summary, ReportError> {
    let lines = content.as_lines().unwrap_or_default();
    let mut packages: BTreeMap<&str, Package<'_>> = BTreeMap::new();
    for (index, line) in lines.iter().enumerate() {
        let line = Node::line(line, index);
        let action = line.text("Action").ok_or_else(|| ReportError::member(line.at("Action"), "a text"))?;
        // Events of the build name no package.
        let Some(name) = line.text("Package") else { continue };
        let package = packages.entry(name).or_default();
        let ends = matches!(action, "pass" | "fail" | "skip");
        match line.text("Test") {
            None if ends => package.outcome = Some(action),
            None => {}
            Some(test) if ends => {
                package.tests.insert(test, Some(action));
            }
            Some(test) => {
                package.tests.entry(test).or_default();
            }
        }
    }
    let mut tests = Tests::default();
    for package in packages.values() {
        tests = tests.plus(&package.sums()?);
    }
    Ok(Summary::Tests(tests))
}

impl Package<'_> {
    fn sums(&self) -> Result<Tests, ReportError> {
        let cut = |missing: &str| ReportError::Truncated { format: FORMAT.id, missing: missing.to_owned() };
        let outcome = self.outcome.ok_or_else(|| cut("a package does not end"))?;
        let mut tests = Tests::default();
        for outcome in self.tests.values() {
            match outcome {
                Some("pass") => tests.passed += 1,
                Some("skip") => tests.skipped += 1,
                Some(_) => tests.failures += 1,
                // A test that never ended, in a package that failed, was cut off by a panic.
                None => tests.errors += 1,
            }
        }
        if outcome == "fail" && tests.failed() == 0 {
            tests.errors += 1;
        }
        if outcome != "fail" && tests.errors > 0 {
            return Err(cut("a test does not end"));
        }
        Ok(tests)
    }
}
