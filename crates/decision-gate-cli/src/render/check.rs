//! A check as text and as JSON: the verdict, every gate as a tree with its conditions, why not, and what to do.

use std::fmt::Write as _;

use decision_gate_core::condition::Truth;
use decision_gate_core::engine::{DecisionOutcome, DegradedReason, RunStatus, StageEvaluation};
use decision_gate_core::explain::{Explanation, Size, asks, expects};
use decision_gate_core::gate::Requirement;
use decision_gate_core::name::ConditionId;
use decision_gate_core::scenario::{GateSpec, Stage};
use decision_gate_core::trust::Lane;
use decision_gate_runtime::StepReply;
use serde_json::{Value, json};

use super::{BAD, FAINT, GOOD, Line, OPEN, STRONG, Styled, config_line, labelled, path_json, truth_style};
use crate::commands::check::{Checked, Places};
use crate::commands::runpack::export::Exported;
use crate::fault::Fault;
use crate::render;

/// For people. `exported` is `None` when the proof could not be written.
pub(crate) fn text(checked: &Checked, exported: Option<&Option<Exported>>, places: &Places) -> String {
    let mut text = verdict(checked);
    for step in &checked.steps {
        text.push('\n');
        stage(&mut text, step);
    }
    if let Some(explanation) = checked.explanation(Size::Whole).filter(|_| !checked.is_allowed()) {
        super::explanation::text(&mut text, &explanation);
    }
    text.push('\n');
    for note in &checked.notes {
        labelled(&mut text, "note", Styled(OPEN, Line(note)));
    }
    let state = &checked.state;
    let hash = Styled(FAINT, format!("@{}", state.spec_hash.to_hex()));
    labelled(&mut text, "scenario", format_args!("{}{hash} ({})", state.scenario_id, state.origin.word()));
    labelled(&mut text, "run", &state.run);
    config_line(&mut text, places.config.as_deref());
    match &places.ledger {
        Some(place) => labelled(&mut text, "ledger", Line(place)),
        None => labelled(&mut text, "ledger", "in memory, gone when this command ends"),
    }
    if let Some(Some(exported)) = exported {
        labelled(&mut text, "proof", Line(&exported.place));
    }
    text
}

fn verdict(checked: &Checked) -> String {
    let (style, word) = if checked.is_allowed() { (GOOD, "ALLOWED") } else { (BAD, "NOT ALLOWED") };
    format!("{}: {}\n", Styled(style.bold(), word), reason(checked))
}

/// Why the verdict is what it is, in one line.
pub(crate) fn reason(checked: &Checked) -> String {
    let state = &checked.state;
    if let Some(degraded) = &state.degraded {
        let why = match degraded.reason {
            DegradedReason::UnknownOutcome => "an edge was taken on `unknown`",
            DegradedReason::Timeout => "time ran out",
        };
        return format!("the run is degraded: {why} at stage `{}`", degraded.stage_id);
    }
    match (state.status, &state.last_decision.outcome) {
        (RunStatus::Completed, _) => format!("the run completed at stage `{}`", state.stage_id),
        (RunStatus::Failed, DecisionOutcome::Fail { reason }) => format!("the run failed: {}", Line(reason)),
        (RunStatus::Failed, _) => "the run failed".to_owned(),
        (RunStatus::Active, DecisionOutcome::Hold { summary }) => {
            let gates: Vec<_> = summary.unmet_gates.iter().map(|it| format!("`{it}`")).collect();
            format!("the run holds at stage `{}`; unmet: {}", state.stage_id, gates.join(", "))
        }
        (RunStatus::Active, _) => format!("the run is still on its way, at stage `{}`", state.stage_id),
    }
}

fn stage(text: &mut String, step: &StepReply) {
    let mut outcome = step.decision.outcome.word().to_owned();
    if let DecisionOutcome::Advance { to_stage, .. } = &step.decision.outcome {
        let _ = write!(outcome, " to `{to_stage}`");
    }
    let name = Styled(STRONG, format_args!("stage {}", step.decision.stage_id));
    let _ = writeln!(text, "{name}: {outcome}");
    let Some((evaluation, stage)) = judged(step) else { return };
    let explanation = step.explanation(Size::Whole).unwrap_or_default();
    if stage.spec.gates.is_empty() {
        text.push_str("  ungated: nothing is asked here\n");
    }
    for gate in &stage.spec.gates {
        let status =
            evaluation.gates.iter().find(|it| it.gate_id == gate.gate_id).map_or(Truth::Unknown, |it| it.status);
        let _ = writeln!(text, "  {} gate {}", truth(status), gate.gate_id);
        let tree = Tree { step, evaluation, explanation: &explanation, gate };
        tree.node(text, &gate.requirement, Truth::True, 2);
    }
}

fn truth(status: Truth) -> Styled<String> {
    Styled(truth_style(status), format!("{:<7}", status.word().to_lowercase()))
}

/// One gate's tree on its way to text.
struct Tree<'a> {
    step: &'a StepReply,
    evaluation: &'a StageEvaluation,
    explanation: &'a Explanation,
    gate: &'a GateSpec,
}

impl Tree<'_> {
    /// `wanted` is the truth that would help: True, or under an odd number of `Not`s, False.
    fn node(&self, text: &mut String, node: &Requirement, wanted: Truth, depth: usize) {
        let (label, parts) = match node {
            Requirement::Condition(id) => return self.leaf(text, id, wanted, depth),
            Requirement::And(parts) => ("all of".to_owned(), parts.as_slice()),
            Requirement::Or(parts) => ("any of".to_owned(), parts.as_slice()),
            Requirement::Not(part) => ("not".to_owned(), std::slice::from_ref(&**part)),
            Requirement::RequireGroup { min, reqs } => (format!("at least {min} of"), reqs.as_slice()),
        };
        let _ = writeln!(text, "{:indent$}{}", "", Styled(FAINT, label), indent = depth * 2);
        let wanted = if matches!(node, Requirement::Not(_)) { !wanted } else { wanted };
        parts.iter().for_each(|part| self.node(text, part, wanted, depth + 1));
    }

    fn leaf(&self, text: &mut String, id: &ConditionId, wanted: Truth, depth: usize) {
        let leaf = self.read(id);
        let indent = depth * 2;
        let lane = leaf.lane.unwrap_or("-");
        let _ = writeln!(
            text,
            "{:indent$}{} {lane:<8} {id}  {}",
            "",
            truth(leaf.status),
            Styled(FAINT, Line(&leaf.question))
        );
        if let (Some((code, message)), true) = (&leaf.why, leaf.status != wanted) {
            let _ = writeln!(text, "{:indent$}        {}: {}", "", Line(code), Line(message));
        }
    }

    fn read(&self, id: &ConditionId) -> Leaf {
        let mut leaf = Leaf { status: Truth::Unknown, lane: None, question: String::new(), why: None };
        if let Some(spec) = self.step.scenario.condition(id) {
            leaf.question = format!("{} {}", asks(&spec.query), expects(spec.comparator, spec.expected.value()));
        }
        if let Some(view) = self.evaluation.condition(id) {
            let judged = view.within(self.gate);
            leaf.status = judged.status;
            leaf.lane = judged.lane.map(Lane::word);
            leaf.why = judged.gap.as_ref().map(|gap| (gap.code().to_owned(), gap.message()));
        }
        let not_met = self.explanation.evidence.iter().find(|it| it.condition_id == *id && it.status == leaf.status);
        if leaf.why.is_none() {
            leaf.why = not_met.map(|it| (it.code.clone(), it.message.clone()));
        }
        leaf
    }
}

/// A condition within a gate.
struct Leaf {
    status: Truth,
    lane: Option<&'static str>,
    question: String,
    why: Option<(String, String)>,
}

fn judged(step: &StepReply) -> Option<(&StageEvaluation, Stage<'_>)> {
    step.evaluation.as_ref().zip(step.scenario.stage(&step.decision.stage_id))
}

/// For programs.
pub(crate) fn json(checked: &Checked, exported: Result<&Option<Exported>, &Fault>, places: &Places) -> Value {
    let state = &checked.state;
    let mut report = json!({
        "verdict": if checked.is_allowed() { "allowed" } else { "not_allowed" },
        "reason": reason(checked),
        "run": {
            "run_id": state.run,
            "scenario_id": state.scenario_id,
            "spec_hash": state.spec_hash,
            "origin": state.origin,
            "status": state.status,
            "stage_id": state.stage_id,
            "degraded": state.degraded,
            "subject": state.subject,
            "environment": state.environment,
        },
        "steps": checked.steps.iter().map(step_json).collect::<Vec<_>>(),
        "notes": checked.notes,
        "config": path_json(places.config.as_deref()),
        "ledger": places.ledger,
    });
    if let Value::Object(report) = &mut report {
        match exported {
            Ok(None) => {}
            Ok(Some(exported)) => drop(report.insert("runpack".into(), exported.json())),
            Err(fault) => drop(report.insert("error".into(), render::fault::error_json(fault))),
        }
    }
    report
}

fn step_json(step: &StepReply) -> Value {
    let gates: Vec<Value> = match judged(step) {
        None => Vec::new(),
        Some((evaluation, stage)) => {
            let explanation = step.explanation(Size::Whole).unwrap_or_default();
            let gate = |gate| gate_json(&Tree { step, evaluation, explanation: &explanation, gate });
            stage.spec.gates.iter().map(gate).collect()
        }
    };
    json!({
        "decision": step.decision,
        "gates": gates,
        "relaxations": step.relaxations,
        "explanation": step.explanation(Size::Brief),
    })
}

fn gate_json(tree: &Tree<'_>) -> Value {
    let evaluation = tree.evaluation.gates.iter().find(|it| it.gate_id == tree.gate.gate_id);
    let condition = |id: &ConditionId| {
        let leaf = tree.read(id);
        let (code, message) = leaf.why.unzip();
        json!({ "condition_id": id, "status": leaf.status, "lane": leaf.lane, "code": code, "message": message })
    };
    let trace = evaluation.map(|it| it.trace.as_slice()).unwrap_or_default();
    json!({
        "gate_id": tree.gate.gate_id,
        "status": evaluation.map(|it| it.status),
        "requirement": tree.gate.requirement,
        "conditions": trace.iter().map(|it| condition(&it.condition_id)).collect::<Vec<_>>(),
    })
}
