//! Steps 6 to 9: the scenario, the policies, the events and the values, each by itself and against the others.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::Sealed;
use crate::at::Timestamp;
use crate::condition::Truth;
use crate::digest::Digest;
use crate::evidence::EvidenceResult;
use crate::json::{canonical, pointer};
use crate::ledger::{Body, Commitment, Event, EvidenceEntry, Salt, Slot};
use crate::name::{RunId, SubmissionId, TriggerId};
use crate::policy::Policy;
use crate::runpack::array::{ReadFault, read_array, read_value, segment_path};
use crate::runpack::files::PackFiles;
use crate::runpack::finding::{FindingCode, Findings};
use crate::runpack::layout::{Anchor, Proofs};
use crate::runpack::manifest::{CHECKPOINT, EVENTS, Own, PROOFS, Profile, SCENARIO_SPEC, TRUST, VALUES};
use crate::runpack::trail::{self, Kept, Outline, Place, Recorded, Trail, Withholding, remains};
use crate::runpack::views::shown;
use crate::scenario::Scenario;
use crate::trust::Readers;

/// The content of a pack, as far as it reads.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) trail: Trail,
    pub(crate) outline: Outline,
    pub(crate) generated_at: Timestamp,
    pub(crate) profile: Profile,
    /// What ties the run to the log.
    pub(crate) anchor: Option<Anchor>,
    /// What is shown of withheld values: path and pointer of each.
    pub(crate) shown_of_withheld: Vec<(String, String)>,
    /// The files of the events, with how many each has.
    pub(super) event_files: Vec<(String, usize)>,
}

impl Content {
    /// File and pointer of an event, by its place in the run.
    pub(crate) fn locate(&self, index: usize) -> (&str, String) {
        locate(&self.event_files, index)
    }

    /// The run, how much of it is shown, and when the pack was made.
    pub(crate) fn into_parts(self) -> (Trail, Profile, Timestamp) {
        (self.trail, self.profile, self.generated_at)
    }
}

fn locate(files: &[(String, usize)], index: usize) -> (&str, String) {
    let mut left = index;
    let mut place = String::new();
    for (path, count) in files {
        if left < *count {
            pointer::push_index(&mut place, left);
            return (path, place);
        }
        left -= count;
    }
    (EVENTS, place)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TrustFile {
    #[serde(rename = "keys")]
    _keys: Vec<Value>,
    policies: Vec<TrustPolicy>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TrustPolicy {
    digest: Digest,
    snapshot: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ValueItem {
    seq: u64,
    slot: String,
    salt: Option<Salt>,
    value: Option<Value>,
    withheld: Option<Withholding>,
    result: Option<EvidenceResult>,
}

/// Steps 6 to 9. `None` when there is not enough to replay.
pub(super) fn read(
    files: &PackFiles,
    sealed: &Sealed<'_>,
    own: &Own,
    readers: Option<Readers>,
    findings: &mut Findings,
) -> Option<Content> {
    // What the manifest says of itself stands in a hashed file as well, and that one counts.
    let proofs = read_proofs(files, findings);
    let (generated_at, profile) =
        proofs.as_ref().map_or((sealed.manifest.generated_at, own.profile), |it| (it.generated_at, it.profile));
    let anchor = read_anchor(files, proofs, findings);
    // Step 6: the scenario.
    let scenario = read_scenario(files, sealed, findings);
    // Step 7: the policies.
    let policies = read_policies(files, readers, findings);
    // Step 8: the events.
    let (records, event_files) = read_events(files, sealed, findings);
    let records = records?;
    check_sequence(&records, &event_files, sealed, &policies, findings);
    // Step 9: the values.
    let mut reader = Values { expected: expected(&records), kept: BTreeMap::new(), shown: Vec::new() };
    reader.read(files, sealed, profile, findings);
    for (seq, slot) in reader.expected.keys() {
        let reason = format!("event {seq} commits to `{}`, of which nothing is said here", slot.name());
        findings.add(FindingCode::ValueMissing, VALUES, reason);
    }
    let Values { kept, shown, .. } = reader;
    let trail = Trail::new(scenario?, records, policies, kept);
    let Some(trail) = trail else {
        findings.at(FindingCode::EventOrder, EVENTS, "/0", "the first event does not start a run");
        return None;
    };
    check_ids(&trail, sealed, findings);
    check_shown(&trail, findings);
    let outline = Outline::of(&trail.records);
    Some(Content { trail, outline, generated_at, profile, anchor, shown_of_withheld: shown, event_files })
}

fn bad(code: FindingCode, path: &str, fault: &ReadFault, findings: &mut Findings) {
    findings.add(code, path, fault);
}

pub(super) fn read_scenario(files: &PackFiles, sealed: &Sealed<'_>, findings: &mut Findings) -> Option<Scenario> {
    let value = match read_value(files.bytes(SCENARIO_SPEC)?) {
        Ok(value) => value,
        Err(fault) => {
            bad(FindingCode::SpecInvalid, SCENARIO_SPEC, &fault, findings);
            return None;
        }
    };
    match Scenario::read(&value).and_then(Scenario::check) {
        Ok(scenario) => {
            if scenario.hash() != sealed.manifest.spec_hash {
                let reason = format!("the scenario has hash `{}`", scenario.hash());
                findings.at(FindingCode::SpecHash, sealed.name, "/spec_hash", reason);
            }
            Some(scenario)
        }
        Err(faults) => {
            for fault in faults.iter() {
                findings.at(FindingCode::SpecInvalid, SCENARIO_SPEC, fault.pointer.clone(), &fault.problem);
            }
            None
        }
    }
}

pub(super) fn read_policies(
    files: &PackFiles,
    readers: Option<Readers>,
    findings: &mut Findings,
) -> BTreeMap<Digest, Policy> {
    let mut policies = BTreeMap::new();
    let Some(bytes) = files.bytes(TRUST) else {
        return policies;
    };
    let value = match read_value(bytes) {
        Ok(value) => value,
        Err(fault) => {
            bad(FindingCode::FileInvalid, TRUST, &fault, findings);
            return policies;
        }
    };
    let trust: TrustFile = match serde_json::from_value(value) {
        Ok(trust) => trust,
        Err(error) => {
            findings.add(FindingCode::FileInvalid, TRUST, error);
            return policies;
        }
    };
    for (index, listed) in trust.policies.into_iter().enumerate() {
        let place = format!("/policies/{index}");
        let read = Policy::read(&canonical::to_vec(&listed.snapshot));
        match read.map(|policy| policy.with_readers(readers)) {
            Ok(policy) if policy.digest() == listed.digest => {
                policies.insert(listed.digest, policy);
            }
            Ok(policy) => {
                let reason = format!("the snapshot has digest `{}`", policy.digest());
                findings.at(FindingCode::PolicyDigest, TRUST, place + "/digest", reason);
            }
            Err(error) => findings.at(FindingCode::FileInvalid, TRUST, place + "/snapshot", error),
        }
    }
    policies
}

/// The events, and the files that they were found in; no events when one of them does not read.
fn read_events(
    files: &PackFiles,
    sealed: &Sealed<'_>,
    findings: &mut Findings,
) -> (Option<Vec<Recorded>>, Vec<(String, usize)>) {
    let (mut records, mut found, mut whole) = (Vec::new(), Vec::new(), true);
    for path in segments(sealed, EVENTS) {
        let Some(bytes) = files.bytes(&path) else {
            whole = false;
            continue;
        };
        let items = match read_array(bytes) {
            Ok(items) => items,
            Err(fault) => {
                bad(FindingCode::FileInvalid, &path, &fault, findings);
                whole = false;
                continue;
            }
        };
        found.push((path.clone(), items.len()));
        for (index, (value, range)) in items.into_iter().enumerate() {
            match Event::from_value(value) {
                Ok(event) => records.push(Recorded { event, bytes: bytes.get(range).unwrap_or_default().to_vec() }),
                Err(error) => {
                    findings.at(FindingCode::EventInvalid, &path, format!("/{index}"), error);
                    whole = false;
                }
            }
        }
    }
    (whole.then_some(records), found)
}

/// The listed paths of an array, in order.
fn segments<'a>(sealed: &'a Sealed<'_>, base: &'static str) -> impl Iterator<Item = String> + 'a {
    (0..).map(|index| segment_path(base, index)).take_while(|path| sealed.lists(path))
}

/// Scope, numbering, time, policies and idempotency keys of the events.
struct Sequence<'a> {
    sealed: &'a Sealed<'a>,
    policies: &'a BTreeMap<Digest, Policy>,
    last: Option<Timestamp>,
    triggers: BTreeSet<&'a TriggerId>,
    submissions: BTreeSet<&'a SubmissionId>,
    named: BTreeSet<Digest>,
}

fn check_sequence(
    records: &[Recorded],
    event_files: &[(String, usize)],
    sealed: &Sealed<'_>,
    policies: &BTreeMap<Digest, Policy>,
    findings: &mut Findings,
) {
    let (triggers, submissions, named) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut sequence = Sequence { sealed, policies, last: None, triggers, submissions, named };
    for (index, Recorded { event, .. }) in records.iter().enumerate() {
        let (path, place) = locate(event_files, index);
        let mut found =
            |code, member: &str, reason: String| findings.at(code, path, format!("{place}{member}"), reason);
        if u64::try_from(index).ok().and_then(|it| it.checked_add(1)) != Some(event.seq) {
            found(FindingCode::EventSequence, "/seq", format!("event {} stands at place {}", event.seq, index + 1));
        }
        sequence.check(event, &mut found);
    }
    for digest in policies.keys().filter(|digest| !sequence.named.contains(digest)) {
        findings.add(FindingCode::PolicyUnused, TRUST, format!("no event names policy `{digest}`"));
    }
}

impl<'a> Sequence<'a> {
    fn check(&mut self, event: &'a Event, found: &mut dyn FnMut(FindingCode, &str, String)) {
        let manifest = &self.sealed.manifest;
        let run = event.run.as_ref().map(RunId::as_str);
        if event.tenant != manifest.tenant_id
            || event.namespace != manifest.namespace_id
            || run != Some(&manifest.run_id)
        {
            let reason = "the event is of another tenant, namespace or run than the manifest";
            found(FindingCode::EventScope, "", reason.into());
        }
        if self.last.is_some_and(|last| last.later(event.at) != Ok(event.at)) {
            let reason = "the event is earlier than the one before it, or of another kind of time";
            found(FindingCode::TimeRegressed, "/at", reason.into());
        }
        self.last = Some(event.at);
        if !self.policies.contains_key(&event.policy_digest) {
            let reason = format!("policy `{}` is not in `{TRUST}`", event.policy_digest);
            found(FindingCode::PolicyMissing, "/policy_digest", reason);
        }
        self.named.insert(event.policy_digest);
        match &event.body {
            Body::RunStarted(body) => {
                self.triggers.insert(&body.decision.trigger_id);
            }
            Body::StepDecided(body) if !self.triggers.insert(&body.trigger.trigger_id) => {
                let reason = format!("trigger `{}` was decided before", body.trigger.trigger_id);
                found(FindingCode::TriggerDuplicate, "/body/trigger/trigger_id", reason);
            }
            Body::Submitted(body) if !self.submissions.insert(&body.submission_id) => {
                let reason = format!("submission `{}` was taken before", body.submission_id);
                found(FindingCode::SubmissionDuplicate, "/body/submission_id", reason);
            }
            Body::StepDecided(_)
            | Body::Submitted(_)
            | Body::ScenarioDefined(_)
            | Body::PolicyActivated(_)
            | Body::SchemaRegistered(_) => {}
        }
    }
}

fn expected(records: &[Recorded]) -> BTreeMap<Place, Commitment> {
    let all = records.iter().flat_map(|it| {
        trail::commitments(&it.event).into_iter().map(|(slot, commitment)| ((it.event.seq, slot), commitment))
    });
    all.collect()
}

struct Values {
    /// What events commit to and no value was found for yet.
    expected: BTreeMap<Place, Commitment>,
    kept: BTreeMap<Place, Kept>,
    shown: Vec<(String, String)>,
}

impl Values {
    fn read(&mut self, files: &PackFiles, sealed: &Sealed<'_>, profile: Profile, findings: &mut Findings) {
        for path in segments(sealed, VALUES) {
            let Some(bytes) = files.bytes(&path) else {
                continue;
            };
            match read_array(bytes) {
                Ok(items) => {
                    for (index, (value, _)) in items.into_iter().enumerate() {
                        self.take(value, &path, format!("/{index}"), profile, findings);
                    }
                }
                Err(fault) => bad(FindingCode::FileInvalid, &path, &fault, findings),
            }
        }
    }

    fn take(&mut self, item: Value, path: &str, place: String, profile: Profile, findings: &mut Findings) {
        let item: ValueItem = match serde_json::from_value(item) {
            Ok(item) => item,
            Err(error) => return findings.at(FindingCode::FileInvalid, path, place, error),
        };
        let Some(slot) = Slot::parse(&item.slot) else {
            return findings.at(FindingCode::FileInvalid, path, place + "/slot", "not the name of a value");
        };
        let key = (item.seq, slot);
        let Some(commitment) = self.expected.remove(&key) else {
            return findings.at(
                FindingCode::ValueUnexpected,
                path,
                place,
                "no event commits to this value, or it is given twice",
            );
        };
        let kept = match (item.salt, item.value, item.withheld, item.result) {
            (Some(salt), Some(value), None, None) => {
                let canonical = canonical::to_vec(&value);
                if Commitment::to(&salt, &canonical) != commitment {
                    let reason = format!("event {} commits to another value or salt", item.seq);
                    findings.at(FindingCode::Commitment, path, place, reason);
                }
                Kept::Present { salt, canonical, value }
            }
            (None, None, Some(Withholding::Redacted), result) if profile == Profile::Disclosed => {
                if result.is_some() {
                    self.shown.push((path.to_owned(), place));
                }
                Kept::Withheld { why: Withholding::Redacted, result: result.map(Box::new) }
            }
            (None, None, Some(Withholding::Pruned), None) => Kept::Withheld { why: Withholding::Pruned, result: None },
            _ => {
                let reason = "neither a value with its salt, nor a withheld one as this profile has it";
                return findings.at(FindingCode::FileInvalid, path, place, reason);
            }
        };
        self.kept.insert(key, kept);
    }
}

fn check_ids(trail: &Trail, sealed: &Sealed<'_>, findings: &mut Findings) {
    let spec = trail.scenario.spec();
    let started = &trail.started;
    if started.scenario_id != spec.scenario_id || started.scenario_id.as_str() != sealed.manifest.scenario_id {
        let reason = format!("the run is of scenario `{}`, the spec of `{}`", started.scenario_id, spec.scenario_id);
        findings.at(FindingCode::IdMismatch, sealed.name, "/scenario_id", reason);
    }
    if started.spec_hash != trail.scenario.hash() {
        let reason = format!("the run is bound to scenario version `{}`", started.spec_hash);
        findings.at(FindingCode::SpecHash, EVENTS, "/0/body/spec_hash", reason);
    }
}

/// What is shown of redacted evidence must be what the policy leaves of it, and fit its event.
fn check_shown(trail: &Trail, findings: &mut Findings) {
    for Recorded { event, .. } in &trail.records {
        let Body::StepDecided(body) = &event.body else {
            continue;
        };
        for entry in &body.evidence {
            let place = (event.seq, Slot::Evidence(entry.condition_id.clone()));
            let Some(Kept::Withheld { why: Withholding::Redacted, result }) = trail.values.get(&place) else {
                continue;
            };
            let fits = result.as_ref().is_some_and(|result| fits(trail, event, entry, result));
            if !fits {
                let condition = &entry.condition_id;
                let reason =
                    format!("what is shown of `{condition}` of event {} does not fit event and policy", event.seq);
                findings.add(FindingCode::WithheldInvalid, VALUES, reason);
            }
        }
    }
}

fn fits(trail: &Trail, event: &Event, entry: &EvidenceEntry, result: &EvidenceResult) -> bool {
    let (Some(spec), Some(policy)) = (trail.scenario.condition(&entry.condition_id), trail.policy(event)) else {
        return false;
    };
    let bare = remains(entry);
    let error = match (&result.error, &entry.gap) {
        (None, _) => bare.error.is_none(),
        (Some(error), Some(gap)) => entry.status == Truth::Unknown && (error.code == *gap || gap == "trust_lane"),
        (Some(_), None) => false,
    };
    let redacted = result.value.is_none() && *shown(Cow::Borrowed(result), spec, policy, Profile::Disclosed) == *result;
    redacted && error && result.lane == bare.lane && result.evidence_anchor == bare.evidence_anchor
}

pub(super) fn read_proofs(files: &PackFiles, findings: &mut Findings) -> Option<Proofs> {
    let read = read_value(files.bytes(PROOFS)?).map_err(|fault| fault.to_string());
    let proofs = read.and_then(|value| serde_json::from_value(value).map_err(|error| error.to_string()));
    proofs.map_err(|reason| findings.add(FindingCode::FileInvalid, PROOFS, reason)).ok()
}

/// The checkpoint and the proof that leads to it: both, or neither.
pub(super) fn read_anchor(files: &PackFiles, proofs: Option<Proofs>, findings: &mut Findings) -> Option<Anchor> {
    match (proofs?.checkpoint, files.bytes(CHECKPOINT)) {
        (Some(proof), Some(note)) => {
            Some(Anchor { note: note.to_vec(), index: proof.index, inclusion: proof.inclusion })
        }
        (None, None) => None,
        (Some(_), None) => {
            findings.add(FindingCode::CheckpointInvalid, CHECKPOINT, "there is a proof, and no checkpoint for it");
            None
        }
        (None, Some(_)) => {
            findings.add(FindingCode::CheckpointInvalid, PROOFS, "there is a checkpoint, and no proof for it");
            None
        }
    }
}
