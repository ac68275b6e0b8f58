//! Releases through the real engine: from files to an event, a pack and its replay.

pub(crate) mod laws;
mod paths;
mod signatures;
mod why;

use decision_gate_core::at::Timestamp;
use decision_gate_core::condition::Truth;
use decision_gate_core::dsse;
use decision_gate_core::engine::{self, Decided, SaltedAnswer, Start, Started, Step, Trigger, TriggerKind};
use decision_gate_core::evidence::{Answer, Found};
use decision_gate_core::explain::{Explanation, Situation, Size};
use decision_gate_core::intoto::{PAYLOAD_TYPE, Statement};
use decision_gate_core::keys::{KeyId, Keyring, SigningKey, TrustedKey};
use decision_gate_core::ledger::{Body, EvidenceEntry, Salt, SideValue};
use decision_gate_core::name::{NamespaceId, RunId, TenantId};
use decision_gate_core::policy::{Policy, PolicySnapshot};
use decision_gate_core::runpack::{
    Expect, ManifestName, Pack, PackFrame, PackInput, Profile, Report, Verification, build, verify,
};
use decision_gate_core::scenario::{Origin, Scenario};
use decision_gate_core::trust::ReleaseRecord;
use serde_json::{Value, json};

use super::{Asked, Brought, BroughtRoot, READERS, Rules, TenantName, checks};
use crate::options::Overlays;
use crate::tests::{NOW, execution, subject, time};

/// A release, as files, rules and a question.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) gates: Value,
    pub(crate) files: Vec<(String, Vec<u8>)>,
    pub(crate) asked: Asked,
    pub(crate) params: Value,
    pub(crate) check: &'static str,
    pub(crate) root_lane: Option<decision_gate_core::trust::Lane>,
    pub(crate) rules: Rules,
    pub(crate) environment: &'static str,
    pub(crate) at: i64,
}

/// A key of that name.
pub(crate) fn key(name: &str) -> SigningKey {
    SigningKey::from_seed(decision_gate_core::digest::Digest::of(name.as_bytes()).as_bytes())
}

pub(crate) fn id(name: &str) -> KeyId {
    KeyId::try_from(name).unwrap()
}

/// An envelope around a statement about the artifact.
pub(crate) fn signed(signer: &str, predicate_type: &str, predicate: &Value) -> Vec<u8> {
    let statement = Statement::new(&subject(), predicate_type, predicate).unwrap();
    dsse::sign(PAYLOAD_TYPE, &statement.to_bytes(), &key(signer), Some(&id(signer))).as_bytes().to_vec()
}

/// Execution evidence that meets the default minimums.
pub(crate) fn traced(signer: &str) -> Vec<u8> {
    let predicate = execution(&json!({ "hot": 5, "paths": 3 }));
    signed(signer, decision_gate_attest::execution_evidence::PREDICATE_TYPE, &predicate)
}

/// A waiver of the execution gate, in days from now.
pub(crate) fn waiver(signer: &str, from: i64, to: i64) -> Vec<u8> {
    const DAY: i64 = 86_400_000;
    let predicate = json!({
        "gate": "execution-evidence", "environment": "production", "tenant": "acme",
        "reason": "the tracer is down", "approver": "release-board",
        "issued_at": time(NOW + from * DAY), "expires_at": time(NOW + to * DAY),
    });
    signed(signer, crate::waiver::PREDICATE_TYPE, &predicate)
}

impl World {
    /// The execution gate blocks where evidence is missing; there is none.
    pub(crate) fn blocking() -> Self {
        Self {
            gates: json!({ "ExecutionEvidence": { "Enabled": true, "MissingEvidenceAction": "Block" } }),
            files: Vec::new(),
            asked: Asked::default(),
            params: json!({}),
            check: "chain",
            root_lane: None,
            rules: Rules {
                environments: ["development", "staging", "production"].map(|it| it.parse().unwrap()).into(),
                tenants: vec![TenantName { id: TenantId::FIRST, name: "acme".into() }],
                waiver_keys: [id("board")].into(),
                ..Rules::default()
            },
            environment: "production",
            at: NOW,
        }
    }

    pub(crate) fn with(mut self, name: &str, file: Vec<u8>) -> Self {
        self.files.push((name.to_owned(), file));
        self
    }

    fn policy(&self) -> Policy {
        let mut overlays = Overlays::default();
        overlays.push("policy.yaml", json!({ "PolicyGates": self.gates }));
        let rules = Rules { policies: [("default".to_owned(), overlays)].into(), ..self.rules.clone() };
        let keys = ["builder", "board", "recorder"].map(|it| TrustedKey::new(id(it), key(it).public()));
        let schemas: serde_json::Map<String, Value> = checks().map(|it| (it.to_owned(), json!(true))).collect();
        let snapshot = json!({
            "v": 1,
            "trust_requirement": "verified",
            "provider_trust_overrides": {},
            "providers": { "release": {
                "answers": "fetched", "max_lane": "verified", "allow_raw": false, "result_schemas": schemas,
                "contract": decision_gate_core::digest::Digest::of(b"contract"), "release": rules.to_value(),
            } },
            "anchors": {},
            "evidence": { "allow_raw_values": false, "require_provider_opt_in": true, "hash_profile": "kept" },
            "limits": { "max_evidence_bytes": 1_048_576, "max_payload_bytes": 2_097_152 },
            "packets": { "engine": "permit_all" },
            "time": { "source": "server", "max_skew_ms": 300_000 },
            "keys": Keyring::new(keys).unwrap(),
        });
        let snapshot: PolicySnapshot = serde_json::from_value(snapshot).unwrap();
        Policy::new(snapshot).with_readers(Some(READERS))
    }

    fn answer(&self) -> Answer {
        let root = BroughtRoot::new("ci", self.root_lane, self.files.clone());
        Answer::Found(Box::new(Found {
            value: Brought::new(self.asked.clone(), [root]).to_value(),
            // As the provider says of files that it knows nothing of; who signed them is established later.
            lane_ceiling: Some(decision_gate_core::trust::Lane::Asserted),
            ..Found::json(Value::Null)
        }))
    }

    /// Starts a run and takes its one step.
    pub(crate) fn run(&self) -> Ran {
        self.run_as("run-1")
    }

    /// The same under another name.
    pub(crate) fn run_as(&self, run: &str) -> Ran {
        let spec = json!({
            "scenario_id": "ship",
            "stages": [{ "stage_id": "gates", "gates": [{ "gate_id": "released", "requirement": "release" }] }],
            "conditions": [{
                "condition_id": "release", "comparator": "equals", "expected": "pass",
                "query": { "provider_id": "release", "check_id": self.check, "params": self.params },
            }],
        });
        let scenario = Scenario::check(Scenario::read(&spec).unwrap()).unwrap();
        let (policy, run) = (self.policy(), RunId::try_from(run).unwrap());
        let environment = self.environment.parse().unwrap();
        let at = Timestamp::UnixMillis(self.at);
        let Started { event, state, .. } = engine::start(Start {
            tenant: TenantId::FIRST,
            namespace: NamespaceId::FIRST,
            run: &run,
            scenario: &scenario,
            origin: Origin::Pinned,
            subject: Some(&subject()),
            environment: Some(&environment),
            dispatch_targets: &[],
            issue_entry_packets: false,
            correlation_id: None,
            policy: &policy,
            at,
            actor: None,
        })
        .unwrap();
        let trigger = Trigger {
            trigger_id: "trigger-1".parse().unwrap(),
            kind: TriggerKind::AgentRequestNext,
            source_id: "ci".into(),
            correlation_id: None,
            payload: None,
        };
        let answer =
            SaltedAnswer { condition_id: "release".parse().unwrap(), answer: self.answer(), salt: Salt::new([7; 32]) };
        let answers = [answer];
        let step = Step {
            state: &state,
            scenario: &scenario,
            trigger: &trigger,
            answers: &answers,
            policy: &policy,
            at,
            actor: None,
        };
        let decided = engine::decide(step).unwrap();
        Ran { start: event.to_bytes(), decided, scenario, policy }
    }
}

/// A run that took its step.
pub(crate) struct Ran {
    pub(crate) start: Vec<u8>,
    pub(crate) decided: Decided,
    pub(crate) scenario: Scenario,
    pub(crate) policy: Policy,
}

impl Ran {
    pub(crate) fn entry(&self) -> EvidenceEntry {
        let Body::StepDecided(body) = &self.decided.event.body else { panic!("a step") };
        body.evidence[0].clone()
    }

    pub(crate) fn record(&self) -> ReleaseRecord {
        self.entry().release.unwrap()
    }

    /// The whole judgement, which is never hashed.
    pub(crate) fn view(&self) -> Value {
        self.decided.evaluation.as_ref().unwrap().conditions[0].judged.release.as_ref().unwrap().view.clone()
    }

    /// Why it holds; nothing where it does not.
    pub(crate) fn explanation(&self) -> Option<Explanation> {
        let situation = Situation {
            scenario: &self.scenario,
            stage: self.scenario.first_stage().unwrap(),
            evaluation: self.decided.evaluation.as_ref().unwrap(),
            policy: &self.policy,
            told_under: &self.policy,
            at: self.decided.decision().decided_at,
            entered_at: None,
        };
        situation.explain(Size::Whole)
    }

    pub(crate) fn status(&self) -> (Truth, Option<String>) {
        (self.entry().status, self.entry().gap)
    }

    pub(crate) fn allowed(&self) -> bool {
        self.decided.state.is_allowed()
    }

    pub(crate) fn relaxations(&self) -> Value {
        let Body::StepDecided(body) = &self.decided.event.body else { panic!("a step") };
        json!(body.relaxations)
    }

    pub(crate) fn pack(&self, profile: Profile) -> Pack {
        let values: Vec<(u64, SideValue)> =
            self.decided.values.iter().map(|it| (self.decided.event.seq, it.clone())).collect();
        build(PackInput {
            frame: PackFrame {
                spec: self.scenario.to_bytes(),
                generated_at: Timestamp::UnixMillis(NOW + 1_000),
                profile,
                verification: Verification::Include,
                manifest_name: ManifestName::standard(),
                readers: Some(READERS),
                anchor: None,
            },
            events: vec![self.start.clone(), self.decided.event.to_bytes()],
            values,
            policies: vec![self.policy.to_bytes()],
        })
        .unwrap()
    }

    /// Replayed by somebody who has the pack, these keys and nothing else.
    pub(crate) fn verify(&self, profile: Profile, keys: Option<&Keyring>) -> Report {
        let expect = Expect { readers: Some(READERS), keys: keys.cloned(), ..Expect::default() };
        verify(&self.pack(profile).to_files(), &ManifestName::standard(), &expect)
    }
}
