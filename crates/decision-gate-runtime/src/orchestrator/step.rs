//! One step of a run: snapshot, fetch, decide, append, retry.

use std::sync::Arc;
use std::time::Instant;

use decision_gate_core::at::Timestamp;
use decision_gate_core::engine::{
    self, Decided, DecisionOutcome, DecisionRecord, RunState, RunStatus, SaltedAnswer, SealedState, StageEvaluation,
    Step, Trigger, TriggerKind, evaluation_time,
};
use decision_gate_core::explain::{Explanation, Situation, Size};
use decision_gate_core::json::canonical;
use decision_gate_core::ledger::{Body, Commitment, Event, IssuedPacket, StepDecided};
use decision_gate_core::name::{ProviderId, RunId, ScenarioId, TriggerId};
use decision_gate_core::policy::{Policy, Relaxation};
use decision_gate_core::scenario::Scenario;
use decision_gate_core::scenario::packets::PacketPayload;
use decision_gate_core::trust::Disclosure;
use futures_util::future::join_all;

use super::read::bound_as_named;
use super::recall::Forgotten;
use super::retry::TRIES;
use super::{Caller, Orchestrator, seen};
use crate::error::RuntimeError;
use crate::ports::{Append, EvidenceContext, StoreError, StoredEvent, Stream};

/// What asks for a step.
#[derive(Clone, Debug)]
pub struct StepRequest {
    /// Which run.
    pub run_id: RunId,
    /// When given, the run must be bound to it.
    pub scenario_id: Option<ScenarioId>,
    /// Idempotency key; made up when left out.
    pub trigger_id: Option<TriggerId>,
    /// What kind of trigger.
    pub kind: TriggerKind,
    /// Where it comes from, as claimed; the actor when left out.
    pub source_id: Option<String>,
    /// What it carries.
    pub payload: Option<PacketPayload>,
    /// The caller's time.
    pub time: Option<Timestamp>,
    /// Ties calls of several systems together.
    pub correlation_id: Option<String>,
}

/// A step that was decided, now or before.
#[derive(Clone, Debug)]
pub struct StepReply {
    /// The decision.
    pub decision: DecisionRecord,
    /// The run as it stands now.
    pub state: Arc<SealedState>,
    /// Packets that the step issued.
    pub packets: Vec<IssuedPacket>,
    /// What it rests on that is looser than the defaults.
    pub relaxations: Vec<Relaxation>,
    /// Whether this answer was given before.
    pub repeated: bool,
    /// The judgement behind it; of an answer that was given before made again where that is possible.
    pub evaluation: Option<StageEvaluation>,
    /// Why an answer that was given before has no judgement, where it had one.
    pub forgotten: Option<Forgotten>,
    /// When the run had entered the stage, as far as it is known.
    pub entered_at: Option<Timestamp>,
    /// The scenario version that the run is bound to.
    pub scenario: Arc<Scenario>,
    /// The policy that it was decided under.
    pub policy: Arc<Policy>,
    /// The policy that is in force where it is told.
    pub told_under: Arc<Policy>,
}

impl StepReply {
    /// The stage as it was judged; nothing where time ran out, or where that can't be told any more.
    pub fn situation(&self) -> Option<Situation<'_>> {
        Some(Situation {
            scenario: &self.scenario,
            stage: self.scenario.stage(&self.decision.stage_id)?,
            evaluation: self.evaluation.as_ref()?,
            policy: &self.policy,
            told_under: &self.told_under,
            at: self.decision.decided_at,
            entered_at: self.entered_at,
        })
    }

    /// Why the decision is no advance, and what to do; nothing where it is one.
    pub fn explanation(&self, size: Size) -> Option<Explanation> {
        let ended = Explanation::of_end(&self.decision.outcome);
        let judged = ended.or_else(|| self.situation().and_then(|situation| situation.explain(size)));
        let held = matches!(self.decision.outcome, DecisionOutcome::Hold { .. });
        judged.or_else(|| self.forgotten.filter(|_| held).map(|why| Explanation::unexplained(why.words())))
    }

    /// How far a provider's values may be shown: as both policies let them be.
    pub fn disclosure(&self, provider: &ProviderId) -> Disclosure {
        match self.told_under.disclosure(provider) {
            Disclosure::Raw => self.policy.disclosure(provider),
            redacted @ Disclosure::Redacted(_) => redacted,
        }
    }
}

impl Orchestrator {
    /// Decides one step. What is returned is on disk.
    ///
    /// # Errors
    /// [`RuntimeError`] when nothing was decided; nothing was written then.
    pub async fn step(&self, caller: &Caller, request: &StepRequest) -> Result<StepReply, RuntimeError> {
        let began = Instant::now();
        let scope = self.declared(caller)?;
        let stream = Stream { scope, run: Some(request.run_id.clone()) };
        let trigger = self.trigger(caller, request)?;
        let mut at_hand = self.written.take(&stream);
        let reply = loop {
            let is_guess = at_hand.is_some();
            let seen = match at_hand.take() {
                Some(state) => state,
                None => self.read_state(&stream, &request.run_id).await?,
            };
            bound_as_named(&seen, request.scenario_id.as_ref())?;
            let scenario = self.bound_scenario(scope, &seen).await?;
            let asked = Asked { caller, request, stream: &stream, trigger: &trigger, scenario };
            match self.step_from(&asked, seen).await {
                // Another process has moved the run on: once more, by what is read.
                Err(RuntimeError::RunConflict { .. }) if is_guess => {}
                done => break done?,
            }
        };
        if let Some(evaluation) = reply.evaluation.as_ref().filter(|_| !reply.repeated) {
            super::gate_log::tell(evaluation);
            self.observe(evaluation, began.elapsed());
        }
        Ok(reply)
    }

    async fn read_state(&self, stream: &Stream, run: &RunId) -> Result<Arc<SealedState>, RuntimeError> {
        self.head(stream.scope, run, None).await.map(|head| head.state)
    }

    /// Decides one step of a run that was seen so.
    async fn step_from(&self, asked: &Asked<'_>, seen: Arc<SealedState>) -> Result<StepReply, RuntimeError> {
        let (epoch, policy) = self.in_force(asked.stream.scope).await?;
        // Before anything that may have changed since is looked at: the same call again has the same answer.
        if let Some(reply) = self.answered(asked, &seen, &policy).await? {
            return Ok(reply);
        }
        check_size(asked.request.payload.as_ref(), &policy)?;
        let mut answers = self.gather(asked, &seen, &policy).await?;
        let turn = self.turn(asked.stream.scope, &asked.request.run_id);
        let (_turn, moved) = match turn.try_lock() {
            Ok(held) => (held, false),
            Err(_) => (turn.lock().await, true),
        };
        self.decide_and_append(asked, (seen, moved), &mut answers, epoch, policy).await
    }

    /// `moved`: somebody may have taken a step since the run was seen so. Who is not told of one and is too late is told by
    /// the store.
    async fn decide_and_append(
        &self,
        asked: &Asked<'_>,
        (seen, mut moved): (Arc<SealedState>, bool),
        answers: &mut [SaltedAnswer],
        mut epoch: u64,
        mut policy: Arc<Policy>,
    ) -> Result<StepReply, RuntimeError> {
        let conflict = || RuntimeError::RunConflict { run: asked.request.run_id.to_string() };
        let mut state = Arc::clone(&seen);
        // To go by what was seen before the evidence was fetched costs no try.
        for tried in 1..=TRIES + usize::from(!moved) {
            if moved {
                state = self.read_state(asked.stream, &asked.request.run_id).await?;
                if let Some(reply) = self.answered(asked, &state, &policy).await? {
                    return Ok(reply);
                }
                if state.stage_id != seen.stage_id || state.stage_entered_at != seen.stage_entered_at {
                    return Err(conflict());
                }
            }
            moved = true;
            let skew = policy.snapshot().time.max_skew_ms;
            let at = evaluation_time(self.clock(asked.request.time)?, Some(state.last_event_at), skew)?;
            let Decided { event, values, state: after, evaluation } =
                self.decide_knowingly(asked, &state, answers, &policy, at).await?;
            let after = Arc::new(after);
            let append = Append {
                stream: asked.stream.clone(),
                marks: seen::marks_of(&event),
                event,
                values,
                state: Some(Arc::clone(&after)),
                follows: Some(state.digest()),
                policy_epoch: Some(epoch),
            };
            match self.parts.store.append(&append).await {
                Ok(_) => return Ok(self.appended(asked, append, after, evaluation, policy)),
                Err(StoreError::Conflict { .. }) => self.stand_back(tried).await?,
                Err(StoreError::PolicyEpoch { .. }) => (epoch, policy) = self.reread_policy(asked.stream.scope).await?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(conflict())
    }

    /// The reply of a step that is on disk.
    fn appended(
        &self,
        asked: &Asked<'_>,
        append: Append,
        state: Arc<SealedState>,
        evaluation: Option<StageEvaluation>,
        policy: Arc<Policy>,
    ) -> StepReply {
        self.written.keep(asked.stream, &state);
        let (packets, relaxations) = match append.event.body {
            Body::StepDecided(body) => (body.packets, body.relaxations),
            Body::ScenarioDefined(_)
            | Body::RunStarted(_)
            | Body::Submitted(_)
            | Body::PolicyActivated(_)
            | Body::SchemaRegistered(_) => Default::default(),
        };
        let decision = state.last_decision.clone();
        let stays = state.stage_id == decision.stage_id;
        StepReply {
            decision,
            entered_at: stays.then_some(state.stage_entered_at),
            state,
            packets,
            relaxations,
            repeated: false,
            evaluation,
            forgotten: None,
            scenario: Arc::clone(&asked.scenario),
            told_under: Arc::clone(&policy),
            policy,
        }
    }

    /// Tells of the releases that a step judged.
    fn observe(&self, evaluation: &StageEvaluation, elapsed: std::time::Duration) {
        let Some(observer) = &self.parts.observer else { return };
        let released = evaluation.conditions.iter().filter_map(|it| it.judged.release.as_ref());
        released.for_each(|it| observer.released(it, elapsed));
    }

    /// Decides by what was brought and by what the ledger has seen before of what was brought.
    async fn decide_knowingly(
        &self,
        asked: &Asked<'_>,
        state: &RunState,
        answers: &mut [SaltedAnswer],
        policy: &Policy,
        at: Timestamp,
    ) -> Result<Decided, RuntimeError> {
        loop {
            let decided = engine::decide(Step {
                state,
                scenario: &asked.scenario,
                trigger: asked.trigger,
                answers,
                policy,
                at,
                actor: asked.caller.actor.as_deref(),
            })?;
            // Ends: marks only go up, and each time round something has.
            if !self.remember(asked.stream.scope, state.subject.as_ref(), &decided.event, answers).await? {
                return Ok(decided);
            }
        }
    }

    /// The answer that was given before: the same trigger, or a run that has ended.
    async fn answered(
        &self,
        asked: &Asked<'_>,
        state: &Arc<SealedState>,
        policy: &Arc<Policy>,
    ) -> Result<Option<StepReply>, RuntimeError> {
        let key = asked.trigger.trigger_id.as_str();
        if asked.request.trigger_id.is_some()
            && let Some(stored) = self.parts.store.by_key(asked.stream, "step_decided", key).await?
        {
            let event = event_of(&stored)?;
            self.same_trigger(asked, step_of(&event)?, stored.seq).await?;
            let now = self.read_state(asked.stream, &asked.request.run_id).await?;
            return self.recalled(&asked.scenario, asked.stream, &now, &event, policy).await.map(Some);
        }
        if state.status == RunStatus::Active {
            return Ok(None);
        }
        // A run that has ended: its last step again, as it was answered.
        let last = state.last_decision.trigger_id.as_str();
        if let Some(stored) = self.parts.store.by_key(asked.stream, "step_decided", last).await? {
            return self.recalled(&asked.scenario, asked.stream, state, &event_of(&stored)?, policy).await.map(Some);
        }
        Ok(Some(StepReply {
            decision: state.last_decision.clone(),
            state: Arc::clone(state),
            packets: Vec::new(),
            relaxations: Vec::new(),
            repeated: true,
            evaluation: None,
            forgotten: None,
            entered_at: None,
            scenario: Arc::clone(&asked.scenario),
            policy: Arc::clone(policy),
            told_under: Arc::clone(policy),
        }))
    }

    /// Whether a stored step was asked for with the same kind and payload.
    async fn same_trigger(&self, asked: &Asked<'_>, body: &StepDecided, seq: u64) -> Result<(), RuntimeError> {
        let before = match body.trigger.payload {
            None => None,
            Some(commitment) => Some((commitment, self.payload_salt(asked.stream, seq).await?)),
        };
        let same = match (&asked.trigger.payload, before) {
            (None, None) => true,
            (Some((payload, _)), Some((commitment, Some(salt)))) => {
                Commitment::to(&salt, &canonical::of(payload).unwrap_or_default()) == commitment
            }
            (Some(_), Some((_, None)) | None) | (None, Some(_)) => false,
        };
        if same && body.trigger.kind == asked.trigger.kind {
            Ok(())
        } else {
            Err(RuntimeError::TriggerConflict { trigger: asked.trigger.trigger_id.to_string() })
        }
    }

    fn trigger(&self, caller: &Caller, request: &StepRequest) -> Result<Trigger, RuntimeError> {
        let trigger_id = match &request.trigger_id {
            Some(id) => id.clone(),
            None => TriggerId::try_from(self.fresh_id("trigger")?)
                .map_err(|error| RuntimeError::Stored { what: "trigger", reason: error.to_string() })?,
        };
        let payload = match &request.payload {
            None => None,
            Some(payload) => Some((payload.clone(), self.parts.entropy.salt()?)),
        };
        let source_id = request.source_id.clone().or_else(|| caller.actor.clone()).unwrap_or_else(|| "unknown".into());
        let correlation_id = request.correlation_id.clone();
        Ok(Trigger { trigger_id, kind: request.kind, source_id, correlation_id, payload })
    }

    /// Asks for every condition of the stage at once. Derived checks are computed in the decision.
    async fn gather(
        &self,
        asked: &Asked<'_>,
        state: &RunState,
        policy: &Policy,
    ) -> Result<Vec<SaltedAnswer>, RuntimeError> {
        let Some(stage) = asked.scenario.stage(&state.stage_id) else {
            return Ok(Vec::new());
        };
        let context = EvidenceContext {
            tenant: asked.stream.scope.tenant,
            namespace: asked.stream.scope.namespace,
            run: Some(state.run.clone()),
            scenario: Some(state.scenario_id.clone()),
            stage: Some(state.stage_id.clone()),
            subject: state.subject.clone(),
            environment: state.environment.clone(),
            payload: asked.request.payload.clone(),
            asked_at: self.clock(asked.request.time)?,
        };
        let derived = |id| policy.provider(id).is_some_and(decision_gate_core::policy::ProviderPolicy::is_derived);
        let wanted: Vec<_> = asked.scenario.conditions_of(stage).filter(|it| !derived(&it.query.provider_id)).collect();
        let answers = join_all(wanted.iter().map(|it| self.parts.providers.ask(&it.query, &context))).await;
        let salted = wanted.into_iter().zip(answers).map(|(spec, mut answer)| {
            if policy.provider(&spec.query.provider_id).is_some_and(|it| it.release.is_some()) {
                seen::forget(&mut answer);
            }
            Ok(SaltedAnswer { condition_id: spec.condition_id.clone(), answer, salt: self.parts.entropy.salt()? })
        });
        salted.collect()
    }
}

/// One request with what was looked up for it.
struct Asked<'a> {
    caller: &'a Caller,
    request: &'a StepRequest,
    stream: &'a Stream,
    trigger: &'a Trigger,
    scenario: Arc<Scenario>,
}

fn check_size(payload: Option<&PacketPayload>, policy: &Policy) -> Result<(), RuntimeError> {
    let actual = payload.map_or(0, |payload| u64::try_from(payload.size()).unwrap_or(u64::MAX));
    let limit = policy.snapshot().limits.max_payload_bytes;
    if actual > limit { Err(RuntimeError::PayloadTooLarge { actual, limit }) } else { Ok(()) }
}

pub(super) fn event_of(stored: &StoredEvent) -> Result<Event, RuntimeError> {
    Event::read(&stored.bytes).map_err(|error| RuntimeError::Stored { what: "event", reason: error.to_string() })
}

pub(super) fn step_of(event: &Event) -> Result<&StepDecided, RuntimeError> {
    let damaged = |reason: String| RuntimeError::Stored { what: "event", reason };
    match &event.body {
        Body::StepDecided(body) => Ok(body),
        Body::ScenarioDefined(_)
        | Body::RunStarted(_)
        | Body::Submitted(_)
        | Body::PolicyActivated(_)
        | Body::SchemaRegistered(_) => Err(damaged("a step has another kind".into())),
    }
}
