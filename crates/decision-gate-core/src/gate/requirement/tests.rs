use proptest::prelude::*;
use serde_json::json;

use super::*;

fn tree(value: Value) -> Requirement {
    serde_json::from_value(value).unwrap()
}

fn by_letter(condition: &ConditionId) -> Truth {
    match condition.as_str().as_bytes()[0] {
        b't' => Truth::True,
        b'f' => Truth::False,
        _ => Truth::Unknown,
    }
}

#[test]
fn kleene_tables() {
    for (value, wanted) in [
        (json!({"And": ["t", "t"]}), Truth::True),
        (json!({"And": ["t", "u"]}), Truth::Unknown),
        (json!({"And": ["u", "f"]}), Truth::False),
        (json!({"Or": ["u", "t"]}), Truth::True),
        (json!({"Or": ["u", "f"]}), Truth::Unknown),
        (json!({"Or": ["f", "f"]}), Truth::False),
        (json!({"Not": "u"}), Truth::Unknown),
        (json!({"Not": {"Condition": "f"}}), Truth::True),
        (json!({"RequireGroup": {"min": 2, "reqs": ["t", "u", "f"]}}), Truth::Unknown),
        (json!({"RequireGroup": {"min": 2, "reqs": ["t", "t", "u"]}}), Truth::True),
        (json!({"RequireGroup": {"min": 2, "reqs": ["t", "f", "f"]}}), Truth::False),
    ] {
        assert_eq!(tree(value.clone()).evaluate(&mut |it, _| by_letter(it)), wanted, "{value}");
    }
}

#[test]
fn d17_a_tree_that_asks_nothing_is_refused_with_path_and_fix() {
    for (value, pointer) in [
        (json!({"And": []}), ""),
        (json!({"Not": {"Or": []}}), "/Not"),
        (json!({"And": ["a", {"RequireGroup": {"min": 0, "reqs": ["a"]}}]}), "/And/1"),
        (json!({"RequireGroup": {"min": 3, "reqs": ["a", "b"]}}), ""),
    ] {
        let error = tree(value.clone()).check_shape().unwrap_err();
        assert_eq!(error.pointer(), pointer, "{value}");
        assert!(!error.hint().is_empty());
    }
    let deep = (0..=MAX_DEPTH).fold(json!("a"), |inner, _| json!({"Not": inner}));
    assert!(matches!(tree(deep).check_shape(), Err(ShapeError::TooDeep { .. })));
}

#[test]
fn the_long_form_is_what_is_written() {
    let short = tree(json!({"And": ["a", {"Not": "b"}]}));
    let long = json!({"And": [{"Condition": "a"}, {"Not": {"Condition": "b"}}]});
    assert_eq!(serde_json::to_value(&short).unwrap(), long);
    assert_eq!(tree(long), short);
    assert!(serde_json::from_value::<Requirement>(json!({"All": ["a"]})).is_err());
    assert!(
        serde_json::from_value::<Requirement>(json!({"RequireGroup": {"min": 1, "reqs": ["a"], "max": 2}})).is_err()
    );
}

fn trees() -> impl Strategy<Value = Requirement> {
    let leaf = (0_u8..6).prop_map(|n| Requirement::Condition(ConditionId::try_from(format!("c{n}")).unwrap()));
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Requirement::And),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Requirement::Or),
            inner.clone().prop_map(|part| Requirement::Not(Box::new(part))),
            prop::collection::vec(inner, 1..4)
                .prop_flat_map(|reqs| (1..=u8::try_from(reqs.len()).unwrap(), Just(reqs)))
                .prop_map(|(min, reqs)| Requirement::RequireGroup { min, reqs }),
        ]
    })
}

fn truths() -> impl Strategy<Value = Vec<Truth>> {
    prop::collection::vec(prop::sample::select(vec![Truth::True, Truth::False, Truth::Unknown]), 6)
}

fn look(truths: &[Truth], condition: &ConditionId) -> Truth {
    truths[usize::from(condition.as_str().as_bytes()[1] - b'0')]
}

proptest! {
    /// Taking evidence away can only make a decided tree Unknown; it never turns one answer into the other.
    #[test]
    fn less_evidence_never_turns_an_answer(tree in trees(), truths in truths(), gone in 0_usize..6) {
        let all = tree.evaluate(&mut |it, _| look(&truths, it));
        let mut fewer = truths;
        fewer[gone] = Truth::Unknown;
        let less = tree.evaluate(&mut |it, _| look(&fewer, it));
        prop_assert!(less == all || less == Truth::Unknown, "{all} became {less}");
    }

    /// A tree means the same after it was written and read.
    #[test]
    fn written_and_read_is_the_same(tree in trees()) {
        let written = serde_json::to_value(&tree).unwrap();
        prop_assert_eq!(serde_json::from_value::<Requirement>(written).unwrap(), tree);
    }

    /// The order of parts does not matter.
    #[test]
    fn order_free(parts in prop::collection::vec(trees(), 1..5), truths in truths()) {
        let mut reversed = parts.clone();
        reversed.reverse();
        let eval = |tree: &Requirement| tree.evaluate(&mut |it, _| look(&truths, it));
        prop_assert_eq!(eval(&Requirement::And(parts.clone())), eval(&Requirement::And(reversed.clone())));
        prop_assert_eq!(eval(&Requirement::Or(parts)), eval(&Requirement::Or(reversed)));
    }
}
