//! Random releases, always the same ones: what the gates judge, and the same facts for Rego.

use std::collections::BTreeSet;

use decision_gate_attest::rate::Rate;
use decision_gate_attest::vex_status::VexStatus;
use decision_gate_policy::attested::Attested;
use decision_gate_policy::context::ReleaseContext;
use decision_gate_policy::options::PolicyDocument;
use decision_gate_policy::policy::ReleasePolicy;
use serde_json::{Value, json};

use super::pieces::{NOW, Piece, Pieces, subject};
use super::vex::{self, World};
use crate::fault::Fault;

/// Environments that are declared.
pub(super) const DECLARED: [&str; 3] = ["development", "staging", "production"];

/// A release for both sides.
pub(super) struct Release {
    pub(super) context: ReleaseContext,
    pub(super) input: Value,
    /// Its evidence, but for VEX.
    pub(super) files: Vec<Vec<u8>>,
}

/// The policy that `policy.rego` is written after.
pub(super) fn policy() -> Result<ReleasePolicy, Fault> {
    let mut document = PolicyDocument::built_in();
    document.overlay("bench", &overlay()).map_err(|faults| not_comparable(format!("{faults:?}")))?;
    document.policy().map_err(|fault| not_comparable(fault.to_string()))
}

/// The same as its document.
pub(super) fn overlay() -> Value {
    json!({ "PolicyGates": {
        "EvidenceCompleteness": {
            "Enabled": true, "RequiredKinds": ["provenance", "test-result"], "MissingEvidenceAction": "Block",
            "MaxAge": "30d", "Environments": { "development": { "MissingEvidenceAction": "Warn" } },
        },
        "ExecutionEvidence": {
            "Enabled": true, "MissingEvidenceAction": "Block", "RequiredEnvironments": ["production", "staging"],
            "MinHotSymbolCount": 3, "MinUniqueCallPaths": 2, "MaxAge": "7d",
        },
        "BeaconRate": {
            "Enabled": true, "BelowThresholdAction": "Block", "MinVerificationRate": 0.9, "MinBeaconCount": 20,
            "TenantOverrides": { "acme": { "production": { "MinVerificationRate": 0.95 } } },
        },
        "LatticeState": { "Enabled": true, "MissingStateAction": "Block" },
        "VexTrust": {
            "Enabled": true, "TenantOverrides": { "acme": { "production": { "MinCompositeScore": 0.9 } } },
        },
        "UncertaintyTier": { "Enabled": true },
        "Confidence": { "Enabled": true, "BelowThresholdAction": "Block" },
    } })
}

/// So many without VEX, whose evidence is all in files.
pub(super) fn in_files(count: usize) -> Result<Vec<Release>, Fault> {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let pieces = Pieces::new(&mut chance)?;
    (0..count).map(|_| release(&mut chance, &pieces, &[])).collect()
}

/// So many.
pub(super) fn all(count: usize) -> Result<Vec<Release>, Fault> {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let pieces = Pieces::new(&mut chance)?;
    let worlds = vex::worlds(&mut chance)?;
    (0..count).map(|_| release(&mut chance, &pieces, &worlds)).collect()
}

fn release(chance: &mut Chance, pieces: &Pieces, worlds: &[World]) -> Result<Release, Fault> {
    let environment = chance.one(&DECLARED).copied().unwrap_or("production");
    let chosen = pieces.choose(chance);
    let environment_name = environment.try_into().map_err(|_| not_comparable("no name of an environment"))?;
    let mut context = ReleaseContext::new(environment_name, subject(), NOW);
    context.declared_environments = DECLARED.map(str::to_owned).into();
    context.attestations = chosen.iter().map(|it| it.attested.clone()).collect::<Vec<Attested>>();
    let attestations: Vec<&Value> = chosen.iter().map(|it: &&Piece| &it.facts).collect();
    let world = chance.one(worlds).filter(|_| chance.below(10) > 0);
    context.vex = world.map(|it| it.input.clone());
    let confidence = world.and_then(|it| it.input.confidence_factor()).map(Rate::billionths);
    let mut input = json!({
        "environment": environment,
        "declared": BTreeSet::from(DECLARED),
        "at": NOW,
        "attestations": attestations,
        "claims": world.map_or(json!([]), |it| it.claims.clone()),
        "vex_confidence": confidence,
    });
    if chance.below(2) == 0 {
        let status = chance.one(&VexStatus::ALL).copied();
        context.requested_status = status;
        put(&mut input, "requested_status", status.map(|it| it.word().into()));
    }
    if chance.below(3) == 0 {
        context.tenant = Some("acme".to_owned());
        put(&mut input, "tenant", Some("acme".into()));
    }
    let files = chosen.iter().map(|it| it.file.clone()).collect();
    Ok(Release { context, input, files })
}

fn put(input: &mut Value, name: &str, value: Option<Value>) {
    if let (Some(members), Some(value)) = (input.as_object_mut(), value) {
        members.insert(name.to_owned(), value);
    }
}

/// A piece that could not be made.
pub(super) fn not_comparable(what: impl Into<String>) -> Fault {
    Fault::NotComparable(what.into())
}

/// Numbers that look random and are the same in every run (xorshift).
pub(super) struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below that one.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 11) % limit.max(1)
    }

    /// The same for lengths of time and the like.
    pub(super) fn up_to(&mut self, limit: i64) -> i64 {
        i64::try_from(self.below(limit.unsigned_abs())).unwrap_or(0)
    }

    /// One of them.
    pub(super) fn one<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let index = self.below(u64::try_from(of.len()).unwrap_or(1));
        usize::try_from(index).ok().and_then(|it| of.get(it))
    }
}
