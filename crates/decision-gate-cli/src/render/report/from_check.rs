//! A check as a report: a row for each gate of each stage that was judged.

use decision_gate_core::condition::Truth;
use decision_gate_core::digest::{self, Digest};
use decision_gate_core::engine::{RunState, StageEvaluation};
use decision_gate_core::evidence::Subject;
use decision_gate_core::explain::{EvidenceWhy, Explanation, Size};
use decision_gate_core::scenario::{GateSpec, Stage};
use decision_gate_core::trust::Proof;
use decision_gate_runtime::StepReply;
use serde_json::{Value, json};

use super::{Report, Row, Status, Verification};
use crate::commands::check::Checked;
use crate::commands::runpack::export::Exported;
use crate::render::check::reason;

/// The report. `file` is where the scenario is written.
pub(crate) fn of(checked: &Checked, exported: Option<&Exported>, file: Option<String>) -> Report {
    let state = &checked.state;
    let last = checked.steps.len().saturating_sub(1);
    let rows = checked.steps.iter().enumerate().flat_map(|(index, step)| rows(step, index == last));
    Report {
        title: format!("scenario {}", state.scenario_id),
        allowed: checked.is_allowed(),
        reason: reason(checked),
        rows: rows.collect(),
        explanation: checked.explanation(Size::Whole),
        notes: checked.notes.clone(),
        file,
        facts: facts(state, checked.steps.last(), exported),
        at: state.last_event_at,
        verified: Verification {
            subject: state.subject.clone(),
            policy_uri: format!("urn:decision-gate:scenario:{}:{}", state.namespace, state.scenario_id),
            policy_sha256: state.spec_hash.to_hex(),
            envelopes: envelopes(&checked.steps),
            details: details(state, checked.steps.last()),
        },
    }
}

fn rows(step: &StepReply, is_last: bool) -> Vec<Row> {
    let Some(situation) = step.situation() else { return Vec::new() };
    let explanation = situation.explain(Size::Whole);
    let stage = situation.stage;
    stage.spec.gates.iter().map(|gate| row(stage, gate, situation.evaluation, explanation.as_ref(), is_last)).collect()
}

fn row(
    stage: Stage<'_>,
    gate: &GateSpec,
    evaluation: &StageEvaluation,
    explanation: Option<&Explanation>,
    is_last: bool,
) -> Row {
    let truth = evaluation.gates.iter().find(|it| it.gate_id == gate.gate_id).map_or(Truth::Unknown, |it| it.status);
    let status = match (truth, explanation) {
        (Truth::True, _) => Status::Passed,
        // The run went on without it.
        (Truth::False | Truth::Unknown, None) => Status::PassedBy,
        (Truth::False | Truth::Unknown, Some(_)) if !is_last => Status::PassedBy,
        (Truth::False, Some(_)) => Status::Failed,
        (Truth::Unknown, Some(_)) => Status::Unknown,
    };
    let mut used = Vec::new();
    gate.requirement.leaves(&mut |id| used.push(id));
    let found = explanation.iter().flat_map(|it| &it.evidence).filter(|it| used.contains(&&it.condition_id));
    let found: Vec<&EvidenceWhy> = if status == Status::Passed { Vec::new() } else { found.collect() };
    Row {
        group: stage.spec.stage_id.to_string(),
        gate: gate.gate_id.to_string(),
        status,
        code: found.first().map_or("gate_met", |it| it.code.as_str()).to_owned(),
        why: found.iter().flat_map(|it| why(it)).collect(),
        waivers: Vec::new(),
    }
}

/// A line for the piece of evidence, and one for each release gate behind it.
fn why(it: &EvidenceWhy) -> Vec<String> {
    let own = format!("{}: {} ({} at {}; {} {})", it.condition_id, it.message, it.code, it.step, it.asks, it.expects);
    let gates =
        it.release_gates.iter().map(|gate| format!("release gate {}: {} ({})", gate.gate, gate.message, gate.code));
    [own].into_iter().chain(gates).collect()
}

/// SHA-256 of every envelope that the steps rest on, sorted.
pub(super) fn envelopes(steps: &[StepReply]) -> Vec<String> {
    let views = steps.iter().filter_map(|step| step.evaluation.as_ref()).flat_map(|it| &it.conditions);
    let mut all: Vec<String> = Vec::new();
    for view in views {
        match &view.judged.proof {
            Some(Proof::Attested(by)) => all.extend(by.envelopes.iter().map(Digest::to_hex)),
            Some(Proof::Released(by)) => all.extend(by.envelopes.iter().map(Digest::to_hex)),
            // Of an envelope the result shows its digest.
            Some(Proof::Checked(_)) => {
                let signature = view.judged.result.signature.as_ref().filter(|it| it.scheme == "dsse");
                all.extend(signature.map(|it| digest::to_hex(&it.signature)));
            }
            Some(Proof::Pulled | Proof::Derived | Proof::Supplied) | None => {}
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// What an auditor wants to know beside the verdict.
pub(super) fn details(state: &RunState, step: Option<&StepReply>) -> Value {
    json!({
        "run_id": state.run,
        "scenario_id": state.scenario_id,
        "spec_hash": state.spec_hash,
        "origin": state.origin,
        "environment": state.environment,
        "degraded": state.degraded,
        "policy_digest": step.map(|it| it.policy.digest()),
        "relaxations": step.map(|it| &it.relaxations),
    })
}

/// What somebody would look up later.
pub(super) fn facts(
    state: &RunState,
    step: Option<&StepReply>,
    exported: Option<&Exported>,
) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("scenario", format!("{}@{} ({})", state.scenario_id, state.spec_hash.to_hex(), state.origin.word())),
        ("run", state.run.to_string()),
    ];
    let artifacts = state.subject.iter().flat_map(Subject::artifacts).flat_map(|it| &it.digest);
    facts.extend(artifacts.map(|(algorithm, hex)| ("artifact", format!("{algorithm}:{hex}"))));
    facts.extend(state.environment.iter().map(|it| ("environment", it.to_string())));
    facts.extend(step.map(|it| ("policy", it.policy.digest().to_hex())));
    let loosened = step.iter().flat_map(|it| &it.relaxations).filter_map(|it| json!(it).as_str().map(str::to_owned));
    facts.extend(loosened.map(|it| ("loosened", it)));
    facts.extend(exported.map(|it| ("proof", it.place.clone())));
    facts
}
