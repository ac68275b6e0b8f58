//! Step 13: who signed, judged with the verifier's own keys.
//!
//! The replay has checked every signature that came with evidence under the keys that the policy named. Here each of
//! those keys must also be one that the verifier trusts, by its material and not by its name, in force when the event
//! says that it was decided. Nothing in a pack proves that time but a checkpoint that witnesses cosigned: a key
//! that was revoked since may have signed later.

use std::num::NonZeroUsize;

use super::Sealed;
use super::content::Content;
use crate::at::Timestamp;
use crate::dsse::{self, Envelope};
use crate::keys::{Algorithm, KeyFault, KeyId, Keyring, PublicKey, RevocationReason, TrustedKey};
use crate::ledger::{Body, Event, EvidenceEntry, Slot};
use crate::runpack::files::PackFiles;
use crate::runpack::finding::{FindingCode, Findings};
use crate::runpack::report::{Facet, Level, Unproven};
use crate::runpack::signature::{MANIFEST_SIGNATURE, MANIFEST_TYPE, is_by};
use crate::runpack::trail::Kept;
use crate::trust::{AttestedBy, Binding, CheckedSignature, EVIDENCE_PREDICATE, Proof, Scheme};

/// The word for a signature of which nobody knows when it was made.
const TIME_UNPROVEN: &str = "time_unproven";

/// What was established of the signatures.
#[derive(Debug, Default)]
pub(super) struct Signatures {
    /// Whether one of the verifier's keys signed the manifest.
    manifest: Option<Held>,
    evidence: u64,
    lacks: Vec<String>,
    pub(super) unproven: Vec<Unproven>,
}

/// A signature by a key of the verifier's.
#[derive(Debug)]
struct Held;

/// How a key stands with the verifier.
enum Standing {
    Good,
    /// Below `signed`, and no proof that anything is wrong.
    Lacking(String),
    /// Can't be believed.
    Refused(String),
}

impl Signatures {
    /// As a facet.
    pub(super) fn facet(&self) -> Facet {
        let level = match (self.manifest_held(), self.lacks.is_empty()) {
            (true, true) => Level::All,
            (true, false) => Level::Partial,
            (false, _) if self.evidence > 0 => Level::Partial,
            (false, _) => Level::None,
        };
        Facet { level, reasons: self.lacks.clone() }
    }

    /// Whether one of the verifier's keys signed the manifest.
    pub(super) fn manifest_held(&self) -> bool {
        self.manifest.is_some()
    }

    /// Whether a key that signed was revoked later, and nothing proves that it signed before.
    pub(super) fn time_unproven(&self) -> bool {
        self.lacks.iter().any(|lack| lack.starts_with(TIME_UNPROVEN))
    }

    fn lack(&mut self, reason: impl Into<String>) {
        let reason = reason.into();
        if !self.lacks.contains(&reason) {
            self.lacks.push(reason);
        }
    }
}

/// The manifest's signature, whatever the pack's format.
pub(super) fn manifest(
    files: &PackFiles,
    sealed: &Sealed<'_>,
    keys: Option<&Keyring>,
    findings: &mut Findings,
    signatures: &mut Signatures,
) {
    if files.get(MANIFEST_SIGNATURE).is_none() {
        return signatures.lack("the manifest is not signed");
    }
    let Some(bytes) = files.bytes(MANIFEST_SIGNATURE) else {
        return findings.add(FindingCode::FileNotRegular, MANIFEST_SIGNATURE, "not a regular file that can be read");
    };
    let envelope = match Envelope::parse(bytes) {
        Ok(envelope) => envelope,
        Err(error) => return findings.add(FindingCode::ManifestSignature, MANIFEST_SIGNATURE, error),
    };
    if envelope.claimed_type() != MANIFEST_TYPE || !envelope.carries(sealed.bytes) {
        let reason = format!("the envelope is not around `{}`", sealed.name);
        return findings.add(FindingCode::ManifestSignature, MANIFEST_SIGNATURE, reason);
    }
    let Some(keys) = keys else {
        return signatures.lack("the manifest is signed, and no keys were given to check by whom");
    };
    let at = sealed.manifest.generated_at;
    // Keys of evidence providers vouch for evidence, not for packs; and a signature that can be written in two ways
    // would be a byte that can change.
    let offered = keys.iter().filter(|key| key.providers().is_none() && key.key().algorithm() == Algorithm::Ed25519);
    let judge = |key: &TrustedKey| key.judge_time(at).and_then(|()| key.judge_predicate(Some(MANIFEST_TYPE)));
    let verified = match dsse::verify_judged(&envelope, offered, NonZeroUsize::MIN, judge) {
        Ok(verified) => verified,
        Err(error) => return findings.add(FindingCode::ManifestSigner, MANIFEST_SIGNATURE, error),
    };
    signatures.manifest = Some(Held);
    let signers = || verified.signers().iter().filter_map(|id| keys.get(id));
    if !signers().any(|key| is_by(&envelope, key.key())) {
        let reason =
            "the envelope is not written as it must be: canonical, one signature, named by its key's fingerprint";
        findings.add(FindingCode::ManifestSignature, MANIFEST_SIGNATURE, reason);
    }
    match best(signers().map(|key| revoked(key, at))) {
        Standing::Good => {}
        Standing::Lacking(reason) => signatures.lack(reason),
        Standing::Refused(reason) => findings.add(FindingCode::ManifestSigner, MANIFEST_SIGNATURE, reason),
    }
}

/// The signatures that came with evidence.
pub(super) fn evidence(
    content: &Content,
    keys: Option<&Keyring>,
    proven_at: Option<Timestamp>,
    findings: &mut Findings,
    signatures: &mut Signatures,
) {
    for (index, event) in &content.outline.signed {
        let Body::StepDecided(body) = &event.body else { continue };
        for (place, entry) in body.evidence.iter().enumerate() {
            let signers = signers(entry);
            if signers.is_empty() {
                continue;
            }
            let (path, pointer) = content.locate(*index);
            let pointer = format!("{pointer}/body/evidence/{place}");
            if matches!(&entry.proof, Some(Proof::Checked(checked)) if checked.binding == Binding::Value) {
                let reason = "the signature binds the value alone: it fits any question with the same answer";
                let pointer = format!("{pointer}/proof");
                signatures.unproven.push(Unproven { path: path.to_owned(), pointer, reason: reason.into() });
            }
            let Some(keys) = keys else {
                signatures.lack("evidence is signed, and no keys were given to check by whom");
                continue;
            };
            // Every key counts that made the threshold: a verifier who trusts one less would have decided otherwise.
            for signer in signers {
                match standing(content, event, entry, signer, keys, proven_at) {
                    Standing::Good => signatures.evidence += 1,
                    Standing::Lacking(reason) => signatures.lack(reason),
                    Standing::Refused(reason) => {
                        findings.at(FindingCode::EvidenceSigner, path, pointer.clone(), reason);
                    }
                }
            }
        }
    }
}

/// A key that signed a piece of evidence, and as what.
#[derive(Clone, Copy)]
struct Signer<'a> {
    key_id: &'a KeyId,
    predicate_type: Option<&'a str>,
}

fn signers(entry: &EvidenceEntry) -> Vec<Signer<'_>> {
    match &entry.proof {
        Some(Proof::Checked(CheckedSignature { scheme, key_id, .. })) => {
            let predicate_type = match scheme {
                Scheme::Dsse => Some(EVIDENCE_PREDICATE),
                Scheme::Ed25519 => None,
            };
            vec![Signer { key_id, predicate_type }]
        }
        Some(Proof::Attested(AttestedBy { predicate_type, signers, .. })) => {
            signers.iter().map(|key_id| Signer { key_id, predicate_type: Some(predicate_type) }).collect()
        }
        Some(Proof::Released(by)) => by
            .signers
            .iter()
            .map(|it| Signer { key_id: &it.key_id, predicate_type: it.predicate_type.as_deref() })
            .collect(),
        Some(Proof::Pulled | Proof::Derived | Proof::Supplied) | None => Vec::new(),
    }
}

fn standing(
    content: &Content,
    event: &Event,
    entry: &EvidenceEntry,
    signer: Signer<'_>,
    keys: &Keyring,
    proven_at: Option<Timestamp>,
) -> Standing {
    let place = (event.seq, Slot::Evidence(entry.condition_id.clone()));
    if let Some(Kept::Withheld { why, .. }) = content.trail.values.get(&place) {
        return Standing::Lacking(format!("signatures can't be checked where the value is {}", why.word()));
    }
    let Signer { key_id, predicate_type } = signer;
    let policy = content.trail.policy(event);
    let judge = policy.and_then(|policy| policy.release_judge(&entry.provider_id)?.ok());
    let recorded = policy.and_then(|policy| policy.snapshot().keys.get(key_id));
    let Some(recorded) = recorded.or_else(|| judge?.key(key_id)) else {
        return Standing::Refused(format!("the policy knows no key `{key_id}`"));
    };
    let known: Vec<&TrustedKey> = same_key(keys, recorded.key()).collect();
    if known.is_empty() {
        return Standing::Lacking(format!("key `{key_id}` signed evidence, and is none of the verifier's"));
    }
    best(known.into_iter().map(|key| match key.judge(event.at, &entry.provider_id, predicate_type) {
        // The event commits to the signature, so a time that is proven for the event is proven for it.
        Ok(()) if proven_at.is_some_and(|proven| is_before_revocation(key, proven)) => Standing::Good,
        Ok(()) => revoked(key, event.at),
        Err(fault) => Standing::Refused(told(&fault)),
    }))
}

fn same_key<'k>(keys: &'k Keyring, material: &PublicKey) -> impl Iterator<Item = &'k TrustedKey> {
    keys.iter().filter(move |key| key.key() == material)
}

fn is_before_revocation(key: &TrustedKey, proven: Timestamp) -> bool {
    let before = |revoked: Timestamp| proven != revoked && proven.later(revoked) == Ok(revoked);
    key.revocation().is_none_or(|revocation| before(revocation.at))
}

/// A key that is in force at the time that the pack claims. If it was revoked later, the claim itself is in doubt.
fn revoked(key: &TrustedKey, at: Timestamp) -> Standing {
    let Some(revocation) = key.revocation() else {
        return Standing::Good;
    };
    let id = key.key_id();
    match revocation.reason {
        RevocationReason::Compromise => Standing::Refused(format!(
            "key `{id}` was revoked at {} for compromise, and nothing proves that it signed before, at {at}",
            revocation.at
        )),
        RevocationReason::Superseded | RevocationReason::Retired => Standing::Lacking(format!(
            "{TIME_UNPROVEN}: key `{id}` was revoked at {} ({}), and nothing proves that it signed before",
            revocation.at, revocation.reason
        )),
    }
}

fn best(standings: impl Iterator<Item = Standing>) -> Standing {
    let mut found = Standing::Refused("no key of the verifier's signed".into());
    for standing in standings {
        match (&found, standing) {
            (_, Standing::Good) => return Standing::Good,
            (Standing::Refused(_), other) => found = other,
            (Standing::Lacking(_) | Standing::Good, _) => {}
        }
    }
    found
}

fn told(fault: &KeyFault) -> String {
    format!("{}: {fault}", fault.code())
}
