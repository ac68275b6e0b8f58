//! Typed attestation predicates and report formats.

pub mod beacon;
pub mod execution_evidence;
pub mod issuers;
pub mod predicate;
pub mod rate;
pub mod vex;
pub mod vex_status;
pub mod vex_trust;
