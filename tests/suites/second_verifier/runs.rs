//! Runs through the real engine, and the packs of them.

use std::collections::BTreeMap;

use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::engine::{self, RunState, SaltedAnswer, Start, Step, Submission, Trigger, TriggerKind};
use decision_gate_core::evidence::{Answer, EvidenceAnchor, Fault, FaultCode, Found};
use decision_gate_core::keys::{KeyId, SigningKey, TrustedKey};
use decision_gate_core::ledger::{Salt, SideValue, StreamHead, leaf_hash, root_of};
use decision_gate_core::name::{NamespaceId, RunId, TenantId};
use decision_gate_core::policy::{Policy, PolicySnapshot};
use decision_gate_core::runpack::{Anchor, ManifestName, PackFrame, PackInput, Profile, Verification, build};
use decision_gate_core::scenario::packets::{DispatchTarget, PacketPayload};
use decision_gate_core::scenario::{Origin, Scenario};
use decision_gate_core::trust::statement::{Claim, ValueClaim};
use decision_gate_core::trust::{Binding, EvidenceStatement};
use serde_json::{Value, json};

/// When every run starts.
pub(crate) const NOW: i64 = 1_700_000_000_000;

/// A pack as files by path.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// The key that signs packs, and that auditors have.
pub(crate) fn signer() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

/// The key of a provider.
pub(crate) fn provider_key() -> SigningKey {
    SigningKey::from_seed(&[9; 32])
}

pub(crate) fn trusted(id: &str, key: &SigningKey) -> TrustedKey {
    TrustedKey::new(KeyId::try_from(id).unwrap(), key.public())
}

/// The auditor's keyring, in the form of its file.
pub(crate) fn ring() -> Value {
    let mut ci = json!(trusted("ci", &provider_key()));
    ci["providers"] = json!(["env"]);
    json!([ci, trusted("gate", &signer())])
}

/// A policy under which everything is `verified`; patches by JSON Pointer.
pub(crate) fn policy(patches: &[(&str, Value)]) -> PolicySnapshot {
    let digest = Digest::of(b"contract");
    let provider = |answers: &str, checks: Value| json!({"answers": answers, "max_lane": "verified", "allow_raw": false, "contract": digest, "result_schemas": checks});
    let times = json!({"after": {"type": "boolean"}, "before": {"type": "boolean"}, "now": {"type": "integer"}});
    let mut snapshot = json!({
        "v": 1, "trust_requirement": "verified", "provider_trust_overrides": {},
        "providers": {
            "env": provider("fetched", json!({"value": {}})),
            "json": provider("fetched", json!({"value": true, "text": {"type": "string"}})),
            "time": provider("derived", times)
        },
        "anchors": {"providers": [{"provider_id": "json", "requirement": {
            "anchor_type": "file_path_rooted", "required_fields": ["path", "root_id"]}}]},
        "evidence": {"allow_raw_values": false, "require_provider_opt_in": true, "hash_profile": "kept"},
        "limits": {"max_evidence_bytes": 1_048_576, "max_payload_bytes": 2_097_152},
        "packets": {"engine": "permit_all"}, "time": {"source": "server", "max_skew_ms": 300_000}
    });
    for (pointer, value) in patches {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        snapshot.pointer_mut(parent).unwrap()[name] = value.clone();
    }
    serde_json::from_value(snapshot).unwrap()
}

/// A condition that asks `provider` for `value`.
pub(crate) fn condition(id: &str, provider: &str, comparator: &str, expected: &Value) -> Value {
    let query = json!({"provider_id": provider, "check_id": "value", "params": {"name": id}});
    json!({"condition_id": id, "query": query, "comparator": comparator, "expected": expected})
}

/// One stage, one gate.
pub(crate) fn gated(requirement: &Value, conditions: &[Value]) -> Value {
    json!({
        "scenario_id": "release", "conditions": conditions,
        "stages": [{"stage_id": "only", "gates": [{"gate_id": "g", "requirement": requirement}]}]
    })
}

pub(crate) fn found(value: Value) -> Answer {
    Answer::Found(Box::new(Found::json(value)))
}

/// A value from a file, with the anchor that the policy asks for.
pub(crate) fn file(value: Value) -> Answer {
    let anchor_value = r#"{"path":"report.json","root_id":"reports"}"#.to_owned();
    let anchor = Some(EvidenceAnchor { anchor_type: "file_path_rooted".into(), anchor_value });
    Answer::Found(Box::new(Found { anchor, content_type: Some("application/json".into()), ..Found::json(value) }))
}

pub(crate) fn fault(code: &'static str) -> Answer {
    Answer::Fault(Fault::new(FaultCode::known(code), "no such file"))
}

/// A run on its way.
pub(crate) struct Run {
    scenario: Scenario,
    policies: Vec<Policy>,
    state: RunState,
    events: Vec<Vec<u8>>,
    values: Vec<(u64, SideValue)>,
    at: Timestamp,
    salts: u64,
}

impl Run {
    pub(crate) fn start(spec: &Value, snapshot: PolicySnapshot) -> Self {
        Self::start_at(spec, snapshot, Timestamp::UnixMillis(NOW), Origin::Pinned)
    }

    pub(crate) fn start_at(spec: &Value, snapshot: PolicySnapshot, at: Timestamp, origin: Origin) -> Self {
        let scenario = Scenario::check(Scenario::read(spec).unwrap()).unwrap();
        let policy = Policy::new(snapshot);
        let subject = serde_json::from_value(json!([{"name": "app", "digest": {"sha256": "ab".repeat(32)}}])).unwrap();
        let started = engine::start(Start {
            tenant: TenantId::FIRST,
            namespace: NamespaceId::FIRST,
            run: &RunId::try_from("run-1").unwrap(),
            scenario: &scenario,
            origin,
            subject: Some(&subject),
            environment: Some(&"production".parse().unwrap()),
            dispatch_targets: &[DispatchTarget::Agent { agent_id: "agent-7".into() }],
            issue_entry_packets: true,
            correlation_id: Some("ticket-9"),
            policy: &policy,
            at,
            actor: Some("ci"),
        });
        let started = started.unwrap();
        let (events, state) = (vec![started.event.to_bytes()], started.state);
        Self { scenario, policies: vec![policy], state: state.into_state(), events, values: Vec::new(), at, salts: 0 }
    }

    /// Another policy from here on.
    pub(crate) fn under(&mut self, snapshot: PolicySnapshot) {
        self.policies.push(Policy::new(snapshot));
    }

    fn salt(&mut self) -> Salt {
        self.salts += 1;
        Salt::new(*Digest::of(&self.salts.to_be_bytes()).as_bytes())
    }

    fn later(&mut self, by: u32) {
        self.at = match self.at {
            Timestamp::UnixMillis(now) => Timestamp::UnixMillis(now + i64::from(by)),
            Timestamp::Logical(now) => Timestamp::Logical(now + u64::from(by)),
        };
    }

    /// An answer that the provider `env` signs for this condition, at the time of the next step.
    pub(crate) fn signed(
        &self,
        condition: &str,
        value: &Value,
        binding: Binding,
        change: fn(&mut EvidenceStatement),
    ) -> Answer {
        let query = &self.scenario.condition(&condition.parse().unwrap()).unwrap().query;
        let found = Found::json(value.clone());
        let claim = Claim { value: ValueClaim::of(&found.value), content_type: None, anchor: None };
        let Timestamp::UnixMillis(now) = self.at else { panic!("wall-clock time") };
        let (at, expires) = (Timestamp::UnixMillis(now + 1_000), Timestamp::UnixMillis(now + 2_000));
        let mut statement = EvidenceStatement::about(query, claim, &self.state.occasion(at), binding, expires);
        change(&mut statement);
        let envelope = statement.sign(&provider_key(), Some(&KeyId::try_from("ci").unwrap()));
        let attestation = Some(String::from_utf8(envelope.as_bytes().to_vec()).unwrap());
        Answer::Found(Box::new(Found { attestation, ..found }))
    }

    pub(crate) fn next(&mut self, answers: &[(&str, Answer)]) -> &mut Self {
        self.step(TriggerKind::AgentRequestNext, 1_000, None, answers)
    }

    pub(crate) fn step(
        &mut self,
        kind: TriggerKind,
        later: u32,
        payload: Option<Value>,
        answers: &[(&str, Answer)],
    ) -> &mut Self {
        self.later(later);
        let salted = |(id, answer): &(&str, Answer)| SaltedAnswer {
            condition_id: id.parse().unwrap(),
            answer: answer.clone(),
            salt: self.salt(),
        };
        let answers: Vec<_> = answers.iter().map(salted).collect();
        let payload = payload.map(|value| (PacketPayload::Json { value }, self.salt()));
        let trigger_id = format!("trigger-{}", self.state.seq).parse().unwrap();
        let trigger = Trigger { trigger_id, kind, source_id: "agent-7".into(), correlation_id: None, payload };
        let decided = engine::decide(Step {
            state: &self.state,
            scenario: &self.scenario,
            trigger: &trigger,
            answers: &answers,
            policy: self.policies.last().unwrap(),
            at: self.at,
            actor: Some("ci"),
        });
        let decided = decided.unwrap();
        self.take(decided.event.to_bytes(), decided.event.seq, decided.values, decided.state.into_state())
    }

    pub(crate) fn submit(&mut self, payload: &PacketPayload) -> &mut Self {
        self.later(1_000);
        let salt = self.salt();
        let taken = engine::submit(Submission {
            state: &self.state,
            submission_id: &format!("notes-{}", self.state.seq).parse().unwrap(),
            payload,
            content_type: "application/json",
            salt,
            correlation_id: None,
            policy: self.policies.last().unwrap(),
            at: self.at,
            actor: None,
        });
        let taken = taken.unwrap();
        self.take(taken.event.to_bytes(), taken.event.seq, vec![taken.value], taken.state.into_state())
    }

    fn take(&mut self, event: Vec<u8>, seq: u64, values: Vec<SideValue>, state: RunState) -> &mut Self {
        self.events.push(event);
        self.values.extend(values.into_iter().map(|value| (seq, value)));
        self.state = state;
        self
    }

    /// What became of the run.
    pub(crate) fn state(&self) -> &RunState {
        &self.state
    }

    /// The run's pack, signed.
    pub(crate) fn pack(&self, profile: Profile) -> Files {
        self.anchored(profile, None)
    }

    /// What stands for the run in the log of its namespace.
    pub(crate) fn head(&self) -> StreamHead {
        StreamHead {
            tenant: TenantId::FIRST,
            namespace: NamespaceId::FIRST,
            run: Some(self.state.run.clone()),
            size: self.state.seq,
            root: root_of(self.events.iter().map(|it| leaf_hash(it))),
        }
    }

    /// The same pack, with the place of the run in a log.
    pub(crate) fn anchored(&self, profile: Profile, anchor: Option<Anchor>) -> Files {
        let input = PackInput {
            frame: PackFrame {
                spec: self.scenario.to_bytes(),
                generated_at: Timestamp::UnixMillis(NOW + 100_000_000),
                anchor,
                profile,
                verification: Verification::Include,
                manifest_name: ManifestName::standard(),
                readers: None,
            },
            events: self.events.clone(),
            values: self.values.clone(),
            policies: self.policies.iter().map(Policy::to_bytes).collect(),
        };
        let pack = build(input).unwrap().signed(&signer());
        pack.files().map(|(path, bytes)| (path.to_owned(), bytes.to_vec())).collect()
    }
}
