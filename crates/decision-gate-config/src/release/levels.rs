//! `Logging: LogLevel:` of a policy, as levels by target of our own log.
//!
//! Categories are those of the seeds. Like there, a category speaks for everything below it.

use decision_gate_policy::gates::{ALL, GateKind};

/// What a gate's category starts with.
const GATES: &str = "StellaOps.Policy.Engine.Gates";

/// What the targets of gates start with.
const TARGET: &str = "decision_gate_policy";

/// The target that a gate logs under: `decision_gate_policy::vex_trust`.
pub fn log_target(gate: &GateKind) -> String {
    format!("{TARGET}::{}", gate.id.replace('-', "_"))
}

/// The category of a gate: `StellaOps.Policy.Engine.Gates.VexTrustGate`.
fn category(gate: &GateKind) -> String {
    format!("{GATES}.{}Gate", gate.key)
}

/// Every category that leads somewhere, and the target that it leads to.
pub(super) fn known() -> Vec<(String, String)> {
    let mut known = vec![("Default".to_owned(), "decision_gate".to_owned())];
    let above = GATES.match_indices('.').filter_map(|(end, _)| GATES.get(..end)).chain(std::iter::once(GATES));
    known.extend(above.map(|category| (category.to_owned(), TARGET.to_owned())));
    known.extend(ALL.iter().map(|gate| (category(gate), log_target(gate))));
    known
}

/// The level of ours that a word of the seeds means.
pub(super) fn level(word: &str) -> Option<&'static str> {
    Some(match word {
        "Trace" => "trace",
        "Debug" => "debug",
        "Information" => "info",
        "Warning" => "warn",
        "Error" | "Critical" => "error",
        "None" => "off",
        _ => return None,
    })
}
