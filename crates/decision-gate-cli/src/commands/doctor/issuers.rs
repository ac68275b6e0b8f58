//! "All VEX blocked": the gate on VEX trust is asked, and the issuer directory has nobody who counts.

use super::Finding;
use super::patient::Patient;

pub(super) fn run(patient: &Patient) -> Vec<Finding> {
    if patient.vex_rules().is_empty() {
        return Vec::new();
    }
    let hint =
        "populate the directory with trusted issuers: `decision-gate issuers add`, and name it as `release.issuers`";
    let directory = match patient.issuers() {
        None => {
            let message = "the gate on VEX trust is on, and there is no issuer directory";
            let finding = Finding::trouble("issuers_not_configured", message, hint);
            return vec![finding];
        }
        Some(Err(fault)) => return vec![Finding::trouble(fault.code(), fault.to_string(), fault.hint())],
        Some(Ok(directory)) => directory,
    };
    if directory.is_empty() {
        let message = "the gate on VEX trust is on, and the issuer directory is empty";
        let finding = Finding::trouble("issuers_empty", message, hint);
        return vec![finding];
    }
    let counts = |it: &decision_gate_attest::issuers::Issuer| {
        it.tenants.iter().any(|tenant| it.counts(Some(tenant), patient.now))
            && it.keys.iter().any(|key| key.judge_time(patient.now).is_ok())
    };
    if directory.iter().any(counts) {
        return Vec::new();
    }
    let message = "no issuer of the directory is in force with a key that is";
    let hint = "`decision-gate issuers list` says why; add the keys that took over";
    let finding = Finding::trouble("issuers_none_in_force", message, hint);
    vec![finding]
}
