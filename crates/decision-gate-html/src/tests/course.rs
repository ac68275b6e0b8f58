//! A run through the real engine, and its pack.

use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::engine::{self, RunState, SaltedAnswer, Start, Step, Trigger, TriggerKind};
use decision_gate_core::evidence::{Answer, EvidenceAnchor, Found};
use decision_gate_core::ledger::{Salt, SideValue};
use decision_gate_core::name::{NamespaceId, RunId, TenantId};
use decision_gate_core::policy::{Policy, PolicySnapshot};
use decision_gate_core::runpack::{
    Expect, ExpectedScenario, ManifestName, PackFiles, PackFrame, PackInput, Profile, Verification, build, verify_told,
};
use decision_gate_core::scenario::{Origin, Scenario};
use serde_json::{Value, json};

use crate::Verified;

const NOW: i64 = 1_700_000_000_000;

/// What strangers write into a run.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    pub(super) actor: &'a str,
    pub(super) source: &'a str,
    pub(super) question: &'a str,
    pub(super) expected: &'a str,
    pub(super) value: &'a str,
    pub(super) anchor: &'a str,
    pub(super) artifact: &'a str,
    pub(super) pack: &'a str,
}

impl<'a> Words<'a> {
    /// The same word everywhere.
    pub(super) fn all(word: &'a str) -> Self {
        Self {
            actor: word,
            source: word,
            question: word,
            expected: word,
            value: word,
            anchor: word,
            artifact: word,
            pack: word,
        }
    }
}

pub(super) const HARMLESS: Words<'static> = Words {
    actor: "ci",
    source: "agent-7",
    question: "tests.json",
    expected: "clean",
    value: "dirty",
    anchor: "reports/lint.json",
    artifact: "app.tar",
    pack: "proof",
};

fn scenario(words: Words<'_>) -> Value {
    let condition = |id: &str, comparator: &str, expected: Value| {
        let query =
            json!({ "provider_id": "json", "check_id": "path", "params": { "file": words.question, "id": id } });
        json!({ "condition_id": id, "query": query, "comparator": comparator, "expected": expected })
    };
    json!({
        "scenario_id": "release",
        "stages": [
            { "stage_id": "build", "timeout": { "timeout_ms": 60_000 }, "on_timeout": "fail", "gates": [
                { "gate_id": "tests", "requirement": { "And": ["no-failures", { "Not": "flaky" }] } },
                { "gate_id": "lint", "requirement": { "RequireGroup": { "min": 1, "reqs": ["lint-clean", "waived"] } } },
            ] },
            { "stage_id": "ship", "gates": [{ "gate_id": "approved", "requirement": "approval" }] }
        ],
        "conditions": [
            condition("no-failures", "equals", json!(0)),
            condition("flaky", "exists", Value::Null),
            condition("lint-clean", "equals", json!(words.expected)),
            condition("waived", "equals", json!(true)),
            condition("approval", "exists", Value::Null),
        ]
    })
}

fn policy(allow_raw: bool) -> Policy {
    let provider = json!({
        "answers": "fetched", "max_lane": "verified", "allow_raw": allow_raw, "contract": Digest::of(b"contract"),
        "result_schemas": { "path": true }
    });
    let snapshot = json!({
        "v": 1, "trust_requirement": "verified", "provider_trust_overrides": {}, "providers": { "json": provider },
        "anchors": { "providers": [] },
        "evidence": { "allow_raw_values": allow_raw, "require_provider_opt_in": true, "hash_profile": "kept" },
        "limits": { "max_evidence_bytes": 1_048_576, "max_payload_bytes": 2_097_152 },
        "packets": { "engine": "permit_all" },
        "time": { "source": "server", "max_skew_ms": 300_000 }
    });
    Policy::new(serde_json::from_value::<PolicySnapshot>(snapshot).unwrap())
}

/// A run on its way.
pub(super) struct Course<'a> {
    words: Words<'a>,
    scenario: Scenario,
    policy: Policy,
    state: RunState,
    events: Vec<Vec<u8>>,
    values: Vec<(u64, SideValue)>,
    now: i64,
}

impl<'a> Course<'a> {
    pub(super) fn start(words: Words<'a>, allow_raw: bool) -> Self {
        let scenario = Scenario::check(Scenario::read(&scenario(words)).unwrap()).unwrap();
        let policy = policy(allow_raw);
        let digest = json!([{ "name": words.artifact, "digest": { "sha256": "ab".repeat(32) } }]);
        let started = engine::start(Start {
            tenant: TenantId::FIRST,
            namespace: NamespaceId::FIRST,
            run: &RunId::try_from("nightly-41").unwrap(),
            scenario: &scenario,
            origin: Origin::Pinned,
            subject: Some(&serde_json::from_value(digest).unwrap()),
            environment: Some(&"production".parse().unwrap()),
            dispatch_targets: &[],
            issue_entry_packets: false,
            correlation_id: None,
            policy: &policy,
            at: Timestamp::UnixMillis(NOW),
            actor: Some(words.actor),
        })
        .unwrap();
        let events = vec![started.event.to_bytes()];
        Self { words, scenario, policy, state: started.state.into_state(), events, values: Vec::new(), now: NOW }
    }

    /// A step with these answers by condition.
    pub(super) fn step(mut self, kind: TriggerKind, later: i64, answers: &[(&str, Value)]) -> Self {
        self.now += later;
        let anchor_value = json!({ "path": self.words.anchor }).to_string();
        let anchor = EvidenceAnchor { anchor_type: "file_path_rooted".into(), anchor_value };
        let answer = |(index, (id, value)): (usize, &(&str, Value))| {
            let found = match value {
                Value::Null => Answer::absent(),
                value => Answer::Found(Box::new(Found { anchor: Some(anchor.clone()), ..Found::json(value.clone()) })),
            };
            let salt = Salt::new([u8::try_from(index).unwrap(); 32]);
            SaltedAnswer { condition_id: id.parse().unwrap(), answer: found, salt }
        };
        let answers: Vec<_> = answers.iter().enumerate().map(answer).collect();
        let trigger = Trigger {
            trigger_id: format!("trigger-{}", self.state.seq).parse().unwrap(),
            kind,
            source_id: self.words.source.into(),
            correlation_id: None,
            payload: None,
        };
        let decided = engine::decide(Step {
            state: &self.state,
            scenario: &self.scenario,
            trigger: &trigger,
            answers: &answers,
            policy: &self.policy,
            at: Timestamp::UnixMillis(self.now),
            actor: Some(self.words.actor),
        })
        .unwrap();
        let seq = decided.event.seq;
        self.events.push(decided.event.to_bytes());
        self.values.extend(decided.values.into_iter().map(|value| (seq, value)));
        self.state = decided.state.into_state();
        self
    }

    pub(super) fn held(self) -> Self {
        let dirty = json!(self.words.value);
        let answers = [
            ("no-failures", json!(3)),
            ("flaky", json!(["slow_test"])),
            ("lint-clean", dirty),
            ("waived", Value::Null),
        ];
        self.step(TriggerKind::AgentRequestNext, 1_000, &answers)
    }

    pub(super) fn completed(self) -> Self {
        let clean = json!(self.words.expected);
        let first = [("no-failures", json!(0)), ("flaky", Value::Null), ("lint-clean", clean), ("waived", Value::Null)];
        let through = self.step(TriggerKind::AgentRequestNext, 1_000, &first);
        through.step(TriggerKind::ExternalEvent, 1_000, &[("approval", json!("release board"))])
    }

    pub(super) fn timed_out(self) -> Self {
        self.step(TriggerKind::Tick, 3_600_000, &[])
    }

    pub(super) fn pack(&self, profile: Profile) -> PackFiles {
        let input = PackInput {
            frame: PackFrame {
                spec: self.scenario.to_bytes(),
                generated_at: Timestamp::UnixMillis(NOW + 7_200_000),
                profile,
                verification: Verification::Include,
                manifest_name: ManifestName::standard(),
                readers: None,
                anchor: None,
            },
            events: self.events.clone(),
            values: self.values.clone(),
            policies: vec![self.policy.to_bytes()],
        };
        build(input).unwrap().to_files()
    }

    /// The page of a pack, whose version is expected.
    pub(super) fn page(&self, profile: Profile) -> String {
        self.page_of(&self.pack(profile), true)
    }

    pub(super) fn page_of(&self, files: &PackFiles, versioned: bool) -> String {
        let version = ExpectedScenario { id: "release".into(), hash: Some(self.scenario.hash()) };
        let expect = Expect { scenario: versioned.then_some(version), ..Expect::default() };
        let (report, run) = verify_told(files, &ManifestName::standard(), &expect);
        let flags = versioned.then(|| ("--expect-scenario", format!("release@{}", self.scenario.hash())));
        let flags: Vec<_> = flags.into_iter().collect();
        let (pack, maker) = (self.words.pack, "decision-gate 0.0.0");
        Verified { report: &report, run: run.as_ref(), pack, flags: &flags, maker }.run_page()
    }
}
