//! Steps 6 to 12 in one pass, for packs that hold.
//!
//! What went into each event is read, the event is decided anew, and the event, its values and its views are compared
//! with the files while they are written. What comes out byte for byte the same is strict JSON, canonical, complete and
//! in order, so none of those steps would find anything. A pack of which anything comes out differently, or that
//! withholds a value, is left to the steps one by one, which say what is wrong and where.

mod inputs;

use std::collections::{BTreeMap, BTreeSet};

use self::inputs::{Given, Inputs, Supplied, each_event, first_event, supplied};
use super::content::{self, Content};
use super::replay::{most_events, restart};
use super::{Sealed, passing_report};
use crate::at::Timestamp;
use crate::digest::Digest;
use crate::engine::{
    self, Decided, RunState, SaltedAnswer, StageEvaluation, Step, Submission, Trigger, Withheld, draft,
};
use crate::json::canonical;
use crate::ledger::{Body, Event, SideValue, Slot};
use crate::name::{RunId, SubmissionId, TriggerId};
use crate::policy::Policy;
use crate::runpack::array::{Array, Matched, Matching, segment_path};
use crate::runpack::files::PackFiles;
use crate::runpack::finding::Findings;
use crate::runpack::layout::{self, ATTESTATIONS, Anchor, Listed};
use crate::runpack::manifest::{
    ArtifactKind, CHECKPOINT, EVENTS, Own, PROOFS, Profile, SCENARIO_SPEC, TRUST, VALUES, VERIFIER_REPORT,
};
use crate::runpack::trail::{Outline, Trail};
use crate::runpack::views::Views;
use crate::scenario::packets::PacketPayload;
use crate::trust::Readers;

/// A pack that came out the same.
#[derive(Debug)]
pub(super) struct Remade {
    pub(super) content: Content,
    pub(super) state: RunState,
}

/// Makes the pack anew; `None` when it does not come out the same.
pub(super) fn remake(files: &PackFiles, sealed: &Sealed<'_>, own: &Own, readers: Option<Readers>) -> Option<Remade> {
    // What these readers find is found again, and told, by the steps one by one.
    let mut findings = Findings::default();
    let proofs = content::read_proofs(files, &mut findings)?;
    let (generated_at, profile) = (proofs.generated_at, proofs.profile);
    let anchor = content::read_anchor(files, Some(proofs), &mut findings);
    let scenario = content::read_scenario(files, sealed, &mut findings)?;
    let policies = content::read_policies(files, readers, &mut findings);
    let first = first_event(text(files, EVENTS)?)?;
    if !findings.is_empty() || own.profile != profile || !is_of_pack(&first, sealed) {
        return None;
    }
    let trail = Trail::begin(scenario, &first, policies)?;
    let spec = trail.scenario.spec();
    if trail.started.scenario_id != spec.scenario_id || trail.started.spec_hash != trail.scenario.hash() {
        return None;
    }
    let mut pass = Pass::new(&trail, &first, files, profile)?;
    for path in (0..).map(|index| segment_path(EVENTS, index)).take_while(|path| sealed.lists(path)) {
        each_event(text(files, &path)?, &mut |inputs| pass.take(inputs))?;
    }
    let Passed { state, outline, events, listed } = pass.finish(generated_at, anchor.as_ref())?;
    if !holds_together(files, sealed, &trail, &outline, profile, generated_at, &listed) {
        return None;
    }
    let event_files = events.into_iter().map(|it| (it.path, it.count)).collect();
    let shown_of_withheld = Vec::new();
    Some(Remade {
        content: Content { trail, outline, generated_at, profile, anchor, shown_of_withheld, event_files },
        state,
    })
}

fn text<'f>(files: &'f PackFiles, path: &str) -> Option<&'f str> {
    std::str::from_utf8(files.bytes(path)?).ok()
}

fn is_of_pack(first: &Event, sealed: &Sealed<'_>) -> bool {
    let manifest = &sealed.manifest;
    let run = first.run.as_ref().map(RunId::as_str);
    (first.tenant, first.namespace, run) == (manifest.tenant_id, manifest.namespace_id, Some(&manifest.run_id))
}

/// The manifest over the files, and the report of a pack of which nothing is found.
fn holds_together(
    files: &PackFiles,
    sealed: &Sealed<'_>,
    trail: &Trail,
    outline: &Outline,
    profile: Profile,
    generated_at: Timestamp,
    made: &[(String, ArtifactKind)],
) -> bool {
    let report = [(VERIFIER_REPORT.to_owned(), ArtifactKind::VerifierReport)];
    let report = if sealed.lists(VERIFIER_REPORT) { report.as_slice() } else { &[] };
    let listed = |(path, kind): &(String, ArtifactKind)| {
        Some(Listed { path: path.clone(), kind: *kind, hash: sealed.hash(path)? })
    };
    let Some(listed) = made.iter().chain(report).map(listed).collect::<Option<Vec<_>>>() else {
        return false;
    };
    let manifest = layout::manifest(trail, outline, profile, generated_at, &listed);
    canonical::of(&manifest).is_ok_and(|bytes| bytes == sealed.bytes)
        && passing_report(sealed).is_none_or(|report| files.bytes(VERIFIER_REPORT) == Some(&report))
}

/// The pass over the events.
struct Pass<'t> {
    trail: &'t Trail,
    files: &'t PackFiles,
    profile: Profile,
    first: &'t Event,
    most: u64,
    state: Option<RunState>,
    values: std::iter::Peekable<std::vec::IntoIter<Supplied>>,
    /// The policy of the last event: the next one has mostly the same.
    policy: Option<&'t Policy>,
    named: BTreeSet<Digest>,
    triggers: Vec<TriggerId>,
    submissions: Vec<SubmissionId>,
    envelopes: BTreeMap<Digest, String>,
    outline: Outline,
    events: Array<Matching<'t>>,
    kept: Array<Matching<'t>>,
    views: Views<Matching<'t>>,
    scratch: Vec<u8>,
}

/// What the pass came to.
struct Passed {
    state: RunState,
    outline: Outline,
    events: Vec<Matched>,
    /// Every file that came out the same, in the order of the manifest.
    listed: Vec<(String, ArtifactKind)>,
}

/// An event that was made anew, with what went beside it.
struct Remaking {
    event: Event,
    state: RunState,
    values: Vec<SideValue>,
    payload: Option<PacketPayload>,
    evaluation: Option<StageEvaluation>,
}

impl<'t> Pass<'t> {
    fn new(trail: &'t Trail, first: &'t Event, files: &'t PackFiles, profile: Profile) -> Option<Self> {
        let values = supplied(|path| text(files, path))?;
        Some(Self {
            trail,
            files,
            profile,
            first,
            most: most_events(trail, first.to_bytes().len()),
            state: None,
            values: values.into_iter().peekable(),
            policy: None,
            named: BTreeSet::new(),
            triggers: Vec::new(),
            submissions: Vec::new(),
            envelopes: BTreeMap::new(),
            outline: Outline::default(),
            events: Array::matching(EVENTS, ArtifactKind::Custom, files),
            kept: Array::matching(VALUES, ArtifactKind::Custom, files),
            views: Views::matching(profile, files),
            scratch: Vec::new(),
        })
    }

    /// Makes the next event anew; nothing when it does not come out as it stands there.
    fn take(&mut self, inputs: Inputs) -> Option<()> {
        let policy = self.policy(inputs.policy_digest)?;
        let made = match self.state.take() {
            None => self.start(policy)?,
            Some(state) if self.outline.size() < self.most => self.follow(state, inputs, policy)?,
            Some(_) => return None,
        };
        let Remaking { event, state, values, payload, evaluation } = made;
        self.scratch.clear();
        event.append_to(&mut self.scratch);
        let keep = self.outline.take(&event, &self.scratch);
        self.events.push(&self.scratch);
        for value in &values {
            self.scratch.clear();
            layout::shown_item(event.seq, &value.slot, &value.salt, &value.canonical, &mut self.scratch);
            self.kept.push(&self.scratch);
        }
        self.views.push(self.trail, &event, payload.as_ref(), evaluation.as_ref());
        if keep {
            self.outline.keep(event);
        }
        self.state = Some(state);
        (self.events.is_same() && self.kept.is_same()).then_some(())
    }

    fn policy(&mut self, digest: Digest) -> Option<&'t Policy> {
        if let Some(policy) = self.policy.filter(|policy| policy.digest() == digest) {
            return Some(policy);
        }
        self.policy = self.trail.policies.get(&digest);
        self.named.insert(digest);
        self.policy
    }

    fn start(&mut self, policy: &Policy) -> Option<Remaking> {
        let Body::RunStarted(body) = &self.first.body else {
            return None;
        };
        let made = restart(self.trail, self.first, body, policy).ok()?;
        self.triggers.push(body.decision.trigger_id.clone());
        Some(Remaking { event: made.event, state: made.state, values: Vec::new(), payload: None, evaluation: None })
    }

    fn follow(&mut self, state: RunState, inputs: Inputs, policy: &Policy) -> Option<Remaking> {
        let Inputs { actor, at, body, .. } = inputs;
        if state.last_event_at.later(at) != Ok(at) {
            return None;
        }
        let (mut answers, mut payload) = (Vec::new(), None);
        while let Some(value) = self.values.next_if(|it| it.seq == state.seq + 1) {
            match (value.slot, value.given) {
                (Slot::Evidence(condition_id), Given::Answer(answer)) => {
                    if let Some(envelope) = answer.attestation() {
                        self.envelopes.insert(Digest::of(envelope.as_bytes()), envelope.to_owned());
                    }
                    answers.push(SaltedAnswer { condition_id, answer, salt: value.salt });
                }
                (Slot::Payload, Given::Payload(given)) => payload = Some((given, value.salt)),
                (Slot::Evidence(_), Given::Payload(_)) | (Slot::Payload, Given::Answer(_)) => return None,
            }
        }
        if let Some(trigger) = body.trigger {
            self.triggers.push(trigger.trigger_id.clone());
            let trigger = Trigger {
                trigger_id: trigger.trigger_id,
                kind: trigger.kind,
                source_id: trigger.source_id,
                correlation_id: trigger.correlation_id,
                payload,
            };
            let (scenario, actor) = (&self.trail.scenario, actor.as_deref());
            let step = Step { state: &state, scenario, trigger: &trigger, answers: &answers, policy, at, actor };
            let drafted = draft(step, &Withheld::default()).ok()?;
            let Decided { event, values, state, evaluation } = drafted.onto(state).ok()?;
            let (state, payload) = (state.into_state(), trigger.payload.map(|it| it.0));
            return Some(Remaking { event, state, values, payload, evaluation });
        }
        let (submission_id, (payload, salt)) = (body.submission_id?, payload?);
        let content_type = body.content_type?;
        let taken = engine::submit(Submission {
            state: &state,
            submission_id: &submission_id,
            payload: &payload,
            content_type: &content_type,
            salt,
            correlation_id: body.correlation_id.as_deref(),
            policy,
            at,
            actor: actor.as_deref(),
        });
        let taken = taken.ok()?;
        self.submissions.push(submission_id);
        let (event, state, values) = (taken.event, taken.state.into_state(), vec![taken.value]);
        Some(Remaking { event, state, values, payload: Some(payload), evaluation: None })
    }

    /// The files that came out the same; nothing when one did not, or something was there twice or for nothing.
    fn finish(mut self, generated_at: Timestamp, anchor: Option<&Anchor>) -> Option<Passed> {
        let state = self.state?;
        let used = self.values.next().is_none() && self.trail.policies.keys().eq(self.named.iter());
        if !used || !are_distinct(&mut self.triggers) || !are_distinct(&mut self.submissions) {
            return None;
        }
        let proofs = layout::proofs(&self.outline, self.profile, generated_at, anchor);
        let is = |path: &str, bytes: &[u8]| (self.files.bytes(path) == Some(bytes)).then(|| path.to_owned());
        let custom = |path: String| (path, ArtifactKind::Custom);
        let matched = |it: &Matched| (it.path.clone(), it.kind);
        let mut listed = vec![(is(SCENARIO_SPEC, &self.trail.scenario.to_bytes())?, ArtifactKind::ScenarioSpec)];
        listed.extend(self.views.matched()?.iter().map(matched));
        let events = self.events.matched()?;
        listed.extend(events.iter().map(matched));
        listed.extend(self.kept.matched()?.iter().map(matched));
        listed.push(custom(is(TRUST, &layout::trust(self.trail))?));
        listed.push(custom(is(PROOFS, &proofs)?));
        listed.extend(anchor.map(|_| custom(CHECKPOINT.to_owned())));
        for (digest, envelope) in &self.envelopes {
            listed.push(custom(is(&format!("{ATTESTATIONS}{digest}.json"), envelope.as_bytes())?));
        }
        Some(Passed { state, outline: self.outline, events, listed })
    }
}

fn are_distinct<T: Ord>(ids: &mut [T]) -> bool {
    ids.sort_unstable();
    ids.windows(2).all(|pair| matches!(pair, [first, second] if first != second))
}
