//! Collections 16, 17 and 18: checks of commits, quality gates, and what something consists of.

use decision_gate_attest::reports::{Sbom, Summary, Verdict};
use decision_gate_vectors::{Report, text};
use serde_json::Value;

use crate::{count, each, evidence, stated};

#[test]
fn answers_of_github_come_to_their_verdicts() {
    let mut report = Report::default();
    let there = each("16-ci-github-api", |case, id, bytes| {
        let expected = text(case, "verdict");
        // Alerts of code scanning and the like have no verdict of their own.
        if expected == "see-file" {
            return;
        }
        let read = evidence(bytes, None);
        let found = match &read {
            Ok(Summary::Checks(it)) => match it.verdict() {
                Verdict::Passed => "pass",
                Verdict::Pending => "pending",
                Verdict::Failed | Verdict::Neutral => "not-pass",
            },
            Ok(_) => "of another kind",
            Err(error) => match error.code() {
                "report_truncated" => "incomplete-page",
                "report_empty" => "no-runs",
                other => other,
            },
        };
        if found == "pass" && expected != "pass" {
            report.false_accepts.push(id.to_owned());
        }
        let commit = case["head_sha"].as_str().or(case["sha"].as_str());
        let named = match &read {
            Ok(Summary::Checks(it)) => commit.is_none_or(|sha| it.commits.iter().eq([sha])),
            _ => true,
        };
        report.case(id, found == expected && named, || format!("{found}, not {expected}: {read:?}"));
    });
    if there {
        report.whole("16-ci-github-api");
    }
}

#[test]
fn quality_gates_pass_only_when_they_say_so() {
    let mut report = Report::default();
    let there = each("17-ci-sonarqube", |case, id, bytes| {
        let expected = text(case, "verdict");
        let read = evidence(bytes, Some("sonarqube"));
        let (found, failed) = match &read {
            Ok(Summary::QualityGate(it)) => {
                (if it.status == "passed" { "pass" } else { "not-pass" }, it.failed_conditions.clone())
            }
            Ok(_) => ("of another kind", Vec::new()),
            Err(_) => ("no-evidence", Vec::new()),
        };
        if found == "pass" && expected != "pass" {
            report.false_accepts.push(id.to_owned());
        }
        // Exports of issues are no quality gate.
        let same = if expected == "see-file" { found == "no-evidence" } else { found == expected };
        let listed = case["failed_conditions"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let counted = read.is_err() || listed.eq(failed.iter().map(String::as_str));
        report.case(id, same && counted, || format!("{found}, not {expected}: {read:?}"));
    });
    if there {
        report.whole("17-ci-sonarqube");
    }
}

fn counted(case: &Value, found: &Sbom) -> bool {
    let version = || found.version.as_deref() == case["version"].as_str();
    match text(case, "format") {
        "CycloneDX" => {
            let id = found.document_id.as_deref() == case["serialNumber"].as_str();
            let numbers = [found.components, found.with_purl, found.dependencies, found.vulnerabilities];
            let names = ["components", "with_purl", "dependencies", "vulnerabilities"];
            version()
                && id
                && numbers == names.map(|it| count(case, it))
                && found.dangling_references == count(case, "dangling_refs")
        }
        "SPDX" => {
            let numbers = [found.components, found.files, found.dependencies, found.with_purl];
            version() && numbers == ["packages", "files", "relationships", "with_purl"].map(|it| count(case, it))
        }
        _ => found.components == count(case, "packages"),
    }
}

#[test]
fn sboms_come_to_their_counts() {
    let mut report = Report::default();
    let there = each("18-ci-sbom", |case, id, bytes| {
        let read = stated(bytes, None);
        let known = matches!(case["format"].as_str(), Some("CycloneDX" | "SPDX" | "SPDX-3-JSON-LD"));
        let holds = match &read {
            Ok(Summary::Sbom(it)) => known && counted(case, it),
            Ok(_) => false,
            Err(_) => !known,
        };
        report.case(id, holds, || format!("{read:?}, not {case}"));
    });
    if there {
        report.whole("18-ci-sbom");
    }
}
