//! From what a source brought to a release decision: the judge that the engine is handed in.
//!
//! ```text
//! files, what was asked ─▶ signatures ─▶ attestations, VEX, outcomes ─▶ ReleaseContext ─▶ chain ─▶ answer, record
//! Brought                  keys, issuers                                  rules, occasion
//! ```
//!
//! Everything that a judgement depends on is in the recorded answer ([`Brought`]), in the policy snapshot ([`Rules`])
//! or in the run itself, so that a replay comes to the same bytes. The faces are in `docs/spec/release-gates.md`.

mod answer;
mod brought;
pub(crate) mod files;
pub(crate) mod hearing;
pub(crate) mod judge;
pub mod marks;
mod question;
mod rules;
mod sift;
mod view;
pub(crate) mod why;

use decision_gate_core::trust::{Readers, ReleaseReader};

pub use brought::{Asked, Brought, BroughtError, BroughtFile, BroughtRoot, MEDIA_TYPE};
pub use judge::Judge;
pub use question::{CHAIN_CHECK, Question, What, checks};
pub use rules::{DEFAULT_POLICY, PurlRule, Rules, RulesFault, TenantName};

/// Makes judges of releases.
pub const READER: ReleaseReader = judge::make;

/// What reads attestations and releases: the one thing that live servers and verifiers are handed.
pub const READERS: Readers = Readers { attestations: decision_gate_attest::evidence::READER, release: READER };

#[cfg(test)]
pub(crate) mod tests;
