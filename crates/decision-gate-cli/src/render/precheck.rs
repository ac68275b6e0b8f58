//! A precheck as text and as JSON: the answer under the trust rules, and the hypothetical one beside it.

use std::path::Path;

use decision_gate_core::engine::{DecisionOutcome, PrecheckAnswer};
use decision_gate_core::explain::Size;
use decision_gate_runtime::Prechecked;
use serde_json::{Value, json};

use super::{BAD, FAINT, GOOD, Line, OPEN, STRONG, Styled, config_line, labelled, path_json, truth_style};

/// For people.
pub(crate) fn text(prechecked: &Prechecked, config: Option<&Path>) -> String {
    let Prechecked { scenario, answer, .. } = prechecked;
    let mut text = String::new();
    let (style, words) = if lets_through(&answer.decision) {
        (GOOD, "WOULD ADVANCE on the supplied values")
    } else {
        (BAD, "WOULD NOT ADVANCE on the supplied values")
    };
    text.push_str(&format!("{}: stage `{}`\n\n", Styled(style.bold(), words), answer.stage_id));
    side(&mut text, "under the trust rules", &answer.decision);
    text.push('\n');
    side(&mut text, "if the values were verified (hypothetical)", answer.if_verified.shown());
    if let Some(explanation) = prechecked.explanation(Size::Whole) {
        super::explanation::text(&mut text, &explanation);
    }
    text.push('\n');
    let spec = scenario.spec();
    let hash = Styled(FAINT, format!("@{}", scenario.hash().to_hex()));
    labelled(&mut text, "scenario", format_args!("{}{hash}", spec.scenario_id));
    config_line(&mut text, config);
    text
}

/// Whether the answer lets the run through, and nothing was taken for granted.
pub(crate) fn lets_through(answer: &PrecheckAnswer) -> bool {
    let goes_on = matches!(answer.outcome, DecisionOutcome::Advance { .. } | DecisionOutcome::Complete { .. });
    goes_on && answer.degraded.is_none()
}

fn side(text: &mut String, title: &str, answer: &PrecheckAnswer) {
    let degraded = if answer.degraded.is_some() { ", degraded" } else { "" };
    text.push_str(&format!("{}: {}{degraded}\n", Styled(STRONG, title), answer.outcome.word()));
    for gate in answer.gate_evaluations() {
        let word = format!("{:<7}", gate.status.word().to_lowercase());
        text.push_str(&format!("  {} gate {}\n", Styled(truth_style(gate.status), word), gate.gate_id));
        for leaf in &gate.trace {
            let word = format!("{:<7}", leaf.status.word().to_lowercase());
            text.push_str(&format!("    {} {}\n", Styled(truth_style(leaf.status), word), leaf.condition_id));
        }
    }
    for gap in &answer.gaps {
        text.push_str(&format!("  {} {}: {}\n", Styled(OPEN, &gap.condition_id), Line(&gap.code), Line(&gap.message)));
    }
}

/// For programs.
pub(crate) fn json(prechecked: &Prechecked, config: Option<&Path>) -> Value {
    let Prechecked { scenario, answer, .. } = prechecked;
    json!({
        "scenario_id": scenario.spec().scenario_id,
        "spec_hash": scenario.hash(),
        "stage_id": answer.stage_id,
        "allowed": lets_through(&answer.decision),
        "decision": side_json(&answer.decision),
        "if_verified": side_json(answer.if_verified.shown()),
        "explanation": prechecked.explanation(Size::Brief),
        "config": path_json(config),
    })
}

fn side_json(answer: &PrecheckAnswer) -> Value {
    let gap = |it: &decision_gate_core::engine::PrecheckGap| json!({ "condition_id": it.condition_id, "code": it.code, "message": it.message });
    json!({
        "outcome": answer.outcome,
        "degraded": answer.degraded,
        "gate_evaluations": answer.gate_evaluations(),
        "gaps": answer.gaps.iter().map(gap).collect::<Vec<_>>(),
    })
}
