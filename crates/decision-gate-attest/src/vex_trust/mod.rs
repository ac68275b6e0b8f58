//! How far VEX is trusted: a score in whole numbers, from what was checked.
//!
//! [`assess`] takes documents, the issuer directory and what the ledger has seen, and gives [`Claim`]s: for one
//! vulnerability of the release one status, with [`Signals`] that were all checked. [`score`] makes a
//! [`VexTrustStatus`] of them by the published formula. Formula, weights and tiers are in `docs/spec/vex-trust.md`.

mod assess;
mod score;
mod seen;

pub use assess::{Claim, Identity, assess};
pub use score::{
    Breakdown, Freshness, FreshnessRules, IssuerVerified, MILLIONTHS, Match, Signals, Standing, Tier, VexTrustStatus,
    Weights, WeightsError, score,
};
pub use seen::{Seen, Silence, Source};
