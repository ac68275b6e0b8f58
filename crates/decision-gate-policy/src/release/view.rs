//! A judgement for people and programs: all rows, what did not count, and what would have done. Never hashed.

use decision_gate_attest::evidence::PassedOver;
use decision_gate_core::condition::Truth;
use decision_gate_core::trust::Lane;
use serde_json::{Map, Value, json};

use super::answer::{Judged, audit};
use crate::chain::Hypothetical;

/// Most entries that are told of what did not count.
const MAX_TOLD: usize = 16;

/// The whole judgement.
pub(super) fn of(judged: &Judged<'_>, lane: Lane, if_verified: &Hypothetical) -> Value {
    let Value::Object(mut view) = judged.decision.to_json() else { return Value::Null };
    let mut put = |name: &str, value: Value| {
        view.insert(name.to_owned(), value);
    };
    put("policy", judged.name.into());
    put("lane", lane.to_string().into());
    put("audit", audit(judged.decision));
    if let Some(status) = judged.requested {
        put("requested_status", status.word().into());
    }
    let refused = judged.sifted.rejected.iter().take(MAX_TOLD);
    let refused: Vec<_> = refused.map(|it| json!({ "envelope": it.envelope, "code": it.code })).collect();
    if !refused.is_empty() {
        put("refused", refused.into());
    }
    let passed_over: Vec<_> = judged.sifted.passed_over.iter().take(MAX_TOLD).map(PassedOver::to_value).collect();
    if !passed_over.is_empty() {
        put("passed_over", passed_over.into());
    }
    if judged.decision.truth != Truth::True && if_verified.would_be() == Truth::True {
        put("if_verified", hypothetical(if_verified));
    }
    Value::Object(view)
}

fn hypothetical(it: &Hypothetical) -> Value {
    let mut view = Map::new();
    view.insert("outcome".to_owned(), it.would_be().word().into());
    view.insert("note".to_owned(), "were all that was handed in verified; not a decision".into());
    Value::Object(view)
}
