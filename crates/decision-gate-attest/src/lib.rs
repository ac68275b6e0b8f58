//! Typed attestation predicates and report formats.
