//! Rust's test harness: `cargo test -- --format json`, and nextest's output of the same form. Each suite ends with its
//! sums; one that does not is cut.

use serde_json::Value;

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::node::Node;
use super::super::summary::{Kind, Summary, Tests};
use super::{Format, never};

pub(super) const FORMAT: Format = Format {
    id: "libtest",
    name: "cargo test and nextest JSON",
    kind: Kind::Tests,
    fits: |content| {
        let first = content.as_lines().and_then(<[Value]>::first);
        first.is_some_and(|it| it.get("type").is_some_and(|it| it == "suite") && it.get("event").is_some())
    },
    bare: never,
    read,
};

fn read(content: &Content) -> Result<Summary, ReportError> {
    let lines = content.as_lines().unwrap_or_default();
    let mut tests = Tests::default();
    let (mut open, mut failed) = (0_u64, 0_u64);
    for (index, line) in lines.iter().enumerate() {
        let line = Node::line(line, index);
        match (line.text("type"), line.text("event")) {
            (Some("suite"), Some("started")) => open += 1,
            (Some("suite"), Some("ok" | "failed")) => {
                open = open.checked_sub(1).ok_or_else(|| ReportError::member(line.at("event"), "`started` first"))?;
                let measured = line.count_or_none("measured")?;
                let sums = Tests {
                    passed: line.count("passed")?.saturating_add(measured),
                    failures: line.count("failed")?,
                    errors: 0,
                    skipped: line.count("ignored")?,
                };
                let said = line.text("event") == Some("failed");
                if said != (sums.failures > 0) {
                    return Err(ReportError::member(line.at("failed"), "what the event says"));
                }
                tests = tests.plus(&sums);
            }
            (Some("test"), Some("failed" | "timeout")) => failed += u64::from(line.text("event") == Some("failed")),
            _ => {}
        }
    }
    if open > 0 {
        let missing = "a suite does not end".to_owned();
        return Err(ReportError::Truncated { format: FORMAT.id, missing });
    }
    if failed > tests.failures {
        return Err(ReportError::whole("more tests failed than the suites say"));
    }
    Ok(Summary::Tests(tests))
}
