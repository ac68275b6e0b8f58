//! Vector collection 10, YAML: what must be refused is refused, and what must be read is read as its JSON value or
//! refused by the name of a feature that is not read here. Everything goes through the provider, as evidence does.

#![cfg(test)]

use std::fs;

use decision_gate_core::at::Timestamp;
use decision_gate_core::evidence::{Answer, EvidenceValue, Query};
use decision_gate_core::json;
use decision_gate_core::name::{CheckId, NamespaceId, ProviderId, TenantId};
use decision_gate_providers::{JsonSettings, Root};
use decision_gate_runtime::ports::EvidenceContext;
use serde_json::Value;

/// What a file without a document is refused as. It has no value, which is no evidence of anything.
const NOTHING: [&str; 2] = ["file_empty", "yaml_no_document"];

/// Features that are refused by name.
const UNREAD: [&str; 4] =
    ["yaml_several_documents", "yaml_tag_unsupported", "yaml_key_not_text", "yaml_version_unsupported"];

#[test]
fn yaml_is_read_as_its_json_value_or_refused() {
    let Some(folder) = decision_gate_vectors::root() else { return };
    let text = fs::read_to_string(folder.join("10-yaml-subset/cases.json")).unwrap();
    let suite: Value = serde_json::from_str(&text).unwrap();
    let cases = suite["cases"].as_array().unwrap();
    let wrong: Vec<_> = cases.iter().filter_map(|case| check(case).err()).collect();
    println!("10-yaml-subset: {} of {}", cases.len() - wrong.len(), cases.len());
    assert!(!cases.is_empty() && wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check(case: &Value) -> Result<(), String> {
    let says = |what: String| format!("{} ({}): {what}", case["id"].as_str().unwrap(), case["name"].as_str().unwrap());
    let must_fail = case["expect"] == "error";
    let has_value = case["json"].as_str().is_some_and(|json| !json.trim().is_empty());
    match (read(case["yaml"].as_str().unwrap()), must_fail) {
        (Answer::Fault(_), true) => Ok(()),
        (Answer::Fault(fault), false) if UNREAD.contains(&fault.code.as_str()) => Ok(()),
        (Answer::Fault(fault), false) if !has_value && NOTHING.contains(&fault.code.as_str()) => Ok(()),
        (Answer::Fault(fault), false) => Err(says(format!("refused: {} {}", fault.code.as_str(), fault.message))),
        (Answer::Absent { .. }, _) => Err(says("absent".to_owned())),
        (Answer::Found(found), true) => {
            println!("10-yaml-subset: false accept {}", case["id"].as_str().unwrap());
            Err(says(format!("read as {:?}", found.value)))
        }
        (Answer::Found(found), false) => {
            let expected: Value = serde_json::from_str(case["json"].as_str().unwrap()).unwrap();
            match &found.value {
                EvidenceValue::Json(seen) if json::equal(seen, &expected) => Ok(()),
                seen @ (EvidenceValue::Json(_) | EvidenceValue::Bytes(_)) => {
                    Err(says(format!("read as {seen:?}, expected {expected}")))
                }
            }
        }
    }
}

/// What the provider says of a file with this text.
fn read(yaml: &str) -> Answer {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("case.yaml"), yaml).unwrap();
    let root = Root { root_id: "vectors".into(), path: folder.path().into(), max_lane: None, self_attestable: false };
    let provider =
        decision_gate_providers::json(JsonSettings { roots: vec![root], ..JsonSettings::default() }).unwrap();
    let query = Query {
        provider_id: ProviderId::try_from("json").unwrap(),
        check_id: CheckId::try_from("path").unwrap(),
        params: Some(serde_json::json!({ "file": "case.yaml" })),
    };
    let context = EvidenceContext {
        tenant: TenantId::FIRST,
        namespace: NamespaceId::FIRST,
        run: None,
        scenario: None,
        stage: None,
        subject: None,
        environment: None,
        payload: None,
        asked_at: Timestamp::UnixMillis(0),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(provider.fetch(&query, &context))
}
