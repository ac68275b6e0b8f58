//! Both parts of the plain judgement against the library: what is plain compiles, and what surely fits, fits.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{is_plain, surely_fits};

fn library(schema: &Value) -> Result<jsonschema::Validator, String> {
    let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012).should_validate_formats(true);
    options.build(schema).map_err(|error| error.to_string())
}

/// Values that schemas below are about, and some that they are not about.
fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-3_i64..6).prop_map(Value::from),
        prop_oneof![Just(1.0), Just(1.5), Just(-0.0), Just(1e300)].prop_map(Value::from),
        Just(json!(u64::MAX)),
        prop_oneof![
            Just("2026-11-22T04:05:06Z"),
            Just("2026-11-22T04:05:06.789+01:30"),
            Just("2026-02-30T04:05:06Z"),
            Just("2026-11-22 04:05:06Z"),
            Just("2016-12-31T23:59:60Z"),
            Just(""),
            Just("a"),
            Just("äö"),
            Just("integer"),
        ]
        .prop_map(Value::from),
    ];
    scalar.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(prop_oneof![Just("a"), Just("b"), Just("c")], inner, 0..4)
                .prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

/// Schemas of the plain keywords, now and then of another one or of a rule of the wrong kind.
fn schema() -> impl Strategy<Value = Value> {
    let names = || proptest::collection::vec(prop_oneof![Just("a"), Just("b"), Just("c")], 0..3);
    let kind = prop_oneof![
        proptest::sample::select(super::TYPES.to_vec()).prop_map(Value::from),
        proptest::collection::vec(proptest::sample::select(super::TYPES.to_vec()), 0..4).prop_map(Value::from),
        Just(json!("any")),
    ];
    let rule = prop_oneof![
        6 => kind.prop_map(|rule| json!({ "type": rule })),
        2 => (-2_i64..5).prop_map(|rule| json!({ "minimum": rule })),
        2 => (-2_i64..5).prop_map(|rule| json!({ "maximum": rule })),
        1 => (-1_i64..4).prop_map(|rule| json!({ "minLength": rule, "maxItems": rule })),
        1 => (-1_i64..4).prop_map(|rule| json!({ "maxLength": rule, "minItems": rule })),
        2 => names().prop_map(|rule| json!({ "required": rule })),
        1 => value().prop_map(|rule| json!({ "const": rule })),
        1 => proptest::collection::vec(value(), 0..4).prop_map(|rule| json!({ "enum": rule })),
        1 => Just(json!({ "format": "date-time" })),
        1 => value().prop_map(|rule| json!({ "minimum": rule })),
        1 => value().prop_map(|rule| json!({ "type": rule })),
        1 => value().prop_map(|rule| json!({ "required": rule })),
        1 => value().prop_map(|rule| json!({ "properties": rule })),
        1 => value().prop_map(|rule| json!({ "title": rule, "maxLength": rule })),
        1 => Just(json!({ "pattern": "(" })),
        1 => any::<bool>().prop_map(Value::Bool),
    ];
    rule.prop_recursive(3, 16, 4, |inner| {
        let named = proptest::collection::btree_map(prop_oneof![Just("a"), Just("b")], inner.clone(), 0..3);
        prop_oneof![
            (named, inner.clone()).prop_map(|(named, further)| {
                json!({ "type": "object", "properties": named, "additionalProperties": further })
            }),
            inner.clone().prop_map(|items| json!({ "items": items })),
            proptest::collection::vec(inner.clone(), 0..3).prop_map(|forms| json!({ "anyOf": forms })),
            proptest::collection::vec(inner, 0..3).prop_map(|forms| json!({ "allOf": forms })),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_plain_schema_compiles_and_what_surely_fits_it_fits(schema in schema(), values in proptest::collection::vec(value(), 8)) {
        if is_plain(&schema) {
            let compiled = library(&schema);
            prop_assert!(compiled.is_ok(), "{schema}: {:?}", compiled.err());
            let compiled = compiled.unwrap();
            for value in values {
                prop_assert!(!surely_fits(&schema, &value) || compiled.is_valid(&value), "{value} against {schema}");
            }
        }
    }
}

#[test]
fn what_contracts_are_made_of_is_plain_and_is_judged() {
    let schema = json!({
        "type": "object",
        "description": "all of it",
        "properties": {
            "file": { "type": "string", "minLength": 1, "maxLength": 3 },
            "at": { "anyOf": [{ "type": "integer", "minimum": 0 }, { "type": "string", "format": "date-time" }] },
            "kinds": { "type": "array", "items": { "enum": ["a", "b"] }, "minItems": 1 },
        },
        "required": ["file"],
        "additionalProperties": false,
    });
    assert!(is_plain(&schema));
    let compiled = library(&schema).unwrap();
    for (value, fits) in [
        (json!({ "file": "f" }), true),
        (json!({ "file": "äöü", "at": 0, "kinds": ["b"] }), true),
        (json!({ "file": "f", "at": "2026-11-22T04:05:06Z" }), true),
        (json!({ "file": "f", "at": "2026-11-22 04:05:06Z" }), false),
        (json!({ "file": "f", "at": -1 }), false),
        (json!({ "file": "f", "more": 1 }), false),
        (json!({ "file": "f", "kinds": [] }), false),
        (json!({ "file": "long" }), false),
        (json!({}), false),
        (json!([]), false),
    ] {
        assert_eq!(surely_fits(&schema, &value), fits, "{value}");
        assert_eq!(compiled.is_valid(&value), fits, "{value}");
    }
}

#[test]
fn what_is_wrong_or_unusual_is_not_plain() {
    for schema in [
        json!({ "type": "text" }),
        json!({ "type": [] }),
        json!({ "type": ["string", "string"] }),
        json!({ "required": ["a", "a"] }),
        json!({ "minLength": -1 }),
        json!({ "anyOf": [] }),
        json!({ "properties": { "a": 3 } }),
        json!({ "properties": { "a": { "pattern": "(" } } }),
        json!({ "$ref": "#/$defs/missing" }),
        json!({ "oneOf": [true] }),
        json!([]),
        json!(null),
    ] {
        assert!(!is_plain(&schema), "{schema}");
    }
}
