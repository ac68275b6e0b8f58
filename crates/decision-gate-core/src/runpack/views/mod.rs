//! The seven artifacts of the public format, as views of events and values (`docs/spec/runpack.md`, "Views").
//!
//! Nothing in them is new: a verifier makes them again and compares bytes. Events come in one at a time, so that
//! a replay and its views need one pass.

mod gate_evals;
pub(crate) use gate_evals::shown;
mod packets;

use serde::Serialize;

use super::array::{Array, Made};
use super::manifest::{
    ArtifactKind, DECISIONS, GATE_EVALS, PACKETS, Profile, SCENARIO_SPEC, SUBMISSIONS, TOOL_CALLS, TRIGGERS,
};
use super::trail::{Recorded, Trail};
use crate::at::Timestamp;
use crate::digest::Digest;
use crate::engine::{DecisionRecord, StageEvaluation, TriggerKind};
use crate::json::canonical;
use crate::ledger::{Body, Commitment, Event, RunStarted, StepDecided, Submitted};
use crate::name::{NamespaceId, RunId, TenantId, TriggerId};
use crate::scenario::packets::{ContentRef, DispatchTarget, PacketPayload};

/// Where a payload is said to lie when it is not in the pack.
const WITHHELD_URI: &str = "urn:decision-gate:withheld";

/// The views of a run, as far as its events were pushed.
#[derive(Debug)]
pub(crate) struct Views<'t> {
    trail: &'t Trail,
    profile: Profile,
    calls: u64,
    triggers: Array,
    gate_evals: Array,
    decisions: Array,
    packets: Array,
    submissions: Array,
    tool_calls: Array,
}

#[derive(Serialize)]
struct TriggerRecord<'a> {
    seq: u64,
    event: TriggerEvent<'a>,
}

#[derive(Serialize)]
struct TriggerEvent<'a> {
    trigger_id: &'a TriggerId,
    tenant_id: TenantId,
    namespace_id: NamespaceId,
    run_id: &'a RunId,
    kind: TriggerKind,
    time: Timestamp,
    source_id: &'a str,
    payload: Option<PacketPayload>,
    correlation_id: Option<&'a str>,
}

#[derive(Serialize)]
struct SubmissionRecord<'a> {
    submission_id: &'a str,
    run_id: &'a RunId,
    payload: PacketPayload,
    content_type: &'a str,
    content_hash: Digest,
    submitted_at: Timestamp,
    correlation_id: Option<&'a str>,
}

#[derive(Serialize)]
struct StartRequest<'a> {
    tenant_id: TenantId,
    namespace_id: NamespaceId,
    run_id: &'a RunId,
    scenario_id: &'a str,
    dispatch_targets: &'a [DispatchTarget],
    policy_tags: [&'a str; 0],
}

#[derive(Serialize)]
struct ToolCallRecord<'a> {
    call_id: String,
    method: &'static str,
    request_hash: Digest,
    response_hash: Digest,
    called_at: Timestamp,
    correlation_id: Option<&'a str>,
    error: Option<()>,
}

fn bytes_of<T: Serialize>(value: &T) -> Vec<u8> {
    canonical::of(value).unwrap_or_default()
}

impl<'t> Views<'t> {
    /// The views of no event.
    pub(crate) fn new(trail: &'t Trail, profile: Profile) -> Self {
        Self {
            trail,
            profile,
            calls: 0,
            triggers: Array::new(TRIGGERS, ArtifactKind::TriggerLog),
            gate_evals: Array::new(GATE_EVALS, ArtifactKind::GateEvalLog),
            decisions: Array::new(DECISIONS, ArtifactKind::DecisionLog),
            packets: Array::new(PACKETS, ArtifactKind::PacketLog),
            submissions: Array::new(SUBMISSIONS, ArtifactKind::SubmissionLog),
            tool_calls: Array::new(TOOL_CALLS, ArtifactKind::ToolTranscript),
        }
    }

    /// Takes the next event, with the judgement behind it if there was one.
    pub(crate) fn push(&mut self, record: &Recorded, evaluation: Option<&StageEvaluation>) {
        let event = &record.event;
        match &event.body {
            Body::RunStarted(body) => self.push_start(event, body),
            Body::StepDecided(body) => self.push_step(event, body, evaluation),
            Body::Submitted(body) => self.push_submission(event, body),
            Body::ScenarioDefined(_) | Body::PolicyActivated(_) | Body::SchemaRegistered(_) => {}
        }
    }

    /// The files, in the order of the manifest.
    pub(crate) fn finish(self) -> Vec<Made> {
        let spec = Made {
            path: SCENARIO_SPEC.to_owned(),
            kind: ArtifactKind::ScenarioSpec,
            bytes: self.trail.scenario.to_bytes(),
        };
        let logs = [self.triggers, self.gate_evals, self.decisions, self.packets, self.submissions, self.tool_calls];
        std::iter::once(spec).chain(logs.into_iter().flat_map(Array::finish)).collect()
    }

    fn push_start(&mut self, event: &Event, body: &RunStarted) {
        let decision = &body.decision;
        let trigger = TriggerEvent {
            trigger_id: &decision.trigger_id,
            kind: TriggerKind::ExternalEvent,
            source_id: "system",
            payload: None,
            ..trigger(self.trail, event, decision)
        };
        self.triggers.push(&bytes_of(&TriggerRecord { seq: decision.seq, event: trigger }));
        let decided = bytes_of(decision);
        let request = StartRequest {
            tenant_id: event.tenant,
            namespace_id: event.namespace,
            run_id: &self.trail.run,
            scenario_id: body.scenario_id.as_str(),
            dispatch_targets: &body.dispatch_targets,
            policy_tags: [],
        };
        let correlation = decision.correlation_id.as_deref();
        self.push_call(event, "scenario.start", &bytes_of(&request), &decided, correlation);
        self.decisions.push(&decided);
        self.push_packets(decision, &body.packets);
    }

    fn push_step(&mut self, event: &Event, body: &StepDecided, evaluation: Option<&StageEvaluation>) {
        let decision = &body.decision;
        let payload = body.trigger.payload.map(|commitment| self.payload(event.seq, commitment).0);
        let trigger = TriggerEvent {
            trigger_id: &body.trigger.trigger_id,
            kind: body.trigger.kind,
            source_id: &body.trigger.source_id,
            payload,
            correlation_id: body.trigger.correlation_id.as_deref(),
            ..trigger(self.trail, event, decision)
        };
        let request = bytes_of(&trigger);
        self.triggers.push(&bytes_of(&TriggerRecord { seq: decision.seq, event: trigger }));
        let decided = bytes_of(decision);
        let method = match body.trigger.kind {
            TriggerKind::AgentRequestNext => "scenario.next",
            TriggerKind::Tick | TriggerKind::ExternalEvent | TriggerKind::BackendEvent => "scenario.trigger",
        };
        self.push_call(event, method, &request, &decided, body.trigger.correlation_id.as_deref());
        self.decisions.push(&decided);
        if let Some(evaluation) = evaluation {
            self.push_gates(event, body, evaluation);
        }
        self.push_packets(decision, &body.packets);
    }

    fn push_submission(&mut self, event: &Event, body: &Submitted) {
        let (payload, content_hash) = self.payload(event.seq, body.payload);
        let record = SubmissionRecord {
            submission_id: body.submission_id.as_str(),
            run_id: &self.trail.run,
            payload,
            content_type: &body.content_type,
            content_hash,
            submitted_at: event.at,
            correlation_id: body.correlation_id.as_deref(),
        };
        let bytes = bytes_of(&record);
        self.push_call(event, "scenario.submit", &bytes, &bytes, body.correlation_id.as_deref());
        self.submissions.push(&bytes);
    }

    fn push_call(
        &mut self,
        event: &Event,
        method: &'static str,
        request: &[u8],
        response: &[u8],
        correlation: Option<&str>,
    ) {
        self.calls += 1;
        let record = ToolCallRecord {
            call_id: format!("call-{}", self.calls),
            method,
            request_hash: Digest::of(request),
            response_hash: Digest::of(response),
            called_at: event.at,
            correlation_id: correlation,
            error: None,
        };
        self.tool_calls.push(&bytes_of(&record));
    }

    /// A payload with its content's digest; one that is withheld is a reference to its commitment.
    fn payload(&self, seq: u64, commitment: Commitment) -> (PacketPayload, Digest) {
        if let Some(Ok((payload, _))) = self.trail.payload(seq) {
            let hash = payload.content_hash();
            return (payload, hash);
        }
        let content_hash = commitment.digest();
        let content_ref = ContentRef { uri: WITHHELD_URI.into(), content_hash, encryption: None };
        (PacketPayload::External { content_ref }, content_hash)
    }
}

/// What every trigger record says about its event.
fn trigger<'a>(trail: &'a Trail, event: &Event, decision: &'a DecisionRecord) -> TriggerEvent<'a> {
    TriggerEvent {
        trigger_id: &decision.trigger_id,
        tenant_id: event.tenant,
        namespace_id: event.namespace,
        run_id: &trail.run,
        kind: TriggerKind::ExternalEvent,
        time: event.at,
        source_id: "",
        payload: None,
        correlation_id: decision.correlation_id.as_deref(),
    }
}
