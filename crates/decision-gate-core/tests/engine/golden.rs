//! The frozen format: one run whose bytes never change again. This test compares and has no way to write.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::{Digest, to_hex};
use decision_gate_core::engine::{self, RunState, SaltedAnswer, Start, Step, Submission, Trigger, TriggerKind};
use decision_gate_core::evidence::{Answer, Subject};
use decision_gate_core::json::{self, Limits, canonical};
use decision_gate_core::ledger::{CompactRange, Event, SideValue};
use decision_gate_core::name::{EnvironmentName, NamespaceId, RunId, SubmissionId, TenantId, TriggerId};
use decision_gate_core::policy::Policy;
use decision_gate_core::scenario::packets::{DispatchTarget, PacketPayload};
use decision_gate_core::scenario::{Origin, Scenario};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::salt;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    scenario: Value,
    policy: Value,
    start: StartCall,
    calls: Vec<Call>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StartCall {
    tenant: TenantId,
    namespace: NamespaceId,
    run: RunId,
    origin: Origin,
    at: Timestamp,
    subject: Subject,
    environment: EnvironmentName,
    targets: Vec<DispatchTarget>,
    correlation_id: String,
    actor: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Call {
    Step(StepCall),
    Submit(SubmitCall),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepCall {
    trigger_id: TriggerId,
    kind: TriggerKind,
    source_id: String,
    correlation_id: Option<String>,
    at: Timestamp,
    payload: Option<PacketPayload>,
    #[serde(default)]
    salt: u8,
    answers: BTreeMap<String, Answer>,
    actor: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubmitCall {
    submission_id: SubmissionId,
    content_type: String,
    payload: PacketPayload,
    at: Timestamp,
    correlation_id: String,
    salt: u8,
}

/// What comes out of the input, as the files have it.
struct Output {
    scenario: Vec<u8>,
    policy: Vec<u8>,
    events: Vec<Vec<u8>>,
    values: Vec<Vec<u8>>,
    facts: Value,
}

fn file(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/v1").join(name)).unwrap()
}

fn lines(name: &str) -> Vec<Vec<u8>> {
    file(name).split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
}

fn output() -> Output {
    let input = json::parse_exact(&file("input.json"), &Limits::message(1 << 20)).unwrap();
    let input: Input = serde_json::from_value(input).unwrap();
    let scenario = Scenario::check(Scenario::read(&input.scenario).unwrap()).unwrap();
    let policy = Policy::new(serde_json::from_value(input.policy).unwrap());
    let mut folded = Folded::default();
    let mut state = start(&input.start, &scenario, &policy, &mut folded);
    for call in &input.calls {
        state = match call {
            Call::Step(call) => step(call, &state, &scenario, &policy, &mut folded),
            Call::Submit(call) => submit(call, &state, &policy, &mut folded),
        };
    }
    let facts = json!({
        "spec_hash": scenario.hash().to_hex(), "policy_digest": policy.digest().to_hex(),
        "state_digests": folded.states, "leaf_hashes": folded.leaves, "roots": folded.roots
    });
    Output {
        scenario: scenario.to_bytes(),
        policy: policy.to_bytes(),
        events: folded.events,
        values: folded.values,
        facts,
    }
}

#[derive(Default)]
struct Folded {
    events: Vec<Vec<u8>>,
    values: Vec<Vec<u8>>,
    states: Vec<String>,
    leaves: Vec<String>,
    roots: Vec<String>,
    tree: CompactRange,
}

impl Folded {
    fn push(&mut self, event: &Event, values: &[SideValue], state: RunState) -> RunState {
        assert_eq!(event.state_digest, Some(state.digest()));
        self.tree.push(event.leaf_hash());
        self.events.push(event.to_bytes());
        self.states.push(state.digest().to_hex());
        self.leaves.push(event.leaf_hash().to_hex());
        self.roots.push(self.tree.root().to_hex());
        for value in values {
            let line = json!({
                "seq": event.seq, "slot": value.slot.name(), "salt": to_hex(value.salt.as_bytes()),
                "canonical": String::from_utf8(value.canonical.clone()).unwrap(), "commitment": value.commitment().digest().to_hex()
            });
            self.values.push(canonical::to_vec(&line));
        }
        state
    }
}

fn start(call: &StartCall, scenario: &Scenario, policy: &Policy, folded: &mut Folded) -> RunState {
    let started = engine::start(Start {
        tenant: call.tenant,
        namespace: call.namespace,
        run: &call.run,
        scenario,
        origin: call.origin,
        subject: Some(&call.subject),
        environment: Some(&call.environment),
        dispatch_targets: &call.targets,
        issue_entry_packets: true,
        correlation_id: Some(&call.correlation_id),
        policy,
        at: call.at,
        actor: Some(&call.actor),
    })
    .unwrap();
    folded.push(&started.event, &[], started.state.into_state())
}

fn step(call: &StepCall, state: &RunState, scenario: &Scenario, policy: &Policy, folded: &mut Folded) -> RunState {
    let trigger = Trigger {
        trigger_id: call.trigger_id.clone(),
        kind: call.kind,
        source_id: call.source_id.clone(),
        correlation_id: call.correlation_id.clone(),
        payload: call.payload.clone().map(|payload| (payload, salt(call.salt))),
    };
    let answers = call.answers.iter().enumerate().map(|(index, (id, answer))| SaltedAnswer {
        condition_id: id.as_str().try_into().unwrap(),
        answer: answer.clone(),
        salt: salt(u8::try_from(state.seq * 10).unwrap() + u8::try_from(index).unwrap()),
    });
    let answers: Vec<_> = answers.collect();
    let step = Step {
        state,
        scenario,
        trigger: &trigger,
        answers: &answers,
        policy,
        at: call.at,
        actor: call.actor.as_deref(),
    };
    let decided = engine::decide(step).unwrap();
    folded.push(&decided.event, &decided.values, decided.state.into_state())
}

fn submit(call: &SubmitCall, state: &RunState, policy: &Policy, folded: &mut Folded) -> RunState {
    let taken = engine::submit(Submission {
        state,
        submission_id: &call.submission_id,
        payload: &call.payload,
        content_type: &call.content_type,
        salt: salt(call.salt),
        correlation_id: Some(&call.correlation_id),
        policy,
        at: call.at,
        actor: None,
    })
    .unwrap();
    folded.push(&taken.event, &[taken.value], taken.state.into_state())
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn the_run_of_format_v1_comes_out_byte_for_byte() {
    let output = output();
    assert_eq!(text(&output.scenario), text(&file("scenario.json")));
    assert_eq!(text(&output.policy), text(&file("policy.json")));
    let golden = lines("events.jsonl");
    for (number, (got, wanted)) in output.events.iter().zip(&golden).enumerate() {
        assert_eq!(text(got), text(wanted), "event {}", number + 1);
    }
    assert_eq!(output.events.len(), golden.len());
    let golden = lines("values.jsonl");
    for (got, wanted) in output.values.iter().zip(&golden) {
        assert_eq!(text(got), text(wanted));
    }
    assert_eq!(output.values.len(), golden.len());
    let facts: Value = serde_json::from_slice(&file("facts.json")).unwrap();
    assert_eq!(output.facts, facts);
}

#[test]
fn rows_of_format_v1_read_back_and_hash_as_they_did() {
    let facts: Value = serde_json::from_slice(&file("facts.json")).unwrap();
    assert_eq!(Digest::of(&file("scenario.json")).to_hex(), facts["spec_hash"]);
    assert_eq!(Policy::read(&file("policy.json")).unwrap().digest().to_hex(), facts["policy_digest"]);
    let mut state = None;
    for (line, wanted) in lines("events.jsonl").iter().zip(facts["state_digests"].as_array().unwrap()) {
        let event = Event::read(line).unwrap();
        let next = RunState::apply(state.as_ref(), &event).unwrap();
        assert_eq!(next.digest().to_hex(), *wanted);
        state = Some(next);
    }
    for line in lines("log.jsonl") {
        assert_eq!(text(&Event::read(&line).unwrap().to_bytes()), text(&line));
    }
}

#[test]
fn the_golden_run_shows_every_kind_of_outcome() {
    let events: Vec<_> = lines("events.jsonl").iter().map(|line| Event::read(line).unwrap().to_value()).collect();
    let all = serde_json::to_string(&events).unwrap();
    for word in [
        "start",
        "hold",
        "advance",
        "complete",
        "run_started",
        "step_decided",
        "submitted",
        "degraded",
        "verified",
        "asserted",
        "pulled",
        "derived",
        "anchor_invalid",
        "evidence_too_large",
        "evidence_missing",
        "file_not_found",
        "trust_lane",
        "signature_scheme_unsupported",
        "scenario_draft",
        "trust_requirement_asserted",
        "stage_ungated",
    ] {
        assert!(all.contains(&format!("\"{word}\"")), "{word} is in none of its events");
    }
}
