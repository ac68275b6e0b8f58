//! What each release gate said, for whoever turns its log level up.
//!
//! A gate logs under a target of its own, so that a policy's `Logging: LogLevel:` can set the level of one gate alone.

use decision_gate_core::engine::StageEvaluation;
use decision_gate_core::trust::{ReleaseRecord, ReleaseRow};
use tracing::debug;

/// One line for each gate that was asked in a decision.
pub(super) fn tell(evaluation: &StageEvaluation) {
    for condition in &evaluation.conditions {
        let Some(released) = &condition.judged.release else { continue };
        released.record.gates.iter().for_each(|row| line(&released.record, row));
    }
}

/// A line under the gate's own target, which must be known where the line is written.
macro_rules! under {
    ($record:expr, $row:expr, $($gate:literal => $target:literal,)+) => {
        match $row.gate.as_str() {
            $($gate => debug!(
                target: $target,
                gate = $gate,
                outcome = $row.outcome,
                would_have = $row.would_have.as_deref(),
                reason = $row.reason,
                mode = $row.mode.as_deref(),
                environment = %$record.environment,
                tenant = $record.tenant.as_deref(),
                policy = $record.policy,
                "a release gate was asked"
            ),)+
            _ => debug!(target: "decision_gate_policy", gate = $row.gate, "a release gate was asked"),
        }
    };
}

fn line(record: &ReleaseRecord, row: &ReleaseRow) {
    under! {
        record, row,
        "evidence-completeness" => "decision_gate_policy::evidence_completeness",
        "execution-evidence" => "decision_gate_policy::execution_evidence",
        "beacon-rate" => "decision_gate_policy::beacon_rate",
        "lattice-state" => "decision_gate_policy::lattice_state",
        "vex-trust" => "decision_gate_policy::vex_trust",
        "uncertainty-tier" => "decision_gate_policy::uncertainty_tier",
        "confidence" => "decision_gate_policy::confidence",
    }
}
