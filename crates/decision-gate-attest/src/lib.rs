//! Typed attestation predicates and report formats.

pub mod beacon;
pub mod builders;
pub mod bundle;
pub mod evidence;
pub mod execution_evidence;
pub mod issuers;
pub mod predicate;
pub mod predicates;
pub mod rate;
pub mod reports;
pub mod sigstore;
pub mod vex;
pub mod vex_status;
pub mod vex_trust;
