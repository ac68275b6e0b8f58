//! One step: a trigger, answers and a time become the next event.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::derived;
use super::evaluate::{StageEvaluation, evaluate_stage};
use super::sealed::SealedState;
use super::start::START_TRIGGER;
use super::state::{DecisionOutcome, DecisionRecord, Degraded, RunState, RunStatus, StateFault, TriggerKind};
use super::take::{self, Taken};
use super::withheld::Withheld;
use crate::at::{MixedTimes, Timestamp};
use crate::condition::{Judged, attested, judge, sound};
use crate::evidence::{Answer, EvidenceValue, Fault};
use crate::json::canonical::form::formed;
use crate::json::{JsonError, canonical};
use crate::ledger::{Body, Commitment, Event, EvidenceEntry, Salt, SideValue, Slot, StepDecided, TriggerEntry};
use crate::name::{ConditionId, TriggerId};
use crate::policy::{Policy, Relaxation};
use crate::scenario::packets::PacketPayload;
use crate::scenario::{ConditionSpec, Origin, Scenario, Stage};
use crate::trust::Occasion;

/// What asks for a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// Its idempotency key.
    pub trigger_id: TriggerId,
    /// Its kind.
    pub kind: TriggerKind,
    /// Where it came from, as claimed.
    pub source_id: String,
    /// Ties calls of several systems together.
    pub correlation_id: Option<String>,
    /// What it carries, with the salt of its commitment.
    pub payload: Option<(PacketPayload, Salt)>,
}

/// The answer to one condition's query, with the salt of its commitment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaltedAnswer {
    /// Which condition.
    pub condition_id: ConditionId,
    /// How the query ended.
    pub answer: Answer,
    /// The salt.
    pub salt: Salt,
}

/// Everything that one step depends on.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// The run so far; it must be active.
    pub state: &'a RunState,
    /// The scenario version that the run is bound to.
    pub scenario: &'a Scenario,
    /// What asks for it.
    pub trigger: &'a Trigger,
    /// Answers by condition, in any order. A condition without one is Unknown.
    pub answers: &'a [SaltedAnswer],
    /// What is in force.
    pub policy: &'a Policy,
    /// The evaluation time.
    pub at: Timestamp,
    /// Who called, as they claim.
    pub actor: Option<&'a str>,
}

/// A step that was decided.
#[derive(Clone, Debug)]
pub struct Decided {
    /// The event to append.
    pub event: Event,
    /// The values that it commits to.
    pub values: Vec<SideValue>,
    /// The state after it.
    pub state: SealedState,
    /// The judgement behind it, for feedback; `None` when time ran out before anything was judged.
    pub evaluation: Option<StageEvaluation>,
}

impl Decided {
    /// The decision.
    pub fn decision(&self) -> &DecisionRecord {
        &self.state.last_decision
    }
}

/// Why there is no decision. A fault is not a verdict: nothing may be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepFault {
    /// The run has ended.
    #[error("run is not active: {status}")]
    NotActive {
        /// How it ended.
        status: &'static str,
    },
    /// The scenario is another than the one that the run is bound to.
    #[error("the run is bound to another scenario version")]
    OtherScenario,
    /// The run stands at a stage that its scenario does not have.
    #[error("stage `{stage}` is not in the scenario")]
    StageMissing {
        /// Which.
        stage: String,
    },
    /// A condition has two answers: which of them counts is not for the order to say.
    #[error("condition `{condition}` has more than one answer")]
    AnsweredTwice {
        /// Which.
        condition: ConditionId,
    },
    /// The trigger's id is that of the start of a run.
    #[error("trigger id `{START_TRIGGER}` is that of the start of the run")]
    TriggerReserved,
    /// The trigger's payload has no canonical form.
    #[error("the payload can't be kept: {0}")]
    Payload(#[source] JsonError),
    /// Wall-clock and logical time were mixed.
    #[error(transparent)]
    Time(#[from] MixedTimes),
    /// The event does not follow the state.
    #[error(transparent)]
    State(#[from] StateFault),
}

impl StepFault {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotActive { .. } => "run_not_active",
            Self::OtherScenario => "run_other_scenario",
            Self::StageMissing { .. } | Self::AnsweredTwice { .. } => "run_state_invalid",
            Self::TriggerReserved => "trigger_conflict",
            Self::Payload(error) => error.code(),
            Self::State(fault) => fault.code(),
            Self::Time(_) => "time_kind_mismatch",
        }
    }
}

/// Decides one step.
///
/// # Errors
/// [`StepFault`] when no decision can be made; nothing may be written then.
pub fn decide(step: Step<'_>) -> Result<Decided, StepFault> {
    decide_with(step, &Withheld::default())
}

/// Decides one step anew where some of its answers are not at hand: see [`Withheld`].
pub(crate) fn decide_with(step: Step<'_>, withheld: &Withheld<'_>) -> Result<Decided, StepFault> {
    Ok(draft(step, withheld)?.onto(step.state.clone())?)
}

/// A step that was decided, before it is folded into the state.
#[derive(Debug)]
pub(crate) struct Draft {
    event: Event,
    values: Vec<SideValue>,
    evaluation: Option<StageEvaluation>,
}

impl Draft {
    /// Folds it into the state that it was decided on.
    pub(crate) fn onto(self, state: RunState) -> Result<Decided, StateFault> {
        let (event, state) = seal(Some(state), self.event)?;
        Ok(Decided { event, values: self.values, state, evaluation: self.evaluation })
    }
}

/// Decides one step.
pub(crate) fn draft(step: Step<'_>, withheld: &Withheld<'_>) -> Result<Draft, StepFault> {
    let Step { state, scenario, trigger, policy, at, .. } = step;
    let stage = stage_of(step)?;
    let answers: Vec<_> = step.answers.iter().map(|answer| kept(answer, scenario, policy)).collect();
    let bench = Bench { scenario, policy, occasion: state.occasion(at), answers: by_condition(&answers)?, withheld };
    let (taken, evaluation) = match time_out(step, stage)? {
        Some(taken) => (taken, None),
        None => {
            let evaluation = bench.judge(stage);
            (take::by_judgement(step, stage, &evaluation), Some(evaluation))
        }
    };
    let mut values = Vec::new();
    let evidence = evaluation.as_ref().map_or_else(Vec::new, |it| bench.entries(it, &mut values));
    let payload =
        trigger.payload.as_ref().map(|payload| commit(payload, &mut values)).transpose()?.or(withheld.payload);
    let body = StepDecided {
        trigger: TriggerEntry {
            trigger_id: trigger.trigger_id.clone(),
            kind: trigger.kind,
            source_id: trigger.source_id.clone(),
            correlation_id: trigger.correlation_id.clone(),
            payload,
        },
        stage_id: state.stage_id.clone(),
        evidence,
        gates: evaluation.as_ref().map_or_else(Vec::new, |it| it.gates.clone()),
        decision: record(state, trigger, at, taken.outcome),
        packets: taken.packets,
        degraded: taken.degraded.map(|reason| Degraded { reason, stage_id: state.stage_id.clone() }),
        relaxations: all_relaxations(policy, state.origin, stage, evaluation.as_ref()),
    };
    let event = Event {
        tenant: state.tenant,
        namespace: state.namespace,
        run: Some(state.run.clone()),
        seq: state.seq + 1,
        at,
        actor: step.actor.map(str::to_owned),
        key: Some(trigger.trigger_id.as_str().to_owned()),
        policy_digest: policy.digest(),
        state_digest: None,
        body: Body::StepDecided(Box::new(body)),
    };
    Ok(Draft { event, values, evaluation })
}

/// The stage that is to be judged, if this run can take this step at all.
fn stage_of(step: Step<'_>) -> Result<Stage<'_>, StepFault> {
    let Step { state, scenario, trigger, .. } = step;
    if state.status != RunStatus::Active {
        return Err(StepFault::NotActive { status: state.status.word() });
    }
    if state.spec_hash != scenario.hash() {
        return Err(StepFault::OtherScenario);
    }
    if trigger.trigger_id.as_str() == START_TRIGGER {
        return Err(StepFault::TriggerReserved);
    }
    scenario.stage(&state.stage_id).ok_or_else(|| StepFault::StageMissing { stage: state.stage_id.to_string() })
}

/// What a tick decides when time ran out. Where no edge says what then, nothing: the stage is judged as ever, so that
/// a run never gets stuck by its time limit.
fn time_out(step: Step<'_>, stage: Stage<'_>) -> Result<Option<Taken>, StepFault> {
    let Some(timeout) = stage.spec.timeout.as_ref().filter(|_| step.trigger.kind == TriggerKind::Tick) else {
        return Ok(None);
    };
    let over = step.at.is_after_by(step.state.stage_entered_at, timeout.timeout_ms)?;
    Ok(if over { take::by_time(step, stage) } else { None })
}

/// Folds an event into the state and writes the digest of the result into the event.
pub(super) fn seal(before: Option<RunState>, mut event: Event) -> Result<(Event, SealedState), StateFault> {
    let state = SealedState::of(RunState::follow(before, &event)?);
    event.state_digest = Some(state.digest());
    Ok((event, state))
}

/// What a decision rests on that is looser than the defaults, sorted and distinct.
pub(super) fn relaxations(policy: &Policy, origin: Origin, stage: Stage<'_>) -> Vec<Relaxation> {
    let mut all = policy.relaxations();
    if origin == Origin::Draft {
        all.push(Relaxation::ScenarioDraft);
    }
    if stage.spec.ungated {
        all.push(Relaxation::StageUngated);
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// The same, with what the release gates of this step let pass.
fn all_relaxations(
    policy: &Policy,
    origin: Origin,
    stage: Stage<'_>,
    evaluation: Option<&StageEvaluation>,
) -> Vec<Relaxation> {
    let mut all = relaxations(policy, origin, stage);
    let releases = evaluation.into_iter().flat_map(|it| &it.conditions).filter_map(|it| it.judged.release.as_ref());
    all.extend(releases.flat_map(|it| it.record.relaxations.iter().copied()));
    all.sort_unstable();
    all.dedup();
    all
}

fn by_condition<'a>(
    answers: &'a [Cow<'_, SaltedAnswer>],
) -> Result<BTreeMap<&'a ConditionId, &'a SaltedAnswer>, StepFault> {
    let mut all = BTreeMap::new();
    for answer in answers {
        if all.insert(&answer.condition_id, answer.as_ref()).is_some() {
            return Err(StepFault::AnsweredTwice { condition: answer.condition_id.clone() });
        }
    }
    Ok(all)
}

/// What is judged and kept of an answer: all of it, or of one that can't be kept and read back as it is, why not.
fn kept<'a>(answer: &'a SaltedAnswer, scenario: &Scenario, policy: &Policy) -> Cow<'a, SaltedAnswer> {
    let instead = |fault: Fault| Cow::Owned(SaltedAnswer { answer: Answer::Fault(fault), ..answer.clone() });
    match &answer.answer {
        Answer::Found(found) => {
            let provider = scenario.condition(&answer.condition_id).map(|it| &it.query.provider_id);
            let limit = policy.evidence_limit(provider);
            match sound(&found.value, limit).and_then(|()| attested(found.attestation.as_deref(), policy)) {
                Ok(()) => Cow::Borrowed(answer),
                Err(gap) => instead(Fault { anchor: found.anchor.clone(), ..gap.to_fault() }),
            }
        }
        Answer::Fault(fault) => match &fault.details {
            Some(details) if sound(&EvidenceValue::Json(details.clone()), policy.evidence_limit(None)).is_err() => {
                instead(Fault { details: None, ..fault.clone() })
            }
            Some(_) | None => Cow::Borrowed(answer),
        },
        Answer::Absent { anchor, attestation, .. } => match attested(attestation.as_deref(), policy) {
            Ok(()) => Cow::Borrowed(answer),
            Err(gap) => instead(Fault { anchor: anchor.clone(), ..gap.to_fault() }),
        },
    }
}

fn commit((payload, salt): &(PacketPayload, Salt), values: &mut Vec<SideValue>) -> Result<Commitment, StepFault> {
    let canonical = canonical::of(payload).map_err(StepFault::Payload)?;
    let value = SideValue { slot: Slot::Payload, salt: *salt, canonical };
    let commitment = value.commitment();
    values.push(value);
    Ok(commitment)
}

/// What the judgement of a stage rests on.
pub(crate) struct Bench<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) policy: &'a Policy,
    /// When and for whom: what signatures must be about.
    pub(crate) occasion: Occasion<'a>,
    pub(crate) answers: BTreeMap<&'a ConditionId, &'a SaltedAnswer>,
    pub(crate) withheld: &'a Withheld<'a>,
}

impl Bench<'_> {
    pub(crate) fn judge(&self, stage: Stage<'_>) -> StageEvaluation {
        evaluate_stage(self.scenario, stage, self.policy, &|spec| self.judge_condition(spec))
    }

    fn is_derived(&self, spec: &ConditionSpec) -> bool {
        self.policy.provider(&spec.query.provider_id).is_some_and(crate::policy::ProviderPolicy::is_derived)
    }

    fn judge_condition(&self, spec: &ConditionSpec) -> Judged {
        let judge = |answer: Option<&Answer>| {
            judge(&spec.query, spec.comparator, spec.expected.value(), answer, self.policy, self.occasion)
        };
        if self.is_derived(spec) {
            return judge(Some(&derived::answer_under(&spec.query, self.occasion.at, &self.policy.snapshot().time)));
        }
        let withheld = self.withheld.judged(spec, self.policy, self.occasion);
        withheld.unwrap_or_else(|| judge(self.answers.get(&spec.condition_id).map(|it| &it.answer)))
    }

    /// The entries of an event, in canonical order, and the answers that they commit to.
    pub(super) fn entries(&self, evaluation: &StageEvaluation, values: &mut Vec<SideValue>) -> Vec<EvidenceEntry> {
        let entry = |view: &super::ConditionView| {
            let spec = self.scenario.condition(&view.condition_id)?;
            let own = view.own();
            let mut entry = EvidenceEntry {
                condition_id: view.condition_id.clone(),
                provider_id: spec.query.provider_id.clone(),
                check_id: spec.query.check_id.clone(),
                status: own.status,
                lane: own.lane,
                proof: own.proof.clone(),
                gap: own.gap.as_ref().map(|gap| gap.code().to_owned()),
                anchor: own.result.evidence_anchor.clone(),
                answer: None,
                release: own.release.as_ref().map(|it| it.record.clone()),
            };
            if self.is_derived(spec) {
                return Some(entry);
            }
            if let Some(it) = self.answers.get(&view.condition_id) {
                // Invariant: what `kept` lets through has a canonical form.
                let canonical = formed(&it.answer);
                let value = SideValue { slot: Slot::Evidence(it.condition_id.clone()), salt: it.salt, canonical };
                entry.answer = Some(value.commitment());
                values.push(value);
            }
            Some(self.withheld.amend(entry, &own))
        };
        evaluation.conditions.iter().filter_map(entry).collect()
    }
}

fn record(state: &RunState, trigger: &Trigger, at: Timestamp, outcome: DecisionOutcome) -> DecisionRecord {
    let seq = state.decisions + 1;
    DecisionRecord {
        decision_id: format!("decision-{seq}"),
        seq,
        trigger_id: trigger.trigger_id.clone(),
        stage_id: state.stage_id.clone(),
        decided_at: at,
        outcome,
        correlation_id: trigger.correlation_id.clone(),
    }
}
