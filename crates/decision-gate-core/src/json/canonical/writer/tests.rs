//! The law: what is written directly is what the tree's form is, and what the tree refuses is refused.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};

use super::super::{of, own, to_vec};

/// One of each form that serde knows, with members out of order.
#[derive(Clone, Debug, Serialize)]
enum Form {
    Unit,
    Newtype(Box<Form>),
    Tuple(i64, Option<String>),
    Struct { zulu: u64, alpha: f32, mike: Vec<Form> },
    Inner(Inner),
    Wide(i128, u128),
    Map(BTreeMap<String, Form>),
    Numbered(BTreeMap<i8, bool>),
    Plain(Value),
}

#[derive(Clone, Debug, Serialize)]
struct Inner {
    yankee: (),
    bravo: char,
    #[serde(rename = "\u{FFFD}")]
    late: f64,
    #[serde(rename = "\u{1F600}")]
    early: (bool, i8),
    #[serde(flatten)]
    more: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    none: Option<u8>,
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]{1,2}", Just("bravo".to_owned()), "\\PC{0,3}", Just("\u{E000}".to_owned())]
}

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,6}|[\u{0}-\u{20}\"\\\\]{1,3}".prop_map(Value::from),
    ];
    scalar.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(key(), inner, 0..4).prop_map(|it| it.into_iter().collect()),
        ]
    })
}

fn form() -> impl Strategy<Value = Form> {
    let inner = (any::<char>(), any::<f64>(), any::<i8>(), proptest::collection::btree_map(key(), value(), 0..3));
    let leaf = prop_oneof![
        Just(Form::Unit),
        (any::<i64>(), proptest::option::of("\\PC{0,4}")).prop_map(|(number, text)| Form::Tuple(number, text)),
        inner.prop_map(|(bravo, late, number, more)| {
            Form::Inner(Inner { yankee: (), bravo, late, early: (number > 0, number), more, none: None })
        }),
        (any::<i64>(), any::<u64>()).prop_map(|(a, b)| Form::Wide(a.into(), b.into())),
        (any::<i128>(), any::<u128>()).prop_map(|(a, b)| Form::Wide(a, b)),
        proptest::collection::btree_map(any::<i8>(), any::<bool>(), 0..5).prop_map(Form::Numbered),
        value().prop_map(Form::Plain),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|form| Form::Newtype(Box::new(form))),
            (any::<u64>(), any::<f32>(), proptest::collection::vec(inner.clone(), 0..3))
                .prop_map(|(zulu, alpha, mike)| Form::Struct { zulu, alpha, mike }),
            proptest::collection::btree_map(key(), inner, 0..4).prop_map(Form::Map),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_directly_is_the_form_of_the_tree(form in form()) {
        match serde_json::to_value(&form) {
            Ok(tree) => {
                prop_assert_eq!(own(&form), to_vec(&tree));
                let refused = super::super::refuse_inexact(&tree);
                prop_assert_eq!(of(&form).map_err(|error| error.to_string()), refused.map(|()| to_vec(&tree)).map_err(|error| error.to_string()));
            }
            Err(error) => {
                prop_assert_eq!(of(&form).unwrap_err().to_string().contains(&error.to_string()), true);
                prop_assert_eq!(own(&form), b"null".to_vec());
            }
        }
    }
}

#[test]
fn members_are_ordered_by_utf_16_and_the_last_of_a_name_counts() {
    #[derive(Serialize)]
    struct Twice {
        b: u8,
        #[serde(flatten)]
        more: BTreeMap<String, u8>,
    }
    let more = [("a", 1), ("b", 2), ("\u{FFFD}", 3), ("\u{1F600}", 4)].map(|(name, value)| (name.to_owned(), value));
    let twice = Twice { b: 0, more: more.into() };
    assert_eq!(own(&twice), to_vec(&serde_json::to_value(&twice).unwrap()));
    assert_eq!(String::from_utf8(own(&twice)).unwrap(), "{\"a\":1,\"b\":2,\"\u{1F600}\":4,\"\u{FFFD}\":3}");
}

#[test]
fn a_rounded_integer_is_refused_with_its_place() {
    let error = of(&json!({"b": [0, 9_007_199_254_740_993_u64], "a": 1})).unwrap_err();
    assert!(error.to_string().contains("/b/1"), "{error}");
    assert_eq!(of(&json!({"b": 9_007_199_254_740_994_u64})).unwrap(), b"{\"b\":9007199254740994}");
    assert!(of(&BTreeMap::from([(None::<u8>, 1)])).is_err());
}
