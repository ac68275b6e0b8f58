//! "missing_vex_trust_data": the gate on VEX trust is asked, and whatever should bring VEX does not.

use decision_gate_core::at::Timestamp;

use super::Finding;
use super::patient::Patient;

/// The built-in `FreshFor`.
const FRESH: i64 = 30 * 86_400_000;

pub(super) fn run(patient: &Patient) -> Vec<Finding> {
    let Ok(loaded) = &patient.loaded else { return Vec::new() };
    if patient.vex_rules().is_empty() {
        return Vec::new();
    }
    let roots = &loaded.config().release.attestations.roots;
    let hint = "see whether the pipeline that fetches and signs VEX runs, and where it writes";
    if roots.is_empty() {
        let message = "the gate on VEX trust is on, and no folder of evidence is configured";
        let hint = "name folders under `release.attestations.roots`";
        return Vec::from([Finding::trouble("vex_evidence_unconfigured", message, hint)]);
    }
    let documents = patient.documents();
    let claimed = documents.iter().filter_map(|it| it.evidence.document().updated()).max();
    match (documents.is_empty(), claimed, patient.now) {
        (true, ..) => {
            let message = "the gate on VEX trust is on, and the folders of evidence have no VEX document that reads";
            Vec::from([Finding::trouble("vex_evidence_missing", message, hint)])
        }
        (false, Some(newest), Timestamp::UnixMillis(now)) if now.saturating_sub(newest) > FRESH => {
            let message = format!("the newest VEX document is of {}", Timestamp::UnixMillis(newest));
            Vec::from([Finding::doubt("vex_evidence_stale", message, hint)])
        }
        _ if documents.iter().all(|it| it.issuer.is_none()) => {
            let message = "no VEX document in the folders of evidence is signed by an issuer of the directory";
            let hint = "add the issuers' keys, or sign what is handed in";
            Vec::from([Finding::trouble("vex_evidence_unsigned", message, hint)])
        }
        _ => Vec::new(),
    }
}
