//! What all providers have in common: how a case is read and asked, and what their contracts promise.
//!
//! A case is a folder: `case.json` has why it is there, the files, the settings and the question; `answer.snap` has the
//! whole answer.

use std::fs;
use std::path::{Path, PathBuf};

use decision_gate_core::at::Timestamp;
use decision_gate_core::condition::ALL;
use decision_gate_core::contract::ProviderContract;
use decision_gate_core::contract::schema::Schema;
use decision_gate_core::evidence::{Answer, EvidenceAnchor, Query};
use decision_gate_core::name::{CheckId, NamespaceId, ProviderId, TenantId};
use decision_gate_core::trust::{AnchorRequirement, check_anchor};
use decision_gate_runtime::ports::{EvidenceContext, Provider};
use serde_json::{Value, json};

use crate::{EnvSettings, HttpSettings, JsonSettings, contracts};

/// A case on disk.
pub(crate) struct Case {
    pub(crate) folder: PathBuf,
    pub(crate) told: Value,
}

/// The cases of a provider, by name. There is one at least that finds, and one at least that can't tell.
pub(crate) fn cases(provider: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(provider).join("cases");
    let mut cases: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|folder| {
            let told = serde_json::from_slice(&fs::read(folder.join("case.json")).unwrap()).unwrap();
            Case { folder, told }
        })
        .collect();
    cases.sort_by(|a, b| a.folder.cmp(&b.folder));
    for needed in ["found", "fault"] {
        assert!(cases.iter().any(|case| case.told["expect"] == needed), "no case of `{provider}` is `{needed}`");
    }
    cases
}

impl Case {
    /// Asks the question and compares the answer.
    pub(crate) fn check(&self, provider: &dyn Provider) {
        let told = &self.told;
        let params = told.get("params").cloned();
        let at =
            told.get("asked_at").map_or(Timestamp::UnixMillis(0), |at| serde_json::from_value(at.clone()).unwrap());
        let query = query(provider, told["check"].as_str().unwrap(), params);
        let answer = ask_at(provider, &query, at);
        assert_eq!(kind(&answer), told["expect"].as_str().unwrap(), "{}: {answer:?}", self.folder.display());
        fits(provider.contract(), &query, &answer);
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(&self.folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_description(told["why"].as_str().unwrap());
        settings.bind(|| insta::assert_json_snapshot!("answer", answer));
    }
}

/// What is promised of any answer: the value fits the result schema, and the anchor its type.
fn fits(contract: &ProviderContract, query: &Query, answer: &Answer) {
    let Some(check) = contract.check(&query.check_id) else { return };
    let anchor = match answer {
        Answer::Found(found) => {
            let value = serde_json::to_value(&found.value).unwrap();
            Schema::compile(&check.result_schema).unwrap().check(&value["value"]).unwrap();
            assert!(check.content_types.contains(found.content_type.as_ref().unwrap()));
            found.anchor.as_ref()
        }
        Answer::Absent { anchor, .. } => anchor.as_ref(),
        Answer::Fault(fault) => match &fault.anchor {
            None => return,
            anchor => anchor.as_ref(),
        },
    };
    anchored(contract, anchor);
}

/// Checks an anchor by the rules of the gate, with every field that the contract promises required.
pub(crate) fn anchored(contract: &ProviderContract, anchor: Option<&EvidenceAnchor>) {
    let told = contract.checks.iter().flat_map(|check| &check.anchor_types);
    let type_of = |it: &EvidenceAnchor| told.clone().find(|told| told.anchor_type == it.anchor_type).unwrap();
    let told = type_of(anchor.unwrap());
    let requirement = AnchorRequirement { anchor_type: told.anchor_type.clone(), required_fields: told.fields.clone() };
    check_anchor(anchor, &requirement).unwrap();
}

/// The word for an answer in a case.
pub(crate) fn kind(answer: &Answer) -> &'static str {
    match answer {
        Answer::Found(_) => "found",
        Answer::Absent { .. } => "absent",
        Answer::Fault(_) => "fault",
    }
}

/// The code of an answer that must be a fault.
pub(crate) fn code(answer: &Answer) -> &str {
    match answer {
        Answer::Fault(fault) => fault.code.as_str(),
        Answer::Found(_) | Answer::Absent { .. } => panic!("not a fault: {answer:?}"),
    }
}

/// The value of an answer that must be found.
pub(crate) fn value(answer: &Answer) -> Value {
    match answer {
        Answer::Found(found) => serde_json::to_value(&found.value).unwrap()["value"].clone(),
        Answer::Absent { .. } | Answer::Fault(_) => panic!("not found: {answer:?}"),
    }
}

pub(crate) fn query(provider: &dyn Provider, check: &str, params: Option<Value>) -> Query {
    Query { provider_id: provider.contract().provider_id.clone(), check_id: CheckId::try_from(check).unwrap(), params }
}

/// Asked by nobody in particular.
pub(crate) fn context(asked_at: Timestamp) -> EvidenceContext {
    EvidenceContext {
        tenant: TenantId::FIRST,
        namespace: NamespaceId::FIRST,
        run: None,
        scenario: None,
        stage: None,
        subject: None,
        environment: None,
        payload: None,
        asked_at,
    }
}

/// Asks on a runtime of its own, as the server does.
pub(crate) fn ask_at(provider: &dyn Provider, query: &Query, asked_at: Timestamp) -> Answer {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(provider.fetch(query, &context(asked_at)))
}

#[test]
fn contracts_are_whole_and_their_examples_fit() {
    let contracts = contracts().unwrap();
    assert_eq!(contracts.len(), 7);
    for contract in contracts {
        assert!(contract.transport == "builtin" && !contract.notes.is_empty());
        Schema::compile(&contract.config_schema).unwrap();
        for check in &contract.checks {
            let of = format!("{}/{}", contract.provider_id, check.check_id);
            let (params, result) =
                (Schema::compile(&check.params_schema).unwrap(), Schema::compile(&check.result_schema).unwrap());
            assert!(!check.examples.is_empty() && !check.anchor_types.is_empty(), "{of}");
            for example in &check.examples {
                params.check(&example.params).unwrap_or_else(|misfit| panic!("{of}: {misfit}"));
                result.check(&example.result).unwrap_or_else(|misfit| panic!("{of}: {misfit}"));
            }
            assert_eq!(check.params_required, !params.fits(&json!({})), "{of}");
            assert!(!params.fits(&json!({ "surprise": 1 })), "{of}: unknown parameters are refused");
        }
    }
}

#[test]
fn comparators_stand_in_canonical_order() {
    for contract in contracts().unwrap() {
        for check in &contract.checks {
            let ordered: Vec<_> = ALL.into_iter().filter(|it| check.allowed_comparators.contains(it)).collect();
            assert_eq!(check.allowed_comparators, ordered, "{}/{}", contract.provider_id, check.check_id);
        }
    }
}

#[test]
fn a_contract_reads_back_as_it_is_published() {
    for contract in contracts().unwrap() {
        let text = serde_json::to_string(&contract).unwrap();
        assert_eq!(crate::contract::read(&text).unwrap(), contract);
        assert!(ProviderId::try_from(contract.provider_id.as_str()).is_ok());
    }
}

#[test]
fn d19_every_setting_with_a_default_may_be_left_out() {
    let default = |provider: &str, pointer: &str| {
        let contract = contracts().unwrap().into_iter().find(|it| it.provider_id.as_str() == provider).unwrap();
        assert!(contract.config_schema.get("required").is_none(), "{provider}");
        contract.config_schema.pointer(&format!("/properties/{pointer}/default")).unwrap().clone()
    };
    let (env, json) = (EnvSettings::default(), JsonSettings::default());
    assert_eq!(default("env", "max_value_bytes"), env.max_value_bytes);
    assert_eq!(default("env", "max_key_bytes"), env.max_key_bytes);
    assert_eq!(default("env", "allow"), json!(env.allow));
    let http = HttpSettings::default();
    assert_eq!(u128::from(default("http", "timeout_ms").as_u64().unwrap()), http.timeout.as_millis());
    assert_eq!(default("http", "max_response_bytes"), http.max_response_bytes);
    assert_eq!(default("http", "max_redirects"), http.max_redirects);
    assert_eq!(default("http", "public_roots"), http.public_roots);
    assert_eq!(default("json", "max_bytes"), json.max_bytes);
    assert_eq!(default("json", "allow_yaml"), json.allow_yaml);
    assert_eq!(default("time", "allow_logical"), crate::TimeSettings::default().allow_logical);
}

#[test]
fn d14_every_built_in_anchor_satisfies_a_policy() {
    let folder = tempfile::tempdir().unwrap();
    let root = crate::Root { root_id: "a".into(), path: folder.path().into(), max_lane: None, self_attestable: false };
    let env = EnvSettings { allow: ["A".to_owned()].into(), overrides: Some([].into()), ..EnvSettings::default() };
    for (provider, check, params) in [
        (crate::time(crate::TimeSettings::default()).unwrap(), "now", json!({})),
        (crate::env(env).unwrap(), "get", json!({ "key": "A" })),
        (
            crate::json(JsonSettings { roots: vec![root], ..JsonSettings::default() }).unwrap(),
            "path",
            json!({ "file": "é \"x\".json" }),
        ),
    ] {
        let query = query(&*provider, check, Some(params));
        let anchor = match ask_at(&*provider, &query, Timestamp::Logical(7)) {
            Answer::Found(found) => found.anchor,
            Answer::Absent { anchor, .. } => anchor,
            Answer::Fault(fault) => fault.anchor,
        };
        anchored(provider.contract(), anchor.as_ref());
    }
}
