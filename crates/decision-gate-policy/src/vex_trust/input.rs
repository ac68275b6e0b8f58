//! What the gate is judged on: the claims about the release, as `attest` assessed them.

use std::collections::BTreeMap;

use decision_gate_attest::rate::Rate;
use decision_gate_attest::vex::Product;
use decision_gate_attest::vex_status::VexStatus;
use decision_gate_attest::vex_trust::{Claim, Silence};

use super::factor::VexTrustConfidenceFactorProvider;

/// What the gate is judged on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VexInput {
    claims: Vec<Claim>,
    transitions: Vec<Transition>,
    silence: Silence,
    confidence: Option<Rate>,
}

/// A status that is claimed of one vulnerability, and the claims that bear it out.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Transition {
    pub(super) vulnerability: String,
    pub(super) subcomponent: Option<Product>,
    pub(super) status: VexStatus,
    /// Indices of claims.
    candidates: Vec<usize>,
}

impl VexInput {
    /// The claims about a release. `silence` is what the ledger has seen said about it and was not handed in.
    pub fn new(claims: Vec<Claim>, silence: Silence, factor: &VexTrustConfidenceFactorProvider, at: i64) -> Self {
        let transitions = transitions(&claims);
        let mut input = Self { claims, transitions, silence, confidence: None };
        // Where the latest word is kept back, what is left adds nothing.
        input.confidence = if input.silence.issuers.is_empty() { factor.factor(&input, at) } else { None };
        input
    }

    /// Every status that the release's VEX claims.
    pub fn statuses(&self) -> impl Iterator<Item = VexStatus> + use<'_> {
        self.transitions.iter().map(|it| it.status)
    }

    /// Every vulnerability and the status that is claimed of it.
    pub fn claims(&self) -> impl Iterator<Item = (&str, VexStatus)> {
        self.transitions.iter().map(|it| (it.vulnerability.as_str(), it.status))
    }

    /// When claims were made, in milliseconds since 1970.
    pub(super) fn updated(&self) -> impl Iterator<Item = i64> {
        self.claims.iter().filter_map(|it| it.signals.claimed_at)
    }

    /// The factor that it adds to confidence.
    pub fn confidence_factor(&self) -> Option<Rate> {
        self.confidence
    }

    pub(super) fn transitions(&self) -> &[Transition] {
        &self.transitions
    }

    pub(super) fn candidates<'a>(&'a self, transition: &'a Transition) -> impl Iterator<Item = &'a Claim> {
        transition.candidates.iter().filter_map(|it| self.claims.get(*it))
    }

    /// The first issuer whose latest word about the release was seen and is not there.
    pub(super) fn withdrawn(&self) -> Option<&str> {
        self.silence.issuers.first().map(String::as_str)
    }

    /// Of these issuers the first that says nothing about the release, or no longer says all that it said.
    pub(super) fn silent<'a>(&self, sources: &'a [String]) -> Option<&'a str> {
        let speaks = |id: &String| self.claims.iter().any(|it| it.signals.authorised.as_ref() == Some(id));
        let whole = |id: &String| self.silence.documents.iter().all(|(issuer, _)| issuer != id);
        sources.iter().find(|it| !speaks(it) || !whole(it)).map(String::as_str)
    }
}

/// A claim bears out what is said of a vulnerability if its own document calls it by that name, and it is about the same
/// part or about the whole: the aliases of one document never lend weight to another.
fn transitions(claims: &[Claim]) -> Vec<Transition> {
    let mut keyed: BTreeMap<(&str, Option<&Product>, VexStatus), Vec<usize>> = BTreeMap::new();
    for it in claims {
        keyed.entry((&it.vulnerability.name, it.subcomponent.as_ref(), it.status)).or_default();
    }
    for ((name, part, status), candidates) in &mut keyed {
        let bears = |it: &Claim| {
            it.status == *status
                && it.vulnerability.is_called(name)
                && (it.subcomponent.is_none() || it.subcomponent.as_ref() == *part)
        };
        candidates.extend(claims.iter().enumerate().filter(|(_, it)| bears(it)).map(|(index, _)| index));
    }
    let each = keyed.into_iter().map(|((name, part, status), candidates)| Transition {
        vulnerability: name.to_owned(),
        subcomponent: part.cloned(),
        status,
        candidates,
    });
    each.collect()
}
