//! From the ledger's rows to a pack.

use std::collections::{BTreeMap, BTreeSet};

use super::array::Made;
use super::expect::Expect;
use super::files::PackFiles;
use super::layout::{self, Anchor, Listed};
use super::manifest::{ArtifactKind, Profile, VERIFIER_REPORT};
use super::path::ManifestName;
use super::signature::{self, MANIFEST_SIGNATURE};
use super::trail::{self, Kept, Place, Recorded, Trail, Withholding};
use super::verify::{self, peer_report};
use super::views::{Views, shown};
use crate::at::Timestamp;
use crate::digest::Digest;
use crate::engine::StageEvaluation;
use crate::evidence::EvidenceResult;
use crate::json::{self, canonical};
use crate::keys::SigningKey;
use crate::ledger::{Body, Event, EventReadError, SideValue, Slot};
use crate::policy::{Policy, PolicyReadError};
use crate::scenario::{Scenario, SpecFaults};
use crate::trust::{Disclosure, Readers};

/// Everything that a pack is made of. What it is made of lies in the ledger; how it is made is the caller's to say.
#[derive(Debug)]
pub struct PackInput {
    /// Canonical JSON of the spec that the run is bound to.
    pub spec: Vec<u8>,
    /// Canonical JSON of every event of the run, oldest first.
    pub events: Vec<Vec<u8>>,
    /// Every value that the ledger still has, with the position of its event.
    pub values: Vec<(u64, SideValue)>,
    /// Canonical JSON of the policy snapshots that the events name; others are left out.
    pub policies: Vec<Vec<u8>>,
    /// When the pack is made.
    pub generated_at: Timestamp,
    /// How much of the values it shows.
    pub profile: Profile,
    /// Whether the pack is verified and carries the report of that.
    pub verification: Verification,
    /// How the manifest is called.
    pub manifest_name: ManifestName,
    /// Read what sources of attestations and releases brought.
    pub readers: Option<Readers>,
    /// What ties these very events to the log of their namespace.
    pub anchor: Option<Anchor>,
}

/// Whether a pack is verified when it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// It is, and carries the report.
    Include,
    /// It is not.
    LeaveOut,
}

/// A pack: files by path, ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    manifest_name: ManifestName,
    manifest: Vec<u8>,
    signature: Option<Vec<u8>>,
    files: Vec<Made>,
    root_hash: Digest,
}

/// Why no pack can be made.
#[derive(Debug, thiserror::Error)]
pub enum PackFault {
    /// The scenario does not read.
    #[error("the run's scenario is not strict json: {0}")]
    SpecJson(#[source] json::JsonError),
    /// The scenario is not one.
    #[error("the run's scenario is invalid: {0}")]
    Spec(#[source] SpecFaults),
    /// The scenario is another than the run's.
    #[error("the run is bound to scenario version `{bound}`, the one at hand is `{got}`")]
    OtherSpec {
        /// The run's.
        bound: Digest,
        /// As it came.
        got: Digest,
    },
    /// An event does not read.
    #[error("event {position} of the run does not read: {fault}")]
    Event {
        /// Its position in the list, from 1.
        position: usize,
        /// Why not.
        #[source]
        fault: EventReadError,
    },
    /// The first event does not start a run, or there is none.
    #[error("the events do not begin with the start of a run")]
    NotStarted,
    /// A gap or a repeat in the numbering.
    #[error("event {position} of the run has number {got}")]
    Sequence {
        /// Its position in the list, from 1.
        position: usize,
        /// Its number.
        got: u64,
    },
    /// A policy does not read.
    #[error(transparent)]
    Policy(#[from] PolicyReadError),
    /// An event names a policy that is not at hand.
    #[error("event {seq} was decided under policy `{digest}`, which is not at hand")]
    PolicyMissing {
        /// Number of the event.
        seq: u64,
        /// The policy.
        digest: Digest,
    },
    /// A value that no event commits to, or another value than the event commits to.
    #[error("the value `{slot}` of event {seq} is not what the event commits to")]
    Value {
        /// Number of the event.
        seq: u64,
        /// Which value.
        slot: String,
    },
    /// The manifest has no canonical form.
    #[error("the manifest can't be written: {0}")]
    Manifest(#[source] json::JsonError),
}

impl PackFault {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::SpecJson(_) | Self::Spec(_) | Self::OtherSpec { .. } => "runpack_scenario_invalid",
            Self::Event { .. } | Self::NotStarted | Self::Sequence { .. } => "runpack_events_invalid",
            Self::Policy(_) | Self::PolicyMissing { .. } => "runpack_policy_missing",
            Self::Value { .. } => "runpack_value_invalid",
            Self::Manifest(_) => "runpack_manifest_invalid",
        }
    }

    /// What to do.
    pub fn hint(&self) -> &'static str {
        "the ledger does not hold together: run `decision-gate doctor`, and keep the file as it is"
    }
}

impl Pack {
    /// Every file with its path; the manifest comes last, so that a pack without one was not finished.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let files = self.files.iter().map(|file| (file.path.as_str(), file.bytes.as_slice()));
        let signature = self.signature.iter().map(|bytes| (MANIFEST_SIGNATURE, bytes.as_slice()));
        let manifest = std::iter::once((self.manifest_name.as_str(), self.manifest.as_slice()));
        files.chain(signature).chain(manifest)
    }

    /// The same pack, signed. A signature that was there is replaced.
    #[must_use]
    pub fn signed(mut self, key: &SigningKey) -> Self {
        self.signature = Some(signature::sign(&self.manifest, key).as_bytes().to_vec());
        self
    }

    /// The root hash: who knows it can tell this pack from any other.
    pub fn root_hash(&self) -> Digest {
        self.root_hash
    }

    /// The manifest's name.
    pub fn manifest_name(&self) -> &ManifestName {
        &self.manifest_name
    }

    /// The manifest's bytes.
    pub fn manifest(&self) -> &[u8] {
        &self.manifest
    }

    /// The pack as a verifier takes it.
    pub fn to_files(&self) -> PackFiles {
        self.files().map(|(path, bytes)| (path.to_owned(), bytes.to_vec())).collect()
    }
}

/// Makes a pack of a run.
///
/// # Errors
/// [`PackFault`] when the ledger's rows do not hold together.
pub fn build(input: PackInput) -> Result<Pack, PackFault> {
    let PackInput { spec, events, values, policies, generated_at, profile, verification, .. } = input;
    let (manifest_name, readers, anchor) = (input.manifest_name, input.readers, input.anchor);
    let scenario = read_scenario(&spec)?;
    let records = read_events(events)?;
    if !records.first().is_some_and(|it| matches!(it.event.body, Body::RunStarted(_))) {
        return Err(PackFault::NotStarted);
    }
    let policies = read_policies(&policies, &records, readers)?;
    let values = keep(&records, values)?;
    let mut trail = Trail::new(scenario, records, policies, values).ok_or(PackFault::NotStarted)?;
    if trail.started.spec_hash != trail.scenario.hash() {
        return Err(PackFault::OtherSpec { bound: trail.started.spec_hash, got: trail.scenario.hash() });
    }
    if profile == Profile::Disclosed {
        withhold(&mut trail);
    }
    let mut views = Views::new(&trail, profile);
    for record in &trail.records {
        let evaluation = match &record.event.body {
            Body::StepDecided(body) => trail.evaluate(&record.event, body),
            Body::RunStarted(_)
            | Body::Submitted(_)
            | Body::ScenarioDefined(_)
            | Body::PolicyActivated(_)
            | Body::SchemaRegistered(_) => None,
        };
        views.push(record, evaluation.as_ref());
    }
    let mut files = views.finish();
    files.extend(layout::own_files(&trail, profile, generated_at, anchor.as_ref()));
    let mut pack = seal(&trail, profile, generated_at, manifest_name, files)?;
    if verification == Verification::Include {
        let report = verify::verify(&pack.to_files(), &pack.manifest_name, &Expect { readers, ..Expect::default() });
        let bytes = peer_report(&report);
        let Pack { manifest_name, mut files, .. } = pack;
        files.push(Made { path: VERIFIER_REPORT.to_owned(), kind: ArtifactKind::VerifierReport, bytes });
        pack = seal(&trail, profile, generated_at, manifest_name, files)?;
    }
    Ok(pack)
}

fn seal(
    trail: &Trail,
    profile: Profile,
    generated_at: Timestamp,
    manifest_name: ManifestName,
    files: Vec<Made>,
) -> Result<Pack, PackFault> {
    let listed = |file: &Made| Listed { path: file.path.clone(), kind: file.kind, hash: Digest::of(&file.bytes) };
    let listed: Vec<_> = files.iter().map(listed).collect();
    let manifest = layout::manifest(trail, profile, generated_at, &listed);
    let root_hash = manifest.integrity.root_hash;
    let manifest = canonical::of(&manifest).map_err(PackFault::Manifest)?;
    Ok(Pack { manifest_name, manifest, signature: None, files, root_hash })
}

fn read_scenario(spec: &[u8]) -> Result<Scenario, PackFault> {
    let value = json::parse_exact(spec, &json::Limits::message(usize::MAX)).map_err(PackFault::SpecJson)?;
    Scenario::read(&value).and_then(Scenario::check).map_err(PackFault::Spec)
}

fn read_events(events: Vec<Vec<u8>>) -> Result<Vec<Recorded>, PackFault> {
    let mut records = Vec::with_capacity(events.len());
    for (position, bytes) in (1..).zip(events) {
        let event = Event::read(&bytes).map_err(|fault| PackFault::Event { position, fault })?;
        if u64::try_from(position) != Ok(event.seq) {
            return Err(PackFault::Sequence { position, got: event.seq });
        }
        records.push(Recorded { event, bytes });
    }
    Ok(records)
}

/// The policies that the events name, and no others.
fn read_policies(
    policies: &[Vec<u8>],
    records: &[Recorded],
    readers: Option<Readers>,
) -> Result<BTreeMap<Digest, Policy>, PackFault> {
    let named: BTreeSet<Digest> = records.iter().map(|it| it.event.policy_digest).collect();
    let mut found = BTreeMap::new();
    for bytes in policies {
        let policy = Policy::read(bytes)?.with_readers(readers);
        if named.contains(&policy.digest()) {
            found.insert(policy.digest(), policy);
        }
    }
    let missing = records.iter().map(|it| &it.event).find(|it| !found.contains_key(&it.policy_digest));
    match missing {
        Some(event) => Err(PackFault::PolicyMissing { seq: event.seq, digest: event.policy_digest }),
        None => Ok(found),
    }
}

/// Every value that an event commits to: present and checked, or pruned.
fn keep(records: &[Recorded], values: Vec<(u64, SideValue)>) -> Result<BTreeMap<Place, Kept>, PackFault> {
    let mut at_hand: BTreeMap<Place, SideValue> =
        values.into_iter().map(|(seq, value)| ((seq, value.slot.clone()), value)).collect();
    let mut kept = BTreeMap::new();
    for record in records {
        for (slot, commitment) in trail::commitments(&record.event) {
            let place = (record.event.seq, slot);
            let fault = || PackFault::Value { seq: place.0, slot: place.1.name() };
            let value = match at_hand.remove(&place) {
                Some(value) if value.commitment() != commitment => return Err(fault()),
                Some(SideValue { salt, canonical, .. }) => {
                    let limits = json::Limits::message(usize::MAX);
                    let value = json::parse_exact(&canonical, &limits).map_err(|_| fault())?;
                    Kept::Present { salt, canonical, value }
                }
                None => Kept::Withheld { why: Withholding::Pruned, result: None },
            };
            kept.insert(place, value);
        }
    }
    match at_hand.into_keys().next() {
        Some((seq, slot)) => Err(PackFault::Value { seq, slot: slot.name() }),
        None => Ok(kept),
    }
}

/// Takes out what the policies in force do not allow to be shown. Payloads are nobody's evidence: none is shown.
fn withhold(trail: &mut Trail) {
    let mut hidden: Vec<(Place, Kept)> = Vec::new();
    for Recorded { event, .. } in &trail.records {
        let places = trail::commitments(event).into_iter().map(|(slot, _)| (event.seq, slot));
        let present = places.filter(|place| matches!(trail.values.get(place), Some(Kept::Present { .. })));
        let evaluation = match &event.body {
            Body::StepDecided(body) => trail.evaluate(event, body),
            Body::RunStarted(_)
            | Body::Submitted(_)
            | Body::ScenarioDefined(_)
            | Body::PolicyActivated(_)
            | Body::SchemaRegistered(_) => None,
        };
        for place in present {
            match redact(trail, event, &place.1, evaluation.as_ref()) {
                Redaction::None => {}
                Redaction::Whole => hidden.push((place, Kept::Withheld { why: Withholding::Redacted, result: None })),
                Redaction::Value(result) => {
                    hidden.push((place, Kept::Withheld { why: Withholding::Redacted, result: Some(result) }));
                }
            }
        }
    }
    trail.values.extend(hidden);
}

/// What is taken out.
enum Redaction {
    /// Nothing.
    None,
    /// The value; this may be shown of it.
    Value(Box<EvidenceResult>),
    /// Everything.
    Whole,
}

fn redact(trail: &Trail, event: &Event, slot: &Slot, evaluation: Option<&StageEvaluation>) -> Redaction {
    let Slot::Evidence(condition) = slot else {
        return Redaction::Whole;
    };
    let (Some(spec), Some(policy)) = (trail.scenario.condition(condition), trail.policy(event)) else {
        return Redaction::Whole;
    };
    if policy.disclosure(&spec.query.provider_id) == Disclosure::Raw {
        return Redaction::None;
    }
    match evaluation.and_then(|it| it.condition(condition)) {
        Some(view) => Redaction::Value(Box::new(shown(view.judged.result.clone(), spec, policy, Profile::Disclosed))),
        None => Redaction::Whole,
    }
}
