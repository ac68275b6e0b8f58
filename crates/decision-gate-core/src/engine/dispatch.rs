//! An issued packet as it goes out: its envelope, and a receipt for each target.
//!
//! The event holds what can't be derived; the rest follows from the scenario that the run is bound to, the targets that
//! it was started with and the decision. So answers, packs and replays show the same bytes.

use serde::Serialize;

use super::state::{DecisionOutcome, DecisionRecord};
use crate::at::Timestamp;
use crate::digest::Digest;
use crate::json::canonical;
use crate::ledger::IssuedPacket;
use crate::name::{PacketId, RunId, ScenarioId, StageId};
use crate::scenario::packets::{DispatchTarget, PacketPayload};
use crate::scenario::{PacketSpec, Scenario};

/// What issued packets.
#[derive(Clone, Copy, Debug)]
pub struct Issuing<'a> {
    /// The scenario that the run is bound to.
    pub scenario: &'a Scenario,
    /// Which run.
    pub run: &'a RunId,
    /// Whom its packets go to.
    pub targets: &'a [DispatchTarget],
    /// The decision that entered a stage.
    pub decision: &'a DecisionRecord,
}

/// An issued packet with its receipts.
#[derive(Clone, Debug, Serialize)]
pub struct PacketRecord<'a> {
    /// What is known about it.
    pub envelope: PacketEnvelope<'a>,
    /// What it carries.
    pub payload: &'a PacketPayload,
    /// One for each target.
    pub receipts: Vec<DispatchReceipt<'a>>,
    /// The decision that issued it.
    pub decision_id: &'a str,
}

/// What is known about an issued packet, apart from what it carries.
#[derive(Clone, Debug, Serialize)]
pub struct PacketEnvelope<'a> {
    /// Of which scenario.
    pub scenario_id: &'a ScenarioId,
    /// In which run.
    pub run_id: &'a RunId,
    /// Of the stage that was entered.
    pub stage_id: &'a StageId,
    /// Which packet.
    pub packet_id: &'a PacketId,
    /// What its payload looks like.
    pub schema_id: &'a str,
    /// Media type.
    pub content_type: &'a str,
    /// Digest of its content.
    pub content_hash: Digest,
    /// Who may see it.
    pub visibility: Visibility<'a>,
    /// Until when it holds.
    pub expiry: Option<Timestamp>,
    /// Ties calls of several systems together.
    pub correlation_id: Option<&'a str>,
    /// When it was issued.
    pub issued_at: Timestamp,
}

/// What the packet policy matches.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Visibility<'a> {
    /// Visibility labels.
    pub labels: &'a [String],
    /// Policy tags.
    pub policy_tags: &'a [String],
}

/// A packet went to a target.
#[derive(Clone, Debug, Serialize)]
pub struct DispatchReceipt<'a> {
    /// Its name: `mcp-` and the packet's.
    pub dispatch_id: String,
    /// To whom.
    pub target: &'a DispatchTarget,
    /// Digest of the envelope.
    pub receipt_hash: Digest,
    /// When.
    pub dispatched_at: Timestamp,
    /// By what.
    pub dispatcher: &'static str,
}

impl<'a> Issuing<'a> {
    /// The packet with its receipts; nothing when the scenario does not have it in the stage that was entered.
    pub fn record(self, issued: &IssuedPacket) -> Option<PacketRecord<'a>> {
        let stage_id = match &self.decision.outcome {
            DecisionOutcome::Start { stage_id } | DecisionOutcome::Advance { to_stage: stage_id, .. } => stage_id,
            DecisionOutcome::Complete { .. } | DecisionOutcome::Hold { .. } | DecisionOutcome::Fail { .. } => {
                return None;
            }
        };
        let stage = self.scenario.stage(stage_id)?;
        let spec = stage.spec.entry_packets.iter().find(|it| it.packet_id == issued.packet_id)?;
        let envelope = self.envelope(stage_id, spec, issued);
        let receipt_hash = Digest::of(&canonical::of(&envelope).unwrap_or_default());
        let receipt = |target| DispatchReceipt {
            dispatch_id: format!("mcp-{}", spec.packet_id),
            target,
            receipt_hash,
            dispatched_at: envelope.issued_at,
            dispatcher: "mcp",
        };
        let receipts = self.targets.iter().map(receipt).collect();
        Some(PacketRecord { envelope, payload: &spec.payload, receipts, decision_id: &self.decision.decision_id })
    }

    fn envelope(self, stage_id: &'a StageId, spec: &'a PacketSpec, issued: &IssuedPacket) -> PacketEnvelope<'a> {
        PacketEnvelope {
            scenario_id: &self.scenario.spec().scenario_id,
            run_id: self.run,
            stage_id,
            packet_id: &spec.packet_id,
            schema_id: &spec.schema_id,
            content_type: &spec.content_type,
            content_hash: issued.content_hash,
            visibility: Visibility { labels: &spec.visibility_labels, policy_tags: &spec.policy_tags },
            expiry: spec.expiry,
            correlation_id: self.decision.correlation_id.as_deref(),
            issued_at: self.decision.decided_at,
        }
    }
}
