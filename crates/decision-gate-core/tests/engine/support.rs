//! What the suites share: a policy with a few providers, their contracts, and a run that is stepped by hand.

use std::collections::BTreeMap;

use decision_gate_core::at::Timestamp;
use decision_gate_core::contract::{Contracts, ProviderContract};
use decision_gate_core::engine::{
    self, Decided, RunState, SaltedAnswer, Start, Started, Step, StepFault, Trigger, TriggerKind,
};
use decision_gate_core::evidence::Answer;
use decision_gate_core::ledger::{Event, Salt, SideValue};
use decision_gate_core::name::{NamespaceId, RunId, TenantId};
use decision_gate_core::policy::{Policy, PolicySnapshot};
use decision_gate_core::scenario::packets::{DispatchTarget, PacketPayload};
use decision_gate_core::scenario::{Bounds, EdgePolicy, Origin, Scenario, SpecFaults};
use serde_json::{Value, json};

/// When runs start here.
pub(crate) const EPOCH: i64 = 1_700_000_000_000;

/// Milliseconds after [`EPOCH`].
pub(crate) fn ms(after: i64) -> Timestamp {
    Timestamp::UnixMillis(EPOCH + after)
}

/// The schemas of the checks of `p`, `weak` and `other`.
fn checks() -> Value {
    json!({
        "any": true,
        "int": {"type": "integer"},
        "bool": {"type": "boolean"},
        "text": {"type": "string"},
        "list": {"type": "array"},
        "report": {"type": "object", "required": ["failed"], "properties": {"failed": {"type": "integer"}}}
    })
}

fn time_checks() -> Value {
    json!({"now": {"type": "integer"}, "after": {"type": "boolean"}, "before": {"type": "boolean"}})
}

/// The policy of these tests with a merge patch over it.
pub(crate) fn policy(patch: &Value) -> Policy {
    policy_with(&[patch])
}

/// The policy of these tests: `p` and `other` are verified, `weak` is capped at asserted, `time` is derived. The patches
/// are merged over it one after the other.
pub(crate) fn policy_with(patches: &[&Value]) -> Policy {
    let digest = json!({"algorithm": "sha256", "value": "0".repeat(64)});
    let provider = |answers: &str, lane: &str, schemas: Value| json!({"answers": answers, "max_lane": lane, "allow_raw": false, "contract": digest, "result_schemas": schemas});
    let mut snapshot = json!({
        "v": 1,
        "trust_requirement": "verified",
        "provider_trust_overrides": {},
        "providers": {
            "p": provider("fetched", "verified", checks()),
            "other": provider("fetched", "verified", checks()),
            "weak": provider("fetched", "asserted", checks()),
            "time": provider("derived", "verified", time_checks())
        },
        "anchors": {},
        "evidence": {"allow_raw_values": false, "require_provider_opt_in": true, "hash_profile": "kept"},
        "limits": {"max_evidence_bytes": 1_048_576, "max_payload_bytes": 2_097_152},
        "packets": {"engine": "permit_all"},
        "time": {"source": "server", "max_skew_ms": 300_000}
    });
    patches.iter().for_each(|patch| merge(&mut snapshot, patch));
    Policy::new(serde_json::from_value::<PolicySnapshot>(snapshot).unwrap())
}

/// RFC 7396.
pub(crate) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(members) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let target = target.as_object_mut().unwrap();
    for (name, member) in members {
        if member.is_null() {
            target.remove(name);
        } else {
            merge(target.entry(name.clone()).or_insert(Value::Null), member);
        }
    }
}

/// Contracts that promise what the policy says.
pub(crate) fn contracts() -> Contracts {
    let comparators: Vec<_> = decision_gate_core::condition::ALL.iter().map(ToString::to_string).collect();
    let contract = |id: &str, checks: &Value, params: bool| {
        let check = |(check, schema): (&String, &Value)| {
            json!({
                "check_id": check, "description": "", "determinism": "external", "params_required": params && check != "now",
                "params_schema": true, "result_schema": schema, "allowed_comparators": comparators, "anchor_types": [],
                "content_types": ["application/json"], "examples": []
            })
        };
        let checks: Vec<_> = checks.as_object().unwrap().iter().map(check).collect();
        serde_json::from_value::<ProviderContract>(json!({
            "provider_id": id, "name": id, "description": "", "transport": "builtin", "config_schema": true,
            "checks": checks, "notes": []
        }))
        .unwrap()
    };
    let of = |id: &str| contract(id, &checks(), false);
    [of("p"), of("other"), of("weak"), contract("time", &time_checks(), true)].into_iter().collect()
}

/// Bounds that let everything through.
pub(crate) const BOUNDS: Bounds = Bounds { max_conditions: 1_000, degraded_edges: EdgePolicy::Allow };

/// Defines a scenario from its short form.
pub(crate) fn define(spec: &Value, bounds: Bounds) -> Result<Scenario, SpecFaults> {
    Scenario::read(spec).and_then(|spec| Scenario::define(spec, &contracts(), bounds)).map(|(scenario, _)| scenario)
}

/// A salt that depends on nothing but its number.
pub(crate) fn salt(number: u8) -> Salt {
    Salt::new([number; 32])
}

/// Answers in order of their ids, each with a salt of its own.
pub(crate) fn salted(answers: &BTreeMap<String, Answer>) -> Vec<SaltedAnswer> {
    let salted = |(index, (id, answer)): (usize, (&String, &Answer))| SaltedAnswer {
        condition_id: id.as_str().try_into().unwrap(),
        answer: answer.clone(),
        salt: salt(u8::try_from(index + 1).unwrap()),
    };
    answers.iter().enumerate().map(salted).collect()
}

/// How a run is started.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) origin: Origin,
    pub(crate) targets: Vec<DispatchTarget>,
    pub(crate) at: Timestamp,
}

impl Default for Setup {
    fn default() -> Self {
        Self { origin: Origin::Pinned, targets: Vec::new(), at: ms(0) }
    }
}

/// A run that is stepped by hand.
pub(crate) struct Run {
    pub(crate) scenario: Scenario,
    pub(crate) policy: Policy,
    pub(crate) state: RunState,
    /// Every event so far, with the values that it commits to.
    pub(crate) events: Vec<(Event, Vec<SideValue>)>,
}

impl Run {
    pub(crate) fn start(scenario: Scenario, policy: Policy, setup: &Setup) -> Self {
        let Started { event, state, .. } = engine::start(Start {
            tenant: TenantId::FIRST,
            namespace: NamespaceId::FIRST,
            run: &RunId::try_from("run-1").unwrap(),
            scenario: &scenario,
            origin: setup.origin,
            subject: None,
            environment: None,
            dispatch_targets: &setup.targets,
            issue_entry_packets: true,
            correlation_id: None,
            policy: &policy,
            at: setup.at,
            actor: Some("tests"),
        })
        .unwrap();
        Self { scenario, policy, state: state.into_state(), events: vec![(event, Vec::new())] }
    }

    /// Decides a step without taking it.
    pub(crate) fn decide(
        &self,
        trigger: &Trigger,
        answers: &[SaltedAnswer],
        at: Timestamp,
    ) -> Result<Decided, StepFault> {
        engine::decide(Step {
            state: &self.state,
            scenario: &self.scenario,
            trigger,
            answers,
            policy: &self.policy,
            at,
            actor: Some("tests"),
        })
    }

    /// Takes a step.
    pub(crate) fn step(
        &mut self,
        kind: TriggerKind,
        answers: &[SaltedAnswer],
        at: Timestamp,
    ) -> Result<Decided, StepFault> {
        let decided = self.decide(&trigger(&format!("t-{}", self.state.triggers + 1), kind, None), answers, at)?;
        self.state = RunState::clone(&decided.state);
        self.events.push((decided.event.clone(), decided.values.clone()));
        Ok(decided)
    }
}

/// A trigger.
pub(crate) fn trigger(id: &str, kind: TriggerKind, payload: Option<PacketPayload>) -> Trigger {
    Trigger {
        trigger_id: id.try_into().unwrap(),
        kind,
        source_id: "tests".into(),
        correlation_id: None,
        payload: payload.map(|payload| (payload, salt(255))),
    }
}
