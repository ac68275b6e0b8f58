//! Worlds of VEX: documents that issuers signed, or nobody, assessed once, and the same claims for Rego.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use decision_gate_attest::issuers::{
    Authority, Issuer, IssuerDirectory, OUTCOME_PREDICATE_TYPE, Outcome, Outcomes, outcome_predicate,
};
use decision_gate_attest::vex::{Purl, VexEvidence};
use decision_gate_attest::vex_status::VexStatus;
use decision_gate_attest::vex_trust::{Claim, Identity, Match, Seen, Silence, Standing, assess};
use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::dsse;
use decision_gate_core::intoto::{self, PAYLOAD_TYPE, Signers, Statement};
use decision_gate_core::keys::{KeyId, Keyring, SigningKey, TrustedKey};
use decision_gate_policy::vex_trust::{VexInput, VexTrustConfidenceFactorProvider};
use serde_json::{Value, json};

use super::pieces::{DAY, NOW, VULNERABILITIES, subject, time};
use super::releases::{Chance, not_comparable};
use crate::fault::Fault;

const WORLDS: usize = 200;
const PURL: &str = "pkg:oci/acme/app@1.0";
/// An issuer that may speak about the artifact, another one, and one that may not.
const ISSUERS: [(&str, &str); 3] = [("acme", "pkg:oci/acme"), ("beta", "*"), ("other", "pkg:oci/other")];
const RECORDER: &str = "recorder";

/// The VEX of a release, for both sides.
pub(super) struct World {
    pub(super) input: VexInput,
    pub(super) claims: Value,
}

pub(super) fn worlds(chance: &mut Chance) -> Result<Vec<World>, Fault> {
    let directory = directory()?;
    // Confirmed and refuted outcomes of the first issuer.
    let tallies = [(0, 0), (8, 0), (20, 0), (17, 3), (12, 8)];
    let records: Result<Vec<_>, Fault> =
        tallies.iter().map(|tally| Ok((*tally, outcomes(&directory, *tally)?))).collect();
    let records = records?;
    let mut worlds = Vec::new();
    for _ in 0..WORLDS {
        let Some((tally, outcomes)) = chance.one(&records) else { continue };
        let documents: Result<Vec<_>, Fault> = (0..chance.below(5)).map(|_| document(chance, &directory)).collect();
        let purl = Purl::parse(PURL).ok_or_else(|| not_comparable("no package URL"))?;
        let identity = Identity { subject: subject(), purls: vec![purl] };
        let claims = assess(&identity, &documents?, &directory, None, outcomes, &Seen::default(), NOW);
        let facts = claims.iter().map(|it| facts(it, *tally)).collect();
        let factor = VexTrustConfidenceFactorProvider::default();
        worlds.push(World { input: VexInput::new(claims, Silence::default(), &factor, NOW), claims: facts });
    }
    Ok(worlds)
}

fn facts(claim: &Claim, (confirmed, refuted): (u64, u64)) -> Value {
    let signals = &claim.signals;
    let recorded = signals.authorised.as_deref() == Some("acme");
    let mut facts = json!({
        "vulnerability": claim.vulnerability.name,
        "status": claim.status.word(),
        "signed": signals.issuer.is_some(),
        "authorised": signals.authorised.is_some(),
        "confirmed": if recorded { confirmed } else { 0 },
        "refuted": if recorded { refuted } else { 0 },
        "superseded": signals.standing == Standing::Superseded,
        "named": match signals.named {
            Match::Digest => "digest",
            Match::Version => "version",
            Match::Package => "package",
        },
        "contradicted": !claim.contradicted_by.is_empty(),
        "evidence": claim.evidence.to_hex(),
    });
    if let (Some(members), Some(at)) = (facts.as_object_mut(), signals.claimed_at) {
        members.insert("claimed_at".to_owned(), at.into());
    }
    facts
}

fn failed(error: impl std::fmt::Display) -> Fault {
    not_comparable(format!("vex: {error}"))
}

fn key(name: &str) -> SigningKey {
    SigningKey::from_seed(Digest::of(name.as_bytes()).as_bytes())
}

fn directory() -> Result<IssuerDirectory, Fault> {
    let issuers: Result<Vec<_>, Fault> = ISSUERS
        .iter()
        .map(|(id, authority)| {
            let key_id = KeyId::try_from(*id).map_err(failed)?;
            Ok(Issuer {
                id: (*id).to_owned(),
                name: format!("{id} PSIRT"),
                tenants: ["@global".to_owned()].into(),
                keys: vec![TrustedKey::new(key_id, key(id).public())],
                authority: [Authority::try_from((*authority).to_owned()).map_err(failed)?].into(),
                not_before: None,
                not_after: None,
            })
        })
        .collect();
    IssuerDirectory::new(issuers?).map_err(failed)
}

/// A document of one to three statements, signed by an issuer or by nobody.
fn document(chance: &mut Chance, directory: &IssuerDirectory) -> Result<VexEvidence, Fault> {
    let age = match chance.below(6) {
        0 => 31 * DAY + chance.up_to(140 * DAY),
        1 => 181 * DAY + chance.up_to(100 * DAY),
        _ => chance.up_to(29 * DAY),
    };
    let product = match chance.below(3) {
        0 => json!({ "@id": PURL, "hashes": { "sha-256": Digest::of(b"app").to_hex() } }),
        1 => json!({ "@id": PURL }),
        _ => json!({ "@id": "pkg:oci/acme/app" }),
    };
    // A few names, so that newer documents supersede older ones; mostly one status, so that not all contradict.
    let name = chance.below(6);
    let statements: Vec<Value> = (0..=chance.below(3))
        .map(|number| {
            let status = if chance.below(4) > 0 { Some(&VexStatus::NotAffected) } else { chance.one(&VexStatus::ALL) };
            let vulnerability = usize::try_from(number).ok().and_then(|it| VULNERABILITIES.get(it));
            json!({
                "vulnerability": { "name": vulnerability }, "products": [product],
                "status": status.map(|it| it.word()), "impact_statement": "so", "action_statement": "do",
            })
        })
        .collect();
    let document = json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": format!("https://acme.example/vex/{name}"),
        "author": "anybody", "timestamp": time(NOW - age), "version": 1 + chance.below(3), "statements": statements,
    });
    let bytes = document.to_string().into_bytes();
    let Some((signer, _)) = chance.one(&ISSUERS).filter(|_| chance.below(6) > 0) else {
        return VexEvidence::unsigned(&bytes).map_err(failed);
    };
    let envelope = dsse::sign("application/vnd.openvex+json", &bytes, &key(signer), None);
    let provider = "release".try_into().map_err(failed)?;
    directory.verify(&envelope, Timestamp::UnixMillis(NOW), &provider).map_err(failed)
}

fn outcomes(directory: &IssuerDirectory, (confirmed, refuted): (u64, u64)) -> Result<Outcomes, Fault> {
    let mut outcomes = Outcomes::default();
    let recorder = KeyId::try_from(RECORDER).map_err(failed)?;
    let keyring = Keyring::new([TrustedKey::new(recorder.clone(), key(RECORDER).public())]).map_err(failed)?;
    let provider = "release".try_into().map_err(failed)?;
    for sequence in 1..=confirmed + refuted {
        let outcome = if sequence <= confirmed { Outcome::Confirmed } else { Outcome::Refuted };
        let status = VexStatus::NotAffected;
        let predicate = outcome_predicate("acme", sequence, "CVE-2025-1", status, outcome, &time(NOW));
        let statement = Statement::new(&subject(), OUTCOME_PREDICATE_TYPE, &predicate).map_err(failed)?;
        let envelope = dsse::sign(PAYLOAD_TYPE, &statement.to_bytes(), &key(RECORDER), None);
        let at = Timestamp::UnixMillis(NOW);
        let signers = Signers { keyring: &keyring, threshold: NonZeroUsize::MIN, at, provider: &provider };
        let verified = intoto::verify(&envelope, &signers).map_err(failed)?;
        outcomes.add(&verified, directory, &BTreeSet::from([recorder.clone()])).map_err(failed)?;
    }
    Ok(outcomes)
}
