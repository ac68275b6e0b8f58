//! The files that are ours in a pack, and the manifest over all of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::array::{Array, Made};
use super::manifest::{
    Artifact, ArtifactKind, CHECKPOINT, EVENTS, FileHash, HASH_ALGORITHM, Integrity, MANIFEST_VERSION, Manifest, Own,
    PACK_FORMAT, PROOFS, Profile, REQUIRED, Security, TRUST, VALUES, VERIFIER_REPORT, VerifierMode, root_hash,
};
use super::trail::{Kept, Outline, Trail};
use crate::at::Timestamp;
use crate::digest::Digest;
use crate::json::canonical;
use crate::json::canonical::form::{Written, object};
use crate::ledger::{RULES_VERSION, Salt, Slot};
use crate::trust::{AnchorPolicy, ProviderAnchor};

/// `proofs.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Proofs {
    /// Where the run's head is in the log of `checkpoint.note`.
    pub(crate) checkpoint: Option<Inclusion>,
    /// The manifest's own, so that the root hash covers it.
    pub(crate) generated_at: Timestamp,
    /// The manifest's own, so that the root hash covers it.
    pub(crate) profile: Profile,
    /// RFC 6962 root over the events.
    pub(crate) root: Digest,
    /// How many events there are.
    pub(crate) size: u64,
}

/// Where the run's head is in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Inclusion {
    /// The inclusion proof, the leaf's sibling first.
    pub(crate) inclusion: Vec<Digest>,
    /// Position in the log, from 0.
    pub(crate) index: u64,
}

/// What ties a run to the log of its namespace: a checkpoint, and the proof that the run's head is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The checkpoint, a signed note, byte for byte.
    pub note: Vec<u8>,
    /// Position of the run's head in the log, from 0.
    pub index: u64,
    /// The inclusion proof, the leaf's sibling first.
    pub inclusion: Vec<Digest>,
}

/// A file as the manifest names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) path: String,
    pub(crate) kind: ArtifactKind,
    pub(crate) hash: Digest,
}

/// Where the envelopes lie that came with evidence, each by the digest of its bytes.
pub(crate) const ATTESTATIONS: &str = "attestations/";

/// `events.json`, `values.json`, `trust.json`, `proofs.json`, `checkpoint.note`, and the envelopes under `attestations/`.
pub(crate) fn own_files(
    trail: &Trail,
    outline: &Outline,
    profile: Profile,
    generated_at: Timestamp,
    anchor: Option<&Anchor>,
) -> Vec<Made> {
    let mut events = Array::new(EVENTS, ArtifactKind::Custom);
    trail.records.iter().for_each(|record| events.push(&record.bytes));
    let mut values = Array::new(VALUES, ArtifactKind::Custom);
    trail.values.iter().for_each(|((seq, slot), kept)| values.push(&value_item(*seq, slot, kept)));
    let mut files = events.finish();
    files.extend(values.finish());
    files.extend(closing_files(trail, outline, profile, generated_at, anchor, attestations(trail)));
    files
}

/// What comes after events and values: `trust.json`, `proofs.json`, `checkpoint.note`, and the envelopes.
pub(crate) fn closing_files(
    trail: &Trail,
    outline: &Outline,
    profile: Profile,
    generated_at: Timestamp,
    anchor: Option<&Anchor>,
    envelopes: BTreeMap<Digest, Vec<u8>>,
) -> Vec<Made> {
    let custom = |path: &str, bytes| Made { path: path.to_owned(), kind: ArtifactKind::Custom, bytes };
    let mut files = Vec::new();
    files.push(custom(TRUST, trust(trail)));
    files.push(custom(PROOFS, proofs(outline, profile, generated_at, anchor)));
    files.extend(anchor.map(|anchor| custom(CHECKPOINT, anchor.note.clone())));
    files.extend(envelopes.into_iter().map(|(digest, bytes)| custom(&format!("{ATTESTATIONS}{digest}.json"), bytes)));
    files
}

/// Every envelope of an answer that is shown, once, exactly as it came.
pub(crate) fn attestations(trail: &Trail) -> BTreeMap<Digest, Vec<u8>> {
    let mut all = BTreeMap::new();
    for ((_, slot), kept) in &trail.values {
        if let (Slot::Evidence(_), Kept::Present { value, .. }) = (slot, kept)
            && let Some(Value::String(envelope)) = value.get("attestation")
        {
            all.insert(Digest::of(envelope.as_bytes()), envelope.clone().into_bytes());
        }
    }
    all
}

/// One item of `values.json`.
pub(crate) fn value_item(seq: u64, slot: &Slot, kept: &Kept) -> Vec<u8> {
    let mut item = Vec::new();
    match kept {
        Kept::Present { salt, canonical, .. } => shown_item(seq, slot, salt, canonical, &mut item),
        Kept::Withheld { why, result: Some(result) } => object!(&mut item, {
            "result": result.as_ref(), "seq": &seq, "slot": &slot.name(), "withheld": why.word(),
        }),
        Kept::Withheld { why, result: None } => object!(&mut item, {
            "seq": &seq, "slot": &slot.name(), "withheld": why.word(),
        }),
    }
    item
}

/// Appends the item of `values.json` of a value that is there.
pub(crate) fn shown_item(seq: u64, slot: &Slot, salt: &Salt, canonical: &[u8], out: &mut Vec<u8>) {
    object!(out, {
        "salt": &String::from(*salt), "seq": &seq, "slot": &slot.name(), "value": &Written(canonical),
    });
}

/// `trust.json`.
pub(crate) fn trust(trail: &Trail) -> Vec<u8> {
    let mut out = br#"{"keys":"#.to_vec();
    out.extend(canonical::of(&keys(trail)).unwrap_or_default());
    out.extend_from_slice(br#","policies":["#);
    for (index, (digest, policy)) in trail.policies.iter().enumerate() {
        let comma = if index > 0 { "," } else { "" };
        let head = format!(r#"{comma}{{"digest":{{"algorithm":"sha256","value":"{digest}"}},"snapshot":"#);
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(&policy.to_bytes());
        out.push(b'}');
    }
    out.extend_from_slice(b"]}");
    out
}

/// The public keys of all policies, without the rules that each policy gives them.
fn keys(trail: &Trail) -> Vec<Value> {
    let keys = trail.policies.values().flat_map(|policy| policy.snapshot().keys.iter());
    let mut seen = BTreeMap::new();
    for key in keys {
        let written = json!({ "key_id": key.key_id(), "key": key.key() });
        seen.insert((key.key_id().clone(), key.key().to_bytes()), written);
    }
    seen.into_values().collect()
}

/// `proofs.json`: the Merkle tree over the events.
pub(crate) fn proofs(outline: &Outline, profile: Profile, generated_at: Timestamp, anchor: Option<&Anchor>) -> Vec<u8> {
    let checkpoint = anchor.map(|it| Inclusion { inclusion: it.inclusion.clone(), index: it.index });
    let proofs = Proofs { checkpoint, generated_at, profile, root: outline.root(), size: outline.size() };
    canonical::of(&proofs).unwrap_or_default()
}

/// The manifest over `files`, which stand in their order.
pub(crate) fn manifest(
    trail: &Trail,
    outline: &Outline,
    profile: Profile,
    generated_at: Timestamp,
    files: &[Listed],
) -> Manifest {
    let file_hashes: Vec<_> = files.iter().map(|it| FileHash { path: it.path.clone(), hash: it.hash }).collect();
    let root_hash = root_hash(&file_hashes);
    let own = Own {
        format: PACK_FORMAT,
        profile,
        rules: RULES_VERSION,
        origin: trail.started.origin,
        peer_verifiable: is_plain(files),
        subject: trail.started.subject.clone(),
        environment: trail.started.environment.clone(),
        relaxations: outline.relaxations(),
    };
    Manifest {
        manifest_version: MANIFEST_VERSION.to_owned(),
        generated_at,
        scenario_id: trail.started.scenario_id.to_string(),
        tenant_id: trail.tenant,
        namespace_id: trail.namespace,
        run_id: trail.run.to_string(),
        spec_hash: trail.scenario.hash(),
        hash_algorithm: HASH_ALGORITHM.to_owned(),
        verifier_mode: VerifierMode::OfflineStrict,
        anchor_policy: anchor_policy(trail),
        security: Some(Security { dev_permissive: false, namespace_authority: "dg_registry".into() }),
        integrity: Integrity { file_hashes, root_hash },
        artifacts: files.iter().map(|it| Artifact::required(&it.path, it.kind, it.hash)).collect(),
        decision_gate: serde_json::to_value(own).ok(),
    }
}

/// Whether no file is cut into segments.
fn is_plain(files: &[Listed]) -> bool {
    let whole = [EVENTS, VALUES, TRUST, PROOFS, CHECKPOINT, VERIFIER_REPORT];
    let plain = |path: &str| whole.contains(&path) || path.starts_with(ATTESTATIONS);
    files.iter().all(|file| plain(&file.path) || REQUIRED.iter().any(|(path, _)| file.path == *path))
}

/// The anchors that held for the whole run: what every policy asked for alike. The public project's verifier applies
/// them to every record, so a requirement that came or went on the way can't be among them.
fn anchor_policy(trail: &Trail) -> Option<Value> {
    let mut policies = trail.policies.values().map(|policy| &policy.snapshot().anchors);
    let first = policies.next()?;
    let rest: Vec<_> = policies.collect();
    let lasting = |entry: &&ProviderAnchor| {
        rest.iter().all(|policy| policy.requirement(&entry.provider_id) == Some(&entry.requirement))
    };
    let providers: Vec<_> = first.providers.iter().filter(lasting).cloned().collect();
    let policy = AnchorPolicy { providers };
    if policy.providers.is_empty() { None } else { serde_json::to_value(policy).ok() }
}
