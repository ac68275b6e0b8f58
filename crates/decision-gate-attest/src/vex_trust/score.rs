//! The composite score: five factors in millionths, weighted, cut off.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::issuers::{Accuracy, OutcomeTally};
use crate::rate::Rate;

/// One, in millionths.
pub const MILLIONTHS: u32 = 1_000_000;

/// How much each factor counts, in millionths that come to one million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct Weights {
    /// A verified signature.
    pub signature: u32,
    /// An issuer that may speak about the artifact.
    pub issuer: u32,
    /// How often the issuer was right.
    pub accuracy: u32,
    /// How fresh the claim is.
    pub freshness: u32,
    /// How exactly it names the artifact.
    pub specificity: u32,
}

/// Weights that do not come to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the weights come to `{sum}` millionths, not to one million")]
pub struct WeightsError {
    /// What they come to.
    pub sum: u64,
}

impl Default for Weights {
    fn default() -> Self {
        Self { signature: 300_000, issuer: 250_000, accuracy: 200_000, freshness: 150_000, specificity: 100_000 }
    }
}

impl Weights {
    /// That they come to one.
    ///
    /// # Errors
    /// [`WeightsError`].
    pub fn check(&self) -> Result<(), WeightsError> {
        let all = [self.signature, self.issuer, self.accuracy, self.freshness, self.specificity];
        let sum = all.iter().map(|it| u64::from(*it)).sum();
        if sum == u64::from(MILLIONTHS) { Ok(()) } else { Err(WeightsError { sum }) }
    }
}

/// How old a claim may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreshnessRules {
    /// Up to this age it is fresh, in milliseconds.
    pub fresh: i64,
    /// Beyond this age it has expired, in milliseconds.
    pub expired: i64,
    /// How far in the future a time may lie, in milliseconds.
    pub skew: i64,
}

/// How fresh a claim is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Freshness {
    /// New enough.
    Fresh,
    /// Older than that.
    Stale,
    /// The same source has said something newer.
    Superseded,
    /// Too old, of no time, or of the future.
    Expired,
}

impl Freshness {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Stale => "stale",
            Self::Superseded => "superseded",
            Self::Expired => "expired",
        }
    }

    fn millionths(self) -> u32 {
        match self {
            Self::Fresh => MILLIONTHS,
            Self::Stale => 500_000,
            Self::Superseded => 250_000,
            Self::Expired => 0,
        }
    }
}

/// How a claim names the artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// By a package URL without a version.
    Package,
    /// By a package URL with the version.
    Version,
    /// By a digest.
    Digest,
}

impl Match {
    fn millionths(self) -> u32 {
        match self {
            Self::Package => 400_000,
            Self::Version => 700_000,
            Self::Digest => MILLIONTHS,
        }
    }
}

/// Whether a source still says what it said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It does.
    Current,
    /// It has said something newer, or a higher version of the document was seen.
    Superseded,
}

/// What was checked about a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signals {
    /// Id and name of the issuer whose signature was verified; nothing for an unsigned claim.
    pub issuer: Option<(String, String)>,
    /// The same, if that issuer counts for the tenant and may speak about the artifact.
    pub authorised: Option<String>,
    /// What was recorded about the issuer.
    pub outcomes: OutcomeTally,
    /// When it was claimed, in milliseconds since 1970.
    pub claimed_at: Option<i64>,
    /// Whether its source still says so.
    pub standing: Standing,
    /// How it names the artifact.
    pub named: Match,
}

/// A tier of scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Below 0.40.
    Untrusted,
    /// From 0.40 on.
    Low,
    /// From 0.60 on.
    Medium,
    /// From 0.80 on.
    High,
}

impl Tier {
    fn of(score: u32) -> Self {
        match score {
            800_000.. => Self::High,
            600_000.. => Self::Medium,
            400_000.. => Self::Low,
            _ => Self::Untrusted,
        }
    }

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Untrusted => "untrusted",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// What each factor adds to the score, in millionths of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Breakdown {
    /// Of the signature.
    pub signature: u32,
    /// Of the issuer.
    pub issuer: u32,
    /// Of its accuracy.
    pub accuracy: u32,
    /// Of the freshness.
    pub freshness: u32,
    /// Of the match.
    pub specificity: u32,
}

/// How far one claim is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VexTrustStatus {
    /// From 0 to 1.
    pub trust_score: Rate,
    /// Its tier.
    pub tier: Tier,
    /// Who signed it, if a signature was verified: id and name.
    pub issuer: Option<(String, String)>,
    /// Whether that issuer may speak about the artifact, for this tenant.
    pub issuer_verified: IssuerVerified,
    /// How fresh it is.
    pub freshness: Freshness,
    /// How often the issuer was right.
    pub accuracy: Accuracy,
    /// What each factor adds.
    pub breakdown: Breakdown,
}

/// Whether an issuer may speak about the artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuerVerified {
    /// It may.
    Yes,
    /// It signed, and may not speak about this artifact or for this tenant.
    WithoutAuthority,
    /// Nobody in the directory signed.
    Unsigned,
}

impl VexTrustStatus {
    /// Whether a signature of a known issuer was verified.
    pub fn signature_verified(&self) -> bool {
        self.issuer.is_some()
    }
}

fn freshness(signals: &Signals, rules: &FreshnessRules, at: i64) -> Freshness {
    let Some(claimed) = signals.claimed_at else { return Freshness::Expired };
    let age = at.saturating_sub(claimed);
    if age < rules.skew.saturating_neg() || age > rules.expired {
        return Freshness::Expired;
    }
    match signals.standing {
        Standing::Superseded => Freshness::Superseded,
        Standing::Current if age > rules.fresh => Freshness::Stale,
        Standing::Current => Freshness::Fresh,
    }
}

/// The trust in a claim: each weight times its factor, cut off to millionths, added up.
pub fn score(signals: &Signals, weights: &Weights, rules: &FreshnessRules, least: u64, at: i64) -> VexTrustStatus {
    let share = |weight: u32, factor: u32| {
        let parts = u64::from(weight) * u64::from(factor.min(MILLIONTHS)) / u64::from(MILLIONTHS);
        u32::try_from(parts).unwrap_or(MILLIONTHS)
    };
    let whole = |holds: bool| if holds { MILLIONTHS } else { 0 };
    let freshness = freshness(signals, rules, at);
    // Who signed nothing has no record to rest on.
    let outcomes = if signals.authorised.is_some() { signals.outcomes } else { OutcomeTally::default() };
    let accuracy = outcomes.accuracy(least);
    let accurate = match accuracy {
        Accuracy::Known(rate) => rate.billionths() / 1_000,
        Accuracy::Unknown(_) => 0,
    };
    let breakdown = Breakdown {
        signature: share(weights.signature, whole(signals.issuer.is_some())),
        issuer: share(weights.issuer, whole(signals.authorised.is_some())),
        accuracy: share(weights.accuracy, accurate),
        freshness: share(weights.freshness, freshness.millionths()),
        specificity: share(weights.specificity, signals.named.millionths()),
    };
    let Breakdown { signature, issuer, accuracy: right, freshness: fresh, specificity } = breakdown;
    let sum = [signature, issuer, right, fresh, specificity].iter().fold(0_u32, |sum, it| sum.saturating_add(*it));
    let sum = sum.min(MILLIONTHS);
    VexTrustStatus {
        trust_score: Rate::from_billionths(sum * 1_000).unwrap_or(Rate::ZERO),
        tier: Tier::of(sum),
        issuer_verified: match (&signals.authorised, &signals.issuer) {
            (Some(_), _) => IssuerVerified::Yes,
            (None, Some(_)) => IssuerVerified::WithoutAuthority,
            (None, None) => IssuerVerified::Unsigned,
        },
        issuer: signals.issuer.clone(),
        freshness,
        accuracy,
        breakdown,
    }
}
