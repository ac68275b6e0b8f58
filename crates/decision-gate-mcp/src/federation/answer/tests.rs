use decision_gate_core::evidence::Fault;

use super::*;

/// What `result` is for a check with these settings beside its id: an answer, or a fault's code.
fn translated(settings: &Value, result: Value) -> Result<Answer, &'static str> {
    let mut check = json!({ "check_id": "c", "tool": "t" });
    check.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let mapping = Mapping::of(&serde_json::from_value(check).unwrap()).unwrap();
    let call = Call { mapping: &mapping, arguments: &JsonObject::new(), max_bytes: 1_000, texts: Texts::Withheld };
    translate(serde_json::from_value(result).unwrap(), &call).map_err(|fault| fault.code())
}

fn value(settings: &Value, result: Value) -> Result<Option<Value>, &'static str> {
    translated(settings, result).map(|answer| match answer {
        Answer::Found(found) => match found.value {
            EvidenceValue::Json(value) => Some(value),
            EvidenceValue::Bytes(_) => None,
        },
        Answer::Absent { .. } | Answer::Fault(_) => None,
    })
}

fn one_text(text: &str) -> Value {
    json!({ "content": [{ "type": "text", "text": text }] })
}

#[test]
fn each_form_finds_its_value() {
    let structured = json!({ "content": [], "structuredContent": { "a": [1, 2], "b": null } });
    assert_eq!(value(&json!({}), structured.clone()), Ok(Some(json!({ "a": [1, 2], "b": null }))));
    assert_eq!(value(&json!({ "jsonpath": "$.a[*]" }), structured.clone()), Ok(Some(json!([1, 2]))));
    assert_eq!(value(&json!({ "jsonpath": "$.b" }), structured.clone()), Ok(Some(Value::Null)));
    assert_eq!(value(&json!({ "answer": "text" }), one_text("{}")), Ok(Some(json!("{}"))));
    assert_eq!(value(&json!({ "answer": "json_text", "jsonpath": "$.n" }), one_text(r#"{"n":3}"#)), Ok(Some(json!(3))));
}

#[test]
fn d18_a_path_that_is_not_there_is_absent() {
    let structured = json!({ "content": [], "structuredContent": { "a": 1 } });
    assert!(matches!(translated(&json!({ "jsonpath": "$.z" }), structured), Ok(Answer::Absent { .. })));
}

#[test]
fn what_has_another_form_is_a_fault() {
    let forms = [
        (json!({}), one_text("1"), "provider_answer_unusable"),
        (json!({ "answer": "evidence" }), one_text("1"), "provider_answer_unusable"),
        (json!({ "answer": "text" }), json!({ "content": [] }), "provider_answer_unusable"),
        (json!({ "answer": "json_text" }), one_text("{"), "evidence_invalid"),
        (json!({ "answer": "json_text" }), one_text(r#"{"a":1,"a":2}"#), "evidence_invalid"),
        (json!({ "answer": "json_text" }), one_text("9007199254740993.0"), "number_out_of_range"),
        (json!({ "answer": "json_text" }), one_text(&"[".repeat(80)), "evidence_invalid"),
    ];
    for (settings, result, code) in forms {
        assert_eq!(value(&settings, result.clone()), Err(code), "{result}");
    }
    let two = json!({ "content": [{ "type": "text", "text": "1" }, { "type": "text", "text": "2" }] });
    assert_eq!(value(&json!({ "answer": "text" }), two), Err("provider_answer_unusable"));
}

#[test]
fn d22_a_failed_call_shows_its_code_and_none_of_its_words() {
    let result = json!({
        "isError": true, "content": [{ "type": "text", "text": "s3cret" }],
        "structuredContent": { "code": "not_there", "message": "s3cret" },
    });
    let mapping = Mapping::plain("t", AnswerForm::Structured);
    let call = Call { mapping: &mapping, arguments: &JsonObject::new(), max_bytes: 10, texts: Texts::Withheld };
    let fault = Fault::from(translate(serde_json::from_value(result).unwrap(), &call).unwrap_err());
    let text = serde_json::to_string(&fault).unwrap();
    assert_eq!(fault.code.as_str(), "provider_tool_error");
    assert!(text.contains("not_there") && !text.contains("s3cret"), "{text}");
}

#[test]
fn an_envelope_is_kept_and_takes_the_place_of_the_gates_own_anchor() {
    let result = |meta: Value| json!({ "content": [], "structuredContent": 1, "_meta": meta });
    let of = |meta: Value| match translated(&json!({}), result(meta)) {
        Ok(Answer::Found(found)) => (found.attestation, found.anchor.map(|it| it.anchor_value)),
        other => panic!("{other:?}"),
    };
    let envelope = json!({ "payload": "e30=", "payloadType": "t", "signatures": [] });
    assert_eq!(of(json!({ ATTESTATION: envelope })).0, Some(envelope.to_string()));
    assert_eq!(of(json!({ ATTESTATION: envelope })).1, None);
    assert_eq!(of(json!({ ATTESTATION: "{ }" })).0.as_deref(), Some("{ }"));
    insta::assert_snapshot!(of(json!({})).1.unwrap(), @r#"{"arguments_sha256":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","tool":"t"}"#);
    assert_eq!(translated(&json!({}), result(json!({ ATTESTATION: 3 }))).unwrap_err(), "evidence_invalid");
}
