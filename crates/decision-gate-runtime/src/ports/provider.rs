//! Evidence providers: bytes out, or "there is none", or a fault. No word about trust.

use async_trait::async_trait;
use decision_gate_core::at::Timestamp;
use decision_gate_core::contract::ProviderContract;
use decision_gate_core::evidence::{Answer, Query, Subject};
use decision_gate_core::name::{EnvironmentName, NamespaceId, RunId, ScenarioId, StageId, TenantId};
use decision_gate_core::scenario::packets::PacketPayload;

/// What a provider may know about who asks (`reference/payloads.md` 1.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceContext {
    /// Whose question.
    pub tenant: TenantId,
    /// On which shelf.
    pub namespace: NamespaceId,
    /// In which run, if any.
    pub run: Option<RunId>,
    /// Of which scenario, if any.
    pub scenario: Option<ScenarioId>,
    /// At which stage, if any.
    pub stage: Option<StageId>,
    /// What the run is about, if it says.
    pub subject: Option<Subject>,
    /// Where the run is to go, if it says.
    pub environment: Option<EnvironmentName>,
    /// What the trigger carried, if anything: as its sender said it. For sources within this program.
    pub payload: Option<PacketPayload>,
    /// When it was asked. The time of the decision is later: it is taken when the last answer is in.
    pub asked_at: Timestamp,
}

/// A source of evidence.
#[async_trait]
pub trait Provider: Send + Sync {
    /// What it promises.
    fn contract(&self) -> &ProviderContract;

    /// Answers one query that fits the contract. Called concurrently; the caller sets a time limit and drops the
    /// future when it is over.
    ///
    /// A value may carry a `lane_ceiling`: a provider can lower its own lane and never raise it.
    async fn fetch(&self, query: &Query, context: &EvidenceContext) -> Answer;
}
