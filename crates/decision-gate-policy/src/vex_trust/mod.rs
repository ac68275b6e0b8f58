//! The gate on VEX trust, order 250 (seed 003): who claims that a vulnerability does no harm must be worth believing.
//!
//! Every status transition that the release's VEX claims is judged by its best claim, and the worst of them decides.
//! Score, freshness and accuracy are computed here from what was checked, with weights and ages of the options, so
//! that they are part of the policy's digest. The formula stands in `docs/spec/vex-trust.md`.

mod audit;
mod factor;
mod input;
mod judge;
mod options;
#[cfg(test)]
mod tests;

pub use self::audit::audit_record;
pub use self::factor::VexTrustConfidenceFactorProvider;
pub use self::input::VexInput;
pub use self::options::{MissingTrustBehavior, VexTrustOptions};
