//! Signed evidence in packs: checked again from the pack's own bytes, and not taken for pulled where it is redacted.

use serde_json::{Value, json};

use super::fixture::{Forgery, Live, checked, codes, policy};
use crate::at::Timestamp;
use crate::engine::{DecisionOutcome, TriggerKind};
use crate::evidence::{Answer, Found};
use crate::keys::{KeyId, SigningKey, TrustedKey};
use crate::policy::PolicySnapshot;
use crate::runpack::{Expect, FindingCode, Profile, Status};
use crate::scenario::Origin;
use crate::trust::statement::{Claim, ValueClaim};
use crate::trust::{Binding, EvidenceStatement};

fn key() -> SigningKey {
    SigningKey::from_seed(&[9; 32])
}

fn key_id() -> KeyId {
    KeyId::try_from("ci").unwrap()
}

fn signed_policy() -> PolicySnapshot {
    let mut snapshot = json!(policy());
    snapshot["keys"] = json!([TrustedKey::new(key_id(), key().public())]);
    let required = json!({"require_signature": {"keys": ["ci"], "binding": "run"}});
    snapshot["providers"]["env"]["trust"] = required;
    serde_json::from_value(snapshot).unwrap()
}

fn spec() -> Value {
    json!({
        "scenario_id": "release",
        "stages": [{"stage_id": "only", "gates": [{"gate_id": "g", "requirement": "approval"}]}],
        "conditions": [{
            "condition_id": "approval", "comparator": "equals", "expected": "yes",
            "query": {"provider_id": "env", "check_id": "value"}
        }]
    })
}

/// One step on a value that is signed for it.
fn live() -> Live {
    let mut live = Live::start_under(&spec(), Origin::Pinned, signed_policy());
    let Timestamp::UnixMillis(now) = live.state().last_event_at else { panic!("wall-clock time") };
    let query = live.scenario.condition(&"approval".parse().unwrap()).unwrap().query.clone();
    let found = Found::json(json!("yes"));
    let claim = Claim { value: ValueClaim::of(&found.value), content_type: None, anchor: None };
    let occasion = live.state().occasion(Timestamp::UnixMillis(now + 1_000));
    let expires = Timestamp::UnixMillis(now + 2_000);
    let statement = EvidenceStatement::about(&query, claim, &occasion, Binding::Run, expires);
    let envelope = statement.sign(&key(), Some(&key_id()));
    let attestation = Some(String::from_utf8(envelope.as_bytes().to_vec()).unwrap());
    let answer = Answer::Found(Box::new(Found { attestation, ..found }));
    let outcome = live.step(TriggerKind::AgentRequestNext, 1_000, None, &[("approval", answer)]);
    assert!(matches!(outcome, DecisionOutcome::Complete { .. }), "{outcome:?}");
    live
}

#[test]
fn signed_evidence_is_checked_again_offline() {
    for profile in [Profile::Audit, Profile::Disclosed] {
        let pack = live().pack(profile);
        let report = checked(&pack.to_files(), &Expect::default());
        assert_eq!((report.findings.as_slice(), report.status), (&[][..], Status::Pass), "{profile:?}");
        let events = Forgery::of(&pack).read("events.json").to_string();
        assert!(events.contains(r#""proof":{"checked":{"binding":"run","key_id":"ci","scheme":"dsse"}}"#), "{events}");
    }
}

#[test]
fn a_result_of_the_public_form_shows_the_digest_of_the_envelope() {
    let pack = live().pack(Profile::Audit);
    let gates = Forgery::of(&pack).read("artifacts/gate_evals.json");
    let signature = &gates[0]["evidence"][0]["result"]["signature"];
    assert_eq!((&signature["scheme"], &signature["key_id"]), (&json!("dsse"), &json!("ci")));
    assert_eq!(signature["signature"].as_array().map(Vec::len), Some(32));
}

#[test]
fn a_policy_that_the_recorded_signature_does_not_meet_is_found() {
    // The policy of the pack asks for nothing that the evidence does not have; a stricter one is not met.
    for profile in [Profile::Audit, Profile::Disclosed] {
        let mut live = Live::start_under(&spec(), Origin::Pinned, policy());
        live.step(
            TriggerKind::AgentRequestNext,
            1_000,
            None,
            &[("approval", Answer::Found(Box::new(Found::json(json!("yes")))))],
        );
        let strict = crate::policy::Policy::new(signed_policy());
        let mut forgery = Forgery::of(&live.pack(profile));
        forgery.edit("trust.json", |trust| {
            trust["policies"][0]["snapshot"] = json!(strict.snapshot());
            trust["policies"][0]["digest"] = json!(strict.digest());
        });
        let loose = json!(crate::policy::Policy::new(policy()).digest());
        forgery.edit("events.json", |events| {
            for event in events.as_array_mut().unwrap() {
                if event["policy_digest"] == loose {
                    event["policy_digest"] = json!(strict.digest());
                }
            }
        });
        let report = forgery.seal().verify();
        assert_eq!(report.status, Status::Fail, "{profile:?}");
        assert!(codes(&report).contains(&FindingCode::ReplayDiffers), "{profile:?}: {:?}", report.findings);
    }
}
