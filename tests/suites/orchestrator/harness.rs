//! A gate with a store in memory, a clock that is set by hand, seeded salts and one provider that does as it is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use decision_gate_core::at::Timestamp;
use decision_gate_core::contract::ProviderContract;
use decision_gate_core::digest::Digest;
use decision_gate_core::engine::TriggerKind;
use decision_gate_core::evidence::{Answer, Found, Query};
use decision_gate_core::ledger::{Event, Salt};
use decision_gate_core::name::{NamespaceId, RunId, TenantId};
use decision_gate_core::policy::{Policy, PolicySnapshot};
use decision_gate_core::scenario::packets::PacketPayload;
use decision_gate_core::scenario::{Bounds, EdgePolicy, Scenario};
use decision_gate_runtime::ports::{Entropy, EntropyError, ManualClock, Scope, Store, Stream};
use decision_gate_runtime::{
    Caller, DraftPolicy, EvidenceContext, Orchestrator, Parts, PinnedScenario, PinnedSchema, Provider, ProviderSet,
    Registered, RuntimeError, Shelves, StartReply, StartRequest, StepReply, StepRequest, SubmitReply, SubmitRequest,
};
use decision_gate_store::{SqliteSettings, SqliteStore};
use serde_json::{Value, json};

/// When everything starts here.
pub(crate) const EPOCH: i64 = 1_700_000_000_000;

/// Salts that depend on the seed and on how many there were.
pub(crate) struct Seeded(AtomicU64);

impl Entropy for Seeded {
    fn salt(&self) -> Result<Salt, EntropyError> {
        let number = self.0.fetch_add(1, Ordering::SeqCst);
        Ok(Salt::new(*Digest::of(&number.to_be_bytes()).as_bytes()))
    }
}

/// Does as its parameters say: `{"give": value}`, `{"absent": true}`, `{"hang": true}`, `{"panic": true}`, or
/// `{"key": k}` for what was told to it last.
pub(crate) struct Told {
    contract: ProviderContract,
    said: Mutex<BTreeMap<String, Answer>>,
    pub(crate) asked: AtomicUsize,
}

impl Told {
    fn new() -> Self {
        let comparators: Vec<_> = decision_gate_core::condition::ALL.iter().map(ToString::to_string).collect();
        let contract = json!({
            "provider_id": "p", "name": "p", "description": "", "transport": "builtin", "config_schema": true, "notes": [],
            "checks": [{
                "check_id": "ask", "description": "", "determinism": "external", "params_required": true,
                "params_schema": {"type": "object"}, "result_schema": true, "allowed_comparators": comparators,
                "anchor_types": [], "content_types": ["application/json"], "examples": []
            }]
        });
        let contract = serde_json::from_value(contract).unwrap();
        Self { contract, said: Mutex::default(), asked: AtomicUsize::new(0) }
    }

    pub(crate) fn tell(&self, key: &str, answer: Answer) {
        self.said.lock().unwrap().insert(key.into(), answer);
    }
}

#[async_trait]
impl Provider for Told {
    fn contract(&self) -> &ProviderContract {
        &self.contract
    }

    async fn fetch(&self, query: &Query, _context: &EvidenceContext) -> Answer {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let params = query.params.clone().unwrap_or_default();
        assert!(params.get("panic").is_none(), "told to");
        if params.get("hang").is_some() {
            std::future::pending::<()>().await;
        }
        // Others get their turn between the question and the answer, as they would with a real source.
        tokio::task::yield_now().await;
        match (params.get("give"), params.get("key").and_then(Value::as_str)) {
            (Some(value), _) => Answer::Found(Box::new(Found::json(value.clone()))),
            (None, Some(key)) => self.said.lock().unwrap().get(key).cloned().unwrap_or(ABSENT),
            (None, None) => ABSENT,
        }
    }
}

const ABSENT: Answer = Answer::Absent { anchor: None, lane_ceiling: None, attestation: None };

/// What a gate is made of, to be changed before it is built.
pub(crate) struct Plan {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) told: Arc<Told>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) policy: Value,
    pub(crate) drafts: DraftPolicy,
    pub(crate) pinned: Vec<Value>,
    pub(crate) tenants: Vec<u64>,
    pub(crate) namespaces: Option<Vec<u64>>,
    pub(crate) schemas: Vec<PinnedSchema>,
    pub(crate) seed: u64,
}

impl Default for Plan {
    fn default() -> Self {
        Self::on(Arc::new(SqliteStore::new(SqliteSettings::memory())))
    }
}

impl Plan {
    /// On a store that others may use as well.
    pub(crate) fn on(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            told: Arc::new(Told::new()),
            clock: Arc::new(ManualClock::at(EPOCH)),
            policy: json!({}),
            drafts: DraftPolicy::Allow,
            pinned: Vec::new(),
            tenants: vec![1],
            namespaces: None,
            schemas: Vec::new(),
            seed: 0,
        }
    }

    pub(crate) fn build(self) -> Gate {
        let open = |all: &Vec<u64>| Shelves::Only(all.iter().filter_map(|it| NamespaceId::new(*it)).collect());
        let shelves = self.namespaces.as_ref().map_or(Shelves::All, open);
        let provider: Arc<dyn Provider> = Arc::clone(&self.told) as Arc<dyn Provider>;
        let registered = Registered { provider, time_limit: Duration::from_millis(40) };
        let time = Registered {
            provider: decision_gate_providers::time(decision_gate_providers::TimeSettings::default()).unwrap(),
            time_limit: Duration::from_secs(5),
        };
        let parts = Parts {
            store: Arc::clone(&self.store),
            history: None,
            observer: None,
            providers: [registered, time].into_iter().collect::<ProviderSet>(),
            policy: Arc::new(policy(&self.policy)),
            clock: Arc::clone(&self.clock) as _,
            entropy: Arc::new(Seeded(AtomicU64::new(self.seed << 32))),
            bounds: Bounds { max_conditions: 100, degraded_edges: EdgePolicy::Allow },
            drafts: self.drafts,
            pinned: self.pinned.iter().map(|spec| PinnedScenario { spec: Scenario::read(spec).unwrap() }).collect(),
            schemas: self.schemas,
            tenants: self.tenants.iter().filter_map(|it| Some((TenantId::new(*it)?, shelves.clone()))).collect(),
            environments: BTreeSet::from(["staging".try_into().unwrap()]),
        };
        Gate { orchestrator: Orchestrator::new(parts), told: self.told, clock: self.clock, store: self.store }
    }
}

fn policy(patch: &Value) -> Policy {
    let digest = json!({"algorithm": "sha256", "value": "0".repeat(64)});
    let any = |answers: &str, checks: &[&str]| {
        let schemas: serde_json::Map<_, _> = checks.iter().map(|it| ((*it).to_owned(), json!(true))).collect();
        json!({"answers": answers, "max_lane": "verified", "allow_raw": true, "contract": digest, "result_schemas": schemas})
    };
    let mut snapshot = json!({
        "v": 1, "trust_requirement": "verified", "provider_trust_overrides": {},
        "providers": {"p": any("fetched", &["ask"]), "time": any("derived", &["now", "after", "before"])},
        "anchors": {}, "evidence": {"allow_raw_values": true, "require_provider_opt_in": true, "hash_profile": "kept"},
        "limits": {"max_evidence_bytes": 1024, "max_payload_bytes": 1024}, "packets": {"engine": "permit_all"},
        "time": {"source": "server", "max_skew_ms": 300_000}
    });
    for (path, value) in patch.as_object().unwrap() {
        *snapshot.pointer_mut(path).unwrap() = value.clone();
    }
    Policy::new(serde_json::from_value::<PolicySnapshot>(snapshot).unwrap())
}

/// A gate at work.
pub(crate) struct Gate {
    pub(crate) orchestrator: Orchestrator,
    pub(crate) told: Arc<Told>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: Arc<dyn Store>,
}

/// Tenant 1, namespace 1.
pub(crate) fn caller() -> Caller {
    Caller { tenant: TenantId::FIRST, namespace: NamespaceId::FIRST, actor: Some("tests".into()) }
}

/// A scenario of one gate over one condition with these parameters, that wants 1.
pub(crate) fn wants_one(id: &str, params: &Value) -> Value {
    json!({
        "scenario_id": id,
        "stages": [{"stage_id": "only", "gates": [{"gate_id": "g", "requirement": "c"}]}],
        "conditions": [{"condition_id": "c", "query": {"provider_id": "p", "check_id": "ask", "params": params}, "comparator": "equals", "expected": 1}]
    })
}

pub(crate) fn found(value: Value) -> Answer {
    Answer::Found(Box::new(Found::json(value)))
}

pub(crate) fn run_id(text: &str) -> RunId {
    text.try_into().unwrap()
}

pub(crate) fn start_request(scenario: &str, run: &str) -> StartRequest {
    StartRequest {
        scenario_id: scenario.try_into().unwrap(),
        run_id: Some(run_id(run)),
        subject: None,
        environment: None,
        dispatch_targets: Vec::new(),
        issue_entry_packets: true,
        time: None,
        correlation_id: None,
    }
}

pub(crate) fn step_request(run: &str, trigger: Option<&str>) -> StepRequest {
    StepRequest {
        run_id: run_id(run),
        scenario_id: None,
        trigger_id: trigger.map(|it| it.try_into().unwrap()),
        kind: TriggerKind::AgentRequestNext,
        source_id: None,
        payload: None,
        time: None,
        correlation_id: None,
    }
}

pub(crate) fn document(run: &str, submission: Option<&str>, value: Value) -> SubmitRequest {
    SubmitRequest {
        run_id: run_id(run),
        scenario_id: None,
        submission_id: submission.map(|it| it.try_into().unwrap()),
        payload: PacketPayload::Json { value },
        content_type: "application/json".into(),
        time: None,
        correlation_id: None,
    }
}

impl Gate {
    /// Defines, and starts run `run-1` of it.
    pub(crate) async fn begin(&self, spec: &Value) -> StartReply {
        self.orchestrator.define(&caller(), spec).await.unwrap();
        self.start(spec["scenario_id"].as_str().unwrap(), "run-1").await.unwrap()
    }

    pub(crate) async fn start(&self, scenario: &str, run: &str) -> Result<StartReply, RuntimeError> {
        self.orchestrator.start(&caller(), &start_request(scenario, run)).await
    }

    pub(crate) async fn next(&self, trigger: Option<&str>) -> Result<StepReply, RuntimeError> {
        self.orchestrator.step(&caller(), &step_request("run-1", trigger)).await
    }

    pub(crate) async fn submit(&self, submission: Option<&str>, value: Value) -> Result<SubmitReply, RuntimeError> {
        self.orchestrator.submit(&caller(), &document("run-1", submission, value)).await
    }

    /// Every event of a stream, in order and without a hole.
    pub(crate) async fn events(&self, run: Option<&str>) -> Vec<Event> {
        let scope = Scope { tenant: TenantId::FIRST, namespace: NamespaceId::FIRST };
        let stream = Stream { scope, run: run.map(run_id) };
        let page = self.store.events(&stream, 1, 1_000_000).await.unwrap();
        let events: Vec<_> = page.events.iter().map(|it| Event::read(&it.bytes).unwrap()).collect();
        assert!(events.iter().map(|it| it.seq).eq(1..=u64::try_from(events.len()).unwrap()), "a hole in the numbering");
        events
    }
}

/// The code of a refusal.
pub(crate) fn code<T>(result: Result<T, RuntimeError>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(error) => {
            assert!(!error.hint().is_empty(), "{error}: no hint");
            error.code()
        }
    }
}

pub(crate) fn at(after: i64) -> Timestamp {
    Timestamp::UnixMillis(EPOCH + after)
}
