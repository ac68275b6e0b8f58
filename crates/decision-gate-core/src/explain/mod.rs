//! Why not, and what to do: a view of an evaluation, never hashed.
//!
//! For every gate that is not True it names the conditions that stand in the way, the first thing that failed for
//! each, what was expected and, where the disclosure policy allows, what was seen.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::condition::{Comparator, Expects, Gap, Judged, Truth};
use crate::engine::StageEvaluation;
use crate::evidence::{EvidenceValue, Query};
use crate::gate::Requirement;
use crate::json::canonical;
use crate::name::{ConditionId, GateId};
use crate::policy::Policy;
use crate::scenario::{ConditionSpec, GateSpec, Scenario, Stage};
use crate::trust::Disclosure;

/// The most conditions that one explanation names.
pub const MAX_CONDITIONS: usize = 12;

/// The longest text of one value in an explanation, in bytes.
const MAX_VALUE_BYTES: usize = 80;

/// Why a stage holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Explanation {
    /// Gates that are not True.
    pub gates: Vec<GateWhy>,
    /// What to do, most direct first.
    pub next_actions: Vec<String>,
    /// How many conditions were left out for length.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Why a gate is not True.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GateWhy {
    /// Which gate.
    pub gate_id: GateId,
    /// Its status.
    pub status: Truth,
    /// Its requirement, for people.
    pub requires: String,
    /// The conditions that stand in the way.
    pub conditions: Vec<ConditionWhy>,
}

/// Why a condition stands in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConditionWhy {
    /// Which condition.
    pub condition_id: ConditionId,
    /// Its status within the gate.
    pub status: Truth,
    /// `not_met`, or why it is Unknown.
    pub code: String,
    /// For people.
    pub message: String,
    /// The question, for people.
    pub asks: String,
    /// How it compares, and with what.
    pub expects: String,
    /// What was seen; left out when there was nothing or it may not be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
}

/// Explains every gate of a stage that is not True.
pub fn explain(scenario: &Scenario, stage: Stage<'_>, evaluation: &StageEvaluation, policy: &Policy) -> Explanation {
    let mut explanation = Explanation::default();
    let mut room = MAX_CONDITIONS;
    for unmet in evaluation.unmet() {
        let Some(gate) = stage.gate(&unmet.gate_id) else { continue };
        let mut conditions = Vec::new();
        for (id, wanted) in wanted(&gate.requirement) {
            let (Some(view), Some(spec)) = (evaluation.condition(id), scenario.condition(id)) else { continue };
            let judged = view.within(gate);
            if judged.status == wanted || conditions.iter().any(|it: &ConditionWhy| it.condition_id == *id) {
                continue;
            }
            if room == 0 {
                explanation.left_out += 1;
                continue;
            }
            room -= 1;
            let why = why(spec, &judged, wanted, policy);
            let action = action(spec, &judged, wanted, gate);
            if !explanation.next_actions.contains(&action) {
                explanation.next_actions.push(action);
            }
            conditions.push(why);
        }
        let requires = clip(&gate.requirement.to_string(), 200);
        explanation.gates.push(GateWhy { gate_id: unmet.gate_id.clone(), status: unmet.status, requires, conditions });
    }
    explanation
}

/// Each leaf with the truth that would help: True, or under an odd number of `Not`s, False.
fn wanted(requirement: &Requirement) -> Vec<(&ConditionId, Truth)> {
    fn visit<'a>(node: &'a Requirement, wanted: Truth, all: &mut Vec<(&'a ConditionId, Truth)>) {
        match node {
            Requirement::And(parts) | Requirement::Or(parts) | Requirement::RequireGroup { reqs: parts, .. } => {
                parts.iter().for_each(|part| visit(part, wanted, all));
            }
            Requirement::Not(part) => visit(part, !wanted, all),
            Requirement::Condition(id) => all.push((id, wanted)),
        }
    }
    let mut all = Vec::new();
    visit(requirement, Truth::True, &mut all);
    all
}

fn why(spec: &ConditionSpec, judged: &Judged, wanted: Truth, policy: &Policy) -> ConditionWhy {
    let open = policy.disclosure(&spec.query.provider_id) == Disclosure::Raw;
    let seen = match &judged.result.value {
        Some(EvidenceValue::Json(value)) if open => Some(short(value)),
        Some(EvidenceValue::Bytes(bytes)) if open => Some(format!("{} bytes", bytes.len())),
        Some(_) | None => None,
    };
    let (code, message) = match &judged.gap {
        Some(gap) => (gap.code().to_owned(), clip(&gap.message(), 300)),
        None => ("not_met".to_owned(), not_met(judged, wanted, seen.as_deref())),
    };
    ConditionWhy {
        condition_id: spec.condition_id.clone(),
        status: judged.status,
        code,
        message,
        asks: asks(&spec.query),
        expects: expects(spec.comparator, spec.expected.value()),
        seen,
    }
}

fn not_met(judged: &Judged, wanted: Truth, seen: Option<&str>) -> String {
    match (judged.result.value.is_some(), seen) {
        (false, _) => "the source answered that there is no value".to_owned(),
        (true, Some(seen)) if wanted == Truth::True => format!("the value is {seen}"),
        (true, Some(seen)) => format!("the value is {seen}, and the gate wants this not to hold"),
        (true, None) if wanted == Truth::True => {
            "the value differs (it may not be shown under `evidence.allow_raw_values`)".to_owned()
        }
        (true, None) => "the condition holds, and the gate wants this not to hold".to_owned(),
    }
}

/// What would help with one condition.
fn action(spec: &ConditionSpec, judged: &Judged, wanted: Truth, gate: &GateSpec) -> String {
    let asks = asks(&spec.query);
    let goal = expects(spec.comparator, spec.expected.value());
    let goal = if wanted == Truth::True { goal } else { format!("not: {goal}") };
    let condition = &spec.condition_id;
    match &judged.gap {
        None => format!("`{condition}`: make {asks} satisfy `{goal}`, then ask again"),
        Some(Gap::NoAnswer) => format!("`{condition}`: supply a value for it"),
        Some(Gap::ValueAbsent) => format!("`{condition}`: {asks} has no value; make one that satisfies `{goal}`"),
        Some(Gap::Lane { need, .. }) => format!(
            "`{condition}`: gate `{}` asks for `{need}` evidence; let a run pull it (scenario_next), or bring a signed attestation",
            gate.gate_id
        ),
        Some(Gap::NotComparable { .. } | Gap::ResultMismatch { .. }) => {
            format!("`{condition}`: {asks} gives another type than the comparison needs ({goal})")
        }
        Some(Gap::Fault(fault)) => match fault.code.as_str() {
            "file_not_found" => format!("`{condition}`: produce the file that {asks} reads, then ask again"),
            "provider_timeout" => {
                format!("`{condition}`: provider `{}` is slow or down; ask again", spec.query.provider_id)
            }
            code => format!("`{condition}`: mend what {asks} reports as `{code}`, then ask again"),
        },
        Some(Gap::Refused(refusal)) => {
            format!("`{condition}`: {asks} was refused as `{}`; {}", refusal.code(), refusal.hint())
        }
        Some(gap) => format!("`{condition}`: mend what {asks} reports as `{}`, then ask again", gap.code()),
    }
}

/// A query for people: `json.path file=junit.json jsonpath=$.failed`.
pub fn asks(query: &Query) -> String {
    let mut text = format!("{}.{}", query.provider_id, query.check_id);
    if let Some(Value::Object(params)) = &query.params {
        for (name, value) in params {
            let shown = value.as_str().map_or_else(|| short(value), |it| clip(it, MAX_VALUE_BYTES));
            text.push_str(&format!(" {name}={shown}"));
        }
    }
    clip(&text, 240)
}

/// A comparison for people: `greater_than_or_equal 80`.
pub fn expects(comparator: Comparator, expected: &Value) -> String {
    match comparator.expects() {
        Expects::Presence { .. } => comparator.word().to_owned(),
        Expects::Value | Expects::Set | Expects::Part => format!("{comparator} {}", short(expected)),
    }
}

fn short(value: &Value) -> String {
    clip(&String::from_utf8_lossy(&canonical::to_vec(value)), MAX_VALUE_BYTES)
}

/// At most `limit` bytes, cut between characters.
fn clip(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let mut cut: String =
        text.char_indices().take_while(|(at, it)| at + it.len_utf8() <= limit).map(|(_, it)| it).collect();
    cut.push('…');
    cut
}
