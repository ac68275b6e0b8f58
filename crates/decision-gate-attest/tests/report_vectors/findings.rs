//! Collections 12 and 13: what scanners and linters found.

use std::collections::BTreeMap;

use decision_gate_attest::reports::{Findings, Summary};
use decision_gate_vectors::{Report, text};
use serde_json::Value;

use crate::{count, counts, each, evidence, stated};

/// Whether a gate on findings would let the report pass.
fn passes(bytes: &[u8], named: Option<&str>) -> bool {
    matches!(evidence(bytes, named), Ok(Summary::Findings(it)) if it.by_severity.total() == 0)
}

#[test]
fn sarif_logs_come_to_their_levels() {
    let mut report = Report::default();
    let there = each("12-ci-sarif", |case, id, bytes| {
        let (expected, failed) = (text(case, "verdict"), count(case, "runs_not_executed_successfully") > 0);
        let read = stated(bytes, None);
        if passes(bytes, None) && (failed || expected != "clean-of-errors") {
            report.false_accepts.push(id.to_owned());
        }
        let holds = match &read {
            Err(error) => (failed && error.code() == "report_tool_failed") || expected == "refuse",
            Ok(Summary::Findings(it)) => {
                let errors = it.stated.get("error").is_some_and(|it| *it > 0);
                let same = if errors { expected == "findings" } else { expected == "clean-of-errors" };
                let results = it.by_severity.total() + it.suppressed == count(case, "results");
                let levels = it.stated == counts(&case["unsuppressed_by_level"]);
                !failed && same && results && levels && it.suppressed == count(case, "suppressed")
            }
            Ok(_) => false,
        };
        // What a tool says of its own errors is told apart from the results here.
        if let Err(error) = &read
            && error.code() == "report_tool_failed"
            && !failed
        {
            return report.known(id, "an error that the tool notes of itself");
        }
        report.case(id, holds, || format!("{read:?}"));
    });
    if there {
        report.whole("12-ci-sarif");
    }
}

/// What the collection counts, by the spelling of the tool.
fn expected(case: &Value) -> BTreeMap<String, u64> {
    let unstated = |name: &str| {
        let count = count(case, name);
        if count > 0 { BTreeMap::from([("unstated".to_owned(), count)]) } else { BTreeMap::new() }
    };
    match text(case, "kind") {
        "trivy" => {
            let mut sum = counts(&case["vulnerabilities"]);
            for (severity, count) in counts(&case["misconfig_fail"]) {
                *sum.entry(severity).or_default() += count;
            }
            sum
        }
        "bandit" | "semgrep" | "grype" | "npm-audit" => counts(&case["by_severity"]),
        "hadolint" => counts(&case["by_level"]),
        "eslint" => {
            let named = [("error", count(case, "errors")), ("warning", count(case, "warnings"))];
            named.into_iter().filter(|(_, it)| *it > 0).map(|(name, it)| (name.to_owned(), it)).collect()
        }
        "cargo-audit" => {
            let mut sum = unstated("count");
            if count(case, "warnings") > 0 {
                sum.insert("warning".to_owned(), count(case, "warnings"));
            }
            sum
        }
        "checkov" => unstated("failed"),
        "gitleaks" => unstated("leaks"),
        "pip-audit" => unstated("vulns"),
        _ => BTreeMap::new(),
    }
}

/// Whether what was found is what the collection counts.
fn counted(case: &Value, found: &Findings) -> bool {
    let total = found.by_severity.total();
    match text(case, "kind") {
        // Severities of groups are told by words of ours.
        "osv-scanner" => total == count(case, "vulnerabilities"),
        "trivy" => {
            // A severity that is not stated is `None` there, and secrets are counted apart.
            let mut expected = expected(case);
            if let Some(unstated) = expected.remove("None") {
                *expected.entry("unstated".to_owned()).or_default() += unstated;
            }
            total == expected.values().sum::<u64>() + count(case, "secrets")
                && expected.iter().all(|(severity, count)| found.stated.get(severity) >= Some(count))
        }
        _ => found.stated == expected(case),
    }
}

#[test]
fn reports_of_scanners_come_to_their_counts() {
    let mut report = Report::default();
    let there = each("13-ci-scanners", |case, id, bytes| {
        let (kind, expected) = (text(case, "kind"), text(case, "verdict"));
        let read = stated(bytes, Some(kind));
        if passes(bytes, Some(kind)) && expected != "clean" {
            report.false_accepts.push(id.to_owned());
        }
        let holds = match &read {
            Err(_) => expected == "refuse",
            Ok(Summary::Score(it)) => {
                let same = it.value.as_f64() == case["score"].as_f64();
                expected == "score" && same && it.checks + it.inconclusive == count(case, "checks")
            }
            Ok(Summary::Findings(it)) => {
                // Of ESLint the errors decide there; what cargo-audit warns of is information.
                let decides = match kind {
                    "eslint" => it.by_severity.high,
                    "cargo-audit" => it.by_severity.total() - it.by_severity.info,
                    _ => it.by_severity.total(),
                };
                let same = if decides > 0 { expected == "findings" } else { expected == "clean" };
                if kind == "trivy" && expected == "clean" && decides > 0 && case["schema"].is_null() {
                    return report.known(id, "a report of a cluster, and its findings are counted");
                }
                same && counted(case, it)
            }
            Ok(_) => false,
        };
        report.case(id, holds, || format!("{read:?}, not {case}"));
    });
    if there {
        report.whole("13-ci-scanners");
    }
}
