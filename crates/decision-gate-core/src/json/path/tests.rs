//! The compliance suite is a vector test; here are the bounds, the attacks and what the suite leaves out.

use std::{fmt::Write as _, time::Instant};

use proptest::prelude::*;
use serde_json::{Value, json};
use serde_json_path::JsonPath as Library;

use super::{JsonPath, JsonPathError};
use crate::json::{self, Limits};

/// Far more than any refusal takes, far less than a hang.
const PROMPTLY: u128 = 5_000;

fn code_of(selector: &str, document: &Value) -> Result<usize, &'static str> {
    let started = Instant::now();
    let outcome = JsonPath::parse(selector).and_then(|path| path.query(document).map(|matches| matches.nodes.len()));
    assert!(started.elapsed().as_millis() < PROMPTLY, "{selector} took {:?}", started.elapsed());
    outcome.map_err(|error| error.code())
}

fn values(selector: &str, document: &Value) -> Vec<Value> {
    let path = JsonPath::parse(selector).unwrap();
    path.query(document).unwrap().nodes.into_iter().map(|node| node.value.clone()).collect()
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inside, _| json!([inside]))
}

#[test]
fn every_bound_has_its_code_and_stands_where_it_is_said_to_stand() {
    let document = json!([{"a": 1}]);
    let names = |count: usize| format!("${}", ".a".repeat(count));
    let parens = |depth: usize| format!("$[?{}@{}]", "(".repeat(depth - 1), ")".repeat(depth - 1));
    let pattern = |length: usize| format!("$[?match(@.a,'{}')]", "x".repeat(length));
    let cases = [
        (names(255), Ok(0)),
        (format!("{}.b", names(255)), Err("jsonpath_too_long")),
        (parens(32), Ok(1)),
        (parens(33), Err("jsonpath_too_deep")),
        ("$['[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[']".to_owned(), Ok(0)),
        ("$..a..b".to_owned(), Ok(0)),
        ("$..a..b..c".to_owned(), Err("jsonpath_too_many_descendants")),
        ("$['..']..a['..']..b['\\'..']".to_owned(), Ok(0)),
        ("$[?@..a]".to_owned(), Err("jsonpath_descendant_in_filter")),
        ("$[?@.a[?@..b]]".to_owned(), Err("jsonpath_descendant_in_filter")),
        ("$[?$.a]".to_owned(), Err("jsonpath_root_in_filter")),
        ("$[?@.a==$[0].a]".to_owned(), Err("jsonpath_root_in_filter")),
        ("$[?count($.*)>1]".to_owned(), Err("jsonpath_root_in_filter")),
        ("$[?match(@.a, @.b)]".to_owned(), Err("jsonpath_pattern_not_literal")),
        (pattern(128), Ok(0)),
        (pattern(129), Err("jsonpath_pattern_too_long")),
        ("$[?search(@.a, 'x{256}')]".to_owned(), Ok(0)),
        ("$[?search(@.a, 'x{257}')]".to_owned(), Err("jsonpath_pattern_repeat")),
        ("$[?search(@.a, '((x{16}){4}y){5}')]".to_owned(), Err("jsonpath_pattern_repeat")),
        ("$[?search(@.a, 'x{99999999999999999999}')]".to_owned(), Err("jsonpath_pattern_repeat")),
        (r"$[?search(@.a, '\\p{L}{200}')]".to_owned(), Err("jsonpath_pattern_too_complex")),
        (r"$[?search(@.a, '\\d')]".to_owned(), Err("jsonpath_pattern_invalid")),
        ("$[?search(@.a, 'a)|(b')]".to_owned(), Err("jsonpath_pattern_invalid")),
        ("$[?first(@.a)]".to_owned(), Err("jsonpath_unknown_function")),
        ("$[?length(@.a)]".to_owned(), Err("jsonpath_ill_typed")),
        ("$[?count(1)==1]".to_owned(), Err("jsonpath_ill_typed")),
        ("$[?@.*==1]".to_owned(), Err("jsonpath_syntax")),
        ("$[?@.a==9007199254740993]".to_owned(), Err("number_out_of_range")),
        ("$[?@.a==1e400]".to_owned(), Err("number_out_of_range")),
        ("$[?@.a[-1]]".to_owned(), Err("jsonpath_negative_index_in_filter")),
        ("$[?@.a[0, -1]]".to_owned(), Err("jsonpath_negative_index_in_filter")),
        ("$[?value(@[-1:])!=-1, -1]".to_owned(), Ok(2)),
        ("$[?@.a>=1 || 'x'>=@.b]".to_owned(), Ok(1)),
        ("$[?@.a<@.b]".to_owned(), Ok(0)),
        ("$ ..a".to_owned(), Err("jsonpath_spelling")),
        (r"$['\ud83d\ude00']".to_owned(), Err("jsonpath_spelling")),
        (r"$['\uD83D\uDE00', '\ud7ff']".to_owned(), Ok(0)),
        ("$.a.".to_owned(), Err("jsonpath_syntax")),
        (String::new(), Err("jsonpath_syntax")),
        (r"$['\u".to_owned(), Err("jsonpath_syntax")),
        ("$[?@.a=='a]".to_owned(), Err("jsonpath_syntax")),
        ("$\u{e9}".to_owned(), Err("jsonpath_syntax")),
    ];
    for (selector, expected) in cases {
        assert_eq!(code_of(&selector, &document), expected, "{selector}");
    }
}

#[test]
fn d30_a_hostile_selector_is_refused_and_nothing_overflows() {
    let document = json!([[1, [2]], {"a": [1, 2]}]);
    let cases = [
        (format!("${}", "['a']".repeat(1_500)), "jsonpath_too_long"),
        (format!("$[?{}@.a{}]", "(".repeat(5_000), ")".repeat(5_000)), "jsonpath_too_long"),
        (format!("$[?{}", "(".repeat(500)), "jsonpath_too_deep"),
        (format!("${}1{}", "[?@".repeat(600), "]".repeat(600)), "jsonpath_too_long"),
        (format!("${}@", "[?@".repeat(150)), "jsonpath_too_deep"),
        (format!("$[?{}@]", "!".repeat(400)), "jsonpath_syntax"),
        (format!("$[?{}1]", "-".repeat(400)), "jsonpath_syntax"),
        ("$..*..*..*..*".to_owned(), "jsonpath_too_many_descendants"),
        (format!("$[?{}'x']", "length(".repeat(70)), "jsonpath_too_deep"),
    ];
    for (selector, code) in cases {
        assert_eq!(code_of(&selector, &document), Err(code), "{selector}");
    }
}

#[test]
fn d30_filters_within_filters_are_bounded_before_they_are_read() {
    // The library's time doubles with each level: one day for this one.
    let nested_filters =
        |levels: usize| format!("${}@.a{}", "[?@".repeat(levels).trim_end_matches('@'), "]".repeat(levels));
    assert_eq!(code_of(&nested_filters(32), &nested(40)), Err("jsonpath_filter_too_deep"));
    assert_eq!(code_of(&nested_filters(5), &nested(40)), Err("jsonpath_filter_too_deep"));
    assert_eq!(code_of(&nested_filters(4), &nested(40)), Ok(0));
    assert_eq!(code_of("$[?@[?@[?@[?@,?@,?@]],?@[?@]]]", &nested(40)), Ok(1));
}

#[test]
fn a_selector_that_multiplies_nodes_is_refused_before_it_does() {
    let doubling = format!("$[0,0]{}", "[0,0]".repeat(60));
    let wide = Value::from(vec![json!({"a": [1, 2, 3]}); 3_000]);
    let counting = ["count(@[*,*][*,*][*,*])>9"; 15].join("||");
    let document = json!(vec![vec![vec![vec![1; 20]; 4]; 4]; 500]);
    let text = Value::from(vec!["ab".repeat(500); 3_000]);
    let cases = [
        (doubling, nested(62), Err("jsonpath_too_much_work")),
        ("$..*".to_owned(), wide.clone(), Err("jsonpath_too_many_nodes")),
        ("$..a".to_owned(), wide, Ok(3_000)),
        (format!("$[?{counting}]"), document, Err("jsonpath_too_much_work")),
        ("$[?search(@, '(a|b)*a(a|b){100}c')]".to_owned(), text.clone(), Err("jsonpath_too_much_work")),
        ("$[?search(@, 'abc')]".to_owned(), text, Ok(0)),
        (r"$[?search(@, '\\p{L}')]".to_owned(), Value::from(vec!["x"; 5_000]), Err("jsonpath_too_much_work")),
        ("$..[?@==@]..[?@==@]".to_owned(), nested(60), Ok(1_770)),
        ("$..[?@==@]..[?@==@]".to_owned(), Value::from(vec![nested(60); 80]), Err("jsonpath_too_much_work")),
        ("$..*".to_owned(), nested(64), Ok(64)),
        ("$..*".to_owned(), nested(65), Err("jsonpath_document_too_deep")),
    ];
    for (selector, document, expected) in cases {
        assert_eq!(code_of(&selector, &document), expected, "{selector}");
    }
}

/// A scan report of a megabyte.
fn report() -> Value {
    let result = |index: usize| {
        let region = json!({"startLine": index, "startColumn": 5, "endLine": index, "endColumn": 42});
        let file = json!({"uri": format!("src/module_{}/file_{index}.rs", index % 40), "index": index});
        let place = json!({"physicalLocation": {"artifactLocation": file, "region": region}});
        let text = format!("the value of `variable_{index}` is never read, and its name hides another one");
        json!({
            "ruleId": format!("CK{}", index % 200),
            "level": if index.is_multiple_of(50) { "error" } else { "warning" },
            "kind": "fail",
            "message": {"text": text},
            "locations": [place],
        })
    };
    let results: Vec<_> = (0..3_500).map(result).collect();
    json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "checker"}}, "results": results}]})
}

#[test]
fn questions_to_real_reports_are_within_the_bounds() {
    let report = report();
    assert!(report.to_string().len() > 1 << 20);
    for (selector, found) in [
        ("$..level", 3_500),
        ("$..results[?@.level=='error']", 70),
        ("$.runs[*].results[?@.level=='error' && @.kind!='pass'].locations[*].physicalLocation.region.startLine", 70),
        ("$.runs[0].results[?match(@.ruleId, 'CK1[0-9]{1,2}') || search(@.message.text, 'variable_7`')].level", 1_881),
        (
            "$.runs[*].results[?count(@.locations[?@.physicalLocation.region.startLine>2000])>0]['ruleId','level']",
            2_998,
        ),
        ("$..results..uri", 3_500),
        ("$..[?@.startLine==@.endLine].startLine", 3_500),
        ("$..[?search(@.uri, 'module_7/')].index", 88),
        ("$.runs[0].results[-1].ruleId", 1),
    ] {
        assert_eq!(code_of(selector, &report), Ok(found), "{selector}");
    }
}

#[test]
fn the_slowest_questions_within_the_bounds_are_prompt() {
    let is_a = |index: &u64| (index * index / 7).is_multiple_of(3);
    let mixed: String = (0..300_000).map(|index| if is_a(&index) { 'a' } else { 'b' }).collect();
    let deep = |depth: usize, width: usize| (0..depth).fold(json!(vec![1; width]), |inside, _| json!([inside]));
    for (selector, document) in [
        ("$..*..*", deep(40, 38_000)),
        ("$[*,*,*,*]..[*,*][0]", deep(2, 100_000)),
        ("$[*][?@[*]||@[*]||@[*]||@[*]||@[*]||@[*]||@[*]||@[*]]", deep(1, 300_000)),
        ("$..[?@==@]", deep(50, 21_000)),
        ("$[?search(@, '(a|b)*a(a|b){100}c')]", json!([mixed])),
        ("$..[?search(@, 'zzz')]", Value::from(vec!["abc"; 43_000])),
        (r"$..[?search(@, '\\p{L}z')]", Value::from(vec!["abc"; 1_000])),
        ("$..[?search(@, '.{200}z')]", Value::from(vec!["abc"; 350])),
    ] {
        let outcome = code_of(selector, &document);
        assert!(matches!(outcome, Ok(_) | Err("jsonpath_too_many_nodes")), "{selector}: {outcome:?}");
    }
}

#[test]
fn what_the_library_answers_otherwise_than_the_rfc_is_refused_or_mended() {
    let texts = json!(["x", "a&b", "\u{1F600}", 9_007_199_254_740_992_u64]);
    let document = json!({"a": [[1, 2], [3]], "b": [true, false], "c": [{}], "d": texts});
    // How many nodes the RFC selects and how many the library does, if it takes the selector.
    for (selector, rfc, library, code) in [
        ("$.a[?@[-1]==2]", 1, Some(0), "jsonpath_negative_index_in_filter"),
        ("$.a[?count(@[-1])==1]", 2, Some(0), "jsonpath_negative_index_in_filter"),
        ("$.d[?@==9007199254740993]", 0, Some(1), "number_out_of_range"),
        (r"$.d[?match(@, '\\w')]", 0, Some(1), "jsonpath_pattern_invalid"),
        ("$.d[?match(@, 'y)|(x')]", 0, Some(1), "jsonpath_pattern_invalid"),
        ("$.d[?search(@, '[a&&b]')]", 1, Some(0), "jsonpath_pattern_invalid"),
        (r"$.d[?search(@, '(\\P{N}{50}){5}{9}')]", 0, Some(0), "jsonpath_pattern_invalid"),
        ("$ ..x", 0, None, "jsonpath_spelling"),
        (r"$.d[?@=='\ud83d\ude00']", 1, None, "jsonpath_spelling"),
    ] {
        let answer = Library::parse(selector).ok().map(|path| path.query(&document).len());
        assert_eq!(answer, library, "{selector}: the library has changed; the RFC selects {rfc}");
        assert_eq!(code_of(selector, &document), Err(code), "{selector}");
    }
    // Orders are written out as the RFC defines them.
    for (selector, rfc, library) in
        [("$.c[?@.x<=@.y]", 1, 0), ("$.c[?@.x>=@.y]", 1, 0), ("$.b[?@>false]", 0, 1), ("$.b[?true>=@]", 1, 2)]
    {
        assert_eq!(Library::parse(selector).unwrap().query(&document).len(), library, "{selector}");
        assert_eq!(code_of(selector, &document), Ok(rfc), "{selector}");
    }
    let document = json!({"'": 1});
    let nodes = Library::parse("$[*]").unwrap().query_located(&document);
    let printed: Vec<_> = nodes.locations().map(ToString::to_string).collect();
    assert_eq!(printed, ["$[''']"], "the RFC escapes it");
}

/// Values of every type, and none.
fn operands() -> Vec<Option<Value>> {
    let values = json!([null, false, true, -1, 0, 1, 1.5, "", "1", "a", [], [1], [2], {}, {"a": 1}, {"a": null}]);
    values.as_array().unwrap().iter().cloned().map(Some).chain([None]).collect()
}

/// The comparison of RFC 9535 section 2.3.5.2.2.
fn compares(left: Option<&Value>, sign: &str, right: Option<&Value>) -> bool {
    let is_same = match (left, right) {
        (Some(left), Some(right)) => json::equal(left, right),
        (left, right) => left == right,
    };
    let is_less = |left: Option<&Value>, right: Option<&Value>| match (left, right) {
        (Some(Value::Number(left)), Some(Value::Number(right))) => left.as_f64() < right.as_f64(),
        (Some(Value::String(left)), Some(Value::String(right))) => left < right,
        _ => false,
    };
    match sign {
        "==" => is_same,
        "!=" => !is_same,
        "<" => is_less(left, right),
        "<=" => is_less(left, right) || is_same,
        ">" => is_less(right, left),
        _ => is_less(right, left) || is_same,
    }
}

fn length(value: Option<&Value>) -> Option<Value> {
    match value? {
        Value::String(text) => Some(json!(text.len())),
        Value::Array(items) => Some(json!(items.len())),
        Value::Object(members) => Some(json!(members.len())),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

#[test]
fn every_comparison_is_that_of_the_rfc() {
    let pairs = operands().into_iter().flat_map(|left| operands().into_iter().map(move |right| (left.clone(), right)));
    for (left, right) in pairs {
        let members = [("a", &left), ("b", &right)];
        let members = members.iter().filter_map(|(name, value)| Some(((*name).to_owned(), (*value).clone()?)));
        let document = json!([Value::Object(members.collect())]);
        let (lengths, (left, right)) =
            ((length(left.as_ref()), length(right.as_ref())), (left.as_ref(), right.as_ref()));
        for sign in ["==", "!=", "<", "<=", ">", ">="] {
            let ask = |selector: String, expected: bool| {
                assert_eq!(code_of(&selector, &document), Ok(usize::from(expected)), "{selector} of {document}");
            };
            ask(format!("$[?@.a{sign}@.b]"), compares(left, sign, right));
            ask(format!("$[?value(@.a) {sign} value(@['b'])]"), compares(left, sign, right));
            let made = compares(lengths.0.as_ref(), sign, lengths.1.as_ref());
            ask(format!("$[?length(@.a){sign}length(@.b)]"), made);
            if let Some(literal @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_))) = right {
                ask(format!("$[?@.a{sign}{literal}]"), compares(left, sign, right));
                ask(format!("$[?{literal}{sign}@.a]"), compares(right, sign, left));
            }
        }
    }
}

#[test]
fn comparisons_follow_the_rfc_where_the_suite_is_silent() {
    let document = json!([[1, 2], [3, 2.5], {"a": [1]}, {"a": [1], "b": [1]}, "\u{1F600}x"]);
    let cases = [
        ("$[?value(@[-1:])==2]", json!([[1, 2]])),
        ("$[?@.a==@.b]", json!([[1, 2], [3, 2.5], {"a": [1], "b": [1]}, "\u{1F600}x"])),
        ("$[?@.a<=@.b]", json!([[1, 2], [3, 2.5], {"a": [1], "b": [1]}, "\u{1F600}x"])),
        ("$[?length(@)==2][0]", json!([1, 3])),
        (
            "$[?count(@[?@>=@.x])>=count(@[?2>@]) && @[0] <= @[1]]",
            json!([{"a": [1]}, {"a": [1], "b": [1]}, "\u{1F600}x"]),
        ),
        (
            "$[?!(count(@[?!(@>@.x||(@<=@.x))])>=value(@['x' , 1])),?@>=true, 0]",
            json!([[3, 2.5], {"a": [1]}, {"a": [1], "b": [1]}, "\u{1F600}x", [1, 2]]),
        ),
        ("$[?length(@)==2.0 && @[1]>2]", json!([[3, 2.5]])),
        ("$[?match(@, '.x')]", json!(["\u{1F600}x"])),
        ("$[?value(@.a[*])==1.0].b", json!([[1]])),
    ];
    for (selector, expected) in cases {
        assert_eq!(Value::from(values(selector, &document)), expected, "{selector}");
    }
    // Within arrays the library compares numbers as they are held; the reader holds equal ones alike.
    let parsed = json::parse(br#"[{"a": [1], "b": [1.0]}, {"a": [-0], "b": [0e1]}]"#, &Limits::evidence(100)).unwrap();
    let path = JsonPath::parse("$[?@.a==@.b]").unwrap();
    assert_eq!(path.query_parsed(&parsed).unwrap().nodes.len(), 2);
}

#[test]
fn patterns_are_those_of_rfc_9485_that_the_engine_reads_alike() {
    let document = json!(["", "a", "b", "ab", "a.c", "-", "^", "]", "\n", "\u{e9}", "aaa"]);
    let cases = [
        ("a.*", 4),
        ("", 1),
        ("(a|b)+", 4),
        ("a{2,5}", 1),
        ("a{2,}b{0}", 1),
        (r"a\\.c", 1),
        (r"[\\].]", 1),
        (".", 6),
        ("[^a-z-]", 4),
        ("[-^]", 2),
        (r"\\p{Ll}[\\P{N}x]?", 4),
        ("^ab$", 1),
        ("\u{e9}|#|/", 1),
    ];
    for (pattern, found) in cases {
        assert_eq!(code_of(&format!("$[?match(@, '{pattern}')]"), &document), Ok(found), "{pattern}");
    }
    let refused = r"\\d (?i)a (?:a) a*? a** a{ a{3 a{2,1} a{,3} a} \\p{L \\p{Greek} \\pL []a] [z-a] [a-b-c] [[a]] [[:alpha:]]
                    [a [a~~b] a^b a)|(b (a * \\ \\$ \\x41 \\u0061 [^] {2} )";
    for pattern in refused.split_whitespace() {
        let code = code_of(&format!("$[?match(@, '{pattern}')]"), &document);
        assert_eq!(code, Err("jsonpath_pattern_invalid"), "{pattern}");
    }
    let categories =
        "L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps Z Zl Zp Zs S Sc Sk Sm So C Cc Cf Cn Co";
    for category in categories.split(' ') {
        let pattern = format!(r"$[?search(@, '[\\p{{{category}}}\\P{{{category}}}]')]");
        assert_eq!(code_of(&pattern, &document), Ok(10), "{category}");
    }
}

#[test]
fn a_filter_never_rests_on_a_rounded_number() {
    let text = br#"{"rows": [{"n": 9007199254740993, "m": "x"}, {"n": 5, "m": "y"}], "big": {"/": 1e-400}}"#;
    let parsed = json::parse(text, &Limits::evidence(1_000)).unwrap();
    let ask = |selector: &str| {
        let path = JsonPath::parse(selector).unwrap();
        path.query_parsed(&parsed).map(|matches| matches.nodes.len()).map_err(|error| error.code())
    };
    let first = JsonPath::parse("$.rows[?@.n==9007199254740992]").unwrap();
    let expected = JsonPathError::NumberOutOfRange { pointer: "/rows/0/n".into(), text: "9007199254740993".into() };
    assert_eq!(first.query_parsed(&parsed), Err(expected));
    for selector in [
        "$.rows[?@.n>4]",
        "$.rows[?4<@['n']]",
        "$.rows[?!(length(@.m)==@.n)]",
        "$.rows[?@.m=='z' && @.n==5]",
        "$.rows[?value(@.*)==4]",
        "$[?@==@]",
        "$[?@[0]==4]",
        "$[?@[?@.n==5]]",
        "$[?@.rows==@.big]",
        "$[?@['/']<1]",
        r"$.rows[?@['\u006e']<1]",
    ] {
        assert_eq!(ask(selector), Err("number_out_of_range"), "{selector}");
    }
    for (selector, found) in [
        ("$.rows[?@.m=='x']", 1),
        ("$.rows[?@.n=='x' || @.n==null || true==@.n]", 0),
        ("$.rows[?@.n]", 2),
        ("$.rows[*].n", 2),
        ("$.rows[?@.m<3]", 0),
        ("$.rows[?length(@.m)==1]", 2),
        ("$.rows[?count(@.n)==1]", 2),
    ] {
        assert_eq!(ask(selector), Ok(found), "{selector}");
    }
}

#[test]
fn when_too_many_numbers_are_inexact_no_number_is_compared() {
    let numbers = "1e-400,".repeat(json::Parsed::MAX_INEXACT + 1);
    let parsed = json::parse(format!("[{numbers}0.5,7]").as_bytes(), &Limits::evidence(10_000)).unwrap();
    let ask = |selector: &str| {
        let found = JsonPath::parse(selector).unwrap().query_parsed(&parsed).map(|found| found.nodes.len());
        found.map_err(|error| error.code())
    };
    assert_eq!(ask("$[?@.x==0.5]"), Err("number_out_of_range"));
    assert_eq!(ask("$[?@=='x']"), Ok(0));
    assert_eq!(ask("$[-1]"), Ok(1));
}

#[test]
fn locations_print_as_normalized_path_and_as_pointer() {
    let document = json!({"a'b\\c\n\u{1}": [{"~/": 1}]});
    let path = JsonPath::parse("$..['~/']").unwrap();
    let matches = path.query(&document).unwrap();
    let location = &matches.nodes[0].location;
    assert_eq!(location.to_string(), r"$['a\'b\\c\n\u0001'][0]['~/']");
    assert_eq!(location.pointer(), "/a'b\\c\n\u{1}/0/~0~1");
    assert_eq!(document.pointer(&location.pointer()), Some(&json!(1)));
}

#[test]
fn messages_say_what_where_and_what_to_do() {
    let mut shown = String::new();
    for selector in
        ["$.a[", "$[?@..a]", "$[?@.a==1 &]", "$[?length(@)]", "$[?foo(@)]", "$[?search(@,'\\\\w')]", "$[?@[-1]>1]"]
    {
        let error = JsonPath::parse(selector).unwrap_err();
        writeln!(shown, "{}: {error}; {}", error.code(), error.hint()).unwrap();
    }
    insta::assert_snapshot!(shown, @r"
    jsonpath_syntax: the jsonpath is not rfc 9535 at byte `3`; write the jsonpath as rfc 9535 defines it
    jsonpath_descendant_in_filter: the filter has a descendant segment at byte `4`; write out the way to the node in place of `..`
    jsonpath_syntax: the jsonpath is not rfc 9535 at byte `10`; write the jsonpath as rfc 9535 defines it
    jsonpath_ill_typed: the types of rfc 9535 forbid what stands at byte `3`; compare only single values, and test only queries, `match` and `search`
    jsonpath_unknown_function: rfc 9535 has no such function at byte `3`; use `length`, `count`, `match`, `search` or `value`
    jsonpath_pattern_invalid: the pattern is not a regular expression of rfc 9485 at byte `12`; write the pattern as an rfc 9485 regular expression
    jsonpath_negative_index_in_filter: the filter counts an index from the end at byte `5`; count from the start, or write `value(@[-1:])` for `@[-1]`
    ");
}

/// Small documents with the names that small selectors ask for.
fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        (-2..4_i64).prop_map(Value::from),
        "[abx]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inside| {
        prop_oneof![
            prop::collection::vec(inside.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[abc]", inside, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn selector() -> impl Strategy<Value = String> {
    let child = prop_oneof![
        Just(".a".to_owned()),
        Just("['b', 0, 0]".to_owned()),
        Just("[*]".to_owned()),
        Just("..*".to_owned()),
        Just("..[0, 'a', *]".to_owned()),
        Just("[-1]".to_owned()),
        "\\[(-[1-3]|[0-3])?:(-[1-3]|[0-3])?(:(-[12]|[0-2])?)?\\]",
        "\\[\\?!?@(\\.a|\\[1\\]|\\.\\*)?(\\[\\?@==1\\])?( *&& *@(\\.b|\\[0\\])? *(==|!=|<) *('a'|1|null|true|-1|1\\.0|@))?\\]",
    ];
    prop::collection::vec(child, 0..4)
        .prop_map(|segments| format!("${}", segments.concat()))
        .prop_filter("two descendant segments", |text| text.matches("..").count() <= 2)
}

proptest! {
    #[test]
    fn nodes_stand_where_the_library_finds_them(selector in selector(), document in document()) {
        let path = JsonPath::parse(&selector).unwrap();
        let ours: Vec<_> = path.query(&document).unwrap().nodes.iter()
            .map(|node| (node.location.pointer(), node.value.clone())).collect();
        let theirs: Vec<_> = Library::parse(&selector).unwrap().query_located(&document).iter()
            .map(|node| (node.location().to_json_pointer(), node.node().clone())).collect();
        prop_assert_eq!(ours, theirs);
        prop_assert_eq!(path.is_singular(), !selector.contains(['*', ':', '?', ',']));
    }

    #[test]
    fn no_selector_panics(text in "[$@.\\[\\]()?!'\"a0u:,*&|=<\\\\ -]{0,60}") {
        let _ = JsonPath::parse(&text).map(|path| path.query(&json!([{"a": [0, "a"]}])).is_ok());
        let _ = JsonPath::parse(&format!("$[?{text}]"));
        let _ = JsonPath::parse(&format!("$['{text}"));
        let _ = JsonPath::parse(&format!("$[?search(@,'{text}')]"));
    }
}
