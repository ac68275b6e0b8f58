//! Vector collection 19: the public project's agentic scenarios, each taken through the real gate: its own spec, run
//! configuration, trigger and fixtures, with `time.source = "caller"`, environment variables replaced by the fixture, and
//! the fixtures as the one evidence root. Where the fixture is about a packet policy, packets of `restricted` are denied.
//!
//! Their specs load as they are but for one thing: a stage without gates must say `ungated` (DESIGN P11).

#![cfg(test)]
#![cfg(test)]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use decision_gate_core::at::Timestamp;
use decision_gate_core::engine::TriggerKind;
use decision_gate_core::name::{NamespaceId, RunId, ScenarioId, TenantId, TriggerId};
use decision_gate_core::policy::{
    Answers, DecisionLimits, EvidencePolicy, Policy, PolicySnapshot, ProviderPolicy, SNAPSHOT_VERSION, TimePolicy,
    TimeSource,
};
use decision_gate_core::runpack::{Expect, ManifestName, Profile, Verdict, Verification, verify};
use decision_gate_core::scenario::packets::{DispatchTarget, PacketEffect, PacketPolicy};
use decision_gate_core::scenario::{Bounds, EdgePolicy};
use decision_gate_core::trust::{AnchorPolicy, HashProfile, Lane};
use decision_gate_providers::{EnvSettings, JsonSettings, Root, TimeSettings};
use decision_gate_runtime::ports::{ManualClock, SystemEntropy};
use decision_gate_runtime::{
    Caller, DraftPolicy, ExportRequest, Orchestrator, Parts, Provider, ProviderSet, Registered, RuntimeError, Shelves,
    StartRequest, StepReply, StepRequest,
};
use decision_gate_store::{SqliteSettings, SqliteStore};
use decision_gate_tests::Fault;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Collection {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    expected_status: String,
    expected_outcome: String,
}

#[derive(Deserialize)]
struct RunConfig {
    scenario_id: ScenarioId,
    run_id: RunId,
    tenant_id: TenantId,
    namespace_id: NamespaceId,
    dispatch_targets: Vec<DispatchTarget>,
}

#[derive(Deserialize)]
struct TriggerFile {
    trigger_id: TriggerId,
    kind: TriggerKind,
    source_id: String,
    time: Timestamp,
}

#[tokio::test]
async fn agentic_scenarios_end_as_the_public_projects_do() -> Result<(), Fault> {
    let Some(folder) = decision_gate_vectors::root() else { return Ok(()) };
    let folder = folder.join("19-decision-gate-peer").join("agentic");
    let collection: Collection = read(&folder.join("scenarios.json"));
    let mut wrong = Vec::new();
    for case in &collection.cases {
        let got = run(&folder.join(&case.id)).await;
        let got = got.map_or_else(
            |error| error.to_string(),
            |(reply, verdict)| {
                assert_ne!(verdict, Verdict::Failed, "{}: its pack does not verify", case.id);
                format!("{} {}", reply.state.status.word(), reply.decision.outcome.word())
            },
        );
        let wanted = format!("{} {}", case.expected_status, case.expected_outcome);
        if got != wanted {
            wrong.push(format!("{}: {got}, not {wanted}", case.id));
        }
    }
    let total = collection.cases.len();
    println!("19-decision-gate-peer agentic: {} of {total}", total - wrong.len());
    assert!(total > 0 && wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

fn read<T: DeserializeOwned>(path: &Path) -> T {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Takes one pack of the collection from define to a verified runpack.
async fn run(folder: &Path) -> Result<(StepReply, Verdict), RuntimeError> {
    let (config, trigger): (RunConfig, TriggerFile) =
        (read(&folder.join("run_config.json")), read(&folder.join("trigger.json")));
    let mut spec: Value = read(&folder.join("spec.json"));
    for stage in spec["stages"].as_array_mut().unwrap() {
        if stage["gates"].as_array().is_some_and(Vec::is_empty) {
            stage["ungated"] = json!(true);
        }
    }
    let denies = folder.file_name().is_some_and(|name| name.to_string_lossy().contains("collision"));
    let gate = gate(&folder.join("fixtures"), denies);
    let caller = Caller { tenant: config.tenant_id, namespace: config.namespace_id, actor: Some("harness".into()) };
    gate.define(&caller, &spec).await?;
    let start = StartRequest {
        scenario_id: config.scenario_id.clone(),
        run_id: Some(config.run_id.clone()),
        subject: None,
        environment: None,
        dispatch_targets: config.dispatch_targets,
        issue_entry_packets: true,
        time: Some(trigger.time),
        correlation_id: None,
    };
    gate.start(&caller, &start).await?;
    let step = StepRequest {
        run_id: config.run_id.clone(),
        scenario_id: Some(config.scenario_id),
        trigger_id: Some(trigger.trigger_id),
        kind: trigger.kind,
        source_id: Some(trigger.source_id),
        payload: None,
        time: Some(trigger.time),
        correlation_id: None,
    };
    let reply = gate.step(&caller, &step).await?;
    let export = ExportRequest {
        run_id: config.run_id,
        scenario_id: None,
        profile: Profile::Audit,
        verification: Verification::Include,
        manifest_name: ManifestName::standard(),
    };
    let pack = gate.export(&caller, &export).await?;
    let report = verify(&pack.to_files(), &ManifestName::standard(), &Expect::default());
    Ok((reply, report.verdict))
}

fn gate(fixtures: &Path, deny_restricted: bool) -> Orchestrator {
    let env = EnvSettings {
        allow: std::collections::BTreeSet::new(),
        max_value_bytes: EnvSettings::DEFAULT_MAX_VALUE_BYTES,
        max_key_bytes: EnvSettings::DEFAULT_MAX_KEY_BYTES,
        overrides: Some(read(&fixtures.join("env.json"))),
        max_lane: None,
    };
    let root =
        Root { root_id: "fixtures".into(), path: fixtures.to_path_buf(), max_lane: None, self_attestable: false };
    let json = JsonSettings { roots: vec![root], ..JsonSettings::default() };
    let providers: Vec<Arc<dyn Provider>> = vec![
        decision_gate_providers::env(env).unwrap(),
        decision_gate_providers::json(json).unwrap(),
        decision_gate_providers::time(TimeSettings::default()).unwrap(),
    ];
    let policy = policy(&providers, deny_restricted);
    let registered = |provider| Registered { provider, time_limit: Duration::from_secs(10) };
    Orchestrator::new(Parts {
        store: Arc::new(SqliteStore::new(SqliteSettings::memory())),
        history: None,
        observer: None,
        providers: providers.into_iter().map(registered).collect::<ProviderSet>(),
        policy: Arc::new(policy),
        clock: Arc::new(ManualClock::at(0)),
        entropy: Arc::new(SystemEntropy),
        bounds: Bounds { max_conditions: 1_000, degraded_edges: EdgePolicy::Allow },
        drafts: DraftPolicy::Allow,
        pinned: Vec::new(),
        schemas: Vec::new(),
        tenants: [(TenantId::FIRST, Shelves::All)].into(),
        environments: std::collections::BTreeSet::new(),
    })
}

fn policy(providers: &[Arc<dyn Provider>], deny_restricted: bool) -> Policy {
    let provider = |provider: &Arc<dyn Provider>| {
        let contract = provider.contract();
        let derived = contract.provider_id.as_str() == "time";
        let policy = ProviderPolicy {
            answers: if derived { Answers::Derived } else { Answers::Fetched },
            max_lane: Lane::Verified,
            allow_raw: false,
            contract: contract.digest(),
            result_schemas: contract.checks.iter().map(|it| (it.check_id.clone(), it.result_schema.clone())).collect(),
            trust: decision_gate_core::trust::ProviderTrust::Audit,
            unsigned_max_lane: None,
            signers: None,
            release: None,
            max_evidence_bytes: None,
        };
        (contract.provider_id.clone(), policy)
    };
    let deny = json!({"effect": "deny", "require_policy_tags": ["restricted"]});
    let rules =
        PacketPolicy::Static { default: PacketEffect::Permit, rules: vec![serde_json::from_value(deny).unwrap()] };
    Policy::new(PolicySnapshot {
        v: SNAPSHOT_VERSION,
        trust_requirement: Lane::Verified,
        provider_trust_overrides: std::collections::BTreeMap::new(),
        providers: providers.iter().map(provider).collect(),
        anchors: AnchorPolicy::default(),
        evidence: EvidencePolicy {
            allow_raw_values: false,
            require_provider_opt_in: true,
            hash_profile: HashProfile::Kept,
        },
        limits: DecisionLimits { max_evidence_bytes: 1 << 20, max_payload_bytes: 1 << 21 },
        packets: if deny_restricted { rules } else { PacketPolicy::PermitAll },
        time: TimePolicy { source: TimeSource::Caller, max_skew_ms: 300_000, allow_logical: true },
        keys: decision_gate_core::keys::Keyring::default(),
    })
}
