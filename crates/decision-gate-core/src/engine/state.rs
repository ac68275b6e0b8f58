//! The bounded state of a run, and the fold that makes it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::at::Timestamp;
use crate::digest::Digest;
use crate::evidence::Subject;
use crate::json::canonical::form::{Form, Optional, Plain, formed, object, word_form};
use crate::ledger::{Body, Event};
use crate::name::{EnvironmentName, GateId, NamespaceId, RunId, ScenarioId, StageId, TenantId, TriggerId};
use crate::scenario::Origin;
use crate::scenario::packets::DispatchTarget;
use crate::trust::Occasion;

/// What a run has come to. Its size does not grow with its history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunState {
    /// Whose.
    pub tenant: TenantId,
    /// On which shelf.
    pub namespace: NamespaceId,
    /// Which run.
    pub run: RunId,
    /// The scenario that it is bound to.
    pub scenario_id: ScenarioId,
    /// The version that it is bound to.
    pub spec_hash: Digest,
    /// Who wrote that.
    pub origin: Origin,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// Where it is to go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentName>,
    /// Whom packets go to.
    pub dispatch_targets: Vec<DispatchTarget>,
    /// The stage it stands at.
    pub stage_id: StageId,
    /// Since when.
    pub stage_entered_at: Timestamp,
    /// Whether it goes on.
    pub status: RunStatus,
    /// Set once an edge was taken on `unknown` or by timeout; never unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub degraded: Option<Degraded>,
    /// How many events it has.
    pub seq: u64,
    /// How many triggers were decided.
    pub triggers: u64,
    /// How many decisions were made, the start included.
    pub decisions: u64,
    /// The latest decision.
    pub last_decision: DecisionRecord,
    /// Time of the latest event.
    pub last_event_at: Timestamp,
}

/// Whether a run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// It does.
    Active,
    /// It came to its end.
    Completed,
    /// It was broken off.
    Failed,
}

impl RunStatus {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }
}

/// Why a run can end but is never "allowed".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Degraded {
    /// What was taken for granted.
    pub reason: DegradedReason,
    /// At which stage.
    pub stage_id: StageId,
}

/// What was taken for granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DegradedReason {
    /// An edge was taken on an unknown outcome.
    UnknownOutcome,
    /// An edge was taken because time ran out.
    Timeout,
}

/// What asked for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TriggerKind {
    /// An agent asked for the next step.
    AgentRequestNext,
    /// Time passed. Only these try timeouts.
    Tick,
    /// Something happened outside.
    ExternalEvent,
    /// Something happened in a backend.
    BackendEvent,
}

impl TriggerKind {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::AgentRequestNext => "agent_request_next",
            Self::Tick => "tick",
            Self::ExternalEvent => "external_event",
            Self::BackendEvent => "backend_event",
        }
    }
}

/// One decision (`reference/payloads.md` 1.6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionRecord {
    /// `decision-<seq>`.
    pub decision_id: String,
    /// From 1 within the run.
    pub seq: u64,
    /// What asked for it; `init` for the start.
    pub trigger_id: TriggerId,
    /// The stage that was judged.
    pub stage_id: StageId,
    /// The evaluation time.
    pub decided_at: Timestamp,
    /// What was decided.
    pub outcome: DecisionOutcome,
    /// Ties calls of several systems together.
    pub correlation_id: Option<String>,
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum DecisionOutcome {
    /// The run began at this stage.
    Start {
        /// The first stage.
        stage_id: StageId,
    },
    /// The run came to its end at this stage.
    Complete {
        /// The last stage.
        stage_id: StageId,
    },
    /// The run went on to another stage.
    Advance {
        /// From here.
        from_stage: StageId,
        /// To there.
        to_stage: StageId,
        /// Because time ran out.
        timeout: bool,
    },
    /// The run stays where it is.
    Hold {
        /// What is not met; safe to show anybody.
        summary: SafeSummary,
    },
    /// The run was broken off.
    Fail {
        /// Why.
        reason: String,
    },
}

word_form!(RunStatus, TriggerKind);

impl Form for Degraded {
    fn form(&self, out: &mut Vec<u8>) {
        object!(out, { "reason": &Plain(&self.reason), "stage_id": &self.stage_id });
    }
}

impl Form for DecisionRecord {
    fn form(&self, out: &mut Vec<u8>) {
        object!(out, {
            "correlation_id": &self.correlation_id,
            "decided_at": &self.decided_at,
            "decision_id": &self.decision_id,
            "outcome": &self.outcome,
            "seq": &self.seq,
            "stage_id": &self.stage_id,
            "trigger_id": &self.trigger_id,
        });
    }
}

impl Form for DecisionOutcome {
    fn form(&self, out: &mut Vec<u8>) {
        let kind = self.word();
        match self {
            Self::Start { stage_id } | Self::Complete { stage_id } => {
                object!(out, { "kind": kind, "stage_id": stage_id });
            }
            Self::Advance { from_stage, to_stage, timeout } => {
                object!(out, { "from_stage": from_stage, "kind": kind, "timeout": timeout, "to_stage": to_stage });
            }
            Self::Hold { summary } => object!(out, { "kind": kind, "summary": summary }),
            Self::Fail { reason } => object!(out, { "kind": kind, "reason": reason }),
        }
    }
}

impl Form for SafeSummary {
    fn form(&self, out: &mut Vec<u8>) {
        object!(out, {
            "policy_tags": &self.policy_tags,
            "retry_hint": &self.retry_hint,
            "status": &self.status,
            "unmet_gates": &self.unmet_gates,
        });
    }
}

impl Form for RunState {
    fn form(&self, out: &mut Vec<u8>) {
        object!(out, {
            "decisions": &self.decisions,
            "degraded": &Optional(&self.degraded),
            "dispatch_targets": &Plain(&self.dispatch_targets),
            "environment": &Optional(&self.environment),
            "last_decision": &self.last_decision,
            "last_event_at": &self.last_event_at,
            "namespace": &self.namespace,
            "origin": &self.origin,
            "run": &self.run,
            "scenario_id": &self.scenario_id,
            "seq": &self.seq,
            "spec_hash": &self.spec_hash,
            "stage_entered_at": &self.stage_entered_at,
            "stage_id": &self.stage_id,
            "status": &self.status,
            "subject": &Optional(&self.subject.as_ref().map(Plain)),
            "tenant": &self.tenant,
            "triggers": &self.triggers,
        });
    }
}

impl DecisionOutcome {
    /// The word on the wire.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Start { .. } => "start",
            Self::Complete { .. } => "complete",
            Self::Advance { .. } => "advance",
            Self::Hold { .. } => "hold",
            Self::Fail { .. } => "fail",
        }
    }
}

/// What is not met, without any evidence in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SafeSummary {
    /// `hold`.
    pub status: String,
    /// Gates that are not True, in the order of the text.
    pub unmet_gates: Vec<GateId>,
    /// `await_evidence`.
    pub retry_hint: String,
    /// Always empty.
    pub policy_tags: Vec<String>,
}

impl SafeSummary {
    /// A hold on these gates.
    pub fn hold(unmet_gates: Vec<GateId>) -> Self {
        Self { status: "hold".into(), unmet_gates, retry_hint: "await_evidence".into(), policy_tags: Vec::new() }
    }
}

/// Why an event does not follow a state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateFault {
    /// The first event of a run must start it, and no other may.
    #[error("event {seq} of the run is not what can follow: `{kind}`")]
    Kind {
        /// Its position.
        seq: u64,
        /// Its kind.
        kind: &'static str,
    },
    /// A gap or a repeat in the numbering.
    #[error("event {got} follows event {after}")]
    Sequence {
        /// Position of the latest event.
        after: u64,
        /// Position of this one.
        got: u64,
    },
    /// An event of another run.
    #[error("the event is of run `{got}`, the state of run `{wanted}`")]
    Run {
        /// Of the state.
        wanted: String,
        /// Of the event.
        got: String,
    },
    /// A decision of a run that has ended.
    #[error("event {seq} decides the run, which is {status}")]
    Ended {
        /// Its position.
        seq: u64,
        /// What the run is.
        status: &'static str,
    },
    /// A decision about another stage than the one where the run stands.
    #[error("event {seq} decides stage `{judged}`, and the run stands at `{stands}`")]
    Stage {
        /// Its position.
        seq: u64,
        /// Where the run stands.
        stands: String,
        /// What was judged.
        judged: String,
    },
    /// A gap or a repeat in the numbers of decisions.
    #[error("event {seq} is decision {got}, and the run has {after}")]
    Decision {
        /// Its position.
        seq: u64,
        /// How many the run has.
        after: u64,
        /// Its number.
        got: u64,
    },
    /// A time before that of the event before it, or of another kind.
    #[error("event {seq} is of {at}, and the one before it of {before}")]
    Earlier {
        /// Its position.
        seq: u64,
        /// Its time.
        at: Timestamp,
        /// The time before.
        before: Timestamp,
    },
    /// A point in time that JSON would round.
    #[error("the time {at} is out of range")]
    Time {
        /// Which.
        at: Timestamp,
    },
}

impl StateFault {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Kind { .. }
            | Self::Sequence { .. }
            | Self::Run { .. }
            | Self::Ended { .. }
            | Self::Stage { .. }
            | Self::Decision { .. }
            | Self::Earlier { .. } => "run_state_invalid",
            Self::Time { .. } => "time_out_of_range",
        }
    }
}

impl RunState {
    /// The occasion of a step at this time: what signatures of its evidence must be about.
    pub fn occasion(&self, at: Timestamp) -> Occasion<'_> {
        Occasion {
            tenant: self.tenant,
            namespace: self.namespace,
            run: Some(&self.run),
            subject: self.subject.as_ref(),
            environment: self.environment.as_ref(),
            at,
        }
    }

    /// The state after `event`; `before` is `None` for the event that starts the run.
    ///
    /// # Errors
    /// [`StateFault`] when the event can't follow.
    pub fn apply(before: Option<&Self>, event: &Event) -> Result<Self, StateFault> {
        Self::follow(before.cloned(), event)
    }

    /// The same, in the place of the state before.
    pub(crate) fn follow(before: Option<Self>, event: &Event) -> Result<Self, StateFault> {
        let after = before.as_ref().map_or(0, |it| it.seq);
        if event.seq != after + 1 {
            return Err(StateFault::Sequence { after, got: event.seq });
        }
        if !event.at.is_exact() {
            return Err(StateFault::Time { at: event.at });
        }
        let kind = StateFault::Kind { seq: event.seq, kind: event.kind().word() };
        match (&event.body, before, &event.run) {
            (Body::RunStarted(body), None, Some(run)) => Ok(Self::begin(event, run, body)),
            (Body::StepDecided(body), Some(before), Some(run)) => before.same_run(event, run).map(|mut state| {
                state.take_decision(&body.decision, event.at);
                state.triggers += 1;
                if state.degraded.is_none() {
                    state.degraded.clone_from(&body.degraded);
                }
                state
            }),
            (Body::Submitted(_), Some(before), Some(run)) => before.same_run(event, run),
            _ => Err(kind),
        }
    }

    fn begin(event: &Event, run: &RunId, body: &crate::ledger::RunStarted) -> Self {
        Self {
            tenant: event.tenant,
            namespace: event.namespace,
            run: run.clone(),
            scenario_id: body.scenario_id.clone(),
            spec_hash: body.spec_hash,
            origin: body.origin,
            subject: body.subject.clone(),
            environment: body.environment.clone(),
            dispatch_targets: body.dispatch_targets.clone(),
            stage_id: body.decision.stage_id.clone(),
            stage_entered_at: event.at,
            status: match body.decision.outcome {
                DecisionOutcome::Fail { .. } => RunStatus::Failed,
                DecisionOutcome::Start { .. }
                | DecisionOutcome::Complete { .. }
                | DecisionOutcome::Advance { .. }
                | DecisionOutcome::Hold { .. } => RunStatus::Active,
            },
            degraded: None,
            seq: event.seq,
            triggers: 0,
            decisions: 1,
            last_decision: body.decision.clone(),
            last_event_at: event.at,
        }
    }

    fn same_run(self, event: &Event, run: &RunId) -> Result<Self, StateFault> {
        if *run != self.run || event.tenant != self.tenant || event.namespace != self.namespace {
            return Err(StateFault::Run { wanted: self.run.to_string(), got: run.to_string() });
        }
        Ok(Self { seq: event.seq, last_event_at: event.at, ..self })
    }

    fn take_decision(&mut self, decision: &DecisionRecord, at: Timestamp) {
        self.decisions += 1;
        self.last_decision = decision.clone();
        match &decision.outcome {
            DecisionOutcome::Start { .. } | DecisionOutcome::Hold { .. } => {}
            DecisionOutcome::Complete { .. } => self.status = RunStatus::Completed,
            DecisionOutcome::Fail { .. } => self.status = RunStatus::Failed,
            DecisionOutcome::Advance { to_stage, .. } => {
                self.stage_id = to_stage.clone();
                self.stage_entered_at = at;
            }
        }
    }

    /// Digest of its canonical JSON.
    pub fn digest(&self) -> Digest {
        Digest::of(&formed(self))
    }

    /// Whether the run ended as it should: completed, and nothing was taken for granted on the way.
    pub fn is_allowed(&self) -> bool {
        self.status == RunStatus::Completed && self.degraded.is_none()
    }
}
