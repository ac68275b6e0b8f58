//! The seven artifacts of the public format, as views of events and values (`docs/spec/runpack.md`, "Views").
//!
//! Nothing in them is new: a verifier makes them again and compares bytes. Events come in one at a time, so that
//! a replay and its views need one pass.

mod gate_evals;
pub(crate) use gate_evals::shown;
mod packets;

use serde::Serialize;

use super::array::{Array, Made, Making, Matched, Matching, Output};
use super::files::PackFiles;
use super::manifest::{
    ArtifactKind, DECISIONS, GATE_EVALS, PACKETS, Profile, SCENARIO_SPEC, SUBMISSIONS, TOOL_CALLS, TRIGGERS,
};
use super::trail::Trail;
use crate::at::Timestamp;
use crate::digest::Digest;
use crate::engine::{DecisionRecord, StageEvaluation, TriggerKind};
use crate::json::canonical;
use crate::json::canonical::form::{Form, Plain, Written, append, object};
use crate::ledger::{Body, Commitment, Event, RunStarted, StepDecided, Submitted};
use crate::name::{NamespaceId, RunId, TenantId, TriggerId};
use crate::scenario::packets::{ContentRef, DispatchTarget, PacketPayload};

/// Where a payload is said to lie when it is not in the pack.
const WITHHELD_URI: &str = "urn:decision-gate:withheld";

/// The views of a run, as far as its events were pushed.
#[derive(Debug)]
pub(crate) struct Views<O> {
    profile: Profile,
    calls: u64,
    triggers: Array<O>,
    gate_evals: Array<O>,
    decisions: Array<O>,
    packets: Array<O>,
    submissions: Array<O>,
    tool_calls: Array<O>,
    /// What is written just now.
    scratch: Scratch,
}

/// Room that every event uses again.
#[derive(Debug, Default)]
struct Scratch {
    request: Vec<u8>,
    response: Vec<u8>,
    item: Vec<u8>,
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
    payload: Option<&'a PacketPayload>,
    correlation_id: Option<&'a str>,
}

#[derive(Serialize)]
struct SubmissionRecord<'a> {
    submission_id: &'a str,
    run_id: &'a RunId,
    payload: &'a PacketPayload,
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

impl Views<Making> {
    /// The views of no event, as files to be made.
    pub(crate) fn new(profile: Profile) -> Self {
        Self::on(profile, &Array::new)
    }

    /// The files, in the order of the manifest.
    pub(crate) fn finish(self, trail: &Trail) -> Vec<Made> {
        let spec =
            Made { path: SCENARIO_SPEC.to_owned(), kind: ArtifactKind::ScenarioSpec, bytes: trail.scenario.to_bytes() };
        std::iter::once(spec).chain(self.into_logs().into_iter().flat_map(Array::finish)).collect()
    }
}

impl<'f> Views<Matching<'f>> {
    /// The views of no event, which must come to what `files` has.
    pub(crate) fn matching(profile: Profile, files: &'f PackFiles) -> Self {
        Self::on(profile, &|base, kind| Array::matching(base, kind, files))
    }

    /// The files but that of the scenario, in the order of the manifest; `None` when one of them is another.
    pub(crate) fn matched(self) -> Option<Vec<Matched>> {
        let logs: Option<Vec<_>> = self.into_logs().into_iter().map(Array::matched).collect();
        Some(logs?.into_iter().flatten().collect())
    }
}

impl<O: Output> Views<O> {
    fn on(profile: Profile, open: &dyn Fn(&'static str, ArtifactKind) -> Array<O>) -> Self {
        Self {
            profile,
            calls: 0,
            triggers: open(TRIGGERS, ArtifactKind::TriggerLog),
            gate_evals: open(GATE_EVALS, ArtifactKind::GateEvalLog),
            decisions: open(DECISIONS, ArtifactKind::DecisionLog),
            packets: open(PACKETS, ArtifactKind::PacketLog),
            submissions: open(SUBMISSIONS, ArtifactKind::SubmissionLog),
            tool_calls: open(TOOL_CALLS, ArtifactKind::ToolTranscript),
            scratch: Scratch::default(),
        }
    }

    fn into_logs(self) -> [Array<O>; 6] {
        [self.triggers, self.gate_evals, self.decisions, self.packets, self.submissions, self.tool_calls]
    }

    /// Takes the next event, with its payload where that is at hand, and the judgement behind it if there was one.
    pub(crate) fn push(
        &mut self,
        trail: &Trail,
        event: &Event,
        payload: Option<&PacketPayload>,
        evaluation: Option<&StageEvaluation>,
    ) {
        match &event.body {
            Body::RunStarted(body) => self.push_start(trail, event, body),
            Body::StepDecided(body) => self.push_step(trail, event, body, payload, evaluation),
            Body::Submitted(body) => self.push_submission(trail, event, body, payload),
            Body::ScenarioDefined(_) | Body::PolicyActivated(_) | Body::SchemaRegistered(_) => {}
        }
    }

    fn push_start(&mut self, trail: &Trail, event: &Event, body: &RunStarted) {
        let decision = &body.decision;
        self.push_trigger(
            decision,
            &TriggerEvent {
                trigger_id: &decision.trigger_id,
                kind: TriggerKind::ExternalEvent,
                source_id: "system",
                payload: None,
                ..trigger(trail, event, decision)
            },
        );
        let request = StartRequest {
            tenant_id: event.tenant,
            namespace_id: event.namespace,
            run_id: &trail.run,
            scenario_id: body.scenario_id.as_str(),
            dispatch_targets: &body.dispatch_targets,
            policy_tags: [],
        };
        self.scratch.request = canonical::of(&request).unwrap_or_default();
        self.push_decision(decision);
        self.push_call(event, "scenario.start", decision.correlation_id.as_deref());
        self.push_packets(trail, decision, &body.packets);
    }

    fn push_step(
        &mut self,
        trail: &Trail,
        event: &Event,
        body: &StepDecided,
        payload: Option<&PacketPayload>,
        evaluation: Option<&StageEvaluation>,
    ) {
        let decision = &body.decision;
        let withheld = body.trigger.payload.filter(|_| payload.is_none()).map(withheld);
        self.push_trigger(
            decision,
            &TriggerEvent {
                trigger_id: &body.trigger.trigger_id,
                kind: body.trigger.kind,
                source_id: &body.trigger.source_id,
                payload: payload.or(withheld.as_ref()),
                correlation_id: body.trigger.correlation_id.as_deref(),
                ..trigger(trail, event, decision)
            },
        );
        self.push_decision(decision);
        let method = match body.trigger.kind {
            TriggerKind::AgentRequestNext => "scenario.next",
            TriggerKind::Tick | TriggerKind::ExternalEvent | TriggerKind::BackendEvent => "scenario.trigger",
        };
        self.push_call(event, method, body.trigger.correlation_id.as_deref());
        if let Some(evaluation) = evaluation {
            self.push_gates(trail, event, body, evaluation);
        }
        self.push_packets(trail, decision, &body.packets);
    }

    fn push_submission(&mut self, trail: &Trail, event: &Event, body: &Submitted, payload: Option<&PacketPayload>) {
        let withheld = withheld(body.payload);
        let content_hash = payload.map_or_else(|| body.payload.digest(), PacketPayload::content_hash);
        let record = SubmissionRecord {
            submission_id: body.submission_id.as_str(),
            run_id: &trail.run,
            payload: payload.unwrap_or(&withheld),
            content_type: &body.content_type,
            content_hash,
            submitted_at: event.at,
            correlation_id: body.correlation_id.as_deref(),
        };
        self.scratch.request = canonical::of(&record).unwrap_or_default();
        self.submissions.push(&self.scratch.request);
        self.scratch.response.clone_from(&self.scratch.request);
        self.push_call(event, "scenario.submit", body.correlation_id.as_deref());
    }

    /// Leaves the event as the call's request.
    fn push_trigger(&mut self, decision: &DecisionRecord, event: &TriggerEvent<'_>) {
        let Scratch { request, item, .. } = &mut self.scratch;
        request.clear();
        append(event, request);
        item.clear();
        object!(item, { "event": &Written(request), "seq": &decision.seq });
        self.triggers.push(item);
    }

    /// Leaves the decision as the call's response.
    fn push_decision(&mut self, decision: &DecisionRecord) {
        let response = &mut self.scratch.response;
        response.clear();
        append(decision, response);
        self.decisions.push(response);
    }

    fn push_call(&mut self, event: &Event, method: &'static str, correlation: Option<&str>) {
        self.calls += 1;
        let Scratch { request, response, item } = &mut self.scratch;
        let record = ToolCallRecord {
            call_id: format!("call-{}", self.calls),
            method,
            request_hash: Digest::of(request),
            response_hash: Digest::of(response),
            called_at: event.at,
            correlation_id: correlation,
            error: None,
        };
        item.clear();
        append(&record, item);
        self.tool_calls.push(item);
    }
}

/// What stands for a payload that is withheld.
fn withheld(commitment: Commitment) -> PacketPayload {
    let content_ref = ContentRef { uri: WITHHELD_URI.into(), content_hash: commitment.digest(), encryption: None };
    PacketPayload::External { content_ref }
}

impl Form for TriggerEvent<'_> {
    fn form(&self, out: &mut Vec<u8>) {
        object!(out, {
            "correlation_id": &self.correlation_id,
            "kind": &self.kind,
            "namespace_id": &self.namespace_id,
            "payload": &self.payload.map(Plain),
            "run_id": self.run_id,
            "source_id": self.source_id,
            "tenant_id": &self.tenant_id,
            "time": &self.time,
            "trigger_id": self.trigger_id,
        });
    }
}

impl Form for ToolCallRecord<'_> {
    fn form(&self, out: &mut Vec<u8>) {
        object!(out, {
            "call_id": &self.call_id,
            "called_at": &self.called_at,
            "correlation_id": &self.correlation_id,
            "error": &self.error.map(|()| false),
            "method": self.method,
            "request_hash": &self.request_hash,
            "response_hash": &self.response_hash,
        });
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
