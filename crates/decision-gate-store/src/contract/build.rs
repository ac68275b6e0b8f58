//! Real events of small runs, for tests and measurements.

use std::sync::Arc;

use decision_gate_core::at::Timestamp;
use decision_gate_core::condition::Truth;
use decision_gate_core::digest::Digest;
use decision_gate_core::engine::{DecisionOutcome, DecisionRecord, RunState, SafeSummary, SealedState, TriggerKind};
use decision_gate_core::ledger::{
    Body, Event, EvidenceEntry, PolicyActivated, RunStarted, Salt, ScenarioDefined, SchemaRegistered, SideValue, Slot,
    StepDecided, TriggerEntry,
};
use decision_gate_core::name::{ConditionId, NamespaceId, RunId, StageId, TenantId, TriggerId};
use decision_gate_core::scenario::Origin;
use decision_gate_core::trust::ReleaseRecord;
use decision_gate_runtime::ports::{Append, Mark, PutScenario, PutSchema, Scope, Stream};

/// The scope of tenant 1 with this namespace.
pub(crate) fn shelf(namespace: u64) -> Scope {
    Scope { tenant: TenantId::FIRST, namespace: NamespaceId::new(namespace).unwrap() }
}

/// A run's stream.
pub(crate) fn stream(scope: Scope, run: &str) -> Stream {
    Stream { scope, run: Some(RunId::try_from(run).unwrap()) }
}

/// The spec that runs are started with.
pub(crate) const SPEC: &str = "{}";

/// The start of a run.
pub(crate) fn start(scope: Scope, run: &str) -> Append {
    let body = RunStarted {
        scenario_id: "release".try_into().unwrap(),
        spec_hash: Digest::of(SPEC.as_bytes()),
        origin: Origin::Draft,
        subject: None,
        environment: None,
        dispatch_targets: Vec::new(),
        packets: Vec::new(),
        decision: decision(1, "init", DecisionOutcome::Start { stage_id: stage() }),
        relaxations: Vec::new(),
    };
    let stream = stream(scope, run);
    let event = event(&stream, 1, None, Body::RunStarted(Box::new(body)));
    sealed(stream, None, event, Vec::new())
}

/// A step that holds, with `conditions` answers of 40 bytes and more.
pub(crate) fn step(state: &RunState, trigger: &str, conditions: usize) -> Append {
    let stream =
        Stream { scope: Scope { tenant: state.tenant, namespace: state.namespace }, run: Some(state.run.clone()) };
    let values: Vec<_> = (0..conditions).map(|index| answer(state.seq, index)).collect();
    let evidence = values.iter().map(|value| EvidenceEntry {
        condition_id: match &value.slot {
            Slot::Evidence(condition) => condition.clone(),
            Slot::Payload => condition(0),
        },
        provider_id: "json".try_into().unwrap(),
        check_id: "path".try_into().unwrap(),
        status: Truth::False,
        lane: None,
        proof: None,
        gap: None,
        anchor: None,
        release: None,
        answer: Some(value.commitment()),
    });
    let summary = SafeSummary::hold(vec!["tests".try_into().unwrap()]);
    let body = StepDecided {
        trigger: TriggerEntry {
            trigger_id: trigger_id(trigger),
            kind: TriggerKind::AgentRequestNext,
            source_id: "test".into(),
            correlation_id: None,
            payload: None,
        },
        stage_id: stage(),
        evidence: evidence.collect(),
        gates: Vec::new(),
        decision: decision(state.decisions + 1, trigger, DecisionOutcome::Hold { summary }),
        packets: Vec::new(),
        degraded: None,
        relaxations: Vec::new(),
    };
    let event = event(&stream, state.seq + 1, Some(trigger), Body::StepDecided(Box::new(body)));
    sealed(stream, Some(state), event, values)
}

/// A step with which a run ends.
pub(crate) fn end(state: &RunState, trigger: &str) -> Append {
    let Append { stream, mut event, values, .. } = step(state, trigger, 1);
    if let Body::StepDecided(body) = &mut event.body {
        body.decision.outcome = DecisionOutcome::Complete { stage_id: stage() };
    }
    sealed(stream, Some(state), Event { state_digest: None, ..event }, values)
}

/// A step whose release decision was made by these marks, which it raises.
pub(crate) fn release(state: &RunState, trigger: &str, marks: &[Mark]) -> Append {
    let Append { stream, mut event, values, .. } = step(state, trigger, 1);
    let seen = marks.iter().map(|it| (it.name.clone(), it.height)).collect();
    let record = ReleaseRecord {
        policy: "release".into(),
        policy_digest: Digest::of(b"rules"),
        environment: "production".try_into().unwrap(),
        tenant: None,
        requested_status: None,
        outcome: Truth::False,
        reason: "trust_below_minimum".into(),
        decided_by: None,
        gates: Vec::new(),
        relaxations: Vec::new(),
        audit: serde_json::Value::Null,
        seen,
    };
    if let Body::StepDecided(body) = &mut event.body
        && let Some(first) = body.evidence.first_mut()
    {
        first.release = Some(record);
    }
    Append { marks: marks.to_vec(), ..sealed(stream, Some(state), Event { state_digest: None, ..event }, values) }
}

/// A version of a scenario, whose spec is a JSON text.
pub(crate) fn definition(scope: Scope, id: &str, origin: Origin, spec: &str) -> PutScenario {
    let (scenario_id, spec_hash) = (id.try_into().unwrap(), Digest::of(spec.as_bytes()));
    let body = ScenarioDefined { scenario_id, spec_version: "1".into(), spec_hash, origin };
    let scenario_id = body.scenario_id.clone();
    let event = event(&Stream { scope, run: None }, 0, None, Body::ScenarioDefined(body));
    PutScenario { scope, scenario_id, spec_hash, origin, spec: spec.as_bytes().to_vec(), event }
}

/// A version of a data shape, which is a JSON text.
pub(crate) fn registration(scope: Scope, id: &str, version: &str, schema: &str) -> PutSchema {
    let body = SchemaRegistered {
        schema_id: id.try_into().unwrap(),
        version: version.try_into().unwrap(),
        schema_hash: Digest::of(schema.as_bytes()),
    };
    let (schema_id, version, schema_hash) = (body.schema_id.clone(), body.version.clone(), body.schema_hash);
    let event = event(&Stream { scope, run: None }, 0, None, Body::SchemaRegistered(body));
    let schema = schema.as_bytes().to_vec();
    PutSchema { scope, schema_id, version, description: None, schema_hash, schema, max_entries: 100, event }
}

/// The event that puts this policy in force.
pub(crate) fn activation_of(scope: Scope, policy: &[u8]) -> Event {
    Event { policy_digest: Digest::of(policy), ..activation(scope) }
}

/// The event that puts a policy in force.
pub(crate) fn activation(scope: Scope) -> Event {
    event(&Stream { scope, run: None }, 0, None, Body::PolicyActivated(PolicyActivated { replaces: None }))
}

fn sealed(stream: Stream, before: Option<&RunState>, mut event: Event, values: Vec<SideValue>) -> Append {
    let state = SealedState::of(RunState::apply(before, &event).unwrap());
    event.state_digest = Some(state.digest());
    let follows = before.map(RunState::digest);
    Append { stream, event, values, state: Some(Arc::new(state)), follows, policy_epoch: None, marks: Vec::new() }
}

fn event(stream: &Stream, seq: u64, key: Option<&str>, body: Body) -> Event {
    Event {
        tenant: stream.scope.tenant,
        namespace: stream.scope.namespace,
        run: stream.run.clone(),
        seq,
        at: Timestamp::UnixMillis(1_700_000_000_000),
        actor: Some("test".into()),
        key: key.map(str::to_owned),
        policy_digest: Digest::of(b"policy"),
        state_digest: None,
        body,
    }
}

fn decision(seq: u64, trigger: &str, outcome: DecisionOutcome) -> DecisionRecord {
    DecisionRecord {
        decision_id: format!("decision-{seq}"),
        seq,
        trigger_id: trigger_id(trigger),
        stage_id: stage(),
        decided_at: Timestamp::UnixMillis(1_700_000_000_000),
        outcome,
        correlation_id: None,
    }
}

fn answer(seq: u64, index: usize) -> SideValue {
    let byte = u8::try_from(index % 251).unwrap_or_default();
    SideValue {
        slot: Slot::Evidence(condition(index)),
        salt: Salt::new([byte; 32]),
        canonical: format!(r#"{{"kind":"found","value":{seq:020}}}"#).into_bytes(),
    }
}

fn condition(index: usize) -> ConditionId {
    format!("condition-{index:04}").try_into().unwrap()
}

fn trigger_id(text: &str) -> TriggerId {
    text.try_into().unwrap()
}

fn stage() -> StageId {
    "verify".try_into().unwrap()
}
