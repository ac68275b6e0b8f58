//! What was seen of VEX sources, so that what is brought later can be held against it.
//!
//! A document that comes back in a lower version, an issuer whose latest word about an artifact is gone, and fewer
//! records of outcomes than there were: each says that something is being kept back.

use std::collections::{BTreeMap, BTreeSet};

use decision_gate_core::digest::Digest;

use super::assess::{Identity, attributed, found};
use crate::issuers::{IssuerDirectory, Outcomes};
use crate::vex::{DocumentVersion, VexEvidence};

/// A time that is further in the future than this is nobody's latest word, in milliseconds.
const SKEW: i64 = 300_000;

/// A document: its issuer, and the digest of what it calls itself.
pub type Source = (String, Digest);

/// How far VEX sources have come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The highest version of a document.
    pub versions: BTreeMap<Source, DocumentVersion>,
    /// When a document last said something about the artifact, in milliseconds since 1970. Those without an id of an
    /// issuer are one.
    pub words: BTreeMap<Source, u64>,
    /// Issuer to the highest number of an outcome record.
    pub outcomes: BTreeMap<String, u64>,
}

/// Who no longer says what was said about the artifact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Silence {
    /// Documents that spoke about it and are not there.
    pub documents: BTreeSet<Source>,
    /// Issuers whose latest word about it is not there.
    pub issuers: BTreeSet<String>,
}

/// The document of an issuer.
pub(super) fn source(issuer: &str, evidence: &VexEvidence) -> Source {
    let id = evidence.document().id().unwrap_or_default();
    (issuer.to_owned(), Digest::of(id.as_bytes()))
}

impl Seen {
    /// How far these documents and records have come.
    pub fn of(
        identity: &Identity,
        documents: &[VexEvidence],
        directory: &IssuerDirectory,
        tenant: Option<&str>,
        outcomes: &Outcomes,
        at: i64,
    ) -> Self {
        let attributed = attributed(identity, documents, directory, tenant, at);
        let mut seen = Self { outcomes: outcomes.heights(), ..Self::default() };
        for it in &attributed {
            let Some(issuer) = it.issuer else { continue };
            if let (Some(version), Some(_)) = (it.evidence.document().version(), it.evidence.document().id()) {
                raise(&mut seen.versions, source(&issuer.id, it.evidence), version);
            }
        }
        for it in found(identity, &attributed) {
            let Some(issuer) = it.authorised else { continue };
            let spoke = it.claimed_at.unwrap_or_default();
            if spoke <= at.saturating_add(SKEW) {
                let spoke = u64::try_from(spoke).unwrap_or_default();
                raise(&mut seen.words, source(&issuer.id, it.evidence), spoke);
            }
        }
        seen
    }

    /// The further of both.
    #[must_use]
    pub fn max(mut self, other: Self) -> Self {
        other.versions.into_iter().for_each(|(source, it)| raise(&mut self.versions, source, it));
        other.words.into_iter().for_each(|(source, it)| raise(&mut self.words, source, it));
        other.outcomes.into_iter().for_each(|(issuer, it)| raise(&mut self.outcomes, issuer, it));
        self
    }

    /// What was seen and is not `now`, of issuers that may still speak about the artifact.
    pub fn silence(
        &self,
        now: &Self,
        identity: &Identity,
        directory: &IssuerDirectory,
        tenant: Option<&str>,
        at: i64,
    ) -> Silence {
        let at = decision_gate_core::at::Timestamp::UnixMillis(at);
        let speaks = |id: &str| {
            directory
                .get(id)
                .is_some_and(|it| it.counts(tenant, at) && it.may_speak(identity.subject.artifacts(), &identity.purls))
        };
        let before: BTreeMap<_, _> = self.words.iter().filter(|((issuer, _), _)| speaks(issuer)).collect();
        let documents = before.keys().filter(|it| !now.words.contains_key(**it)).map(|it| (*it).clone()).collect();
        let (then, now) = (latest(before), latest(now.words.iter().collect()));
        let gone = |(issuer, spoke): &(&String, u64)| now.get(issuer).is_none_or(|it| it < spoke);
        Silence { documents, issuers: then.into_iter().filter(gone).map(|(issuer, _)| issuer.clone()).collect() }
    }
}

fn raise<K: Ord, V: Ord + Copy>(heights: &mut BTreeMap<K, V>, key: K, height: V) {
    let best = heights.entry(key).or_insert(height);
    *best = height.max(*best);
}

fn latest<'a>(words: BTreeMap<&'a Source, &'a u64>) -> BTreeMap<&'a String, u64> {
    let mut latest = BTreeMap::new();
    words.into_iter().for_each(|((issuer, _), spoke)| raise(&mut latest, issuer, *spoke));
    latest
}
