use serde_json::json;

use super::*;

fn check(word: &str, seen: &Value, expected: &Value) -> Option<bool> {
    Comparator::named(word).unwrap().compare(&EvidenceValue::Json(seen.clone()), expected)
}

#[test]
fn the_order_is_the_canonical_one_and_words_are_unique() {
    let words: Vec<_> = ALL.iter().map(|it| it.word()).collect();
    assert_eq!(words.first(), Some(&"equals"));
    assert_eq!(words.last(), Some(&"not_exists"));
    assert_eq!(words.iter().collect::<std::collections::BTreeSet<_>>().len(), 16);
}

#[test]
fn numbers_compare_by_value() {
    assert_eq!(check("equals", &json!(1), &json!(1.0)), Some(true));
    assert_eq!(check("greater_than", &json!(2), &json!(1.5)), Some(true));
    assert_eq!(check("less_than_or_equal", &json!(0.1), &json!(0.1)), Some(true));
    assert_eq!(check("greater_than", &json!("2"), &json!(1)), None);
}

#[test]
fn d25_nested_numbers_compare_like_top_level() {
    assert_eq!(check("in_set", &json!(1), &json!([1.0])), Some(true));
    assert_eq!(check("contains", &json!([1.0, 2]), &json!([1])), Some(true));
    assert_eq!(check("deep_equals", &json!({"a": [1]}), &json!({"a": [1.0]})), Some(true));
    assert_eq!(check("equals", &json!([1]), &json!([1.0])), Some(true));
}

#[test]
fn times_compare_as_instants_and_dates_as_dates() {
    let later = json!("2026-01-01T01:00:00+01:00");
    assert_eq!(check("greater_than_or_equal", &later, &json!("2026-01-01T00:00:00Z")), Some(true));
    assert_eq!(check("greater_than", &later, &json!("2026-01-01T00:00:00Z")), Some(false));
    assert_eq!(check("less_than", &json!("2024-1-5"), &json!("2024-01-06")), Some(true));
    assert_eq!(check("less_than", &json!("2024-01-05"), &json!("2024-01-06T00:00:00Z")), None);
    assert_eq!(check("less_than", &json!("2024-02-30"), &json!("2024-03-01")), None);
    assert_eq!(check("less_than", &json!("b"), &json!("c")), None);
}

#[test]
fn what_does_not_compare_is_unknown_and_never_unequal() {
    assert_eq!(check("contains", &json!(["a"]), &json!("a")), None);
    assert_eq!(check("contains", &json!(["a"]), &json!([])), None);
    assert_eq!(check("in_set", &json!(["a"]), &json!([["a"]])), None);
    assert_eq!(check("deep_equals", &json!(1), &json!(1)), None);
    assert_eq!(check("lex_less_than", &json!(1), &json!("2")), None);
}

#[test]
fn bytes_are_equal_or_not_and_nothing_else() {
    let bytes = EvidenceValue::Bytes(vec![1, 2]);
    for comparator in ALL {
        let answer = comparator.compare(&bytes, &json!([1, 2]));
        let wanted = match comparator.word() {
            "equals" | "exists" => Some(true),
            "not_equals" | "not_exists" => Some(false),
            _ => None,
        };
        assert_eq!(answer, wanted, "{comparator}");
    }
    assert_eq!(ALL[0].compare(&bytes, &json!([1, 256])), None);
}
