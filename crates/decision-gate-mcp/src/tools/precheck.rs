//! `precheck`: the caller's values through the same evaluator, without a trace (DESIGN P24).

use std::collections::BTreeMap;

use decision_gate_core::at::Timestamp;
use decision_gate_core::condition::Truth;
use decision_gate_core::engine::{DecisionOutcome, PrecheckAnswer};
use decision_gate_core::explain::{Explanation, Size};
use decision_gate_core::gate::GateEvaluation;
use decision_gate_core::name::{ConditionId, NamespaceId, RunId, ScenarioId, StageId, TenantId};
use decision_gate_runtime::{PrecheckRequest, PrecheckSource, Prechecked};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::brief::{cut, cut_unmet_gates, fitting, is_zero};
use super::data_shape::{DataShapeItem, DataShapeName};
use super::run::explanation_lines;
use super::shared::caller;
use super::step::Feedback;
use super::{CallContext, Card, Hints, Profile, Summary, Tool, ToolError};

/// `precheck`.
pub(super) struct Precheck;

/// The most gaps that one answer lists unless the trace is asked for.
const MAX_GAPS: usize = 12;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// A defined scenario; or give run_id or spec.
    #[serde(default)]
    scenario_id: Option<ScenarioId>,
    /// The stage where this run stands.
    #[serde(default)]
    run_id: Option<RunId>,
    /// An inline scenario.
    #[serde(default)]
    spec: Option<Map<String, Value>>,
    /// Default: the first, or where the run stands.
    #[serde(default)]
    stage_id: Option<StageId>,
    /// Values by condition id.
    payload: Map<String, Value>,
    /// {schema_id, version} to check payload by.
    #[serde(default)]
    #[schemars(with = "Option<Map<String, Value>>")]
    data_shape: Option<DataShapeName>,
    /// Default summary.
    #[serde(default)]
    feedback: Feedback,
    /// Only under time.source = caller.
    #[serde(default)]
    #[schemars(with = "Option<Map<String, Value>>")]
    time: Option<Timestamp>,
    /// Default 1.
    #[serde(default)]
    namespace_id: Option<NamespaceId>,
    /// Default: the first.
    #[serde(default)]
    tenant_id: Option<TenantId>,
}

/// Why a condition is Unknown, or what was assumed.
#[derive(Serialize, JsonSchema)]
pub(super) struct GapItem {
    /// Which condition.
    condition_id: ConditionId,
    /// Stable code.
    code: String,
    /// For people.
    message: String,
}

/// One of the two answers.
#[derive(Serialize, JsonSchema)]
pub(super) struct Side {
    /// What would be decided.
    decision: DecisionOutcome,
    /// How many unmet gates the decision does not name here.
    #[serde(skip_serializing_if = "is_zero")]
    unmet_gates_left_out: usize,
    /// Gates with their status; their leaves too when the trace is asked for.
    gate_evaluations: Vec<GateEvaluation>,
    /// How many gates were left out; those that are True first.
    #[serde(skip_serializing_if = "is_zero")]
    gates_left_out: usize,
    /// Why conditions are Unknown, or what was assumed.
    gaps: Vec<GapItem>,
    /// How many gaps were left out.
    gaps_left_out: usize,
}

/// What it gives. Nothing is recorded, and neither answer opens anything.
#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    /// Which stage was judged.
    stage_id: StageId,
    /// What the payload was checked by.
    #[serde(skip_serializing_if = "Option::is_none")]
    data_shape: Option<DataShapeItem>,
    /// Under the trust rules.
    #[serde(flatten)]
    asserted: Side,
    /// Were all of trust passed for the supplied values. Hypothetical.
    if_verified: Side,
    /// Why not even then, and what to change.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Explanation>,
}

impl Side {
    /// Everything, or at most `shown` entries of each list.
    fn new(answer: &PrecheckAnswer, shown: Option<usize>) -> Self {
        let trace = shown.is_none();
        let shown = shown.unwrap_or(usize::MAX);
        let shown_gaps = if trace { usize::MAX } else { shown.min(MAX_GAPS) };
        let gap = |it: &decision_gate_core::engine::PrecheckGap| GapItem {
            condition_id: it.condition_id.clone(),
            code: it.code.clone(),
            message: it.message.clone(),
        };
        let gate = |it: &GateEvaluation| match trace {
            true => it.clone(),
            false => GateEvaluation { gate_id: it.gate_id.clone(), status: it.status, trace: Vec::new() },
        };
        let mut decision = answer.outcome.clone();
        let unmet_gates_left_out = cut_unmet_gates(&mut decision, shown);
        let all = answer.gate_evaluations().len();
        let wanted = |it: &&GateEvaluation| all <= shown || it.status != Truth::True;
        let mut gate_evaluations: Vec<_> = answer.gate_evaluations().iter().filter(wanted).map(gate).collect();
        cut(&mut gate_evaluations, shown);
        Self {
            decision,
            unmet_gates_left_out,
            gates_left_out: all.saturating_sub(gate_evaluations.len()),
            gate_evaluations,
            gaps: answer.gaps.iter().take(shown_gaps).map(gap).collect(),
            gaps_left_out: answer.gaps.len().saturating_sub(shown_gaps),
        }
    }

    fn lines(&self, text: &mut String) {
        for gate in &self.gate_evaluations {
            text.push_str(&format!("\n  gate {}: {}", gate.gate_id, gate.status));
        }
        if self.gates_left_out > 0 {
            text.push_str(&format!("\n  {} more gates", self.gates_left_out));
        }
        for gap in &self.gaps {
            text.push_str(&format!("\n  {} ({}): {}", gap.condition_id, gap.code, gap.message));
        }
        if self.gaps_left_out > 0 {
            text.push_str(&format!("\n  {} more conditions", self.gaps_left_out));
        }
    }
}

impl Summary for Answer {
    fn text(&self) -> String {
        let mut text =
            format!("stage {}: {} on the supplied values as asserted", self.stage_id, self.asserted.decision.word());
        self.asserted.lines(&mut text);
        if let Some(shape) = &self.data_shape {
            text.push_str(&format!("\nthe payload fits schema {}", shape.line()));
        }
        text.push_str(&format!("\nif they were verified: {}", self.if_verified.decision.word()));
        self.if_verified.lines(&mut text);
        if let Some(explanation) = &self.explanation {
            explanation_lines(explanation, &mut text);
        }
        text
    }
}

impl Tool for Precheck {
    type Arguments = Arguments;
    type Answer = Answer;

    const CARD: Card = Card {
        name: "precheck",
        title: "Precheck values",
        description: "Judge a stage on values you supply, without providers or record. Answers under the trust rules, and as if your values were verified.",
        hints: Hints::READS,
        profiles: Profile::ALL,
    };

    async fn call(&self, context: &CallContext, arguments: Arguments) -> Result<Answer, ToolError> {
        let caller = caller(context, arguments.tenant_id, arguments.namespace_id);
        let source = match (arguments.scenario_id, arguments.run_id, arguments.spec) {
            (Some(id), None, None) => PrecheckSource::Defined(id),
            (None, Some(run), None) => PrecheckSource::Run(run),
            (None, None, Some(spec)) => PrecheckSource::Inline(Value::Object(spec)),
            _ => {
                let hint = "give exactly one of scenario_id, run_id, spec";
                return Err(ToolError::new("invalid_arguments", "which scenario is meant is not clear", hint));
            }
        };
        let values = arguments.payload.into_iter().map(|(id, value)| match ConditionId::try_from(id.as_str()) {
            Ok(id) => Ok((id, value)),
            Err(error) => {
                let hint = "use condition ids of the scenario as keys";
                Err(ToolError::new("invalid_arguments", format!("payload key `{id}`: {error}"), hint)
                    .with("path", "/payload"))
            }
        });
        let values = values.collect::<Result<BTreeMap<_, _>, _>>()?;
        let data_shape = arguments
            .data_shape
            .map(|DataShapeName { schema_id, version }| decision_gate_runtime::DataShapeName { schema_id, version });
        let stage_id = arguments.stage_id;
        let request = PrecheckRequest { source, stage_id, values, data_shape, time: arguments.time };
        let prechecked = context.app().orchestrator().precheck(&caller, &request).await?;
        let Prechecked { answer, scenario, data_shape, .. } = &prechecked;
        if let Some(unknown) = request.values.keys().find(|id| scenario.condition(id).is_none()) {
            let known = || scenario.spec().conditions.iter().map(|it| it.condition_id.as_str());
            let hint = decision_gate_core::scenario::nearest(unknown.as_str(), known()).map_or_else(
                || "use condition ids of the scenario as keys".into(),
                |it| format!("did you mean `{it}`?"),
            );
            let message = format!("the scenario has no condition `{unknown}`");
            return Err(ToolError::new("condition_unknown", message, hint).with("path", format!("/payload/{unknown}")));
        }
        let trace = arguments.feedback != Feedback::Summary;
        let explanation = prechecked.explanation(if trace { Size::Whole } else { Size::Brief });
        let of = |shown: Option<usize>| Answer {
            stage_id: answer.stage_id.clone(),
            data_shape: data_shape.clone().map(DataShapeItem::from),
            asserted: Side::new(&answer.decision, shown),
            if_verified: Side::new(answer.if_verified.shown(), shown),
            explanation: explanation.clone(),
        };
        Ok(if trace { of(None) } else { fitting(|shown| of(Some(shown))) })
    }
}
