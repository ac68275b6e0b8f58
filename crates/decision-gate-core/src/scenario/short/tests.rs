use serde_json::json;

use super::*;

fn read(line: &str) -> Value {
    match parse(line) {
        Ok(short) => json!({ "query": short.query, "comparator": short.comparator, "expected": short.expected }),
        Err(fault) => Value::from(fault.to_string()),
    }
}

#[test]
fn a_line_is_the_question_and_the_comparison() {
    let cases = [
        (
            "report.coverage.lines >= 0.8",
            json!({ "query": { "provider_id": "report", "check_id": "coverage.lines" },
                "comparator": "greater_than_or_equal", "expected": 0.8 }),
        ),
        (
            " report.tests.failed( glob: reports/junit-*.xml , at_least: 2 )==0 ",
            json!({ "query": { "provider_id": "report", "check_id": "tests.failed",
                "params": { "glob": "reports/junit-*.xml", "at_least": 2 } }, "comparator": "equals", "expected": 0 }),
        ),
        (
            r#"json.path(file: "a (b).json", jsonpath: "$.x[?@.y == ',']") in ["a", "b"]"#,
            json!({ "query": { "provider_id": "json", "check_id": "path",
                "params": { "file": "a (b).json", "jsonpath": "$.x[?@.y == ',']" } },
                "comparator": "in_set", "expected": ["a", "b"] }),
        ),
        (
            "env.get(key: STAGE) == production",
            json!({ "query": { "provider_id": "env", "check_id": "get", "params": { "key": "STAGE" } },
                "comparator": "equals", "expected": "production" }),
        ),
        (
            "json.path(file: v.json, jsonpath: $.v) lex_less_than 1.10.0",
            json!({ "query": { "provider_id": "json", "check_id": "path",
                "params": { "file": "v.json", "jsonpath": "$.v" } },
                "comparator": "lex_less_than", "expected": "1.10.0" }),
        ),
        (
            "env.get(key: TOKEN) exists",
            json!({ "query": { "provider_id": "env", "check_id": "get", "params": { "key": "TOKEN" } },
                "comparator": "exists", "expected": null }),
        ),
        (
            "time.after(timestamp: 0)",
            json!({ "query": { "provider_id": "time", "check_id": "after", "params": { "timestamp": 0 } },
                "comparator": "equals", "expected": true }),
        ),
        (
            "time.now()",
            json!({ "query": { "provider_id": "time", "check_id": "now", "params": {} },
                "comparator": "equals", "expected": true }),
        ),
    ];
    for (line, expected) in cases {
        assert_eq!(read(line), expected, "{line}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let cases = [
        ("", "a condition in one line begins with `provider.check`, as in `report.tests.failed == 0`"),
        ("tests == 0", "a condition in one line begins with `provider.check`, as in `report.tests.failed == 0`"),
        ("report.tests.failed = 0", "character 21: `=` does not compare; did you mean `==`?"),
        ("report.tests.failed equal 0", "character 21: `equal` does not compare; did you mean `equals`?"),
        ("report.tests.failed ==", "character 23: a value should stand here, not `the end of the line`"),
        ("report.tests.failed == 0 0", "character 26: the end should stand here, not `0`"),
        ("r.t(a: 1, a: 2)", "character 11: the parameter `a` stands there twice"),
        ("r.t(a 1)", "character 7: `:` should stand here, not `1)`"),
        ("r.t(a: 1", "character 9: `,` or `)` should stand here, not `the end of the line`"),
        ("r.t == [1,", "character 8: "),
        ("r.t == 01x", ""),
    ];
    for (line, expected) in cases {
        let told = read(line);
        match told.as_str() {
            Some(told) => assert!(told.starts_with(expected) && !expected.is_empty(), "{line}: {told}"),
            None => assert_eq!((line, &told["expected"]), ("r.t == 01x", &json!("01x"))),
        }
    }
}

#[test]
fn a_name_twice_within_a_value_is_refused() {
    assert!(read(r#"r.t == {"a": 1, "a": 2}"#).is_string());
}

proptest::proptest! {
    #[test]
    fn no_line_makes_it_panic(line in "\\PC{0,60}") {
        drop(parse(&line));
    }

    #[test]
    fn lines_made_of_its_own_signs_do_not_either(line in "[a-z.(): ,=<>!\"\\[\\]{}0-9]{0,40}") {
        drop(parse(&format!("a.b{line}")));
    }
}
