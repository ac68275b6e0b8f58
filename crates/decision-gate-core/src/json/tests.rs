//! What the strict reader refuses, where it says so, and the laws that tie reading, writing and equality together.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    Exactness, JsonError, Limits, Parsed, canonical, compare_numbers, equal, parse, parse_exact, scan_envelope,
};

const LIMITS: Limits = Limits::evidence(1_000_000);

fn read(text: &str) -> Value {
    parse(text.as_bytes(), &LIMITS).unwrap().value
}

fn form(text: &str) -> String {
    String::from_utf8(canonical::to_vec(&read(text))).unwrap()
}

#[test]
fn refusals_name_the_place() {
    let cases: [(&[u8], _, _); 26] = [
        (b"", "json_syntax", (1, 1)),
        (b" \n ", "json_syntax", (2, 2)),
        (b"{\"a\": 1,}", "json_syntax", (1, 9)),
        (b"[1,]", "json_syntax", (1, 4)),
        (b"[1 2]", "json_syntax", (1, 4)),
        (b"{\"a\" 1}", "json_syntax", (1, 6)),
        (b"{a: 1}", "json_syntax", (1, 2)),
        (b"[1}", "json_syntax", (1, 3)),
        (b"1 2", "json_syntax", (1, 3)),
        (b"01", "json_syntax", (1, 2)),
        (b"1.", "json_syntax", (1, 3)),
        (b"-", "json_syntax", (1, 2)),
        (b"1e+", "json_syntax", (1, 4)),
        (b"+1", "json_syntax", (1, 1)),
        (b"nul", "json_syntax", (1, 1)),
        (b"[\n  \"\xC3\xA9\", x]", "json_syntax", (2, 8)),
        (b"\"\\q\"", "json_syntax", (1, 3)),
        (b"\"\\u12g4\"", "json_syntax", (1, 6)),
        (b"\"a\nb\"", "json_syntax", (1, 3)),
        (b"\"a", "json_syntax", (1, 3)),
        (b"\xEF\xBB\xBF1", "json_syntax", (1, 1)),
        (b"[\"\xFF\"]", "json_invalid_utf8", (1, 3)),
        (b"\"\\ud800\"", "json_lone_surrogate", (1, 2)),
        (b"\"x\\udc00\\ud800\"", "json_lone_surrogate", (1, 3)),
        (b"{\"a\": {\"b\": 1,\n\"\\u0062\": 2}}", "json_duplicate_key", (2, 1)),
        (b"{\"a\": [0, 1e400]}", "number_out_of_range", (1, 11)),
    ];
    for (text, code, (line, column)) in cases {
        let error = parse(text, &LIMITS).unwrap_err();
        let at = error.position().unwrap();
        assert_eq!((error.code(), at.line, at.column), (code, line, column), "{}", text.escape_ascii());
    }
}

#[test]
fn messages_say_what_where_and_what_to_do() {
    let texts: [&[u8]; 9] = [
        b"{\"a\": }",
        b"[\"\x01\"]",
        b"[1, 2",
        b"\xEF\xBB\xBF1",
        b"{\"a/b\": {\"\": 1, \"\": 2}}",
        b"{\"n\": [-1e400]}",
        b"{\"n\": [9007199254740993]}",
        b"0.10000000000000001",
        b"[[[[[1]]]]]",
    ];
    let mut shown = String::new();
    for text in texts {
        let error = parse_exact(text, &Limits::new(100, 4)).unwrap_err();
        writeln!(shown, "{}: {error}; {}", error.code(), error.hint()).unwrap();
    }
    insta::assert_snapshot!(shown, @r#"
    json_syntax: expected a value but found `}` at line `1` column `7`; write the text as rfc 8259 json, without comments or trailing commas
    json_syntax: expected `"` or an escape but found `\u{1}` at line `1` column `3`; write the text as rfc 8259 json, without comments or trailing commas
    json_syntax: expected `,` or `]` but found the end of the text at line `1` column `6`; write the text as rfc 8259 json, without comments or trailing commas
    json_syntax: expected a value without a byte order mark but found `\u{feff}` at line `1` column `1`; save the text without a byte order mark
    json_duplicate_key: `/a~1b/` is given twice, again at line `1` column `17`; keep one of the two members
    number_out_of_range: a double can't hold the number `-1e400` of `/n/0` exactly, at line `1` column `8`; write the number with at most 15 significant digits, or as a string
    number_out_of_range: a double can't hold the number `9007199254740993` of `/n/0` exactly, at line `1` column `8`; write the number with at most 15 significant digits, or as a string
    number_out_of_range: a double can't hold the number `0.10000000000000001` of the document exactly, at line `1` column `1`; write the number with at most 15 significant digits, or as a string
    json_too_deep: the text nests deeper than `4` levels at line `1` column `5`; flatten the document
    "#);
}

#[test]
fn size_and_depth_are_bounded_and_deep_texts_overflow_nothing() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let code = |text: &str, limits: Limits| parse(text.as_bytes(), &limits).map_err(|error| error.code()).map(|_| ());
    assert_eq!(code(&nested(64), LIMITS), Ok(()));
    assert_eq!(code(&nested(65), LIMITS), Err("json_too_deep"));
    assert_eq!(code(&nested(128), Limits::message(1_000)), Ok(()));
    assert_eq!(code(&nested(129), Limits::new(1_000, 100_000)), Err("json_too_deep"));
    assert_eq!(code(&"[".repeat(100_000), LIMITS), Err("json_too_deep"));
    assert_eq!(code(&"{\"a\":".repeat(100_000), LIMITS), Err("json_too_deep"));
    assert_eq!(code("[1,2]", Limits::evidence(4)), Err("json_too_large"));
    assert_eq!(code("[1,2]", Limits::evidence(5)), Ok(()));
}

#[test]
fn numbers_mean_their_value_and_not_their_spelling() {
    let exact = [
        ("1.0", "1"),
        ("1e2", "100"),
        ("-0", "0"),
        ("-0.0e7", "0"),
        ("0e99999999999999999999", "0"),
        ("100e-2", "1"),
        ("0.1", "0.1"),
        ("1E-7", "1e-7"),
        ("9007199254740992", "9007199254740992"),
        ("1700000000000000000", "1700000000000000000"),
        ("1.7e18", "1700000000000000000"),
        ("-17e17", "-1700000000000000000"),
        ("1e21", "1e+21"),
        ("100000000000000000000", "100000000000000000000"),
        ("5e-324", "5e-324"),
        ("1.7976931348623157e308", "1.7976931348623157e+308"),
    ];
    for (text, expected) in exact {
        assert_eq!(parse(text.as_bytes(), &LIMITS).unwrap().inexact, [], "{text}");
        assert_eq!(form(text), expected);
    }
    assert_eq!(read("[1.0, 1e2, -0, 1.7e18]"), json!([1, 100, 0, 1_700_000_000_000_000_000_u64]));
    assert_eq!(read("-17e17").as_i64(), Some(-1_700_000_000_000_000_000));
}

#[test]
fn numbers_that_the_canonical_form_rounds_are_listed() {
    let inexact = [
        ("9007199254740993", "9007199254740992"),
        ("9007199254740993.0", "9007199254740992"),
        ("18446744073709551617", "18446744073709552000"),
        ("9223372036854775807", "9223372036854776000"),
        ("-9223372036854775808", "-9223372036854776000"),
        ("1152921504606846976", "1152921504606847000"),
        ("0.1000000000000000055", "0.1"),
        ("1e-400", "0"),
        ("-1e-400", "0"),
        ("1e-99999999999999999999", "0"),
        ("2e-324", "0"),
        ("3e-324", "5e-324"),
    ];
    for (text, expected) in inexact {
        let document = format!("{{\"a/b\": [0, {text}]}}");
        let parsed = parse(document.as_bytes(), &LIMITS).unwrap();
        let [only] = parsed.inexact.as_slice() else { panic!("{text}: {:?}", parsed.inexact) };
        assert_eq!((only.pointer.as_str(), only.text.as_str(), only.offset), ("/a~1b/1", text, 12), "{text}");
        assert!(parsed.value.pointer(&only.pointer).unwrap().is_f64(), "{text}");
        assert_eq!(form(text), expected);
        let error = parse_exact(document.as_bytes(), &LIMITS).unwrap_err();
        assert!(
            matches!(&error, JsonError::NumberOutOfRange { pointer, at, .. } if pointer == "/a~1b/1" && at.column == 13)
        );
    }
}

#[test]
fn exactness_is_answered_for_a_part_of_a_document() {
    let parsed = parse(br#"{"a": {"n": 1e-400, "m": 1.5}, "ab": 2.5, "c": [7]}"#, &LIMITS).unwrap();
    assert!(matches!(parsed.exactness(""), Exactness::Inexact(found) if found.pointer == "/a/n"));
    assert!(matches!(parsed.exactness("/a"), Exactness::Inexact(_)));
    assert_eq!(parsed.exactness("/a/m"), Exactness::Exact);
    assert_eq!(parsed.exactness("/ab"), Exactness::Exact);

    let many =
        format!("[{}0.5, 7, \"{}\", {}]", "1e-400, ".repeat(Parsed::MAX_INEXACT + 1), "x", "9".repeat(400) + "e-380");
    let parsed = parse(many.as_bytes(), &LIMITS).unwrap();
    assert_eq!((parsed.inexact.len(), parsed.inexact_count), (Parsed::MAX_INEXACT, Parsed::MAX_INEXACT + 2));
    assert!(matches!(parsed.exactness("/3"), Exactness::Inexact(_)));
    assert_eq!(parsed.exactness("/64"), Exactness::Unlisted);
    assert_eq!(parsed.exactness("/65"), Exactness::Unlisted);
    assert_eq!(parsed.exactness("/66"), Exactness::Exact);
    assert_eq!(parsed.exactness("/67"), Exactness::Exact);
}

#[test]
fn what_is_kept_of_inexact_numbers_is_bounded() {
    let key = "k".repeat(200_000);
    let text = format!("{{\"{key}\": [{}1.{}]}}", "1e-400, ".repeat(10), "3".repeat(500));
    let parsed = parse(text.as_bytes(), &LIMITS).unwrap();
    assert_eq!((parsed.inexact.len(), parsed.inexact_count), (1, 11));
    let parsed = parse(format!("1.{}", "3".repeat(500)).as_bytes(), &LIMITS).unwrap();
    assert_eq!(parsed.inexact[0].text.len(), super::Inexact::MAX_TEXT);
}

#[test]
fn d23_canonical_json_is_rfc_8785_exactly() {
    let cases = [
        (
            r#"{"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\ud83d\ude00": 5, "\u0080": 6, "\u00f6": 7}"#,
            "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1F600}\":5,\"\u{fb33}\":3}",
        ),
        (
            r#"["\u0000\u001f\u007f\b\t\n\f\r\"\\\/", "\u2028"]"#,
            "[\"\\u0000\\u001f\u{7f}\\b\\t\\n\\f\\r\\\"\\\\/\",\"\u{2028}\"]",
        ),
        ("[333333333.33333329, 1E30, 4.50, 2e-3, 1e-27]", "[333333333.3333333,1e+30,4.5,0.002,1e-27]"),
        (
            "[1e-6, 1e-7, 1e20, 1e21, -1.5e-9, 123456789012345680000]",
            "[0.000001,1e-7,100000000000000000000,1e+21,-1.5e-9,123456789012345680000]",
        ),
        (r#"{"a": {}, "b": [], "": null}"#, r#"{"":null,"a":{},"b":[]}"#),
    ];
    for (text, expected) in cases {
        assert_eq!(form(text), expected);
        assert!(canonical::is_canonical(expected.as_bytes()), "{expected}");
        assert!(!canonical::is_canonical(text.as_bytes()), "{text}");
    }
}

#[test]
fn anything_that_serializes_has_a_canonical_form_unless_it_would_be_rounded() {
    let code = |outcome: Result<Vec<u8>, JsonError>| outcome.map_err(|error| (error.code(), error.to_string()));
    assert_eq!(canonical::of(&(1_u8, "x", Some(2.5), None::<u8>)).unwrap(), br#"[1,"x",2.5,null]"#);
    assert_eq!(canonical::of(&(1_u64 << 53)).unwrap(), b"9007199254740992");
    assert_eq!(canonical::of(&1_700_000_000_000_000_000_u64).unwrap(), b"1700000000000000000");
    let rounded = code(canonical::of(&json!({"a": [u64::MAX]}))).unwrap_err();
    assert_eq!(rounded.0, "number_out_of_range");
    assert!(rounded.1.contains("/a/0"), "{}", rounded.1);
    assert!(canonical::of(&i64::MIN).is_err());
    let map = std::collections::BTreeMap::from([((1, 2), 3)]);
    assert_eq!(code(canonical::of(&map)).unwrap_err().0, "json_no_form");
}

#[test]
fn d25_nested_numbers_compare_like_top_level() {
    let same = [("1", "1.0"), ("[1]", "[1.0]"), (r#"{"a": [{"b": 100}]}"#, r#"{"a": [{"b": 1e2}]}"#), ("-0.0", "0")];
    for (left, right) in same {
        assert!(equal(&read(left), &read(right)), "{left} {right}");
    }
    // Values that did not come through the reader hold their numbers as they were given.
    assert!(equal(&json!([{"a": 1.0}]), &json!([{"a": 1}])));
    assert!(equal(&json!([9_007_199_254_740_993_u64]), &json!([9_007_199_254_740_992.0])));
    assert!(equal(&json!(-0.0), &json!(0)));
    for (left, right) in [("1", "2"), ("[1]", "[1, 1]"), ("[]", "{}"), (r#"{"a": 1}"#, r#"{"b": 1}"#), ("1", r#""1""#)]
    {
        assert!(!equal(&read(left), &read(right)), "{left} {right}");
    }
}

/// Texts with all that names and strings find difficult.
fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "b",
        "zz",
        "\"",
        "\\",
        "/",
        "\u{0}",
        "\u{1f}",
        "\n",
        "\u{7f}",
        "\u{e9}",
        "\u{2028}",
        "\u{d7ff}",
        "\u{e000}",
        "\u{ffff}",
        "\u{10000}",
        "\u{10ffff}",
        "long enough for two steps",
    ]);
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-4..4_i32).prop_map(Value::from),
        (-4..4_i32).prop_map(|small| Value::from(f64::from(small))),
        any::<f64>().prop_filter("finite", |value| value.is_finite()).prop_map(Value::from),
        (any::<u32>(), 0..12_i32).prop_map(|(digits, scale)| Value::from(f64::from(digits) / 10_f64.powi(scale))),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf =
        prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), number(), text().prop_map(Value::from)];
    leaf.prop_recursive(5, 48, 6, |inside| {
        prop_oneof![
            prop::collection::vec(inside.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(text(), inside, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn canonical_bytes_are_those_of_the_reference_crate(value in value()) {
        prop_assert_eq!(canonical::to_vec(&value), serde_json_canonicalizer::to_vec(&value).unwrap());
    }

    #[test]
    fn the_canonical_form_reads_back_as_itself_and_is_exact(value in value()) {
        let bytes = canonical::to_vec(&value);
        let back = parse_exact(&bytes, &LIMITS).unwrap();
        prop_assert_eq!(canonical::to_vec(&back), bytes.clone());
        prop_assert!(equal(&back, &value));
        prop_assert!(canonical::is_canonical(&bytes));
        // The reader has one way to hold a value.
        prop_assert_eq!(read(&serde_json::to_string_pretty(&back).unwrap()), back);
    }

    #[test]
    fn two_values_are_equal_iff_their_canonical_forms_are(left in value(), right in value()) {
        prop_assert_eq!(equal(&left, &right), canonical::to_vec(&left) == canonical::to_vec(&right));
        prop_assert!(equal(&left, &left));
    }

    #[test]
    fn two_numbers_are_equal_iff_their_canonical_forms_are(left in number(), right in number()) {
        let (Value::Number(a), Value::Number(b)) = (&left, &right) else { unreachable!() };
        prop_assert_eq!(compare_numbers(a, b).is_eq(), canonical::to_vec(&left) == canonical::to_vec(&right));
        prop_assert_eq!(compare_numbers(a, b), compare_numbers(b, a).reverse());
        prop_assert_eq!(compare_numbers(a, b), a.as_f64().partial_cmp(&b.as_f64()).unwrap());
    }

    #[test]
    fn nothing_that_is_read_panics(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = parse(&bytes, &LIMITS);
        scan_envelope(&bytes);
    }

    #[test]
    fn the_strict_reader_takes_nothing_that_a_lenient_one_refuses(
        text in "[\\[\\]{}:, ]{0,3}(\"[a\\\\u0d8]{0,7}\"|[-+0-9.eE]{1,8}|true|nul|[\\[\\]{}:,\" a1]{1,12}){1,5}[\\]} ]{0,3}",
    ) {
        let lenient = serde_json::from_str::<Value>(&text);
        match parse(text.as_bytes(), &LIMITS) {
            Ok(parsed) => {
                let lenient = lenient.unwrap();
                // Its doubles may be off by the last bit.
                let same_but_numbers = |value: &Value| serde_json::to_string(value).unwrap().replace(|c: char| "0123456789.e+-".contains(c), "");
                prop_assert_eq!(same_but_numbers(&parsed.value), same_but_numbers(&lenient));
            }
            Err(JsonError::DuplicateKey { .. }) => {}
            Err(error) => prop_assert!(lenient.is_err(), "{text}: {error}"),
        }
    }

    #[test]
    fn a_decimal_is_exact_iff_its_value_comes_back(digits in "-?[1-9][0-9]{0,18}", scale in 0..22_usize, power in -30..30_i32) {
        let (sign, digits) = digits.strip_prefix('-').map_or(("", digits.as_str()), |digits| ("-", digits));
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        let point = if fraction.is_empty() { "" } else { "." };
        let text = format!("{sign}{whole}{point}{fraction}e{power}");
        let parsed = parse(text.as_bytes(), &LIMITS).unwrap();
        let double: f64 = text.parse().unwrap();
        prop_assert_eq!(parsed.value.as_f64(), Some(double), "{}", text);
        // Both written as digits times a power of ten, without zeros at the end.
        let plain = |text: &str| {
            let (digits, power) = text.split_once('e').unwrap_or((text, "0"));
            let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
            let all = format!("{whole}{fraction}");
            let all = all.trim_start_matches(['-', '0']);
            let kept = all.trim_end_matches('0');
            let power = power.parse::<i64>().unwrap() - i64::try_from(fraction.len()).unwrap();
            (kept.to_owned(), power + i64::try_from(all.len() - kept.len()).unwrap())
        };
        let comes_back = plain(&text) == plain(&form(&text));
        prop_assert_eq!(parsed.inexact_count == 0, comes_back, "{} {}", text, form(&text));
    }
}
