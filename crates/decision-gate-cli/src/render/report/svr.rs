//! In-toto simple verification result v0.2: what holds of the artifact, and nothing that does not.

use serde_json::{Value, json};

use super::{Report, Signer, Status};

/// The predicate type.
const PREDICATE_TYPE: &str = "https://in-toto.io/attestation/svr/v0.2";

/// The predicate. Properties are the gates that passed, and that the artifact is allowed.
pub(super) fn predicate(report: &Report, signer: &Signer<'_>) -> (&'static str, Value) {
    let verified = &report.verified;
    let allowed = report.allowed.then(|| "DECISION_GATE_ALLOWED".to_owned());
    let passed = report.rows.iter().filter(|row| matches!(row.status, Status::Passed | Status::Noted));
    let gates = passed.map(|row| format!("DECISION_GATE_PASSED:{}/{}", row.group, row.gate));
    let properties: Vec<String> = allowed.into_iter().chain(gates).collect();
    let policy = json!({ "uri": verified.policy_uri, "digest": { "sha256": verified.policy_sha256 } });
    let predicate = json!({
        "verifier": { "id": signer.verifier_id, "policies": [policy] },
        "timeCreated": report.at.to_string(),
        "properties": properties,
    });
    (PREDICATE_TYPE, predicate)
}
