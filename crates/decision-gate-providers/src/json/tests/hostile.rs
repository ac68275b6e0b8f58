//! Documents and selectors that are made to cost much, to hide something, or to show it.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{ask, folder_with, provider};
use crate::json::document::Format;
use crate::tests::{code, kind, value};

fn answer_of(name: &str, bytes: impl AsRef<[u8]>, jsonpath: &str) -> decision_gate_core::evidence::Answer {
    let folder = folder_with(name, bytes);
    ask(&provider(folder.path()), json!({ "file": name, "jsonpath": jsonpath }))
}

#[test]
fn documents_that_are_no_documents_are_faults_with_their_own_code() {
    let deep = |open: &str, times: usize| open.repeat(times);
    for (name, bytes, refused_as) in [
        ("a.json", b"\xff{}".to_vec(), "json_invalid_utf8"),
        ("a.json", b"\xef\xbb\xbf{}".to_vec(), "invalid_json"),
        ("a.json", b" \n\t".to_vec(), "file_empty"),
        ("a.json", b"{} {}".to_vec(), "invalid_json"),
        ("a.json", b"{'a':1}".to_vec(), "invalid_json"),
        ("a.json", b"[NaN]".to_vec(), "invalid_json"),
        ("a.json", br#"["\ud800"]"#.to_vec(), "json_lone_surrogate"),
        ("a.json", br#"{"a":1,"\u0061":2}"#.to_vec(), "json_duplicate_key"),
        ("a.json", b"[1e999]".to_vec(), "number_out_of_range"),
        ("a.json", deep("[", 100_000).into_bytes(), "json_too_deep"),
        ("a.json", deep("{\"a\":", 100_000).into_bytes(), "json_too_deep"),
        ("a.yaml", b"a: \xff".to_vec(), "yaml_invalid_utf8"),
        ("a.yaml", deep("[", 100_000).into_bytes(), "yaml_too_deep"),
        ("a.yaml", deep("{a: ", 100_000).into_bytes(), "yaml_too_deep"),
        ("a.yaml", deep("- ", 100_000).into_bytes(), "yaml_too_deep"),
        ("a.YML", b"a: [".to_vec(), "invalid_yaml"),
        ("a.yml", b"--- 1\n--- 2\n".to_vec(), "yaml_several_documents"),
    ] {
        let answer = answer_of(name, &bytes, "$.nothing");
        let start = String::from_utf8_lossy(&bytes[..bytes.len().min(20)]).into_owned();
        assert_eq!(code(&answer), refused_as, "{name} {start}: {answer:?}");
    }
}

#[test]
fn d30_selectors_that_cost_too_much_are_refused() {
    let wide: Value = (0..200).map(|_| (0..200).map(Value::from).collect::<Value>()).collect();
    let wide = serde_json::to_vec(&wide).unwrap();
    for (jsonpath, refused_as) in [
        (format!("$[?{}1==1{}]", "(".repeat(3_700), ")".repeat(3_700)), "jsonpath_too_long"),
        ("$".to_owned() + &"[?@".repeat(33) + &"]".repeat(33), "jsonpath_too_deep"),
        ("$..*..*..*..*".to_owned(), "jsonpath_too_many_descendants"),
        ("$[?@..a]".to_owned(), "jsonpath_descendant_in_filter"),
        ("$[?$.a==1]".to_owned(), "jsonpath_root_in_filter"),
        (format!("$[?match(@,'{}')]", "a".repeat(200)), "jsonpath_pattern_too_long"),
        ("$[?match(@,'(a{100}){100}')]".to_owned(), "jsonpath_pattern_repeat"),
        ("$[?match(@,'(')]".to_owned(), "invalid_jsonpath"),
        ("$[?length(@)]".to_owned(), "invalid_jsonpath"),
        ("$[?nothing(@)]".to_owned(), "invalid_jsonpath"),
        ("tests.failed".to_owned(), "invalid_jsonpath"),
        ("$..*".to_owned(), "jsonpath_too_many_nodes"),
    ] {
        assert_eq!(code(&answer_of("a.json", &wide, &jsonpath)), refused_as, "{jsonpath}");
    }
}

#[test]
fn selecting_the_same_over_and_over_does_not_multiply_it() {
    let large = serde_json::to_vec(&json!({ "a": vec!["x".repeat(50_000); 10] })).unwrap();
    let again = format!("$[{}'a']", "'a',".repeat(100));
    assert_eq!(code(&answer_of("a.json", &large, &again)), "evidence_too_large");
    let numbers = serde_json::to_vec(&json!({ "a": vec![0.5; 100_000] })).unwrap();
    assert_eq!(code(&answer_of("a.json", &numbers, &again)), "evidence_too_large");
}

#[test]
fn no_fault_shows_what_a_file_contains() {
    for (name, text, jsonpath) in [
        ("a.json", "s3cret", "$"),
        ("a.json", "{\"a\": s3cret}", "$"),
        ("a.json", "{\"s3cret\":1,\"s3cret\":1}", "$"),
        ("a.json", "[\"s3cret\\ud800\"]", "$"),
        ("a.json", "\"s3cret", "$"),
        ("a.json", "[7777777777777777777777]", "$[0]"),
        ("a.json", "[7777777777777777777777]", "$[?@>1]"),
        ("a.yaml", "a: [s3cret", "$"),
        ("a.yaml", "s3cret: 1\ns3cret: 1\n", "$"),
        ("a.yaml", "a: !s3cret 1\n", "$"),
        ("a.yaml", "a: *s3cret\n", "$"),
        ("a.yaml", "%s3cret\n", "$"),
        ("a.yaml", "%TAG !s3cret! s3cret\n--- !s3cret 1", "$"),
        ("a.yaml", "a: 0x7777777777777777777777777777777777777777\n", "$"),
    ] {
        let answer = answer_of(name, text, jsonpath);
        assert_eq!(kind(&answer), "fault", "{text}");
        let shown = serde_json::to_string(&answer).unwrap();
        assert!(!shown.contains("s3cret") && !shown.contains("7777"), "{text}: {shown}");
    }
}

#[test]
fn a_path_without_a_document_is_never_absent() {
    let whole = br#"{"tests":{"failed":0,"passed":12},"skipped":["a","b"]}"#;
    for length in 0..whole.len() {
        let answer = answer_of("a.json", &whole[..length], "$.nothing");
        assert_eq!(kind(&answer), "fault", "the first {length} bytes: {answer:?}");
    }
    assert_eq!(kind(&answer_of("a.json", whole, "$.nothing")), "absent");
}

#[test]
fn numbers_are_the_same_in_json_and_yaml() {
    for text in ["1.0", "1e2", "-0", "0.1", "9007199254740991", "1E-7", "123456789012345680000"] {
        let both = ["a.json", "a.yaml"].map(|name| value(&answer_of(name, format!("[{text}]"), "$[0]")));
        assert_eq!(both[0], both[1], "{text}");
    }
    for text in ["9007199254740993", "9007199254740993.0", "0.1000000000000000055511151231257827", "1e-400"] {
        for name in ["a.json", "a.yaml"] {
            assert_eq!(code(&answer_of(name, format!("[{text}]"), "$[0]")), "number_out_of_range", "{name} {text}");
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<f32>().prop_filter("finite", |it| it.is_finite()).prop_map(|it| json!(f64::from(it))),
        "[ -~äß\n\t\"\\\\:#&*!?%@`-]{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[ -~é]{0,12}", inner, 0..6)
                .prop_map(|it| Value::Object(it.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn json_read_as_yaml_is_the_same_document(document in any_json()) {
        for text in [serde_json::to_string(&document).unwrap(), serde_json::to_string_pretty(&document).unwrap()] {
            let (json, yaml) = (Format::Json.parse(text.as_bytes()), Format::Yaml.parse(text.as_bytes()));
            prop_assert_eq!(json.unwrap().value, yaml.unwrap().value, "{}", text);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Format::Json.parse(&bytes);
        let _ = Format::Yaml.parse(&bytes);
    }

    #[test]
    fn any_text_that_looks_like_yaml_is_read_or_refused(text in "([-?:,\\[\\]{}#&*!|>'\"%@` \n\tab01<~.]|---\n|\\.\\.\\.\n|&a |\\*a){0,60}") {
        let _ = Format::Yaml.parse(text.as_bytes());
    }
}
