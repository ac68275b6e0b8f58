//! `packets.json`: what was issued, from the scenario and the run's targets.

use serde::Serialize;

use super::{Views, bytes_of};
use crate::at::Timestamp;
use crate::digest::Digest;
use crate::engine::DecisionRecord;
use crate::ledger::{Event, IssuedPacket};
use crate::name::{PacketId, RunId, ScenarioId, StageId};
use crate::scenario::packets::{DispatchTarget, PacketPayload};

#[derive(Serialize)]
struct PacketRecord<'a> {
    envelope: &'a PacketEnvelope<'a>,
    payload: &'a PacketPayload,
    receipts: Vec<DispatchReceipt<'a>>,
    decision_id: &'a str,
}

#[derive(Serialize)]
struct PacketEnvelope<'a> {
    scenario_id: &'a ScenarioId,
    run_id: &'a RunId,
    stage_id: &'a StageId,
    packet_id: &'a PacketId,
    schema_id: &'a str,
    content_type: &'a str,
    content_hash: Digest,
    visibility: Visibility<'a>,
    expiry: Option<Timestamp>,
    correlation_id: Option<&'a str>,
    issued_at: Timestamp,
}

#[derive(Serialize)]
struct Visibility<'a> {
    labels: &'a [String],
    policy_tags: &'a [String],
}

#[derive(Serialize)]
struct DispatchReceipt<'a> {
    dispatch_id: String,
    target: &'a DispatchTarget,
    receipt_hash: Digest,
    dispatched_at: Timestamp,
    dispatcher: &'static str,
}

impl Views<'_> {
    pub(super) fn push_packets(
        &mut self,
        event: &Event,
        entered: &StageId,
        decision: &DecisionRecord,
        issued: &[IssuedPacket],
    ) {
        let Some(stage) = self.trail.scenario.stage(entered) else {
            return;
        };
        for packet in issued {
            let Some(spec) = stage.spec.entry_packets.iter().find(|it| it.packet_id == packet.packet_id) else {
                continue;
            };
            let envelope = PacketEnvelope {
                scenario_id: &self.trail.started.scenario_id,
                run_id: &self.trail.run,
                stage_id: entered,
                packet_id: &spec.packet_id,
                schema_id: &spec.schema_id,
                content_type: &spec.content_type,
                content_hash: packet.content_hash,
                visibility: Visibility { labels: &spec.visibility_labels, policy_tags: &spec.policy_tags },
                expiry: spec.expiry,
                correlation_id: decision.correlation_id.as_deref(),
                issued_at: event.at,
            };
            let receipt_hash = Digest::of(&bytes_of(&envelope));
            let receipt = |target| DispatchReceipt {
                dispatch_id: format!("mcp-{}", spec.packet_id),
                target,
                receipt_hash,
                dispatched_at: event.at,
                dispatcher: "mcp",
            };
            let receipts = self.trail.started.dispatch_targets.iter().map(receipt).collect();
            let record = PacketRecord {
                envelope: &envelope,
                payload: &spec.payload,
                receipts,
                decision_id: &decision.decision_id,
            };
            let bytes = bytes_of(&record);
            self.packets.push(&bytes);
        }
    }
}
