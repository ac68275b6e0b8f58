//! What the tools that move a run say about it.

use decision_gate_core::digest::Digest;
use decision_gate_core::engine::{DecisionOutcome, DecisionRecord, Degraded, RunState, RunStatus};
use decision_gate_core::evidence::Subject;
use decision_gate_core::explain::Explanation;
use decision_gate_core::ledger::IssuedPacket;
use decision_gate_core::name::{EnvironmentName, RunId, ScenarioId, StageId};
use decision_gate_core::scenario::packets::PacketPayload;
use decision_gate_core::scenario::{Origin, Scenario};
use schemars::JsonSchema;
use serde::Serialize;

/// Where a run stands.
#[derive(Serialize, JsonSchema)]
pub(super) struct Run {
    /// Which run.
    run_id: RunId,
    /// The scenario that it is bound to.
    scenario_id: ScenarioId,
    /// The version that it is bound to.
    spec_hash: Digest,
    /// `pinned` by the configuration, or a caller's `draft`.
    origin: Origin,
    /// `active`, `completed` or `failed`.
    status: RunStatus,
    /// True once the run completed and nothing was taken for granted.
    allowed: bool,
    /// The stage where it stands.
    stage_id: StageId,
    /// What was taken for granted; such a run is never allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    degraded: Option<Degraded>,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Subject>,
    /// Where it is to go.
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<EnvironmentName>,
}

impl From<&RunState> for Run {
    fn from(state: &RunState) -> Self {
        Self {
            run_id: state.run.clone(),
            scenario_id: state.scenario_id.clone(),
            spec_hash: state.spec_hash,
            origin: state.origin,
            status: state.status,
            allowed: state.is_allowed(),
            stage_id: state.stage_id.clone(),
            degraded: state.degraded.clone(),
            subject: state.subject.clone(),
            environment: state.environment.clone(),
        }
    }
}

impl Run {
    /// One line.
    pub(super) fn line(&self) -> String {
        let mut line = format!(
            "run {} of {} ({}): {} at stage {}",
            self.run_id,
            self.scenario_id,
            self.origin.word(),
            self.status.word(),
            self.stage_id
        );
        match (self.status, self.allowed) {
            (RunStatus::Completed, true) => line.push_str(", allowed"),
            (RunStatus::Completed, false) | (RunStatus::Failed, _) => line.push_str(", not allowed"),
            (RunStatus::Active, _) => {}
        }
        if let Some(degraded) = &self.degraded {
            line.push_str(&format!(", degraded at stage {}", degraded.stage_id));
        }
        line
    }
}

/// A packet that was issued, with what it carries.
#[derive(Serialize, JsonSchema)]
pub(super) struct Packet {
    /// Which packet.
    packet_id: String,
    /// What its payload looks like.
    schema_id: String,
    /// Media type.
    content_type: String,
    /// Digest of its content.
    content_hash: Digest,
    /// What it carries.
    payload: PacketPayload,
}

/// The packets that were issued, with their content from the scenario.
pub(super) fn packets(scenario: &Scenario, issued: &[IssuedPacket]) -> Vec<Packet> {
    let specs = || scenario.spec().stages.iter().flat_map(|stage| &stage.entry_packets);
    let with_content = |packet: &IssuedPacket| {
        let spec = specs().find(|it| it.packet_id == packet.packet_id)?;
        Some(Packet {
            packet_id: packet.packet_id.to_string(),
            schema_id: spec.schema_id.clone(),
            content_type: spec.content_type.clone(),
            content_hash: packet.content_hash,
            payload: spec.payload.clone(),
        })
    };
    issued.iter().filter_map(with_content).collect()
}

/// One line for a decision that does not name `left_out` of its unmet gates.
pub(super) fn decision_line(decision: &DecisionRecord, left_out: usize) -> String {
    let what = match &decision.outcome {
        DecisionOutcome::Start { stage_id } => format!("start at stage {stage_id}"),
        DecisionOutcome::Complete { stage_id } => format!("complete at stage {stage_id}"),
        DecisionOutcome::Advance { from_stage, to_stage, timeout: false } => {
            format!("advance {from_stage} -> {to_stage}")
        }
        DecisionOutcome::Advance { from_stage, to_stage, timeout: true } => {
            format!("advance {from_stage} -> {to_stage} by timeout")
        }
        DecisionOutcome::Hold { summary } => {
            let gates: Vec<_> = summary.unmet_gates.iter().map(ToString::to_string).collect();
            let more = if left_out == 0 { String::new() } else { format!(" and {left_out} more") };
            format!("hold; unmet gates: {}{more}", if gates.is_empty() { "none".into() } else { gates.join(", ") })
        }
        DecisionOutcome::Fail { reason } => format!("fail: {reason}"),
    };
    format!("{}: {what}", decision.decision_id)
}

/// What stands in the way and what to do, in a few lines.
pub(super) fn explanation_lines(explanation: &Explanation, text: &mut String) {
    for gate in &explanation.gates {
        text.push_str(&format!("\ngate {} is {}", gate.gate_id, gate.status));
        for condition in &gate.conditions {
            text.push_str(&format!(
                "\n  {} {} ({}): {}",
                condition.condition_id, condition.status, condition.code, condition.message
            ));
        }
    }
    for action in &explanation.next_actions {
        text.push_str(&format!("\nnext: {action}"));
    }
    if explanation.left_out > 0 {
        text.push_str(&format!("\n{} more conditions are not shown", explanation.left_out));
    }
}
