//! The public project's artifacts as far as they are cross-checked (`reference/payloads.md`, sections 1 and 4).
//!
//! Ids are opaque text and unknown members are ignored, as that project does.

use serde::Deserialize;
use serde_json::Value;

use crate::at::Timestamp;
use crate::condition::Truth;
use crate::digest::Digest;
use crate::engine::TriggerKind;
use crate::evidence::{EvidenceAnchor, EvidenceValue};
use crate::name::{NamespaceId, TenantId};
use crate::scenario::packets::PacketPayload;
use crate::trust::AnchorRequirement;

#[derive(Debug, Deserialize)]
pub(super) struct Spec {
    pub(super) scenario_id: String,
    pub(super) namespace_id: NamespaceId,
    pub(super) stages: Vec<Stage>,
    pub(super) conditions: Vec<Condition>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Stage {
    pub(super) stage_id: String,
    pub(super) entry_packets: Vec<PacketSpec>,
    pub(super) gates: Vec<Gate>,
    pub(super) advance_to: AdvanceTo,
    pub(super) timeout: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PacketSpec {
    pub(super) packet_id: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Gate {
    pub(super) gate_id: String,
    pub(super) requirement: Requirement,
}

#[derive(Debug, Deserialize)]
pub(super) enum Requirement {
    And(Vec<Requirement>),
    Or(Vec<Requirement>),
    Not(Box<Requirement>),
    RequireGroup { min: u8, reqs: Vec<Requirement> },
    Condition(String),
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum AdvanceTo {
    Linear,
    Fixed { stage_id: String },
    Branch { branches: Vec<BranchRule>, default: Option<String> },
    Terminal,
}

#[derive(Debug, Deserialize)]
pub(super) struct BranchRule {
    pub(super) gate_id: String,
    pub(super) outcome: crate::scenario::GateOutcome,
    pub(super) next_stage_id: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Condition {
    pub(super) condition_id: String,
    pub(super) query: Query,
    pub(super) comparator: String,
    #[serde(default)]
    pub(super) expected: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Query {
    pub(super) provider_id: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct TriggerRecord {
    pub(super) seq: u64,
    pub(super) event: TriggerEvent,
}

#[derive(Debug, Deserialize)]
pub(super) struct TriggerEvent {
    pub(super) trigger_id: String,
    pub(super) tenant_id: TenantId,
    pub(super) namespace_id: NamespaceId,
    pub(super) run_id: String,
    pub(super) kind: TriggerKind,
    #[serde(default)]
    pub(super) source_id: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct GateEvalRecord {
    pub(super) trigger_id: String,
    pub(super) stage_id: String,
    pub(super) evaluation: GateEvaluation,
    pub(super) evidence: Vec<EvidenceRecord>,
}

#[derive(Debug, Deserialize)]
pub(super) struct GateEvaluation {
    pub(super) gate_id: String,
    pub(super) status: Truth,
    pub(super) trace: Vec<TraceEntry>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TraceEntry {
    pub(super) condition_id: String,
    pub(super) status: Truth,
}

#[derive(Debug, Deserialize)]
pub(super) struct EvidenceRecord {
    pub(super) condition_id: String,
    pub(super) status: Truth,
    pub(super) result: EvidenceResult,
}

#[derive(Debug, Deserialize)]
pub(super) struct EvidenceResult {
    pub(super) value: Option<EvidenceValue>,
    #[serde(default)]
    pub(super) error: Option<Value>,
    pub(super) evidence_hash: Option<Digest>,
    pub(super) evidence_anchor: Option<EvidenceAnchor>,
}

#[derive(Debug, Deserialize)]
pub(super) struct DecisionRecord {
    pub(super) decision_id: String,
    pub(super) seq: u64,
    pub(super) trigger_id: String,
    pub(super) stage_id: String,
    pub(super) decided_at: Timestamp,
    pub(super) outcome: Outcome,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Outcome {
    Start { stage_id: String },
    Complete { stage_id: String },
    Advance { from_stage: String, to_stage: String, timeout: bool },
    Hold { summary: Summary },
    Fail { reason: String },
}

#[derive(Debug, Deserialize)]
pub(super) struct Summary {
    pub(super) unmet_gates: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PacketRecord {
    pub(super) envelope: Envelope,
    pub(super) payload: PacketPayload,
    pub(super) decision_id: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Envelope {
    pub(super) scenario_id: String,
    pub(super) run_id: String,
    pub(super) stage_id: String,
    pub(super) packet_id: String,
    pub(super) content_hash: Digest,
}

#[derive(Debug, Deserialize)]
pub(super) struct SubmissionRecord {
    pub(super) run_id: String,
    pub(super) payload: PacketPayload,
    pub(super) content_hash: Digest,
}

#[derive(Debug, Deserialize)]
pub(super) struct ToolCallRecord {
    pub(super) call_id: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct AnchorPolicy {
    #[serde(default)]
    pub(super) providers: Vec<ProviderAnchor>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ProviderAnchor {
    pub(super) provider_id: String,
    pub(super) requirement: AnchorRequirement,
}

#[derive(Debug, Deserialize)]
pub(super) struct VerifierReport {
    pub(super) status: crate::runpack::report::Status,
}
