//! Reports that must not pass, one by one, and laws of what is read.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Counted, FORMATS, Kind, Summary, read};

/// What becomes of a report: `ok`, or the code of why it is no evidence.
fn outcome(bytes: &[u8], named: Option<&str>) -> &'static str {
    match read(bytes, named).and_then(|it| it.evidence().cloned()) {
        Ok(_) => "ok",
        Err(error) => {
            assert!(!error.hint().is_empty() && !error.to_string().is_empty());
            error.code()
        }
    }
}

fn fact(bytes: &[u8], named: Option<&str>, name: &str) -> Value {
    let facts = read(bytes, named).unwrap().stated().facts();
    facts.get(name).unwrap().cloned().unwrap_or_default()
}

#[test]
fn silence_is_no_pass() {
    for (report, named, expected) in [
        ("", None, "report_empty"),
        (" \n", None, "report_empty"),
        ("<testsuites/>", None, "report_empty"),
        (r#"<testsuite tests="3" errors="1"/>"#, None, "report_empty"),
        ("null", Some("trivy"), "report_empty"),
        ("null", None, "report_unsupported"),
        ("[]", Some("eslint"), "report_empty"),
        ("[]", Some("gitleaks"), "ok"),
        ("[]", Some("hadolint"), "ok"),
        ("[]", Some("sarif"), "report_format_mismatch"),
        ("[]", None, "report_unsupported"),
        ("{}", None, "report_unsupported"),
        ("ok 1", None, "report_unsupported"),
        ("no findings", None, "report_unsupported"),
        (r#"{"version":"2.1.0","runs":[]}"#, None, "report_empty"),
        (r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}}}]}"#, None, "report_empty"),
        (r#"{"version":"2.1.0","runs":[{"results":[]}]}"#, None, "ok"),
        (r#"{"total_count":0,"check_runs":[]}"#, None, "report_empty"),
        (r#"{"projectStatus":{"status":"NONE"}}"#, None, "report_empty"),
        (r#"{"projectStatus":null}"#, None, "report_empty"),
        (r#"{"bomFormat":"CycloneDX","specVersion":"1.6"}"#, None, "report_empty"),
        (r#"{"SchemaVersion":2,"ArtifactName":"x"}"#, None, "report_empty"),
        ("TN:\n", None, "report_empty"),
        (r#"{"type":"suite","event":"started","test_count":0}"#, None, "report_truncated"),
    ] {
        assert_eq!(outcome(report.as_bytes(), named), expected, "{report} as {named:?}");
    }
}

#[test]
fn a_tool_that_failed_found_nothing_out() {
    for report in [
        r#"{"version":"2.1.0","runs":[{"results":[],"invocations":[{"executionSuccessful":false}]}]}"#,
        r#"{"version":"2.1.0","runs":[{"results":[],"invocations":[{"executionSuccessful":true,
            "toolExecutionNotifications":[{"level":"error","message":{"text":"x"}}]}]}]}"#,
        r#"[{"filePath":"a.js","messages":[],"errorCount":1,"fatalErrorCount":1}]"#,
        r#"{"version":"1","results":[],"errors":[{"level":"error","type":"Timeout"}],"paths":{"scanned":["a"]}}"#,
        r#"{"results":[],"errors":[{"filename":"a.py","reason":"syntax"}],"metrics":{},"generated_at":"x"}"#,
        r#"{"error":{"code":"ENOLOCK","summary":"no lock file"}}"#,
        r#"{"errors":[{"msg":"Project not found"}]}"#,
        r#"{"scorecard":{},"score":-1,"checks":[]}"#,
        r#"{"created":1,"exitcode":3,"summary":{"passed":1,"total":1}}"#,
        r#"{"numTotalTests":1,"numPassedTests":1,"numFailedTests":0,"testResults":[],"success":false}"#,
        r#"{"check_type":"x","results":{"failed_checks":[],"parsing_errors":["a"]},"summary":{"failed":0}}"#,
        "{\"reason\":\"compiler-artifact\"}\n{\"reason\":\"build-finished\",\"success\":false}",
    ] {
        assert_eq!(outcome(report.as_bytes(), None), "report_tool_failed", "{report}");
    }
}

#[test]
fn a_part_of_a_report_is_no_report() {
    for (report, expected) in [
        (r#"{"total_count":2,"check_runs":[{"status":"completed","conclusion":"success"}]}"#, "report_truncated"),
        ("SF:a\nDA:1,1\n", "report_truncated"),
        (
            "{\"Action\":\"run\",\"Package\":\"p\",\"Test\":\"A\"}\n{\"Action\":\"pass\",\"Package\":\"p\",\"Test\":\"A\"}",
            "report_truncated",
        ),
        ("{\"reason\":\"compiler-artifact\"}\n{\"reason\":\"compiler-artifact\"}", "report_truncated"),
        (
            r#"{"database":{},"lockfile":{"dependency-count":3},"vulnerabilities":{"count":2,"list":[]}}"#,
            "report_truncated",
        ),
        (
            r#"{"auditReportVersion":2,"vulnerabilities":{},"metadata":{"vulnerabilities":{"high":1}}}"#,
            "report_truncated",
        ),
        ("<testsuite><testcase name='a'/>", "report_invalid"),
        (r#"{"version":"2.1.0","runs":["#, "report_invalid"),
        ("{\"type\":\"suite\",\"event\":\"started\"}\n{\"type\":\"sui", "report_invalid"),
    ] {
        assert_eq!(outcome(report.as_bytes(), None), expected, "{report}");
    }
}

#[test]
fn contradictions_are_broken_reports() {
    for report in [
        r#"{"projectStatus":{"status":"OK","conditions":[{"status":"ERROR","metricKey":"a"}]}}"#,
        r#"{"created":1,"exitcode":0,"summary":{"failed":1,"total":1}}"#,
        r#"{"numTotalTests":1,"numPassedTests":0,"numFailedTests":1,"testResults":[],"success":true}"#,
        r#"{"meta":{},"files":{},"totals":{"num_statements":1,"covered_lines":2}}"#,
        "SF:a\nLF:1\nLH:2\nend_of_record\n",
        "{\"type\":\"suite\",\"event\":\"started\"}\n{\"type\":\"suite\",\"event\":\"ok\",\"passed\":1,\"failed\":1,\"ignored\":0}",
        r#"<coverage line-rate="1" lines-valid="3"/>"#,
    ] {
        assert_eq!(outcome(report.as_bytes(), None), "report_invalid", "{report}");
    }
}

#[test]
fn hostile_xml_is_refused() {
    let deep = "<testsuite>".repeat(200) + &"</testsuite>".repeat(200);
    for report in [
        "<!DOCTYPE a [<!ENTITY b \"c\">]><testsuite><testcase name=\"&b;\"/></testsuite>",
        "<!DOCTYPE a SYSTEM \"http://example.com/x\" [<!ENTITY % p SYSTEM \"file:///x\">]><testsuite/>",
        "<testsuite><testcase name=\"&b;\"/></testsuite>",
        "<testsuite><testcase/>&b;</testsuite>",
        "<testsuite><testcase a=\"1\" a=\"2\"/></testsuite>",
        "<testsuite><testcase/></testsuite><testsuite/>",
        "<testsuite><testcase/>\u{1}</testsuite>",
        "<testsuite><testcase/><![CDATA[\u{1b}]]></testsuite>",
        "<testsuite><testcase></testsuite></testcase>",
        "<?xml version=\"1.0\" encoding=\"utf-7\"?><testsuite/>",
        &deep,
    ] {
        assert_eq!(outcome(report.as_bytes(), None), "report_invalid", "{report:.80}");
    }
    let named = "<!DOCTYPE report PUBLIC \"-//JACOCO//DTD Report 1.0//EN\" \"report.dtd\">\
                 <report name='a'><counter type='LINE' missed='1' covered='3'/></report>";
    assert_eq!(fact(named.as_bytes(), None, "lines"), json!(0.75));
}

#[test]
fn texts_in_other_encodings_are_read() {
    let report = "<?xml version='1.0' encoding='ISO-8859-15'?><testsuite><testcase name='\u{e9}'/></testsuite>";
    let bytes: Vec<u8> = report.chars().map(|it| u8::try_from(it).unwrap()).collect();
    assert_eq!(fact(&bytes, None, "total"), 1);
    let wide: Vec<u8> = [0xfeff].into_iter().chain(report.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_eq!(fact(&wide, None, "total"), 1);
    assert_eq!(outcome(b"<testsuite><testcase name='\xe9'/></testsuite>", None), "report_invalid");
    assert_eq!(fact("\u{feff}<testsuite><testcase/></testsuite>".as_bytes(), None, "total"), 1);
}

#[test]
fn ids_and_facts_have_one_meaning() {
    let ids: Vec<_> = FORMATS.into_iter().map(|it| it.id).collect();
    assert!(ids.is_sorted() && ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
    for kind in Kind::ALL {
        assert!(FORMATS.into_iter().any(|it| it.kind == kind));
        let names: std::collections::BTreeSet<_> = kind.facts().iter().map(|it| it.name).collect();
        assert_eq!(names.len(), kind.facts().len(), "{}", kind.word());
    }
}

#[test]
fn a_threshold_decides_at_the_very_value() {
    for (covered, total, at, above) in
        [(4, 5, "0.8", "0.81"), (2, 3, "0.666666666666", "0.666666666667"), (7, 7, "1.0", "1.1")]
    {
        let ratio = Counted::new(covered, total).unwrap().ratio().unwrap().as_f64().unwrap();
        assert!(ratio >= at.parse().unwrap() && ratio < above.parse().unwrap(), "{covered} of {total} is {ratio}");
    }
    assert!(Counted::new(2, 1).is_none() && Counted::default().ratio().is_none());
}

proptest! {
    #[test]
    fn a_ratio_is_never_above_what_it_is(covered in 0_u64..1 << 40, more in 0_u64..1 << 40, steps in 0_u64..=1_000_000) {
        let total = covered + more + 1;
        let ratio = Counted::new(covered, total).unwrap().ratio().unwrap();
        let threshold: f64 = format!("{}.{:06}", steps / 1_000_000, steps % 1_000_000).parse().unwrap();
        // As the exact fraction decides.
        let exact = u128::from(covered) * 1_000_000 >= u128::from(steps) * u128::from(total);
        prop_assert_eq!(ratio.as_f64().unwrap() >= threshold, exact);
        prop_assert!(decision_gate_core::json::canonical::refuse_inexact(&Value::Number(ratio)).is_ok());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for named in FORMATS.into_iter().map(|it| Some(it.id)).chain([None]) {
            let _ = read(&bytes, named);
        }
    }

    #[test]
    fn a_junit_report_counts_each_case_once(passed in 0_u64..20, failed in 0_u64..20, errors in 0_u64..20, skipped in 0_u64..20) {
        let cases = |count: u64, inner: &str| format!("<testcase>{inner}</testcase>").repeat(usize::try_from(count).unwrap());
        let report = format!(
            "<testsuites><testsuite>{}{}{}{}</testsuite></testsuites>",
            cases(passed, ""), cases(failed, "<failure/><error/>"), cases(errors, "<error/>"), cases(skipped, "<skipped/>"),
        );
        let read = read(report.as_bytes(), None).unwrap();
        let Summary::Tests(tests) = read.stated() else { panic!("{read:?}") };
        prop_assert_eq!((tests.passed, tests.failures, tests.errors, tests.skipped), (passed, failed, errors, skipped));
        prop_assert_eq!(read.evidence().is_ok(), tests.total() > 0);
    }
}
