//! Runs through the real engine, and packs that can be rewritten with every hash made anew.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::at::Timestamp;
use crate::digest::Digest;
use crate::engine::{self, DecisionOutcome, RunState, SaltedAnswer, Start, Step, Submission, Trigger, TriggerKind};
use crate::evidence::{Answer, EvidenceAnchor, Fault, FaultCode, Found};
use crate::json::canonical;
use crate::ledger::{Salt, SideValue};
use crate::name::{NamespaceId, RunId, TenantId};
use crate::policy::{Policy, PolicySnapshot};
use crate::runpack::{
    Expect, ExpectedScenario, FindingCode, ManifestName, Pack, PackFiles, PackFrame, PackInput, Profile, Report,
    Verification, build, verify,
};
use crate::scenario::packets::{DispatchTarget, PacketPayload};
use crate::scenario::{Origin, Scenario};

pub(super) const NOW: i64 = 1_700_000_000_000;

/// Two stages: tests and lint, then an approval, with a packet on the way.
pub(super) fn release() -> Value {
    json!({
        "scenario_id": "release",
        "stages": [
            {
                "stage_id": "build",
                "gates": [
                    { "gate_id": "tests", "requirement": { "And": ["no-failures", "not-early"] } },
                    { "gate_id": "lint", "requirement": "lint-clean" }
                ]
            },
            {
                "stage_id": "ship",
                "entry_packets": [{
                    "packet_id": "checklist", "schema_id": "checklist-1", "content_type": "application/json",
                    "visibility_labels": ["team"], "payload": { "kind": "json", "value": { "steps": ["tag", "push"] } }
                }],
                "gates": [{ "gate_id": "approved", "requirement": { "Or": ["approval", "override"] } }],
                "timeout": { "timeout_ms": 60_000 },
                "on_timeout": "advance_with_flag"
            }
        ],
        "conditions": [
            condition("no-failures", "json", "equals", &json!(0)),
            condition("lint-clean", "json", "equals", &json!("clean")),
            condition("approval", "env", "equals", &json!("yes")),
            condition("override", "env", "exists", &Value::Null),
            {
                "condition_id": "not-early",
                "query": { "provider_id": "time", "check_id": "after", "params": { "timestamp": NOW - 1 } },
                "comparator": "equals", "expected": true
            }
        ]
    })
}

fn condition(id: &str, provider: &str, comparator: &str, expected: &Value) -> Value {
    let query = json!({ "provider_id": provider, "check_id": "value", "params": { "name": id } });
    json!({ "condition_id": id, "query": query, "comparator": comparator, "expected": expected })
}

/// A policy under which everything is `verified` and nothing may be shown.
pub(super) fn policy() -> PolicySnapshot {
    let digest = Digest::of(b"contract");
    let provider = |answers: &str, check: &str, schema: Value| {
        json!({
            "answers": answers, "max_lane": "verified", "allow_raw": false, "contract": digest,
            "result_schemas": { check: schema }
        })
    };
    let snapshot = json!({
        "v": 1,
        "trust_requirement": "verified",
        "provider_trust_overrides": {},
        "providers": {
            "json": provider("fetched", "value", json!(true)),
            "env": provider("fetched", "value", json!({ "type": "string" })),
            "time": provider("derived", "after", json!({ "type": "boolean" })),
        },
        "anchors": { "providers": [
            { "provider_id": "json", "requirement": { "anchor_type": "file_path_rooted", "required_fields": ["path", "root_id"] } }
        ] },
        "evidence": { "allow_raw_values": false, "require_provider_opt_in": true, "hash_profile": "kept" },
        "limits": { "max_evidence_bytes": 1_048_576, "max_payload_bytes": 2_097_152 },
        "packets": { "engine": "permit_all" },
        "time": { "source": "server", "max_skew_ms": 300_000 }
    });
    serde_json::from_value(snapshot).unwrap()
}

/// A value from a file.
pub(super) fn file(value: Value) -> Answer {
    let anchor_value = r#"{"path":"report.json","root_id":"reports"}"#.to_owned();
    let anchor = EvidenceAnchor { anchor_type: "file_path_rooted".into(), anchor_value };
    Answer::Found(Box::new(Found {
        anchor: Some(anchor),
        content_type: Some("application/json".into()),
        ..Found::json(value)
    }))
}

/// A value from the environment.
pub(super) fn variable(value: &str) -> Answer {
    Answer::Found(Box::new(Found::json(json!(value))))
}

pub(super) fn absent() -> Answer {
    Answer::absent()
}

pub(super) fn fault() -> Answer {
    Answer::Fault(Fault::new(FaultCode::known("file_missing"), "no such file"))
}

/// A run on its way.
pub(super) struct Live {
    pub(super) scenario: Scenario,
    policies: Vec<Policy>,
    pub(super) state: Option<RunState>,
    events: Vec<Vec<u8>>,
    values: Vec<(u64, SideValue)>,
    now: i64,
    salts: u8,
}

impl Live {
    pub(super) fn start(spec: &Value, origin: Origin) -> Self {
        Self::start_under(spec, origin, policy())
    }

    pub(super) fn start_under(spec: &Value, origin: Origin, policy: PolicySnapshot) -> Self {
        let scenario = Scenario::check(Scenario::read(spec).unwrap()).unwrap();
        let mut live = Self {
            scenario,
            policies: vec![Policy::new(policy)],
            state: None,
            events: Vec::new(),
            values: Vec::new(),
            now: NOW,
            salts: 0,
        };
        let run = RunId::try_from("run-1").unwrap();
        let subject = serde_json::from_value(json!([{ "digest": { "sha256": "ab".repeat(32) } }])).unwrap();
        let environment = "production".parse().unwrap();
        let started = engine::start(Start {
            tenant: TenantId::FIRST,
            namespace: NamespaceId::FIRST,
            run: &run,
            scenario: &live.scenario,
            origin,
            subject: Some(&subject),
            environment: Some(&environment),
            dispatch_targets: &[DispatchTarget::Agent { agent_id: "agent-7".into() }],
            issue_entry_packets: true,
            correlation_id: Some("ticket-9"),
            policy: live.policies.last().unwrap(),
            at: Timestamp::UnixMillis(live.now),
            actor: Some("ci"),
        })
        .unwrap();
        live.events.push(started.event.to_bytes());
        live.state = Some(started.state.into_state());
        live
    }

    pub(super) fn state(&self) -> &RunState {
        self.state.as_ref().unwrap()
    }

    pub(super) fn under(&mut self, policy: PolicySnapshot) {
        self.policies.push(Policy::new(policy));
    }

    fn salt(&mut self) -> Salt {
        self.salts = self.salts.wrapping_add(1);
        Salt::new([self.salts; 32])
    }

    /// One step, a second after the one before it.
    pub(super) fn next(&mut self, answers: &[(&str, Answer)]) -> DecisionOutcome {
        self.step(TriggerKind::AgentRequestNext, 1_000, None, answers)
    }

    pub(super) fn step(
        &mut self,
        kind: TriggerKind,
        later: i64,
        payload: Option<Value>,
        answers: &[(&str, Answer)],
    ) -> DecisionOutcome {
        self.now += later;
        let answers: Vec<_> = answers
            .iter()
            .map(|(id, answer)| SaltedAnswer {
                condition_id: id.parse().unwrap(),
                answer: answer.clone(),
                salt: self.salt(),
            })
            .collect();
        let payload = payload.map(|value| (PacketPayload::Json { value }, self.salt()));
        let state = self.state.take().unwrap();
        let trigger_id = format!("trigger-{}", state.seq).parse().unwrap();
        let trigger =
            Trigger { trigger_id, kind, source_id: "agent-7".into(), correlation_id: Some("ticket-9".into()), payload };
        let decided = engine::decide(Step {
            state: &state,
            scenario: &self.scenario,
            trigger: &trigger,
            answers: &answers,
            policy: self.policies.last().unwrap(),
            at: Timestamp::UnixMillis(self.now),
            actor: Some("ci"),
        })
        .unwrap();
        let outcome = decided.decision().outcome.clone();
        self.take(decided.event.to_bytes(), decided.event.seq, decided.values, decided.state.into_state());
        outcome
    }

    pub(super) fn submit(&mut self, id: &str, payload: Value) {
        self.now += 1_000;
        let salt = self.salt();
        let state = self.state.take().unwrap();
        let taken = engine::submit(Submission {
            state: &state,
            submission_id: &id.parse().unwrap(),
            payload: &PacketPayload::Json { value: payload },
            content_type: "application/json",
            salt,
            correlation_id: None,
            policy: self.policies.last().unwrap(),
            at: Timestamp::UnixMillis(self.now),
            actor: None,
        })
        .unwrap();
        self.take(taken.event.to_bytes(), taken.event.seq, vec![taken.value], taken.state.into_state());
    }

    fn take(&mut self, event: Vec<u8>, seq: u64, values: Vec<SideValue>, state: RunState) {
        self.events.push(event);
        self.values.extend(values.into_iter().map(|value| (seq, value)));
        self.state = Some(state);
    }

    /// What the ledger has of the run.
    pub(super) fn input(&self, profile: Profile) -> PackInput {
        PackInput {
            frame: PackFrame {
                spec: self.scenario.to_bytes(),
                generated_at: Timestamp::UnixMillis(NOW + 100_000),
                profile,
                verification: Verification::Include,
                manifest_name: ManifestName::standard(),
                readers: None,
                anchor: None,
            },
            events: self.events.clone(),
            values: self.values.clone(),
            policies: self.policies.iter().map(Policy::to_bytes).collect(),
        }
    }

    pub(super) fn pack(&self, profile: Profile) -> Pack {
        build(self.input(profile)).unwrap()
    }

    /// What an auditor who knows the scenario version asks for.
    pub(super) fn expect(&self) -> Expect {
        let scenario = ExpectedScenario { id: "release".into(), hash: Some(self.scenario.hash()) };
        Expect { scenario: Some(scenario), ..Expect::default() }
    }
}

/// Hold, submission, advance, hold, completion.
pub(super) fn completed() -> Live {
    let mut live = Live::start(&release(), Origin::Pinned);
    live.next(&[("no-failures", file(json!(3))), ("lint-clean", fault())]);
    live.submit("notes", json!({ "text": "two flaky tests" }));
    live.step(
        TriggerKind::ExternalEvent,
        1_000,
        Some(json!({ "commit": "c0ffee" })),
        &[("no-failures", file(json!(0))), ("lint-clean", file(json!("clean")))],
    );
    live.next(&[("approval", variable("no")), ("override", absent())]);
    live.next(&[("approval", variable("yes")), ("override", absent())]);
    live
}

/// A small pack: one hold.
pub(super) fn small() -> Live {
    let mut live = Live::start(&release(), Origin::Pinned);
    live.next(&[("no-failures", file(json!(3))), ("lint-clean", fault())]);
    live
}

pub(super) fn checked(files: &PackFiles, expect: &Expect) -> Report {
    verify(files, &ManifestName::standard(), expect)
}

/// The findings of a pack, as code and place.
pub(super) fn codes(report: &Report) -> Vec<FindingCode> {
    let mut codes: Vec<_> = report.findings.iter().map(|it| it.code).collect();
    codes.dedup();
    codes
}

/// A pack that can be changed, and sealed again as its maker would.
pub(super) struct Forgery(pub(super) BTreeMap<String, Vec<u8>>);

impl Forgery {
    pub(super) fn of(pack: &Pack) -> Self {
        Self(pack.files().map(|(path, bytes)| (path.to_owned(), bytes.to_vec())).collect())
    }

    pub(super) fn read(&self, path: &str) -> Value {
        serde_json::from_slice(&self.0[path]).unwrap()
    }

    pub(super) fn edit(&mut self, path: &str, change: impl FnOnce(&mut Value)) -> &mut Self {
        let mut value = self.read(path);
        change(&mut value);
        self.0.insert(path.to_owned(), canonical::to_vec(&value));
        self
    }

    /// Recomputes every hash of the manifest, and the root hash.
    pub(super) fn seal(&mut self) -> &mut Self {
        let mut manifest = self.read("manifest.json");
        let hash = |path: &Value| json!(Digest::of(&self.0[path.as_str().unwrap()]));
        for list in ["/integrity/file_hashes", "/artifacts"] {
            for item in manifest.pointer_mut(list).unwrap().as_array_mut().unwrap() {
                let hash = hash(&item["path"]);
                item["hash"] = hash;
            }
        }
        let root = Digest::of(&canonical::to_vec(&manifest["integrity"]["file_hashes"]));
        manifest["integrity"]["root_hash"] = json!(root);
        self.0.insert("manifest.json".into(), canonical::to_vec(&manifest));
        self
    }

    pub(super) fn verify(&self) -> Report {
        self.verify_for(&Expect::default())
    }

    pub(super) fn verify_for(&self, expect: &Expect) -> Report {
        checked(&self.0.clone().into_iter().collect(), expect)
    }
}
