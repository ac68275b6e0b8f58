//! What the tests of all gates share: signed attestations from short forms, and tables of cases.

mod chain;
mod contracts;
mod laws;
mod options;
mod samples;
mod waivers;

use std::num::NonZeroUsize;

use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::dsse;
use decision_gate_core::evidence::Subject;
use decision_gate_core::intoto::{self, PAYLOAD_TYPE, Signers, Statement};
use decision_gate_core::keys::{KeyId, Keyring, SigningKey, TrustedKey};
use serde_json::{Value, json};

use crate::attested::Attested;
use crate::chain::{ReleaseDecision, evaluate, told};
use crate::context::ReleaseContext;
use crate::options::PolicyDocument;
use crate::policy::ReleasePolicy;
use crate::result::{GateResult, Judged, Telling};

/// 2026-11-01T12:00:00Z.
pub(crate) const NOW: i64 = 1_793_534_400_000;
pub(crate) const MINUTE: i64 = 60_000;

pub(crate) fn subject() -> Subject {
    Subject::of_digest("app", Digest::of(b"app"))
}

pub(crate) fn time(millis: i64) -> String {
    Timestamp::UnixMillis(millis).to_string()
}

/// A release to `environment` with nothing known.
pub(crate) fn release(environment: &str) -> ReleaseContext {
    let mut release = ReleaseContext::new(environment.try_into().unwrap(), subject(), NOW);
    release.declared_environments = ["development", "staging", "production"].map(str::to_owned).into();
    release
}

pub(crate) fn policy(gates: &Value) -> ReleasePolicy {
    let mut document = PolicyDocument::built_in();
    document.overlay("test", &json!({ "PolicyGates": gates })).unwrap_or_else(|it| panic!("{it:?}"));
    document.policy().unwrap_or_else(|it| panic!("{it}"))
}

pub(crate) fn row<'a>(decision: &'a ReleaseDecision, gate: &str) -> &'a GateResult {
    decision.rows.iter().find(|row| row.gate == gate).unwrap()
}

/// A predicate, signed, verified and read.
#[expect(clippy::needless_pass_by_value, reason = "every caller makes the predicate in place")]
pub(crate) fn attest(about: &Subject, predicate_type: &str, predicate: Value) -> Attested {
    let statement = Statement::new(about, predicate_type, &predicate).unwrap();
    let key = SigningKey::from_seed(&[7; 32]);
    let key_id = KeyId::try_from("signals").unwrap();
    let envelope = dsse::sign(PAYLOAD_TYPE, &statement.to_bytes(), &key, Some(&key_id));
    let keyring = Keyring::new([TrustedKey::new(key_id, key.public())]).unwrap();
    let signers = Signers {
        keyring: &keyring,
        threshold: NonZeroUsize::MIN,
        at: Timestamp::UnixMillis(NOW),
        provider: &"release".try_into().unwrap(),
    };
    let verified = intoto::verify(&envelope, &signers).unwrap();
    Attested::verified(&verified, envelope.digest(), &subject())
}

/// Execution evidence: `{hot, paths, environment?, age_minutes?}`.
pub(crate) fn execution(short: &Value) -> Value {
    let hot = short["hot"].as_u64().unwrap();
    let end = NOW - short["age_minutes"].as_i64().unwrap_or(60) * MINUTE;
    let symbols: Vec<_> = (0..hot).map(|it| format!("symbol_{it}")).collect();
    json!({
        "artifact_id": format!("sha256:{}", Digest::of(b"app")),
        "environment_id": short["environment"].as_str().unwrap_or("staging"),
        "trace_source": "ebpf",
        "observation_window": { "start": time(end - MINUTE), "end": time(end), "duration_ms": MINUTE },
        "trace_summary": {
            "syscall_families_observed": ["network"],
            "hot_symbols": symbols,
            "hot_symbol_count": hot,
            "unique_call_paths": short["paths"],
            "address_canonicalized": true,
        },
        "trace_digest": "sha256:00",
        "timestamp": time(end),
    })
}

/// A beacon window: `{from, to}` in minutes before now, `{first, last, count}`, `environment?`.
pub(crate) fn beacon(short: &Value) -> Value {
    let number = |name: &str| short[name].as_u64().unwrap();
    let (first, last, count) = (number("first"), number("last"), number("count"));
    let at = |name: &str| NOW - short[name].as_i64().unwrap() * MINUTE;
    let expected = last - first + 1;
    json!({
        "artifact_id": "app",
        "environment_id": short["environment"].as_str().unwrap_or("staging"),
        "beacon_source": "ebpf_uprobe",
        "beacon_function": "tick",
        "window_start": time(at("from")),
        "window_end": time(at("to")),
        "beacon_count": count,
        "first_sequence": first,
        "last_sequence": last,
        "sequence_gaps": expected - count,
        "verification_rate": decision_gate_attest::rate::Rate::of(count, expected),
        "timestamp": time(at("to")),
    })
}

/// Reads one piece of evidence of a case.
fn evidence(case: &Value) -> Attested {
    use decision_gate_attest::{beacon as b, execution_evidence as e};
    let (kind, mut predicate) = match (&case["execution"], &case["beacon"]) {
        (Value::Object(_), _) => (e::PREDICATE_TYPE, execution(&case["execution"])),
        (_, Value::Object(_)) => (b::PREDICATE_TYPE, beacon(&case["beacon"])),
        _ => (case["type"].as_str().unwrap(), case["predicate"].clone()),
    };
    for (pointer, value) in case["change"].as_object().into_iter().flatten() {
        *predicate.pointer_mut(pointer).unwrap() = value.clone();
    }
    let about = match case["subject"].as_str() {
        None => subject(),
        Some(other) => Subject::of_digest(other, Digest::of(other.as_bytes())),
    };
    if case["lane"] == "asserted" {
        let statement = Statement::new(&about, kind, &predicate).unwrap();
        return Attested::asserted(&statement, Digest::of(&statement.to_bytes()), &subject());
    }
    attest(&about, kind, predicate)
}

/// The release of a case: `{environment?, status?, evidence?, metadata?}`.
pub(crate) fn released(case: &Value) -> ReleaseContext {
    let mut release = release(case["environment"].as_str().unwrap_or("production"));
    release.attestations = case["evidence"].as_array().into_iter().flatten().map(evidence).collect();
    release.metadata = serde_json::from_value(case["metadata"].clone()).unwrap_or_default();
    release.requested_status = serde_json::from_value(case["status"].clone()).ok();
    release
}

/// A decision without what is only told.
pub(crate) fn bare(decision: &ReleaseDecision) -> ReleaseDecision {
    let row = |it: &GateResult| {
        let Judged { outcome, basis, reason, .. } = it.judged;
        let judged = Judged { basis, ..Telling::Bare.measured(outcome, reason, || "") };
        GateResult { judged, mode_source: None, ..it.clone() }
    };
    ReleaseDecision { rows: decision.rows.iter().map(row).collect(), ..decision.clone() }
}

/// Runs a table of cases `{why, options?, …release, outcome, reason, message?, truth?, near?}` through the whole chain.
pub(crate) fn table(key: &str, gate: &str, text: &str) {
    let table: Value = serde_json::from_str(text).unwrap();
    for case in table["cases"].as_array().unwrap() {
        let why = &case["why"];
        let mut options = table["options"].clone();
        options["Enabled"] = true.into();
        for (name, value) in case["options"].as_object().into_iter().flatten() {
            options[name] = value.clone();
        }
        let release = released(case);
        let policy = policy(&json!({ key: options }));
        let decision = evaluate(&policy, &release);
        assert_eq!(told(&policy, &release, Telling::Bare), bare(&decision), "{why}: told of or not");
        let row = row(&decision, gate);
        let seen = (format!("{:?}", row.outcome), row.judged.reason);
        let wanted = (case["outcome"].as_str().unwrap().to_owned(), case["reason"].as_str().unwrap());
        assert_eq!(seen, wanted, "{why}: {}\n{:?}", row.judged.message, row.judged.near_misses);
        if let Some(message) = case["message"].as_str() {
            assert_eq!(row.judged.message, message, "{why}");
        }
        if let Some(truth) = case["truth"].as_str() {
            assert_eq!(decision.truth.word(), truth, "{why}");
        }
        let near: Vec<_> = row.judged.near_misses.iter().map(|it| json!([it.code, it.field])).collect();
        assert_eq!(json!(near), case.get("near").cloned().unwrap_or(json!([])), "{why}");
    }
}
