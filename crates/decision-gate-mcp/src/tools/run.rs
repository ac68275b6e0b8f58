//! What the tools that move a run say about it.

use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::engine::{
    DecisionOutcome, DecisionRecord, Degraded, DispatchReceipt, Issuing, PacketRecord, RunState, RunStatus,
};
use decision_gate_core::evidence::Subject;
use decision_gate_core::explain::Explanation;
use decision_gate_core::ledger::IssuedPacket;
use decision_gate_core::name::{EnvironmentName, RunId, ScenarioId, StageId};
use decision_gate_core::scenario::packets::{DispatchTarget, PacketPayload};
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
    /// Who may see it.
    visibility: Visibility,
    /// Until when it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    expiry: Option<Timestamp>,
    /// What it carries.
    payload: PacketPayload,
    /// One for each target.
    receipts: Vec<Receipt>,
}

/// What the packet policy matches.
#[derive(Serialize, JsonSchema)]
struct Visibility {
    /// Visibility labels.
    labels: Vec<String>,
    /// Policy tags.
    policy_tags: Vec<String>,
}

/// A packet went to a target.
#[derive(Serialize, JsonSchema)]
struct Receipt {
    /// Its name.
    dispatch_id: String,
    /// To whom.
    target: DispatchTarget,
    /// Digest of the packet's envelope.
    receipt_hash: Digest,
    /// When.
    dispatched_at: Timestamp,
}

/// The packets that a decision issued, as they went out.
pub(super) fn packets(
    scenario: &Scenario,
    state: &RunState,
    decision: &DecisionRecord,
    issued: &[IssuedPacket],
) -> Vec<Packet> {
    let issuing = Issuing { scenario, run: &state.run, targets: &state.dispatch_targets, decision };
    issued.iter().filter_map(|packet| issuing.record(packet)).map(Packet::from).collect()
}

impl From<PacketRecord<'_>> for Packet {
    fn from(record: PacketRecord<'_>) -> Self {
        let PacketRecord { envelope, payload, receipts, decision_id: _ } = record;
        let receipt = |it: DispatchReceipt<'_>| Receipt {
            dispatch_id: it.dispatch_id,
            target: it.target.clone(),
            receipt_hash: it.receipt_hash,
            dispatched_at: it.dispatched_at,
        };
        Self {
            packet_id: envelope.packet_id.to_string(),
            schema_id: envelope.schema_id.to_owned(),
            content_type: envelope.content_type.to_owned(),
            content_hash: envelope.content_hash,
            visibility: Visibility {
                labels: envelope.visibility.labels.to_vec(),
                policy_tags: envelope.visibility.policy_tags.to_vec(),
            },
            expiry: envelope.expiry,
            payload: payload.clone(),
            receipts: receipts.into_iter().map(receipt).collect(),
        }
    }
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
    for line in explanation.lines() {
        text.push('\n');
        text.push_str(&line);
    }
}
