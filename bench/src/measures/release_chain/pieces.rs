//! Attestations of every type that a gate reads, signed and verified once, each with the same facts for Rego.

use std::num::NonZeroUsize;

use decision_gate_attest::rate::Rate;
use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::dsse;
use decision_gate_core::evidence::Subject;
use decision_gate_core::intoto::{self, PAYLOAD_TYPE, Signers, Statement};
use decision_gate_core::keys::{KeyId, Keyring, SigningKey, TrustedKey};
use decision_gate_policy::attested::Attested;
use serde_json::{Value, json};

use super::releases::{Chance, not_comparable};
use crate::fault::Fault;

/// 2026-11-01T12:00:00Z.
pub(super) const NOW: i64 = 1_793_534_400_000;
pub(super) const DAY: i64 = 86_400_000;
const MINUTE: i64 = 60_000;
/// How many of a type.
const EACH: usize = 48;
pub(super) const VULNERABILITIES: [&str; 4] = ["CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003", "CVE-2026-0004"];
const STATES: [&str; 8] = ["U", "SR", "SU", "RO", "RU", "CR", "CU", "X"];
const CONFIDENCE: [&str; 3] = ["evidence", "provenance", "reachability"];

/// One attestation for both sides.
pub(super) struct Piece {
    pub(super) attested: Attested,
    pub(super) facts: Value,
    /// As it lies in a folder of evidence.
    pub(super) file: Vec<u8>,
}

/// All that releases are made of, by type.
pub(super) struct Pieces(Vec<Vec<Piece>>);

type Maker = fn(&mut Chance, i64) -> (Value, Value);

/// Type of the predicate, and what makes a predicate of a time and the facts that are in it.
const MAKERS: [(&str, Maker); 7] = [
    ("https://slsa.dev/provenance/v1", bare),
    ("https://in-toto.io/attestation/test-result/v0.1", bare),
    ("stella.ops/executionEvidence@v1", execution),
    ("stella.ops/beaconAttestation@v1", beacon),
    ("urn:decision-gate:reachability:v1", reachability),
    ("urn:decision-gate:uncertainty:v1", uncertainty),
    ("urn:decision-gate:confidence-factors:v1", confidence),
];

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

/// The key that signed.
pub(super) fn keyring() -> Result<Keyring, Fault> {
    let key_id = KeyId::try_from("signals").map_err(|error| not_comparable(error.to_string()))?;
    Keyring::new([TrustedKey::new(key_id, key().public())]).map_err(|error| not_comparable(error.to_string()))
}

pub(super) fn subject() -> Subject {
    Subject::of_digest("app", Digest::of(b"app"))
}

pub(super) fn time(millis: i64) -> String {
    Timestamp::UnixMillis(millis).to_string()
}

impl Pieces {
    pub(super) fn new(chance: &mut Chance) -> Result<Self, Fault> {
        let (key, keyring) = (key(), keyring()?);
        let each = MAKERS.iter().map(|(kind, make)| {
            (0..EACH).map(|_| piece(chance, kind, *make, &key, &keyring)).collect::<Result<Vec<_>, Fault>>()
        });
        Ok(Self(each.collect::<Result<_, _>>()?))
    }

    /// None, one or two of each type; of beacons up to three windows that do not overlap.
    pub(super) fn choose(&self, chance: &mut Chance) -> Vec<&Piece> {
        let mut chosen = Vec::new();
        for of_type in &self.0 {
            let mut windows = Vec::new();
            for _ in 0..chance.below(4) {
                let Some(piece) = chance.one(of_type) else { continue };
                // Each once: what is handed in twice counts once here, and Rego is spared to find that out.
                let window = piece.facts.get("window").cloned().unwrap_or_else(|| json!(piece.attested.envelope()));
                if !windows.contains(&window) {
                    windows.push(window);
                    chosen.push(piece);
                }
            }
        }
        chosen
    }
}

fn piece(chance: &mut Chance, kind: &str, make: Maker, key: &SigningKey, keyring: &Keyring) -> Result<Piece, Fault> {
    let issued_at = match chance.below(8) {
        0 => NOW - chance.up_to(60 * DAY),
        1 => NOW + chance.up_to(20 * MINUTE),
        _ => NOW - chance.up_to(6 * DAY),
    };
    let (mut predicate, mut facts) = make(chance, issued_at);
    let issued_at = facts.get("end").and_then(Value::as_i64).unwrap_or(issued_at);
    let environment = if chance.below(12) == 0 { "laboratory" } else { "staging" };
    let bound = chance.below(12) != 0;
    let about = if bound { subject() } else { Subject::of_digest("other", Digest::of(b"other")) };
    let verified = chance.below(12) != 0;
    let lane = if verified { "verified" } else { "asserted" };
    for (members, more) in [
        (&mut predicate, json!({ "environment_id": environment, "timestamp": time(issued_at) })),
        (
            &mut facts,
            json!({
                "type": kind, "environment": environment, "issued_at": issued_at, "bound": bound, "lane": lane,
            }),
        ),
    ] {
        if let (Some(members), Value::Object(more)) = (members.as_object_mut(), more) {
            members.extend(more);
        }
    }
    let failed = |error: &dyn std::fmt::Display| not_comparable(format!("{kind}: {error}"));
    let statement = Statement::new(&about, kind, &predicate).map_err(|error| failed(&error))?;
    if !verified {
        let (digest, file) = (Digest::of(&statement.to_bytes()), statement.to_bytes());
        return Ok(Piece { attested: Attested::asserted(&statement, digest, &subject()), facts, file });
    }
    let envelope = dsse::sign(PAYLOAD_TYPE, &statement.to_bytes(), key, None);
    let provider = "release".try_into().map_err(|error| failed(&error))?;
    let at = Timestamp::UnixMillis(NOW);
    let signers = Signers { keyring, threshold: NonZeroUsize::MIN, at, provider: &provider };
    let checked = intoto::verify(&envelope, &signers).map_err(|error| failed(&error))?;
    let file = envelope.as_bytes().to_vec();
    Ok(Piece { attested: Attested::verified(&checked, envelope.digest(), &subject()), facts, file })
}

fn bare(chance: &mut Chance, _: i64) -> (Value, Value) {
    (json!({ "number": chance.below(1 << 32) }), json!({}))
}

fn execution(chance: &mut Chance, at: i64) -> (Value, Value) {
    let (hot, paths) = (chance.below(6), chance.below(5));
    let symbols: Vec<_> = (0..hot).map(|it| format!("symbol_{it}")).collect();
    let predicate = json!({
        "artifact_id": "app", "trace_source": "ebpf", "trace_digest": "sha256:00",
        "observation_window": { "start": time(at - MINUTE), "end": time(at), "duration_ms": MINUTE },
        "trace_summary": {
            "hot_symbols": symbols, "hot_symbol_count": hot, "unique_call_paths": paths, "address_canonicalized": true,
        },
    });
    (predicate, json!({ "hot": hot, "paths": paths }))
}

/// One of three windows, of which the numbers follow each other, with or without a hole.
fn beacon(chance: &mut Chance, _: i64) -> (Value, Value) {
    let window = chance.below(3);
    let start = NOW - (3 - i64::try_from(window).unwrap_or(0)) * 10 * MINUTE;
    let first = 1 + window * 40 + chance.below(3);
    let expected = 10 + chance.below(28);
    let (last, count) = (first + expected - 1, expected - chance.below(5));
    let end = start + 9 * MINUTE;
    let predicate = json!({
        "artifact_id": "app", "beacon_source": "ebpf_uprobe", "beacon_function": "tick",
        "window_start": time(start), "window_end": time(end),
        "beacon_count": count, "first_sequence": first, "last_sequence": last, "sequence_gaps": expected - count,
        "verification_rate": Rate::of(count, expected),
    });
    let facts = json!({
        "start": start, "end": end, "first": first, "last": last, "count": count, "window": window,
    });
    (predicate, facts)
}

fn reachability(chance: &mut Chance, _: i64) -> (Value, Value) {
    let mut findings = Vec::new();
    for vulnerability in VULNERABILITIES {
        // What is not reached is common, so that not every release is blocked here.
        let state = if chance.below(3) > 0 { "CU" } else { chance.one(&STATES).copied().unwrap_or("U") };
        if chance.below(3) > 0 {
            findings.push(json!({ "vulnerability": vulnerability, "state": state }));
        }
    }
    (json!({ "findings": findings }), json!({ "findings": findings }))
}

fn uncertainty(chance: &mut Chance, _: i64) -> (Value, Value) {
    let mut entries = Vec::new();
    let mut facts = Vec::new();
    for number in 0..chance.below(4) {
        let hundredths = if chance.below(3) > 0 { chance.below(15) } else { chance.below(101) };
        entries.push(json!({ "code": format!("U{number}"), "score": fraction(hundredths) }));
        facts.push(json!({ "score": hundredths * 10_000_000 }));
    }
    (json!({ "entries": entries }), json!({ "entries": facts }))
}

fn confidence(chance: &mut Chance, _: i64) -> (Value, Value) {
    let mut factors = Vec::new();
    let mut facts = serde_json::Map::new();
    for name in CONFIDENCE {
        if chance.below(4) > 0 {
            let hundredths = 40 + chance.below(61);
            factors.push(json!({ "name": name, "value": fraction(hundredths) }));
            facts.insert(name.to_owned(), (hundredths * 10_000_000).into());
        }
    }
    (json!({ "factors": factors }), json!({ "factors": facts }))
}

fn fraction(hundredths: u64) -> f64 {
    f64::from(u32::try_from(hundredths).unwrap_or(0)) / 100.0
}
