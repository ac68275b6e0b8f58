//! The start of a run, and the packets that a stage issues when it is entered.

use super::decide::{relaxations, seal};
use super::sealed::SealedState;
use super::state::{DecisionOutcome, DecisionRecord, StateFault};
use crate::at::Timestamp;
use crate::evidence::Subject;
use crate::ledger::{Body, Event, IssuedPacket, RunStarted};
use crate::name::{EnvironmentName, NameError, NamespaceId, RunId, TenantId, TriggerId};
use crate::policy::Policy;
use crate::scenario::packets::{DispatchTarget, PacketDenied};
use crate::scenario::{Origin, Scenario, Stage};

/// The trigger id of the decision that starts a run. No step may use it.
pub(super) const START_TRIGGER: &str = "init";

/// Everything that the start of a run depends on.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// Whose.
    pub tenant: TenantId,
    /// On which shelf.
    pub namespace: NamespaceId,
    /// Which run.
    pub run: &'a RunId,
    /// The scenario version that it will be bound to.
    pub scenario: &'a Scenario,
    /// Who wrote that.
    pub origin: Origin,
    /// What it is about.
    pub subject: Option<&'a Subject>,
    /// Where it is to go.
    pub environment: Option<&'a EnvironmentName>,
    /// Whom packets go to.
    pub dispatch_targets: &'a [DispatchTarget],
    /// Whether the first stage's packets are issued.
    pub issue_entry_packets: bool,
    /// Ties calls of several systems together.
    pub correlation_id: Option<&'a str>,
    /// What is in force.
    pub policy: &'a Policy,
    /// The evaluation time.
    pub at: Timestamp,
    /// Who called, as they claim.
    pub actor: Option<&'a str>,
}

/// A run that was started.
#[derive(Clone, Debug)]
pub struct Started {
    /// The event to append.
    pub event: Event,
    /// The state after it.
    pub state: SealedState,
    /// The packets of the first stage.
    pub packets: Vec<IssuedPacket>,
}

/// Why a run can't start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartFault {
    /// The scenario lies on another shelf.
    #[error("the scenario is of namespace {scenario}, the run of namespace {run}")]
    Namespace {
        /// The scenario's.
        scenario: NamespaceId,
        /// The run's.
        run: NamespaceId,
    },
    /// The scenario is for another tenant.
    #[error("the scenario is for tenant {scenario}, the run of tenant {run}")]
    Tenant {
        /// The scenario's.
        scenario: TenantId,
        /// The run's.
        run: TenantId,
    },
    /// The scenario has no stage.
    #[error("the scenario has no stage")]
    NoStage,
    /// The fixed id of the start does not parse.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The event does not start a run.
    #[error(transparent)]
    State(#[from] StateFault),
}

impl StartFault {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Namespace { .. } => "namespace_mismatch",
            Self::Tenant { .. } => "tenant_mismatch",
            Self::NoStage | Self::Name(_) => "run_state_invalid",
            Self::State(fault) => fault.code(),
        }
    }
}

/// Starts a run.
///
/// # Errors
/// [`StartFault`] when the scenario is not for this run.
pub fn start(input: Start<'_>) -> Result<Started, StartFault> {
    let spec = input.scenario.spec();
    if spec.namespace_id != input.namespace {
        return Err(StartFault::Namespace { scenario: spec.namespace_id, run: input.namespace });
    }
    if let Some(tenant) = spec.default_tenant_id
        && tenant != input.tenant
    {
        return Err(StartFault::Tenant { scenario: tenant, run: input.tenant });
    }
    let stage = input.scenario.first_stage().ok_or(StartFault::NoStage)?;
    let stage_id = stage.spec.stage_id.clone();
    let issued = if input.issue_entry_packets {
        issue_packets(input.scenario, stage, input.dispatch_targets, input.policy)
    } else {
        Ok(Vec::new())
    };
    let (outcome, packets) = match issued {
        Ok(packets) => (DecisionOutcome::Start { stage_id: stage_id.clone() }, packets),
        Err(denied) => (DecisionOutcome::Fail { reason: denied.to_string() }, Vec::new()),
    };
    let decision = DecisionRecord {
        decision_id: "decision-1".into(),
        seq: 1,
        trigger_id: TriggerId::try_from(START_TRIGGER)?,
        stage_id,
        decided_at: input.at,
        outcome,
        correlation_id: input.correlation_id.map(str::to_owned),
    };
    let body = RunStarted {
        scenario_id: spec.scenario_id.clone(),
        spec_hash: input.scenario.hash(),
        origin: input.origin,
        subject: input.subject.cloned(),
        environment: input.environment.cloned(),
        dispatch_targets: input.dispatch_targets.to_vec(),
        packets: packets.clone(),
        decision,
        relaxations: relaxations(input.policy, input.origin, stage),
    };
    let event = Event {
        tenant: input.tenant,
        namespace: input.namespace,
        run: Some(input.run.clone()),
        seq: 1,
        at: input.at,
        actor: input.actor.map(str::to_owned),
        key: None,
        policy_digest: input.policy.digest(),
        state_digest: None,
        body: Body::RunStarted(Box::new(body)),
    };
    let (event, state) = seal(None, event)?;
    Ok(Started { event, state, packets })
}

/// The packets of a stage, each allowed for every target.
pub(super) fn issue_packets(
    scenario: &Scenario,
    stage: Stage<'_>,
    targets: &[DispatchTarget],
    policy: &Policy,
) -> Result<Vec<IssuedPacket>, PacketDenied> {
    let rules = &policy.snapshot().packets;
    let dispatched = u64::try_from(targets.len()).unwrap_or(u64::MAX);
    let issue = |packet: &crate::scenario::PacketSpec| {
        for target in targets {
            rules.permit(&scenario.spec().scenario_id, &stage.spec.stage_id, packet, target)?;
        }
        Ok(IssuedPacket {
            packet_id: packet.packet_id.clone(),
            content_hash: packet.payload.content_hash(),
            dispatched,
        })
    };
    stage.spec.entry_packets.iter().map(issue).collect()
}
