//! A pack made event by event, in the order of the ledger: of the run itself, no more is in memory than the event at hand.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::array::{Array, Made, Making};
use super::build::{Pack, PackFault, Verification};
use super::expect::Expect;
use super::files::{PackFile, PackFiles};
use super::layout::{self, Anchor, Listed};
use super::manifest::{ArtifactKind, EVENTS, Profile, VALUES, VERIFIER_REPORT};
use super::path::ManifestName;
use super::trail::{self, Kept, Outline, Place, Trail, Withholding};
use super::verify::{self, peer_report};
use super::views::{Views, shown};
use crate::at::Timestamp;
use crate::digest::Digest;
use crate::engine::StageEvaluation;
use crate::evidence::EvidenceResult;
use crate::json::{self, canonical};
use crate::ledger::{Body, Event, SideValue, Slot};
use crate::policy::Policy;
use crate::scenario::Scenario;
use crate::trust::{Disclosure, Readers};

/// What a pack is made of beside the events, their values and their policies.
#[derive(Debug)]
pub struct PackFrame {
    /// Canonical JSON of the spec that the run is bound to.
    pub spec: Vec<u8>,
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

/// A pack on its way.
#[derive(Debug)]
pub struct Packer {
    frame: PackFrame,
    /// Until the first event.
    scenario: Option<Scenario>,
    /// From the first event on, with the values of the event at hand.
    trail: Option<Trail>,
    policies: BTreeMap<Digest, Policy>,
    named: BTreeSet<Digest>,
    outline: Outline,
    views: Views<Making>,
    events: Array<Making>,
    values: Array<Making>,
    envelopes: BTreeMap<Digest, Vec<u8>>,
    /// The last event of which a value is gone.
    pruned_through: Option<u64>,
}

impl Packer {
    /// A pack of no event yet.
    ///
    /// # Errors
    /// [`PackFault`] when the scenario does not read.
    pub fn new(frame: PackFrame) -> Result<Self, PackFault> {
        let spec = json::parse_exact(&frame.spec, &json::Limits::message(usize::MAX)).map_err(PackFault::SpecJson)?;
        let scenario = Scenario::read(&spec).and_then(Scenario::check).map_err(PackFault::Spec)?;
        let profile = frame.profile;
        Ok(Self {
            frame,
            scenario: Some(scenario),
            trail: None,
            policies: BTreeMap::new(),
            named: BTreeSet::new(),
            outline: Outline::default(),
            views: Views::new(profile),
            events: Array::new(EVENTS, ArtifactKind::Custom),
            values: Array::new(VALUES, ArtifactKind::Custom),
            envelopes: BTreeMap::new(),
            pruned_through: None,
        })
    }

    /// Whether a policy is at hand.
    pub fn knows(&self, policy: Digest) -> bool {
        self.policies.contains_key(&policy) || self.trail.as_ref().is_some_and(|it| it.policies.contains_key(&policy))
    }

    /// Takes the canonical JSON of a policy snapshot, which must be at hand before the first event that names it. One that
    /// no event names is left out.
    ///
    /// # Errors
    /// [`PackFault`] when it does not read.
    pub fn policy(&mut self, bytes: &[u8]) -> Result<(), PackFault> {
        let policy = Policy::read(bytes)?.with_readers(self.frame.readers);
        let known = self.trail.as_mut().map_or(&mut self.policies, |trail| &mut trail.policies);
        known.insert(policy.digest(), policy);
        Ok(())
    }

    /// Takes the canonical JSON of the next event, with every value that the ledger still has of it.
    ///
    /// # Errors
    /// [`PackFault`] when it does not follow, or a value is not what it commits to.
    pub fn push(&mut self, bytes: &[u8], values: Vec<SideValue>) -> Result<(), PackFault> {
        let position = usize::try_from(self.outline.size()).unwrap_or(usize::MAX).saturating_add(1);
        let event = Event::read(bytes).map_err(|fault| PackFault::Event { position, fault })?;
        if u64::try_from(position) != Ok(event.seq) {
            return Err(PackFault::Sequence { position, got: event.seq });
        }
        let digest = event.policy_digest;
        if !self.knows(digest) {
            return Err(PackFault::PolicyMissing { seq: event.seq, digest });
        }
        self.named.insert(digest);
        if let Some(scenario) = self.scenario.take() {
            self.trail = Some(begin(scenario, &event, std::mem::take(&mut self.policies))?);
        }
        let trail = self.trail.as_mut().ok_or(PackFault::NotStarted)?;
        trail.values = keep(&event, values)?;
        if trail.values.values().any(|kept| matches!(kept, Kept::Withheld { .. })) {
            self.pruned_through = Some(event.seq);
        }
        if self.frame.profile == Profile::Disclosed {
            withhold(trail, &event);
        }
        self.views.push(trail, &event, trail.payload_of(&event).as_ref(), judged(trail, &event).as_ref());
        if self.outline.take(&event, bytes) {
            self.outline.keep(event);
        }
        self.events.push(bytes);
        for ((seq, slot), kept) in &trail.values {
            self.values.push(&layout::value_item(*seq, slot, kept));
        }
        self.envelopes.append(&mut layout::attestations(trail));
        Ok(())
    }

    /// The pack.
    ///
    /// # Errors
    /// [`PackFault`] when there was no event.
    pub fn finish(self) -> Result<Pack, PackFault> {
        let Self { frame, trail, named, outline, views, events, values, envelopes, pruned_through, .. } = self;
        let PackFrame { generated_at, profile, verification, manifest_name, readers, anchor, .. } = frame;
        let mut trail = trail.ok_or(PackFault::NotStarted)?;
        trail.policies.retain(|digest, _| named.contains(digest));
        let mut files = views.finish(&trail);
        files.extend(events.finish());
        files.extend(values.finish());
        files.extend(layout::closing_files(&trail, &outline, profile, generated_at, anchor.as_ref(), envelopes));
        let sealed = |manifest_name, files| {
            let pack = seal(&trail, &outline, profile, generated_at, manifest_name, files)?;
            Ok::<_, PackFault>(Pack { pruned_through, ..pack })
        };
        let pack = sealed(manifest_name, files)?;
        if verification == Verification::LeaveOut {
            return Ok(pack);
        }
        let (manifest_name, mut files, bytes) = verified(pack, readers);
        files.push(Made { path: VERIFIER_REPORT.to_owned(), kind: ArtifactKind::VerifierReport, bytes });
        sealed(manifest_name, files)
    }
}

/// A run from its first event.
fn begin(scenario: Scenario, first: &Event, policies: BTreeMap<Digest, Policy>) -> Result<Trail, PackFault> {
    let trail = Trail::begin(scenario, first, policies).ok_or(PackFault::NotStarted)?;
    let (bound, got) = (trail.started.spec_hash, trail.scenario.hash());
    if bound == got { Ok(trail) } else { Err(PackFault::OtherSpec { bound, got }) }
}

fn judged(trail: &Trail, event: &Event) -> Option<StageEvaluation> {
    match &event.body {
        Body::StepDecided(body) => trail.evaluate(event, body),
        Body::RunStarted(_)
        | Body::Submitted(_)
        | Body::ScenarioDefined(_)
        | Body::PolicyActivated(_)
        | Body::SchemaRegistered(_) => None,
    }
}

/// What the verifier says of a pack, and the parts of the pack, of which none is copied.
fn verified(pack: Pack, readers: Option<Readers>) -> (ManifestName, Vec<Made>, Vec<u8>) {
    let Pack { manifest_name, manifest, files, .. } = pack;
    let listed: Vec<(String, ArtifactKind)> = files.iter().map(|it| (it.path.clone(), it.kind)).collect();
    let mut all: PackFiles = files.into_iter().map(|it| (it.path, it.bytes)).collect();
    all.insert(manifest_name.as_str(), PackFile::Bytes(manifest));
    let report = verify::verify(&all, &manifest_name, &Expect { readers, ..Expect::default() });
    let made = |(path, kind): (String, ArtifactKind)| match all.remove(&path) {
        Some(PackFile::Bytes(bytes)) => Some(Made { path, kind, bytes }),
        Some(PackFile::NotRegular | PackFile::Unreadable { .. } | PackFile::TooLarge { .. }) | None => None,
    };
    let files = listed.into_iter().filter_map(made).collect();
    (manifest_name, files, peer_report(&report))
}

fn seal(
    trail: &Trail,
    outline: &Outline,
    profile: Profile,
    generated_at: Timestamp,
    manifest_name: ManifestName,
    files: Vec<Made>,
) -> Result<Pack, PackFault> {
    let listed = |file: &Made| Listed { path: file.path.clone(), kind: file.kind, hash: Digest::of(&file.bytes) };
    let listed: Vec<_> = files.iter().map(listed).collect();
    let manifest = layout::manifest(trail, outline, profile, generated_at, &listed);
    let root_hash = manifest.integrity.root_hash;
    let manifest = canonical::of(&manifest).map_err(PackFault::Manifest)?;
    Ok(Pack { manifest_name, manifest, signature: None, files, root_hash, pruned_through: None })
}

/// Every value that an event commits to: present and checked, or pruned.
fn keep(event: &Event, values: Vec<SideValue>) -> Result<BTreeMap<Place, Kept>, PackFault> {
    let mut at_hand: BTreeMap<Slot, SideValue> = values.into_iter().map(|value| (value.slot.clone(), value)).collect();
    let mut kept = BTreeMap::new();
    for (slot, commitment) in trail::commitments(event) {
        let fault = || PackFault::Value { seq: event.seq, slot: slot.name() };
        let value = match at_hand.remove(&slot) {
            Some(value) if value.commitment() != commitment => return Err(fault()),
            Some(SideValue { salt, canonical, .. }) => {
                let limits = json::Limits::message(usize::MAX);
                let value = json::parse_exact(&canonical, &limits).map_err(|_| fault())?;
                Kept::Present { salt, canonical, value }
            }
            None => Kept::Withheld { why: Withholding::Pruned, result: None },
        };
        kept.insert((event.seq, slot), value);
    }
    match at_hand.into_keys().next() {
        Some(slot) => Err(PackFault::Value { seq: event.seq, slot: slot.name() }),
        None => Ok(kept),
    }
}

/// Takes out what the policy in force does not allow to be shown. Payloads are nobody's evidence: none is shown.
fn withhold(trail: &mut Trail, event: &Event) {
    let evaluation = judged(trail, event);
    let mut hidden: Vec<(Place, Kept)> = Vec::new();
    for (place, kept) in &trail.values {
        let result = match (kept, redact(trail, event, &place.1, evaluation.as_ref())) {
            (Kept::Withheld { .. }, _) | (_, Redaction::None) => continue,
            (_, Redaction::Whole) => None,
            (_, Redaction::Value(result)) => Some(result),
        };
        hidden.push((place.clone(), Kept::Withheld { why: Withholding::Redacted, result }));
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
        Some(view) => {
            let result = shown(Cow::Borrowed(&view.judged.result), spec, policy, Profile::Disclosed);
            Redaction::Value(Box::new(result.into_owned()))
        }
        None => Redaction::Whole,
    }
}
