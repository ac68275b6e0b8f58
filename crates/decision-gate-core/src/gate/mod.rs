//! Stage 4: truths to a gate's status. Strong Kleene over the requirement tree, every leaf visited and traced.

mod requirement;

pub use requirement::{MAX_DEPTH, Need, Requirement, ShapeError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::condition::Truth;
use crate::json::canonical::form::{Form, object};
use crate::name::{ConditionId, GateId};

/// What one gate came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GateEvaluation {
    /// Which gate.
    pub gate_id: GateId,
    /// Its status.
    pub status: Truth,
    /// Each leaf as it was visited, left to right, repeats included.
    pub trace: Vec<TraceEntry>,
}

/// One visited leaf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceEntry {
    /// Which condition.
    pub condition_id: ConditionId,
    /// Its status within this gate.
    pub status: Truth,
}

impl Form for GateEvaluation {
    fn form(&self, out: &mut Vec<u8>) {
        object!(out, { "gate_id": &self.gate_id, "status": &self.status, "trace": &self.trace });
    }
}

impl Form for TraceEntry {
    fn form(&self, out: &mut Vec<u8>) {
        object!(out, { "condition_id": &self.condition_id, "status": &self.status });
    }
}

/// Evaluates a gate's tree over the truth of its conditions, each as what it is needed for: to hold, or to fail.
pub fn evaluate(
    gate_id: &GateId,
    requirement: &Requirement,
    truth: &dyn Fn(&ConditionId, Need) -> Truth,
) -> GateEvaluation {
    let mut trace = Vec::new();
    let status = requirement.evaluate(&mut |condition, need| {
        let status = truth(condition, need);
        trace.push(TraceEntry { condition_id: condition.clone(), status });
        status
    });
    GateEvaluation { gate_id: gate_id.clone(), status, trace }
}
