//! Release policy gates, one folder a gate, and the chain that asks all of them.
//!
//! ```text
//! overlays ─▶ options ─▶ ReleasePolicy ─┐
//! envelopes ─▶ Attested ─▶ ReleaseContext ─▶ chain ─▶ rows, decided_by, True | False | Unknown
//! ```
//!
//! Everything here is pure: documents come as parsed trees, attestations as verified statements, time as an argument.
//! Read `options` for what can be configured, `context` for what is judged, `gates` for who judges, `chain` for how
//! the answers become one, `waiver` for what lets a blocked release through without hiding that it was blocked, `outlook`
//! for what changes by time alone.

pub mod attested;
pub mod backtest;
pub mod chain;
pub mod context;
pub mod gates;
pub mod mode;
pub mod options;
pub mod policy;
pub mod release;
pub mod result;
pub mod span;
pub mod telemetry;
pub mod waiver;

pub mod beacon_rate;
pub mod confidence;
pub mod evidence_completeness;
pub mod execution_evidence;
pub mod lattice_state;
pub mod uncertainty_tier;
pub mod vex_trust;

pub use release::READERS;

mod eligible;
mod outlook;
mod view;

#[cfg(test)]
mod tests;
