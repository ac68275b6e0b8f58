use serde_json::json;

use super::*;

fn refused(schema: &Value) -> ShapeError {
    DataShape::new(schema).unwrap_err()
}

#[test]
fn a_payload_is_checked_and_the_place_is_named() {
    let shape = DataShape::new(&json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["tests"],
        "properties": {"tests": {"$ref": "#/$defs/report"}, "a/b": {"type": "boolean"}},
        "$defs": {"report": {"type": "object", "properties": {"failed": {"type": "integer"}}}}
    }))
    .unwrap();
    assert_eq!(shape.check(&json!({"tests": {"failed": 0}})), Ok(()));
    for (payload, pointer) in [
        (json!({"tests": {"failed": "s3cret"}}), "/tests/failed"),
        (json!({"tests": {}, "a/b": "s3cret"}), "/a~1b"),
        (json!({"tests": {}, "other": "s3cret"}), ""),
        (json!({}), ""),
        (json!("s3cret"), ""),
    ] {
        let Err(PayloadMisfit::Rule(misfit)) = shape.check(&payload) else { panic!("{payload} fits") };
        assert_eq!(misfit.pointer, pointer, "{misfit}");
        assert!(!misfit.to_string().contains("s3cret"), "{misfit}");
    }
}

#[test]
fn the_same_schema_in_another_spelling_is_the_same_shape() {
    let [one, two] = [r#"{"type":"object","maxProperties":1.0}"#, r#"{"maxProperties":1,"type":"object"}"#]
        .map(|text| DataShape::new(&serde_json::from_str(text).unwrap()).unwrap());
    assert_eq!((one.digest(), one.to_bytes()), (two.digest(), two.to_bytes()));
}

#[test]
fn d32_a_data_shape_never_reaches_outside_itself() {
    for reference in ["file:///etc/passwd", "http://127.0.0.1:9/x", "other.json", "//host/x"] {
        for schema in [
            json!({"properties": {"a": {"$ref": reference}}}),
            json!({"$id": reference}),
            json!({"$schema": reference}),
            json!({"properties": {"a": {"$dynamicRef": reference}}}),
        ] {
            let error = refused(&schema);
            assert_eq!(error.code(), "schema_remote_reference", "{schema}");
            assert!(error.pointer().is_some_and(|it| it.starts_with('/')), "{error}");
        }
    }
}

#[test]
fn references_lead_to_a_place_in_the_schema() {
    for schema in [
        json!({"properties": {"a": {"$ref": "#/$defs/none"}}}),
        json!({"properties": {"a": {"$ref": "#name"}}}),
        json!({"properties": {"a": {"$ref": "#/%24defs/b"}}, "$defs": {"b": true}}),
        json!({"properties": {"a": {"$anchor": "name"}}}),
        json!({"properties": {"a": {"$dynamicRef": "#name"}}}),
    ] {
        let error = refused(&schema);
        assert_eq!(error.code(), "schema_reference_invalid", "{schema}");
        assert!(error.pointer().is_some_and(|it| it.starts_with("/properties/a/$")), "{error}");
    }
}

#[test]
fn a_shape_does_not_recurse() {
    for schema in [
        json!({"$ref": "#"}),
        json!({"properties": {"a": {"$ref": "#"}}}),
        json!({"$defs": {"a": {"$ref": "#/$defs/a"}}}),
        json!({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}),
        json!({"$defs": {"a": {"items": {"anyOf": [true, {"$ref": "#/$defs/a"}]}}}}),
    ] {
        assert_eq!(refused(&schema).code(), "schema_reference_loop", "{schema}");
    }
}

#[test]
fn what_would_cost_too_much_is_refused() {
    // Each level refers twice to the next: 2^30 values once the references are followed.
    let level = |index: usize| {
        let next = json!({"$ref": format!("#/$defs/l{}", index + 1)});
        (format!("l{index}"), json!({"allOf": [next, next]}))
    };
    let mut definitions: serde_json::Map<_, _> = (0..30).map(level).collect();
    definitions.insert("l30".into(), json!(true));
    assert_eq!(refused(&json!({"$defs": definitions})).code(), "schema_too_costly");

    let chain = |index: usize| (format!("c{index}"), json!({"items": {"$ref": format!("#/$defs/c{}", index + 1)}}));
    let mut definitions: serde_json::Map<_, _> = (0..500).map(chain).collect();
    definitions.insert("c500".into(), json!(true));
    assert_eq!(refused(&json!({"$defs": definitions})).code(), "schema_too_costly");

    assert_eq!(refused(&json!({"description": "x".repeat(MAX_SHAPE_BYTES)})).code(), "schema_too_large");
    let nested = (0..40).fold(json!(true), |inner, _| json!({"items": inner}));
    assert_eq!(refused(&nested).code(), "schema_too_deep");
    assert_eq!(refused(&json!({"type": "nothing"})).code(), "schema_invalid");

    let wide: serde_json::Map<_, _> =
        (0..1_000).map(|index| (format!("p{index}"), json!({"type": "string"}))).collect();
    let shape = DataShape::new(&json!({"properties": wide})).unwrap();
    assert_eq!(shape.check(&json!({"p1": "a"})), Ok(()));
    assert_eq!(shape.check(&json!(vec![0; 100_000])), Err(PayloadMisfit::TooCostly));
    assert_eq!(shape.check(&json!({"p1": "a".repeat(1 << 20)})), Err(PayloadMisfit::TooCostly));
}

#[test]
fn a_schema_that_does_not_compile_names_the_place() {
    let error = refused(&json!({"properties": {"a": {"type": 3}}}));
    assert!(error.to_string().contains("`/properties/a/type`"), "{error}");
}

/// What is said of condition `c` under a shape and a comparator: nothing, or the problem.
fn verdict(shape: &Value, comparator: &str) -> Option<String> {
    let condition =
        json!({"condition_id": "c", "query": {"provider_id": "p", "check_id": "k"}, "comparator": comparator});
    let condition: ConditionSpec = serde_json::from_value(condition).unwrap();
    let gaps = DataShape::new(shape).unwrap().gaps(std::iter::once(&condition));
    gaps.first().map(|gap| gap.problem.to_string())
}

#[test]
fn comparators_must_suit_the_type() {
    let suits = |property: Value| {
        let shape = json!({"type": "object", "properties": {"c": property}, "$defs": {"n": {"type": "integer"}}});
        let words = crate::condition::ALL.iter().map(|it| it.word());
        words.filter(|word| verdict(&shape, word).is_none()).collect::<Vec<_>>().join(" ")
    };
    let equality = "equals not_equals in_set exists not_exists";
    let ordering =
        "equals not_equals greater_than greater_than_or_equal less_than less_than_or_equal in_set exists not_exists";
    let consent = |words: &[&str]| json!({"allowed_comparators": words});
    for (property, expected) in [
        (json!({"type": "boolean"}), equality),
        (json!({"enum": ["a", "b"]}), equality),
        (json!({"type": "string", "format": "uuid"}), equality),
        (json!({"type": "integer"}), ordering),
        (json!({"$ref": "#/$defs/n"}), ordering),
        (json!({"type": "string", "format": "date-time"}), ordering),
        (json!({"type": ["number", "null"]}), ordering),
        (json!({"anyOf": [{"type": "number"}, {"type": "null"}]}), ordering),
        (json!({"type": "string"}), "equals not_equals contains in_set exists not_exists"),
        (json!({"type": ["string", "integer"]}), equality),
        (json!({"oneOf": [{"type": "string"}, {"type": "array"}]}), "exists not_exists"),
        (json!({"type": "array", "items": {"type": "string"}}), "contains exists not_exists"),
        (json!({"type": "array", "items": {"type": "object"}}), "exists not_exists"),
        (json!({"type": "object"}), "exists not_exists"),
        (json!({"type": "null"}), "equals not_equals exists not_exists"),
        (json!({"type": "object", "x-decision-gate": consent(&["deep_equals"])}), "deep_equals"),
        (json!({"type": "string", "x-decision-gate": consent(&["lex_less_than", "equals"])}), "equals lex_less_than"),
        (json!({"type": "boolean", "x-decision-gate": consent(&["less_than"])}), ""),
        (json!({"type": "boolean", "x-decision-gate": consent(&[])}), ""),
        (json!({"description": "of no type"}), ""),
        (json!(true), ""),
    ] {
        assert_eq!(suits(property.clone()), expected, "{property}");
    }
    assert_eq!(suits(json!({"x-decision-gate": {"dynamic_type": true}})).split(' ').count(), 16);
}

#[test]
fn every_condition_must_be_described() {
    let undescribed = Some("the schema has no property of that name".to_owned());
    assert_eq!(verdict(&json!({"properties": {"other": {"type": "string"}}}), "equals"), undescribed);
    assert_eq!(verdict(&json!({"additionalProperties": true}), "equals"), undescribed);
    assert_eq!(verdict(&json!({"additionalProperties": {"type": "string"}}), "equals"), None);
    let said = verdict(&json!({"properties": {"c": {"type": "boolean"}}}), "less_than").unwrap();
    insta::assert_snapshot!(said, @"`less_than` does not suit its property; `equals`, `not_equals`, `in_set`, `exists`, `not_exists` would");
}
