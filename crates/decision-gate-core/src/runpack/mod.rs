//! Stage 7: entries to an offline proof. Building a pack, and verifying one without trusting who built it.
//!
//! ```text
//! ledger rows ─▶ build ─▶ Pack (path → bytes) ─▶ any directory ─▶ PackFiles ─▶ verify ─▶ Report
//! ```
//!
//! [`build`] takes what the ledger has of one run ([`PackInput`]: spec, events, values, policy snapshots) and gives
//! files by path ([`Pack::files`], the manifest last). [`verify`] takes files by path ([`PackFiles`]: the caller walks
//! the directory and says what is not a regular file), the manifest's name ([`ManifestName`]) and what the caller
//! expects ([`Expect`]), and gives a [`Report`] with a verdict, four facets, findings and the run; [`verify_told`] gives
//! the replayed run beside it ([`Account`]), from which reports for people are made. Without an expected
//! scenario version the verdict is at best [`Verdict::Consistent`]. The format and the numbered steps are
//! `docs/spec/runpack.md`.

mod account;
mod array;
mod build;
mod diff;
mod difference;
mod expect;
mod files;
mod finding;
mod layout;
mod legacy;
mod level;
mod manifest;
mod packer;
mod path;
mod report;
mod signature;
mod trail;
mod verify;
mod views;

pub use account::{Account, MAX_JUDGEMENTS, PackedValue, Told};
pub use build::{Pack, PackFault, PackInput, Verification, build};
pub use diff::{FileDiff, PackDiff, PlaceDiff, diff};
pub use expect::{Expect, ExpectedScenario, ExpectedScenarioFault};
pub use files::{PackFile, PackFiles};
pub use finding::{Finding, FindingCode};
pub use layout::Anchor;
pub use legacy::{PublicOutcome, PublicStep, PublicTrigger};
pub use level::{ProofLevel, ProofLevelFault};
pub use manifest::Profile;
pub use packer::{PackFrame, Packer};
pub use path::{ManifestName, ManifestNameFault, PathFault, check_path};
pub use report::{Facet, Facets, Level, PackFormat, Report, RunSummary, Status, Unproven, Verdict};
pub use signature::MANIFEST_TYPE;
pub(crate) use trail::Recorded;
pub use verify::{RunTold, verify, verify_told};

#[cfg(test)]
mod tests;
