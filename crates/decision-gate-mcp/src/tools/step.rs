//! What `scenario_next` and `scenario_trigger` answer.

use decision_gate_core::condition::Truth;
use decision_gate_core::engine::DecisionRecord;
use decision_gate_core::evidence::EvidenceResult;
use decision_gate_core::explain::{Explanation, Size};
use decision_gate_core::gate::GateEvaluation;
use decision_gate_core::name::ConditionId;
use decision_gate_core::policy::Relaxation;
use decision_gate_core::trust::redact;
use decision_gate_runtime::StepReply;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::brief::{cut_unmet_gates, fitting_list, is_zero, unmet_gates};
use super::run::{Packet, Run, decision_line, explanation_lines, packets};
use super::{Link, Summary};
use crate::resources::{ResourceUri, Shelf};

/// How much to say about the judgement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(super) enum Feedback {
    /// Why not, and what to do.
    #[default]
    Summary,
    /// And every gate with its leaves.
    Trace,
    /// And all evidence, redacted by policy.
    Evidence,
}

/// One condition with its evidence.
#[derive(Serialize, JsonSchema)]
pub(super) struct Record {
    /// Which condition.
    condition_id: ConditionId,
    /// What was established.
    status: Truth,
    /// The evidence, redacted by policy.
    result: EvidenceResult,
}

/// What a step gives.
#[derive(Serialize, JsonSchema)]
pub(super) struct StepAnswer {
    /// The run as it stands now.
    #[serde(flatten)]
    run: Run,
    /// The decision.
    decision: DecisionRecord,
    /// How many unmet gates the decision does not name here.
    #[serde(skip_serializing_if = "is_zero")]
    unmet_gates_left_out: usize,
    /// What it rests on that is looser than the defaults.
    relaxations: Vec<Relaxation>,
    /// True when this very answer was given before.
    repeated: bool,
    /// Packets that the step issued.
    packets: Vec<Packet>,
    /// What stands in the way and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Explanation>,
    /// Every gate with its leaves, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    gate_evaluations: Option<Vec<GateEvaluation>>,
    /// Every piece of evidence, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Vec<Record>>,
    /// Where the whole decision is.
    #[serde(skip)]
    whole: ResourceUri,
}

impl StepAnswer {
    pub(super) fn new(reply: &StepReply, feedback: Feedback) -> Self {
        match feedback {
            Feedback::Summary => fitting_list(unmet_gates(&reply.decision.outcome), |shown| {
                let mut answer = Self::whole(reply, feedback);
                answer.unmet_gates_left_out = cut_unmet_gates(&mut answer.decision.outcome, shown);
                answer
            }),
            Feedback::Trace | Feedback::Evidence => Self::whole(reply, feedback),
        }
    }

    fn whole(reply: &StepReply, feedback: Feedback) -> Self {
        let judged = reply.evaluation.as_ref().zip(reply.scenario.stage(&reply.decision.stage_id));
        let size = if feedback == Feedback::Summary { Size::Brief } else { Size::Whole };
        let trace = matches!(feedback, Feedback::Trace | Feedback::Evidence);
        let gate_evaluations = judged.filter(|_| trace).map(|(evaluation, _)| evaluation.gates.clone());
        let evidence = judged.filter(|_| feedback == Feedback::Evidence).map(|(evaluation, _)| {
            let record = |view: &decision_gate_core::engine::ConditionView| {
                let own = view.own();
                let provider = reply.scenario.condition(&view.condition_id).map(|it| &it.query.provider_id)?;
                let result = redact(own.result.clone(), reply.disclosure(provider));
                Some(Record { condition_id: view.condition_id.clone(), status: own.status, result })
            };
            evaluation.conditions.iter().filter_map(record).collect()
        });
        Self {
            run: Run::from(&**reply.state),
            decision: reply.decision.clone(),
            unmet_gates_left_out: 0,
            relaxations: reply.relaxations.clone(),
            repeated: reply.repeated,
            packets: packets(&reply.scenario, &reply.state, &reply.decision, &reply.packets),
            explanation: reply.explanation(size),
            gate_evaluations,
            evidence,
            whole: ResourceUri::Decision {
                shelf: Shelf { tenant: Some(reply.state.tenant), namespace: Some(reply.state.namespace) },
                run: reply.state.run.clone(),
                number: reply.decision.seq,
            },
        }
    }
}

impl Summary for StepAnswer {
    fn text(&self) -> String {
        let mut text = format!("{}\n{}", decision_line(&self.decision, self.unmet_gates_left_out), self.run.line());
        if self.repeated {
            text.push_str("\nthis answer was given before");
        }
        if let Some(explanation) = &self.explanation {
            explanation_lines(explanation, &mut text);
        }
        text
    }

    fn links(&self) -> Vec<Link> {
        let cut =
            self.unmet_gates_left_out > 0 || self.explanation.as_ref().is_some_and(|it| !it.left_out.is_nothing());
        let whole = cut.then(|| Link::new(self.whole.to_string(), "the whole decision"));
        whole.into_iter().collect()
    }
}
