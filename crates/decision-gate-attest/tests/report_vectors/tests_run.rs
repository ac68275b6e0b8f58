//! Collections 11 and 15: how tests went.

use decision_gate_attest::reports::{Findings, Summary, Tests};
use decision_gate_vectors::{Report, text};
use serde_json::Value;

use crate::{count, each, evidence, stated};

/// Whether a gate on failed tests would let the report pass.
fn passes(bytes: &[u8]) -> bool {
    matches!(evidence(bytes, None), Ok(Summary::Tests(it)) if it.failed() == 0)
}

fn verdict(bytes: &[u8]) -> &'static str {
    match (evidence(bytes, None), stated(bytes, None)) {
        (Ok(Summary::Tests(it)), _) => {
            if it.failed() == 0 {
                "pass"
            } else {
                "fail"
            }
        }
        (Ok(Summary::Findings(it)), _) if it.by_severity.total() > 0 => "findings",
        (Err(_), Ok(Summary::Tests(_))) => "no-tests",
        (Err(error), Err(_)) if error.code() == "report_unsupported" => "unsupported",
        _ => "refuse",
    }
}

#[test]
fn junit_reports_come_to_their_counts() {
    let mut report = Report::default();
    let there = each("11-ci-junit", |case, id, bytes| {
        let expected = text(case, "verdict");
        let found = verdict(bytes);
        if passes(bytes) && expected != "pass" {
            report.false_accepts.push(id.to_owned());
        }
        let counted = match stated(bytes, None) {
            Ok(Summary::Tests(Tests { passed: _, failures, errors, skipped })) => {
                let total =
                    matches!(stated(bytes, None), Ok(Summary::Tests(it)) if it.total() == count(case, "testcases"));
                total && [failures, errors, skipped] == ["failed", "errored", "skipped"].map(|it| count(case, it))
            }
            _ => case["testcases"].is_null(),
        };
        let same = found == expected || (expected == "not-junit" && matches!(found, "refuse" | "unsupported"));
        report.case(id, same && counted, || format!("{found}, not {expected}: {:?}", stated(bytes, None)));
    });
    if there {
        report.whole("11-ci-junit");
    }
}

/// What the collection counts, per format: `(total, failed, skipped)`.
fn expected_counts(case: &Value) -> Option<(u64, u64, u64)> {
    let (tests, summary) = (&case["tests"], &case["summary"]);
    Some(match text(case, "format") {
        "libtest-json" => {
            let (failed, ignored) = (count(case, "failed"), count(case, "ignored"));
            (count(case, "passed") + failed + ignored, failed, ignored)
        }
        "pytest-json-report" => {
            let (failed, skipped) = (count(summary, "failed") + count(summary, "error"), count(summary, "skipped"));
            (count(summary, "total"), failed, skipped + count(summary, "xfailed"))
        }
        "go-test-json" => {
            let (failed, skipped) = (count(tests, "fail"), count(tests, "skip"));
            (count(tests, "pass") + failed + skipped, failed, skipped)
        }
        "mocha-json" => (count(case, "tests"), count(case, "failures"), count(case, "pending")),
        "rspec-json" => (count(case, "examples"), count(case, "failures"), count(case, "pending")),
        _ => return None,
    })
}

#[test]
fn streams_of_test_results_come_to_their_counts() {
    let mut report = Report::default();
    let there = each("15-ci-test-json", |case, id, bytes| {
        let expected = text(case, "verdict");
        let found = verdict(bytes);
        if passes(bytes) && expected != "pass" {
            report.false_accepts.push(id.to_owned());
        }
        if found == "unsupported" {
            return report.known(id, "of a format that is not read");
        }
        let counted = match (stated(bytes, None), expected_counts(case)) {
            (Ok(Summary::Tests(it)), Some(expected)) => (it.total(), it.failed(), it.skipped) == expected,
            (Ok(Summary::Findings(Findings { stated, .. })), None) => stated == crate::counts(&case["messages"]),
            (Err(_), _) => true,
            _ => false,
        };
        let cut = matches!(expected, "refuse" | "incomplete" | "no-evidence" | "empty") && found == "refuse";
        report.case(id, (found == expected || cut) && counted, || {
            format!("{found}, not {expected}: {:?}", stated(bytes, None))
        });
    });
    if there {
        report.whole("15-ci-test-json");
    }
}
