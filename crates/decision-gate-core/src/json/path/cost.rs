//! What a question costs at most, estimated on the document before the library is asked.
//!
//! A node is reached from one place without a descendant segment and with one; a second one reaches it from every node
//! above it, and so does the comparison of nodes as wholes. Selectors side by side multiply. Within a filter the way
//! down from the tested node has a fixed length, so each token of it looks at a node once.

use serde_json::Value;

use super::{JsonPathError, guard::Guarded};
use crate::json::Limits;

/// Most steps of a question; a step is about 30 ns.
const MAX_STEPS: usize = 20_000_000;
/// Steps for a segment to visit a node and keep it.
const VISIT: usize = 6;
/// Bytes of text that are compared or counted in a step.
const BYTES: usize = 64;

/// Refuses a question that is too much.
pub(super) fn check(guarded: &Guarded, document: &Value) -> Result<(), JsonPathError> {
    let has_one_answer = guarded.plural_signs == 0;
    if has_one_answer { Ok(()) } else { Estimate { guarded, steps_left: MAX_STEPS }.visit(document, 0) }
}

struct Estimate<'g> {
    guarded: &'g Guarded,
    steps_left: usize,
}

impl Estimate<'_> {
    /// Takes the steps for a node and for all below it that the path may reach.
    fn visit(&mut self, node: &Value, depth: usize) -> Result<(), JsonPathError> {
        if depth > Limits::EVIDENCE_DEPTH {
            return Err(JsonPathError::DocumentTooDeep { limit: Limits::EVIDENCE_DEPTH });
        }
        let Guarded { descendants, node_comparisons, copies, .. } = *self.guarded;
        let places = (depth + 1).saturating_pow(descendants.saturating_sub(1) + node_comparisons);
        let steps = self.steps(node).saturating_mul(copies).saturating_mul(places);
        let steps_left = self.steps_left.checked_sub(steps);
        self.steps_left = steps_left.ok_or(JsonPathError::TooMuchWork { limit: MAX_STEPS })?;
        match node {
            _ if depth == self.guarded.reach() => Ok(()),
            Value::Array(items) => items.iter().try_for_each(|item| self.visit(item, depth + 1)),
            Value::Object(members) => members.values().try_for_each(|member| self.visit(member, depth + 1)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
        }
    }

    /// Steps for a node that is reached from one place.
    fn steps(&self, node: &Value) -> usize {
        let Guarded { segments, filter_steps, patterns, .. } = *self.guarded;
        let steps = VISIT * segments + filter_steps;
        match node {
            Value::String(text) => steps
                .saturating_add(filter_steps.saturating_mul(text.len() / BYTES))
                .saturating_add(patterns.steps(text.len())),
            Value::Object(members) => steps + members.keys().map(|name| name.len() / BYTES).sum::<usize>(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => steps,
        }
    }
}
