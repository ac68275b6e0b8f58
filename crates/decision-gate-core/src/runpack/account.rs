//! The run of a pack as its verification has gone through it: what a report for people is made of.
//!
//! It says nothing that the pack does not show: [`Account::shown`] gives evidence as the pack's profile lets it be seen.
//! Whether it can be believed stands in the [`Report`](super::Report) of the same verification and nowhere else.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::manifest::{CHECKPOINT, Profile};
use super::signature::MANIFEST_SIGNATURE;
use super::trail::{Kept, Place, Withholding};
use super::verify::Content;
use super::views;
use super::{PackFiles, Recorded};
use crate::at::Timestamp;
use crate::condition::Judged;
use crate::digest::Digest;
use crate::dsse::Envelope;
use crate::engine::StageEvaluation;
use crate::evidence::EvidenceResult;
use crate::ledger::{Event, Salt, Slot};
use crate::policy::Policy;
use crate::scenario::{ConditionSpec, Scenario};

/// The most judgements that are kept, counted from the run's end; of earlier ones the events tell.
pub const MAX_JUDGEMENTS: usize = 256;

/// A run as it was replayed.
#[derive(Debug)]
pub struct Account {
    /// The version that the run is bound to.
    pub scenario: Scenario,
    /// How much of the values the pack shows.
    pub profile: Profile,
    /// When the pack says that it was made.
    pub generated_at: Timestamp,
    /// Its events, oldest first.
    pub events: Vec<Told>,
    /// The key that `manifest.sig` names, by its fingerprint; whether it signed is for the report to say.
    pub signer: Option<String>,
    /// The text of `checkpoint.note`.
    pub checkpoint: Option<String>,
    policies: BTreeMap<Digest, Policy>,
    values: BTreeMap<Place, Kept>,
}

/// What a pack has of a value.
#[derive(Clone, Copy, Debug)]
pub enum PackedValue<'a> {
    /// All of it.
    Whole {
        /// The salt of its commitment.
        salt: &'a Salt,
        /// Its canonical JSON.
        canonical: &'a [u8],
    },
    /// The policy does not allow it to be shown.
    Redacted,
    /// The ledger had it no longer.
    Pruned,
}

/// An event, and the judgement behind it.
#[derive(Clone, Debug)]
pub struct Told {
    /// As recorded.
    pub event: Event,
    /// As made anew; `None` where nothing was judged, or too long ago.
    pub evaluation: Option<StageEvaluation>,
    /// When the run had entered the stage that was judged; `None` for its start.
    pub entered_at: Option<Timestamp>,
}

impl Account {
    /// The policy that an event was decided under.
    pub fn policy(&self, event: &Event) -> Option<&Policy> {
        self.policies.get(&event.policy_digest)
    }

    /// The policies that its events were decided under.
    pub fn policies(&self) -> impl Iterator<Item = &Policy> {
        self.policies.values()
    }

    /// What lies beside an event.
    pub fn values(&self, event: &Event) -> impl Iterator<Item = (&Slot, PackedValue<'_>)> {
        let seq = event.seq;
        let own = self.values.iter().filter(move |((at, _), _)| *at == seq);
        own.map(|((_, slot), kept)| {
            let value = match kept {
                Kept::Present { salt, canonical, .. } => PackedValue::Whole { salt, canonical },
                Kept::Withheld { why: Withholding::Redacted, .. } => PackedValue::Redacted,
                Kept::Withheld { why: Withholding::Pruned, .. } => PackedValue::Pruned,
            };
            (slot, value)
        })
    }

    /// What the pack shows of a piece of evidence.
    pub fn shown(&self, event: &Event, spec: &ConditionSpec, judged: &Judged) -> Option<EvidenceResult> {
        let policy = self.policy(event)?;
        Some(views::shown(Cow::Borrowed(&judged.result), spec, policy, self.profile).into_owned())
    }

    pub(crate) fn new(files: &PackFiles, content: Content, judged: Judgements) -> Self {
        let (trail, profile, generated_at) = content.into_parts();
        let text = |path: &str| files.bytes(path).and_then(|it| String::from_utf8(it.to_vec()).ok());
        let signer = files
            .bytes(MANIFEST_SIGNATURE)
            .and_then(|bytes| Envelope::parse(bytes).ok())
            .and_then(|envelope| envelope.key_hints().next().flatten().map(str::to_owned));
        let mut judged = judged.0.into_iter();
        let tell = |Recorded { event, .. }| {
            let (evaluation, entered_at) = judged.next().unwrap_or_default();
            Told { event, evaluation, entered_at }
        };
        Self {
            events: trail.records.into_iter().map(tell).collect(),
            scenario: trail.scenario,
            profile,
            generated_at,
            signer,
            checkpoint: text(CHECKPOINT),
            policies: trail.policies,
            values: trail.values,
        }
    }
}

/// The judgements of a replay on its way, one entry for each event.
#[derive(Debug, Default)]
pub(crate) struct Judgements(Vec<(Option<StageEvaluation>, Option<Timestamp>)>);

impl Judgements {
    /// Takes the next event's, and forgets the one that is too long ago.
    pub(crate) fn push(&mut self, evaluation: Option<StageEvaluation>, entered_at: Option<Timestamp>) {
        self.0.push((evaluation, entered_at));
        let past = self.0.len().checked_sub(MAX_JUDGEMENTS + 1);
        if let Some((evaluation, _)) = past.and_then(|past| self.0.get_mut(past)) {
            *evaluation = None;
        }
    }
}
