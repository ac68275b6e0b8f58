//! Public test vectors of attestations as tools write them: SLSA provenance, npm, Cloud Build, Sigstore bundles.
//!
//! Each part of a collection prints `NAME PART: N of M` and demands all of it. Sigstore's roots, log and time are not
//! checked here, so where a verdict needs them the only right answer is that nothing was verified.

#![cfg(test)]

mod sigstore;
mod slsa;
mod support;

use decision_gate_vectors::{Report, collection};

/// One part of a collection.
type Part = fn(&std::path::Path) -> Report;

fn hold(name: &str, parts: &[(&str, Part)]) {
    let Some(folder) = collection(name) else { return };
    let reports: Vec<_> = parts.iter().map(|(part, check)| (part, check(&folder))).collect();
    for (part, report) in &reports {
        report.print(&format!("{name} {part}"));
    }
    for (part, report) in reports {
        report.demand(&format!("{name} {part}"));
    }
}

#[test]
fn slsa_verifier_vectors_hold() {
    let parts: &[(&str, Part)] = &[
        ("signatures", slsa::signatures),
        ("cloudbuild", slsa::cloud_build),
        ("statements", slsa::statements),
        ("verdicts", slsa::verdicts),
    ];
    hold("05-slsa-verifier", parts);
}

#[test]
fn sigstore_conformance_vectors_hold() {
    let parts: &[(&str, Part)] =
        &[("verdicts", sigstore::verdicts), ("signatures", sigstore::signatures), ("others", sigstore::others)];
    hold("06-sigstore-conformance", parts);
}
