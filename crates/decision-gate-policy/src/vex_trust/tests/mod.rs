//! Signed VEX from short forms, and what the gate makes of it.

mod laws;
mod rollout;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use decision_gate_attest::issuers::{
    Issuer, IssuerDirectory, OUTCOME_PREDICATE_TYPE, Outcome, Outcomes, outcome_predicate,
};
use decision_gate_attest::vex::{Purl, VexEvidence};
use decision_gate_attest::vex_status::VexStatus;
use decision_gate_attest::vex_trust::{Identity, Seen, assess};
use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::dsse;
use decision_gate_core::intoto::{self, PAYLOAD_TYPE, Signers, Statement};
use decision_gate_core::keys::{KeyId, Keyring, SigningKey, TrustedKey};
use serde_json::{Value, json};

use super::{VexInput, VexTrustConfidenceFactorProvider};
use crate::chain::evaluate;
use crate::context::ReleaseContext;
use crate::result::GateResult;
use crate::tests::{NOW, policy, release, row, subject, time};

pub(super) const DAY: i64 = 86_400_000;
const PURL: &str = "pkg:oci/acme/app@1.0";

/// A document of a short form, on the way to a release.
#[derive(Clone, Debug)]
pub(super) struct Doc {
    pub(super) signer: Option<&'static str>,
    pub(super) id: &'static str,
    pub(super) version: u64,
    pub(super) vulnerability: &'static str,
    pub(super) status: VexStatus,
    pub(super) age: i64,
    /// By digest, else by package URL.
    pub(super) digest: bool,
}

impl Doc {
    /// A fresh `not_affected` that acme signed.
    pub(super) fn good() -> Self {
        Self {
            signer: Some("acme"),
            id: "https://acme.example/vex",
            version: 1,
            vulnerability: "CVE-2026-0001",
            status: VexStatus::NotAffected,
            age: DAY,
            digest: true,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut product = json!({ "@id": PURL });
        if self.digest {
            product["hashes"] = json!({ "sha-256": Digest::of(b"app").to_hex() });
        }
        let document = json!({
            "@context": "https://openvex.dev/ns/v0.2.0", "@id": self.id, "author": "anybody",
            "timestamp": time(NOW - self.age), "version": self.version,
            "statements": [{
                "vulnerability": { "name": self.vulnerability }, "products": [product],
                "status": self.status.word(), "impact_statement": "so", "action_statement": "do",
            }],
        });
        document.to_string().into_bytes()
    }
}

/// Everything that a release's VEX is judged on.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) docs: Vec<Doc>,
    /// Confirmed and refuted outcomes of acme.
    pub(super) outcomes: (u64, u64),
    pub(super) seen: Seen,
    pub(super) authority: &'static str,
}

impl World {
    pub(super) fn good() -> Self {
        Self { docs: vec![Doc::good()], outcomes: (20, 0), seen: Seen::default(), authority: "pkg:oci/acme" }
    }

    pub(super) fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut world = Self::good();
        change(&mut world);
        world
    }

    fn documents(&self, directory: &IssuerDirectory) -> Vec<VexEvidence> {
        let evidence = |doc: &Doc| match doc.signer {
            None => VexEvidence::unsigned(&doc.bytes()).unwrap(),
            Some(signer) => {
                let key_id = KeyId::try_from(signer).unwrap();
                let envelope = dsse::sign("application/vnd.openvex+json", &doc.bytes(), &key(signer), Some(&key_id));
                let at = Timestamp::UnixMillis(NOW);
                directory.verify(&envelope, at, &"release".try_into().unwrap()).unwrap()
            }
        };
        self.docs.iter().map(evidence).collect()
    }

    /// How far the sources have come, in what is handed in.
    pub(super) fn now(&self) -> Seen {
        let directory = directory(self.authority);
        let (documents, outcomes) = (self.documents(&directory), outcomes(&directory, self.outcomes));
        Seen::of(&identity(), &documents, &directory, None, &outcomes, NOW)
    }

    pub(super) fn input(&self) -> VexInput {
        let directory = directory(self.authority);
        let (documents, identity) = (self.documents(&directory), identity());
        let outcomes = outcomes(&directory, self.outcomes);
        let claims = assess(&identity, &documents, &directory, None, &outcomes, &self.seen, NOW);
        let now = Seen::of(&identity, &documents, &directory, None, &outcomes, NOW);
        let silence = self.seen.silence(&now, &identity, &directory, None, NOW);
        VexInput::new(claims, silence, &VexTrustConfidenceFactorProvider::default(), NOW)
    }

    pub(super) fn release(&self, environment: &str) -> ReleaseContext {
        ReleaseContext { vex: Some(self.input()), ..release(environment) }
    }
}

fn identity() -> Identity {
    Identity { subject: subject(), purls: vec![Purl::parse(PURL).unwrap()] }
}

fn key(name: &str) -> SigningKey {
    SigningKey::from_seed(Digest::of(name.as_bytes()).as_bytes())
}

fn directory(authority: &str) -> IssuerDirectory {
    let issuer = |id: &str| Issuer {
        id: id.into(),
        name: format!("{id} PSIRT"),
        tenants: ["@global".to_owned()].into(),
        keys: vec![TrustedKey::new(KeyId::try_from(id).unwrap(), key(id).public())],
        authority: [authority.to_owned().try_into().unwrap()].into(),
        not_before: None,
        not_after: None,
    };
    IssuerDirectory::new([issuer("acme"), issuer("beta")]).unwrap()
}

fn outcomes(directory: &IssuerDirectory, (confirmed, refuted): (u64, u64)) -> Outcomes {
    let mut outcomes = Outcomes::default();
    let recorder = KeyId::try_from("recorder").unwrap();
    let keyring = Keyring::new([TrustedKey::new(recorder.clone(), key("recorder").public())]).unwrap();
    for sequence in 1..=confirmed + refuted {
        let outcome = if sequence <= confirmed { Outcome::Confirmed } else { Outcome::Refuted };
        let at = time(NOW);
        let predicate = outcome_predicate("acme", sequence, "CVE-2025-1", VexStatus::NotAffected, outcome, &at);
        let statement = Statement::new(&subject(), OUTCOME_PREDICATE_TYPE, &predicate).unwrap();
        let envelope = dsse::sign(PAYLOAD_TYPE, &statement.to_bytes(), &key("recorder"), Some(&recorder));
        let signers = Signers {
            keyring: &keyring,
            threshold: NonZeroUsize::MIN,
            at: Timestamp::UnixMillis(NOW),
            provider: &"release".try_into().unwrap(),
        };
        let verified = intoto::verify(&envelope, &signers).unwrap();
        outcomes.add(&verified, directory, &BTreeSet::from([recorder.clone()])).unwrap();
    }
    outcomes
}

/// The gate's row, with these options.
pub(super) fn judged(options: &Value, release: &ReleaseContext) -> GateResult {
    let mut options = options.clone();
    options["Enabled"] = json!(true);
    row(&evaluate(&policy(&json!({ "VexTrust": options })), release), "vex-trust").clone()
}

/// Options for every environment.
pub(super) fn everywhere(entry: &Value) -> Value {
    json!({ "Thresholds": { "production": entry } })
}

pub(super) fn seen(version: u64) -> Seen {
    let source = ("acme".to_owned(), Digest::of(Doc::good().id.as_bytes()));
    let version = decision_gate_attest::vex::DocumentVersion([version, 0, 0]);
    Seen { versions: BTreeMap::from([(source, version)]), ..Seen::default() }
}
