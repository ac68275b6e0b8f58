//! SLSA verification summary v1. `verifiedLevels` are our own: that the gates let the artifact through is no SLSA level.

use serde_json::{Value, json};

use super::statement::resource_uri;
use super::{Report, Signer};

/// The predicate type.
const PREDICATE_TYPE: &str = "https://slsa.dev/verification_summary/v1";

/// The level of an artifact that the gates let through.
const LEVEL: &str = "DECISION_GATE_ALLOWED";

/// The predicate. `inputAttestations` lists every envelope that the verdict rests on, or is left out.
pub(super) fn predicate(report: &Report, signer: &Signer<'_>) -> (&'static str, Value) {
    let verified = &report.verified;
    let mut predicate = json!({
        "verifier": { "id": signer.verifier_id, "version": { "decision-gate": env!("CARGO_PKG_VERSION") } },
        "timeVerified": report.at.to_string(),
        "resourceUri": resource_uri(report, signer),
        "policy": { "uri": verified.policy_uri, "digest": { "sha256": verified.policy_sha256 } },
        "verificationResult": if report.allowed { "PASSED" } else { "FAILED" },
        "verifiedLevels": if report.allowed { vec![LEVEL] } else { Vec::new() },
        "urn:decision-gate:verification:v1": verified.details,
    });
    if let (false, Value::Object(predicate)) = (verified.envelopes.is_empty(), &mut predicate) {
        let input = |hex: &String| json!({ "uri": format!("urn:decision-gate:envelope:sha256:{hex}"), "digest": { "sha256": hex } });
        predicate.insert("inputAttestations".to_owned(), verified.envelopes.iter().map(input).collect());
    }
    (PREDICATE_TYPE, predicate)
}
