//! What was proved, how far, and by which digests.

use decision_gate_core::runpack::{Facet, Level, ProofLevel, Report, Unproven};

use crate::Verified;
use crate::badge::Badge;
use crate::shown::Shown;
use crate::verdict::Fact;

/// The proof.
pub(crate) struct Proof {
    pub(crate) levels: Vec<Rung>,
    pub(crate) facets: Vec<FacetRow>,
    pub(crate) digests: Vec<Fact>,
    /// The text of the signed checkpoint.
    pub(crate) checkpoint: Option<Shown>,
    pub(crate) unproven: Vec<Open>,
}

/// A level, and whether it was reached.
pub(crate) struct Rung {
    pub(crate) word: &'static str,
    pub(crate) means: &'static str,
    pub(crate) reached: bool,
}

/// One of the four facets.
pub(crate) struct FacetRow {
    pub(crate) name: &'static str,
    pub(crate) badge: Badge,
    pub(crate) reasons: Vec<Shown>,
}

/// Something that the pack says and nothing proves.
pub(crate) struct Open {
    pub(crate) place: Shown,
    pub(crate) reason: Shown,
}

pub(crate) fn of(verified: &Verified<'_>) -> Proof {
    let report = verified.report;
    let facets = &report.facets;
    let rows = [
        ("integrity", &facets.integrity),
        ("replay", &facets.replay),
        ("signatures", &facets.signatures),
        ("anchoring", &facets.anchoring),
    ];
    Proof {
        levels: ProofLevel::ALL.into_iter().map(|level| rung(level, report)).collect(),
        facets: rows.into_iter().map(|(name, facet)| row(name, facet)).collect(),
        digests: digests(verified),
        checkpoint: verified.account().and_then(|it| it.checkpoint.as_ref()).map(Shown::block),
        unproven: report.unproven.iter().map(open).collect(),
    }
}

fn rung(level: ProofLevel, report: &Report) -> Rung {
    let means = match level {
        ProofLevel::Hashes => "every file is what the manifest says",
        ProofLevel::Replayed => "every decision was made anew and came out the same",
        ProofLevel::Signed => "keys that the verifier trusts signed the pack and its evidence",
        ProofLevel::Anchored => "a log that the verifier trusts committed to the run",
    };
    Rung { word: level.word(), means, reached: report.level.is_some_and(|it| it >= level) }
}

fn row(name: &'static str, facet: &Facet) -> FacetRow {
    let reasons = facet.reasons.iter().map(Shown::line).collect();
    let badge = Badge::level(facet.level);
    // A facet that is spoilt is more than one that is not there.
    let spoilt = facet.level == Level::None && matches!(name, "integrity" | "replay");
    FacetRow { name, badge: if spoilt { Badge::bad("none") } else { badge }, reasons }
}

fn open(it: &Unproven) -> Open {
    Open { place: Shown::line(format_args!("{}#{}", it.path, it.pointer)), reason: Shown::line(&it.reason) }
}

fn digests(verified: &Verified<'_>) -> Vec<Fact> {
    let report = verified.report;
    let mut digests = Vec::new();
    digests.extend(report.root_hash.map(|it| Fact::code("Root hash of the pack", it)));
    if let Some(run) = &report.run {
        digests.push(Fact::code("Scenario version", run.spec_hash));
        digests.extend(run.policies.iter().map(|it| Fact::code("Policy snapshot", it)));
    }
    if let Some(account) = verified.account() {
        digests.extend(account.signer.as_ref().map(|it| Fact::code("Key named by the manifest's signature", it)));
        digests.push(Fact::text("Pack made at, as it says", account.generated_at));
    }
    digests.extend(report.proven_at.map(|it| Fact::text("Witnesses prove that it existed at", it)));
    digests
}
