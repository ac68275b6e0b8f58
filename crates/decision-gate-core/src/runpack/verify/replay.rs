//! Step 10: every event is decided anew from its recorded inputs, and must come out byte for byte.

use std::collections::{BTreeMap, BTreeSet};

use super::content::Content;
use crate::engine::{
    self, Decided, DecisionOutcome, RunState, StageEvaluation, Start, Started, Step, Submission, Trigger, decide_with,
};
use crate::ledger::{Body, Event, RunStarted, Slot, StepDecided, Submitted};
use crate::name::StageId;
use crate::policy::Policy;
use crate::runpack::account::Judgements;
use crate::runpack::array::Made;
use crate::runpack::difference;
use crate::runpack::finding::{FindingCode, Findings};
use crate::runpack::manifest::VALUES;
use crate::runpack::trail::{Inputs, Kept, Recorded, Trail};
use crate::runpack::views::Views;
use crate::scenario::StageSpec;

/// The most bytes of state that are folded.
const MAX_FOLDED: u64 = 1 << 34;

/// The most checks of a packet against a rule of the packet policy for one target.
const MAX_ISSUED: u64 = 1 << 36;

/// The most leaves that are judged for events that record none.
const MAX_UNRECORDED: usize = 1 << 24;

/// What came out.
#[derive(Debug)]
pub(crate) struct Replayed {
    /// The run after its last event; `None` when the events do not fold.
    pub(crate) state: Option<RunState>,
    /// The artifacts, made anew.
    pub(crate) views: Option<Vec<Made>>,
    withheld: BTreeMap<&'static str, u64>,
}

impl Replayed {
    /// How many values were not at hand, and why; empty when all were.
    pub(crate) fn withheld(&self) -> String {
        let parts: Vec<_> = self.withheld.iter().map(|(why, count)| format!("{count} values {why}")).collect();
        if parts.is_empty() { String::new() } else { format!("unreplayable: {}", parts.join(", ")) }
    }
}

/// An event that was decided anew.
pub(super) struct Rebuilt {
    pub(super) event: Event,
    pub(super) state: RunState,
    evaluation: Option<StageEvaluation>,
}

/// A replay on its way.
struct Replay<'a> {
    content: &'a Content,
    /// By stage: how many leaves its gates have, and how many conditions.
    sizes: BTreeMap<&'a StageId, (usize, usize)>,
    /// How many leaves were judged for events that record none.
    unrecorded: usize,
}

/// Replays the whole run. `telling` takes what was judged, where somebody wants to be told.
pub(super) fn replay(content: &Content, mut telling: Option<&mut Judgements>, findings: &mut Findings) -> Replayed {
    let trail = &content.trail;
    let mut withheld = BTreeMap::new();
    for kept in trail.values.values() {
        if let Kept::Withheld { why, .. } = kept {
            *withheld.entry(why.word()).or_insert(0) += 1;
        }
    }
    let first = trail.records.first().map_or(0, |it| it.bytes.len());
    if content.outline.size() > most_events(trail, first) {
        let reason = format!("replaying {} events would take too much work", content.outline.size());
        findings.add(FindingCode::PackTooLarge, "", reason);
        return Replayed { state: None, views: None, withheld };
    }
    let mut replay = Replay { content, sizes: trail.scenario.spec().stages.iter().map(size).collect(), unrecorded: 0 };
    let mut views = Views::new(content.profile);
    let mut state: Option<RunState> = None;
    for (index, record) in trail.records.iter().enumerate() {
        let (next, evaluation) = replay.step(index, record, state.as_ref(), findings);
        let Some(next) = next else {
            return Replayed { state: None, views: None, withheld };
        };
        views.push(trail, &record.event, trail.payload_of(&record.event).as_ref(), evaluation.as_ref());
        if let Some(judged) = telling.as_mut() {
            judged.push(evaluation, state.as_ref().map(|before| before.stage_entered_at));
        }
        state = Some(next);
    }
    Replayed { state, views: Some(views.finish(trail)), withheld }
}

fn size(stage: &StageSpec) -> (&StageId, (usize, usize)) {
    let (mut leaves, mut conditions) = (0, BTreeSet::new());
    for gate in &stage.gates {
        gate.requirement.leaves(&mut |id| {
            leaves += 1;
            conditions.insert(id);
        });
    }
    (&stage.stage_id, (leaves, conditions.len()))
}

impl Replay<'_> {
    /// The state after a record; `None` when it can't follow.
    fn step(
        &mut self,
        index: usize,
        record: &Recorded,
        before: Option<&RunState>,
        findings: &mut Findings,
    ) -> (Option<RunState>, Option<StageEvaluation>) {
        let (path, place) = self.content.locate(index);
        let trail = &self.content.trail;
        let evaluation = match self.rebuild(before, &record.event, findings) {
            Ok(rebuilt) if rebuilt.event.to_bytes() == record.bytes => {
                return (Some(rebuilt.state), rebuilt.evaluation);
            }
            Ok(rebuilt) => {
                let pointer =
                    difference::first(&record.event.to_value(), &rebuilt.event.to_value()).unwrap_or_default();
                let reason = "the recorded inputs lead to another event";
                findings.at(FindingCode::ReplayDiffers, path, place.clone() + &pointer, reason);
                rebuilt.evaluation
            }
            Err(reason) => {
                findings.at(FindingCode::ReplayRefused, path, place.clone(), reason);
                match &record.event.body {
                    Body::StepDecided(body) => trail.evaluate(&record.event, body),
                    Body::RunStarted(_)
                    | Body::Submitted(_)
                    | Body::ScenarioDefined(_)
                    | Body::PolicyActivated(_)
                    | Body::SchemaRegistered(_) => None,
                }
            }
        };
        // The recorded event stands from here on, so that what follows from it is still looked at.
        match RunState::apply(before, &record.event) {
            Ok(state) => {
                if record.event.state_digest != Some(state.digest()) {
                    let reason = "not the digest of the folded state";
                    findings.at(FindingCode::StateDigest, path, place + "/state_digest", reason);
                }
                (Some(state), evaluation)
            }
            Err(fault) => {
                findings.at(FindingCode::EventOrder, path, place, fault);
                (None, None)
            }
        }
    }

    fn rebuild(
        &mut self,
        before: Option<&RunState>,
        event: &Event,
        findings: &mut Findings,
    ) -> Result<Rebuilt, String> {
        let trail = &self.content.trail;
        let policy = trail.policy(event).ok_or("its policy is not in the pack")?;
        match (&event.body, before) {
            (Body::RunStarted(body), None) => restart(trail, event, body, policy),
            (Body::StepDecided(body), Some(state)) => {
                let inputs = trail.inputs(event.seq, body);
                for ((seq, slot), reason) in &inputs.unreadable {
                    let reason = format!("value `{}` of event {seq}: {reason}", slot.name());
                    findings.add(FindingCode::FileInvalid, VALUES, reason);
                }
                self.bound(state, body)?;
                redecide(trail, state, event, body, policy, inputs)
            }
            (Body::Submitted(body), Some(state)) => resubmit(trail, state, event, body, policy),
            _ => Err(format!("`{}` can't stand here", event.kind().word())),
        }
    }

    /// Bounds the work: what is judged is no more than what is recorded.
    fn bound(&mut self, state: &RunState, body: &StepDecided) -> Result<(), String> {
        let (leaves, conditions) = *self.sizes.get(&state.stage_id).ok_or("its stage is not in the scenario")?;
        if body.evidence.is_empty() && body.gates.is_empty() {
            self.unrecorded = self.unrecorded.saturating_add(leaves);
            return if self.unrecorded > MAX_UNRECORDED {
                Err("judging it would take too much work".into())
            } else {
                Ok(())
            };
        }
        let traced: usize = body.gates.iter().map(|it| it.trace.len()).sum();
        if traced == leaves && body.evidence.len() == conditions {
            Ok(())
        } else {
            Err(format!("its evidence and traces are not those of stage `{}`", state.stage_id))
        }
    }
}

pub(super) fn restart(trail: &Trail, event: &Event, body: &RunStarted, policy: &Policy) -> Result<Rebuilt, String> {
    // Whether the first stage's packets were to be issued is not recorded by itself: it shows in what happened.
    let refused = matches!(body.decision.outcome, DecisionOutcome::Fail { .. });
    let start = Start {
        tenant: event.tenant,
        namespace: event.namespace,
        run: &trail.run,
        scenario: &trail.scenario,
        origin: body.origin,
        subject: body.subject.as_ref(),
        environment: body.environment.as_ref(),
        dispatch_targets: &body.dispatch_targets,
        issue_entry_packets: refused || !body.packets.is_empty(),
        correlation_id: body.decision.correlation_id.as_deref(),
        policy,
        at: event.at,
        actor: event.actor.as_deref(),
    };
    let Started { event, state, .. } = engine::start(start).map_err(|fault| fault.to_string())?;
    Ok(Rebuilt { event, state: state.into_state(), evaluation: None })
}

fn redecide(
    trail: &Trail,
    state: &RunState,
    event: &Event,
    body: &StepDecided,
    policy: &Policy,
    inputs: Inputs<'_>,
) -> Result<Rebuilt, String> {
    let trigger = Trigger {
        trigger_id: body.trigger.trigger_id.clone(),
        kind: body.trigger.kind,
        source_id: body.trigger.source_id.clone(),
        correlation_id: body.trigger.correlation_id.clone(),
        payload: inputs.payload,
    };
    let step = Step {
        state,
        scenario: &trail.scenario,
        trigger: &trigger,
        answers: &inputs.answers,
        policy,
        at: event.at,
        actor: event.actor.as_deref(),
    };
    let decided = decide_with(step, &inputs.withheld).map_err(|fault| fault.to_string())?;
    let Decided { event, state, evaluation, .. } = decided;
    Ok(Rebuilt { event, state: state.into_state(), evaluation })
}

fn resubmit(
    trail: &Trail,
    state: &RunState,
    event: &Event,
    body: &Submitted,
    policy: &Policy,
) -> Result<Rebuilt, String> {
    let actor = event.actor.as_deref();
    let (event, state) = match trail.payload(event.seq) {
        None => engine::accept(state, body.clone(), policy, event.at, actor).map_err(|fault| fault.to_string())?,
        Some(payload) => {
            let (payload, salt) = payload.map_err(|reason| format!("value `{}`: {reason}", Slot::Payload.name()))?;
            let submission = Submission {
                state,
                submission_id: &body.submission_id,
                payload: &payload,
                content_type: &body.content_type,
                salt,
                correlation_id: body.correlation_id.as_deref(),
                policy,
                at: event.at,
                actor,
            };
            let taken = engine::submit(submission).map_err(|fault| fault.to_string())?;
            (taken.event, taken.state)
        }
    };
    Ok(Rebuilt { event, state: state.into_state(), evaluation: None })
}

/// How many events a pack may have: no more work is done than its size warrants. `first` is the size of its first event.
pub(super) fn most_events(trail: &Trail, first: usize) -> u64 {
    let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    let folded = count(first).saturating_add(4096);
    let targets = count(trail.started.dispatch_targets.len());
    let rules = trail.policies.values().map(|policy| count(policy.to_bytes().len())).max().unwrap_or(0) / 64 + 1;
    let packets = trail.scenario.spec().stages.iter().map(|it| count(it.entry_packets.len())).max().unwrap_or(0);
    let issued = packets.saturating_mul(targets).saturating_mul(rules);
    (MAX_FOLDED / folded).min(MAX_ISSUED / issued.max(1))
}
