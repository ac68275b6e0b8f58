mod attacks;
mod hostile;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use decision_gate_core::at::Timestamp;
use decision_gate_core::condition::{Comparator, Truth, judge};
use decision_gate_core::contract::CheckContract;
use decision_gate_core::contract::schema::Schema;
use decision_gate_core::evidence::Answer;
use decision_gate_core::name::{NamespaceId, TenantId};
use decision_gate_core::policy::{
    Answers, DecisionLimits, EvidencePolicy, Policy, PolicySnapshot, ProviderPolicy, SNAPSHOT_VERSION, TimePolicy,
    TimeSource,
};
use decision_gate_core::scenario::packets::PacketPolicy;
use decision_gate_core::trust::{AnchorPolicy, AnchorRequirement, HashProfile, Lane, Occasion, ProviderAnchor};
use decision_gate_runtime::ports::Provider as _;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{JsonProvider, JsonSettings, Root};
use crate::BuildError;
use crate::tests::{ask_at, cases, context, query, value};

fn root(root_id: &str, path: &Path) -> Root {
    Root { root_id: root_id.to_owned(), path: path.to_owned(), max_lane: None, self_attestable: false }
}

/// A provider of one root, `evidence`.
fn provider(path: &Path) -> JsonProvider {
    JsonProvider::new(JsonSettings { roots: vec![root("evidence", path)], ..JsonSettings::default() }).unwrap()
}

/// A folder with one file.
fn folder_with(name: &str, bytes: impl AsRef<[u8]>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
    folder
}

fn ask(provider: &JsonProvider, params: Value) -> Answer {
    ask_at(provider, &query(provider, "path", Some(params)), Timestamp::UnixMillis(0))
}

#[test]
fn cases_are_answered_as_they_say() {
    for case in cases("json") {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in case.told["files"].as_object().unwrap() {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text.as_str().unwrap()).unwrap();
        }
        let set = |name: &str| case.told.get("settings").and_then(|it| it.get(name));
        let mut evidence = root("evidence", folder.path());
        evidence.max_lane = set("max_lane").map(|it| serde_json::from_value(it.clone()).unwrap());
        let other = set("other_root").map(|it| root(it.as_str().unwrap(), folder.path()));
        let max_bytes = set("max_bytes").and_then(Value::as_u64).map(|it| usize::try_from(it).unwrap());
        let settings = JsonSettings {
            roots: [evidence].into_iter().chain(other).collect(),
            max_bytes: max_bytes.unwrap_or(JsonSettings::DEFAULT_MAX_BYTES),
            allow_yaml: set("allow_yaml").is_none_or(|it| it == true),
        };
        case.check(&JsonProvider::new(settings).unwrap());
    }
}

#[test]
fn a_case_is_absent() {
    assert!(cases("json").iter().any(|case| case.told["expect"] == "absent"));
}

/// Judges an answer as a decision would.
fn truth(provider: &JsonProvider, comparator: &str, params: Value) -> Truth {
    let contract = provider.contract();
    let schema_of = |check: &CheckContract| (check.check_id.clone(), check.result_schema.clone());
    let json = ProviderPolicy {
        answers: Answers::Fetched,
        max_lane: Lane::Verified,
        allow_raw: false,
        contract: contract.digest(),
        result_schemas: contract.checks.iter().map(schema_of).collect(),
        trust: decision_gate_core::trust::ProviderTrust::Audit,
        unsigned_max_lane: None,
        signers: None,
        release: None,
        max_evidence_bytes: None,
    };
    let requirement = AnchorRequirement {
        anchor_type: "file_path_rooted".to_owned(),
        required_fields: vec!["path".to_owned(), "root_id".to_owned()],
    };
    let id = contract.provider_id.clone();
    let policy = Policy::new(PolicySnapshot {
        v: SNAPSHOT_VERSION,
        trust_requirement: Lane::Verified,
        provider_trust_overrides: BTreeMap::new(),
        providers: BTreeMap::from([(id.clone(), json)]),
        anchors: AnchorPolicy { providers: vec![ProviderAnchor { provider_id: id, requirement }] },
        evidence: EvidencePolicy {
            allow_raw_values: false,
            require_provider_opt_in: true,
            hash_profile: HashProfile::Kept,
        },
        limits: DecisionLimits { max_evidence_bytes: 1 << 20, max_payload_bytes: 1 << 20 },
        packets: PacketPolicy::PermitAll,
        time: TimePolicy { source: TimeSource::Server, max_skew_ms: 300_000, allow_logical: true },
        keys: decision_gate_core::keys::Keyring::default(),
    });
    let query = query(provider, "path", Some(params));
    let answer = ask_at(provider, &query, Timestamp::UnixMillis(0));
    let occasion = Occasion {
        tenant: TenantId::FIRST,
        namespace: NamespaceId::FIRST,
        run: None,
        subject: None,
        environment: None,
        at: Timestamp::UnixMillis(0),
    };
    judge(&query, Comparator::named(comparator).unwrap(), &Value::Null, Some(&answer), &policy, occasion).status
}

#[test]
fn d18_a_missing_path_satisfies_not_exists_and_a_missing_file_nothing() {
    let folder = folder_with("ci.json", r#"{"skipped":[],"note":null}"#);
    let json = provider(folder.path());
    for path in ["$.vulnerabilities", "$.skipped[*]", "$.skipped[0]"] {
        let asked = json!({ "file": "ci.json", "jsonpath": path });
        assert_eq!(truth(&json, "not_exists", asked.clone()), Truth::True, "{path}");
        assert_eq!(truth(&json, "exists", asked), Truth::False, "{path}");
    }
    let null = json!({ "file": "ci.json", "jsonpath": "$.note" });
    assert_eq!(truth(&json, "exists", null), Truth::True);
    let missing = json!({ "file": "cj.json", "jsonpath": "$.note" });
    for comparator in ["exists", "not_exists"] {
        assert_eq!(truth(&json, comparator, missing.clone()), Truth::Unknown, "{comparator}");
    }
}

#[test]
fn the_contract_knows_the_roots_that_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let mut reports = root("reports", folder.path());
    reports.self_attestable = true;
    let build = |roots: Vec<Root>| JsonProvider::new(JsonSettings { roots, ..JsonSettings::default() }).unwrap();
    let params = |provider: &JsonProvider| Schema::compile(&provider.contract().checks[0].params_schema).unwrap();

    let one = params(&build(vec![reports.clone()]));
    assert!(one.fits(&json!({"file": "a"})) && one.fits(&json!({"file": "a", "root": "reports"})));
    assert!(!one.fits(&json!({"file": "a", "root": "report"})));

    let two = build(vec![reports, root("scans", folder.path())]);
    assert!(!params(&two).fits(&json!({"file": "a"})) && params(&two).fits(&json!({"file": "a", "root": "scans"})));
    assert!(two.contract().notes.iter().any(|note| note.contains("`reports` can be written by those")));
}

#[test]
fn roots_that_open_nothing_sensible_are_refused_with_the_reason() {
    let folder = folder_with("file", "{}");
    let refused = |roots: Vec<Root>| JsonProvider::new(JsonSettings { roots, ..JsonSettings::default() }).unwrap_err();
    let missing = folder.path().join("missing");
    let root_id = "a".to_owned();
    assert_eq!(refused(vec![]), BuildError::NoRoots);
    assert_eq!(refused(vec![root("a", &missing)]), BuildError::RootMissing { root_id: root_id.clone(), path: missing });
    let file = folder.path().join("file");
    assert_eq!(refused(vec![root("a", &file)]), BuildError::RootNotFolder { root_id: root_id.clone(), path: file });
    assert_eq!(refused(vec![root("a", folder.path()), root("a", folder.path())]), BuildError::RootRepeated { root_id });
    for text in ["", "A", "a/b", "..", "ä", &"a".repeat(65)] {
        assert_eq!(refused(vec![root(text, folder.path())]).code(), "json_root_id_invalid", "{text}");
    }
    let zero = JsonSettings { roots: vec![root("a", folder.path())], max_bytes: 0, ..JsonSettings::default() };
    assert_eq!(JsonProvider::new(zero).unwrap_err(), BuildError::LimitZero { key: "max_bytes" });
}

#[test]
fn more_questions_than_readers_are_all_answered() {
    let folder = folder_with("n.json", "[0,1,2,3,4,5,6,7]");
    let json = Arc::new(provider(folder.path()));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let answers = runtime.block_on(async {
        let mut asked = tokio::task::JoinSet::new();
        for index in 0..8 * super::MAX_READERS {
            let json = Arc::clone(&json);
            let params = json!({ "file": "n.json", "jsonpath": format!("$[{}]", index % 8) });
            let query = query(&*json, "path", Some(params));
            let context = context(Timestamp::UnixMillis(0));
            asked.spawn(async move { (index, json.fetch(&query, &context).await) });
        }
        asked.join_all().await
    });
    assert_eq!(answers.len(), 8 * super::MAX_READERS);
    for (index, answer) in answers {
        assert_eq!(value(&answer), index % 8);
    }
}
