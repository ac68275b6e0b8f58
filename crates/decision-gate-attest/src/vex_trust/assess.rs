//! From documents to claims about one release.
//!
//! A claim counts where its product is the release's artifact by digest, where the signed statement around it names the
//! artifact, or where it names a package URL that the operator gave the artifact; a digest that differs outweighs a
//! name. A document that breaks the rules of its format claims nothing, but its `affected` still contradicts others.

use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::evidence::Subject;

use super::score::{Match, Signals, Standing};
use super::seen::{Seen, source};
use crate::issuers::{Issuer, IssuerDirectory, OutcomeTally, Outcomes};
use crate::vex::{Product, Purl, VersionScope, VexEvidence, VexStatement, Vulnerability};
use crate::vex_status::VexStatus;

/// What the release is.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Its artifact.
    pub subject: Subject,
    /// Package URLs of that artifact. They come from the operator, never from who asks for the release.
    pub purls: Vec<Purl>,
}

/// One claim about the release. Only this crate makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Claim {
    /// The vulnerability.
    pub vulnerability: Vulnerability,
    /// The part of the artifact that it is about.
    pub subcomponent: Option<Product>,
    /// What is claimed.
    pub status: VexStatus,
    /// What was checked about it.
    pub signals: Signals,
    /// Issuers that may speak about the artifact and claim otherwise.
    pub contradicted_by: Vec<String>,
    /// The envelope or document that it is from.
    pub evidence: Digest,
}

/// A statement about the release, on the way to a claim.
pub(super) struct Found<'a> {
    statement: &'a VexStatement,
    pub(super) evidence: &'a VexEvidence,
    status: VexStatus,
    issuer: Option<&'a Issuer>,
    pub(super) authorised: Option<&'a Issuer>,
    named: Match,
    standing: Standing,
    pub(super) claimed_at: Option<i64>,
}

/// A document, and whose it is.
#[derive(Clone, Copy)]
pub(super) struct Attributed<'a> {
    pub(super) evidence: &'a VexEvidence,
    /// Who signed it.
    pub(super) issuer: Option<&'a Issuer>,
    /// The same, if it may speak about the artifact.
    authorised: Option<&'a Issuer>,
}

/// The claims about a release, whatever the order of the documents. `seen` is what was seen of their sources, of these
/// documents or before.
pub fn assess(
    identity: &Identity,
    documents: &[VexEvidence],
    directory: &IssuerDirectory,
    tenant: Option<&str>,
    outcomes: &Outcomes,
    seen: &Seen,
    at: i64,
) -> Vec<Claim> {
    let mut found = found(identity, &attributed(identity, documents, directory, tenant, at));
    let now = Seen::of(identity, documents, directory, tenant, outcomes, at);
    let seen = seen.clone().max(now);
    for it in &mut found {
        let source = it.issuer.map(|issuer| source(&issuer.id, it.evidence));
        let highest = source.and_then(|it| seen.versions.get(&it)).copied();
        if highest > it.evidence.document().version() {
            it.standing = Standing::Superseded;
        }
    }
    let tally = |issuer: &Issuer| outcomes.tally(&issuer.id, seen.outcomes.get(&issuer.id).copied().unwrap_or(0));
    let counted = found.iter().filter(|it| it.evidence.document().conforms());
    let mut claims: Vec<Claim> = counted.map(|it| claim(it, &found, it.authorised.map(tally))).collect();
    claims.sort_by(|a, b| order(a).cmp(&order(b)));
    claims.dedup();
    claims
}

/// Whose documents they are: of several signers the first by id that may speak, else the first.
pub(super) fn attributed<'a>(
    identity: &Identity,
    documents: &'a [VexEvidence],
    directory: &'a IssuerDirectory,
    tenant: Option<&str>,
    at: i64,
) -> Vec<Attributed<'a>> {
    let now = Timestamp::UnixMillis(at);
    let may = |it: &&Issuer| it.counts(tenant, now) && it.may_speak(identity.subject.artifacts(), &identity.purls);
    let each = documents.iter().map(|evidence| {
        let mut owners: Vec<&Issuer> = evidence.signers().iter().filter_map(|it| directory.owner(it)).collect();
        owners.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        let authorised = owners.iter().copied().find(may);
        Attributed { evidence, issuer: authorised.or_else(|| owners.first().copied()), authorised }
    });
    each.collect()
}

/// What documents say about the release, as far as they alone tell.
pub(super) fn found<'a>(identity: &Identity, documents: &[Attributed<'a>]) -> Vec<Found<'a>> {
    let mut found = Vec::new();
    for Attributed { evidence, issuer, authorised } in documents.iter().copied() {
        let document = evidence.document();
        for statement in document.statements() {
            let Some(status) = statement.status else { continue };
            if let Some(named) = named(identity, evidence, statement) {
                let (standing, claimed_at) = (Standing::Current, statement.timestamp.max(document.updated()));
                found.push(Found { statement, evidence, status, issuer, authorised, named, standing, claimed_at });
            }
        }
    }
    found
}

type Order<'a> = (&'a Vulnerability, &'a Option<Product>, VexStatus, Digest, Option<i64>, Standing, Match);

fn order(claim: &Claim) -> Order<'_> {
    let it = &claim.signals;
    (&claim.vulnerability, &claim.subcomponent, claim.status, claim.evidence, it.claimed_at, it.standing, it.named)
}

/// Whether two statements come from one source: one issuer, else one document.
fn same_source(a: &Found<'_>, b: &Found<'_>) -> bool {
    match (a.issuer, b.issuer) {
        (Some(a), Some(b)) => a.id == b.id,
        (None, None) => a.evidence.digest() == b.evidence.digest(),
        _ => false,
    }
}

fn claim(it: &Found<'_>, all: &[Found<'_>], outcomes: Option<OutcomeTally>) -> Claim {
    let others = || {
        let about = |other: &&Found<'_>| {
            let (own, theirs) = (it.statement, other.statement);
            let parts = (&own.subcomponent, &theirs.subcomponent);
            own.vulnerability.overlaps(&theirs.vulnerability)
                && parts.0.as_ref().zip(parts.1.as_ref()).is_none_or(|(own, theirs)| same_part(own, theirs))
        };
        all.iter().filter(about)
    };
    let newer = |other: &&Found<'_>| {
        same_source(it, other) && other.status != it.status && other.statement.timestamp > it.statement.timestamp
    };
    let replaced_by_own = others().any(|it| newer(&it));
    let standing = if replaced_by_own { Standing::Superseded } else { it.standing };
    let against = |other: &&Found<'_>| {
        let says = |status| status != VexStatus::UnderInvestigation;
        let believed = other.evidence.document().conforms() || other.status == VexStatus::Affected;
        let stands = !same_source(it, other) || other.statement.timestamp == it.statement.timestamp;
        other.status != it.status
            && says(other.status)
            && says(it.status)
            && believed
            && stands
            && other.standing == Standing::Current
    };
    // What a source has itself replaced contradicts nobody.
    let replaced = |other: &Found<'_>| {
        all.iter().any(|it| {
            same_source(it, other)
                && it.statement.vulnerability.overlaps(&other.statement.vulnerability)
                && it.statement.subcomponent == other.statement.subcomponent
                && it.evidence.document().conforms()
                && it.standing == Standing::Current
                && it.statement.timestamp > other.statement.timestamp
        })
    };
    let contradicting = others().filter(against).filter(|it| !replaced(it));
    let mut contradicted_by: Vec<String> = contradicting.filter_map(|it| Some(it.authorised?.id.clone())).collect();
    contradicted_by.sort();
    contradicted_by.dedup();
    Claim {
        vulnerability: it.statement.vulnerability.clone(),
        subcomponent: it.statement.subcomponent.clone(),
        status: it.status,
        signals: Signals {
            issuer: it.issuer.map(|it| (it.id.clone(), it.name.clone())),
            authorised: it.authorised.map(|it| it.id.clone()),
            outcomes: outcomes.unwrap_or_default(),
            claimed_at: it.claimed_at,
            standing,
            named: it.named,
        },
        contradicted_by,
        evidence: it.evidence.digest(),
    }
}

/// Whether two parts may be the same: by a package URL or digest in common, else by name.
fn same_part(a: &Product, b: &Product) -> bool {
    let purls = a.purl.as_ref().zip(b.purl.as_ref()).is_some_and(|(a, b)| a.covers(b) || b.covers(a));
    purls || a.id == b.id || a.digests.iter().any(|(name, hex)| b.digests.get(name) == Some(hex))
}

/// How a statement names the release's artifact; nothing where it does not.
fn named(identity: &Identity, evidence: &VexEvidence, statement: &VexStatement) -> Option<Match> {
    let artifacts = identity.subject.artifacts();
    let attached = evidence.names(&identity.subject);
    let Some(product) = &statement.product else {
        // What leaves its product out is about what it is attached to.
        return (attached == Some(true)).then_some(Match::Digest);
    };
    if artifacts.iter().any(|it| product.is_other_than(it)) || attached == Some(false) {
        return None;
    }
    if artifacts.iter().all(|it| product.is_artifact(it)) {
        return Some(Match::Digest);
    }
    let purl = product.purl.as_ref()?;
    let scoped = |it: &&Purl| match &statement.versions {
        None => true,
        Some(VersionScope::Exact(version)) => it.version.as_ref() == Some(version),
        Some(VersionScope::Range(_)) => statement.status == Some(VexStatus::Affected),
    };
    identity.purls.iter().filter(|it| purl.covers(it)).find(scoped)?;
    let exact = purl.version.is_some() || matches!(statement.versions, Some(VersionScope::Exact(_)));
    Some(match (attached, exact) {
        (Some(true), true) => Match::Digest,
        (_, true) => Match::Version,
        (_, false) => Match::Package,
    })
}
