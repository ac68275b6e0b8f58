//! A decision as JSON: what the ledger hashes and what the faces show.
//!
//! Times are milliseconds since 1970, digests as everywhere; what is empty is left out, so that a row without waivers
//! looks the same as before there were any.

use decision_gate_core::condition::Truth;
use serde_json::{Map, Value, json};

use crate::chain::ReleaseDecision;
use crate::result::{GateResult, Judged};

impl ReleaseDecision {
    /// The decision as JSON. Same decision, same value.
    pub fn to_json(&self) -> Value {
        let upcoming = self.upcoming.iter().map(
            |it| json!({ "gate": it.gate, "waiver": it.waiver, "lapses_at": it.at, "lapses_in_days": it.in_days }),
        );
        let mut view = Map::new();
        view.insert("allowed".into(), (self.truth == Truth::True).into());
        view.insert("outcome".into(), self.truth.word().into());
        view.insert("reason".into(), self.reason.into());
        put(&mut view, "decided_by", self.decided_by.map(Value::from));
        view.insert("environment".into(), self.environment.as_str().into());
        put(&mut view, "tenant", self.tenant.clone().map(Value::from));
        view.insert("policy_digest".into(), json!(self.policy));
        view.insert("gates".into(), self.rows.iter().map(GateResult::to_json).collect());
        put(&mut view, "warnings", some(self.warnings().map(|row| row.gate.into())));
        put(&mut view, "upcoming", some(upcoming));
        put(&mut view, "relaxations", some(self.relaxations.iter().map(|it| it.as_str().into())));
        Value::Object(view)
    }
}

impl GateResult {
    /// The row as JSON.
    pub fn to_json(&self) -> Value {
        let mut view = Map::new();
        view.insert("gate".into(), self.gate.into());
        view.insert("order".into(), self.order.into());
        view.insert("outcome".into(), json!(self.outcome));
        put(&mut view, "truth", self.truth.map(|it| it.word().into()));
        view.insert("would_have".into(), json!(self.would_have));
        put(&mut view, "mode", self.mode.map(|it| it.word().into()));
        put(&mut view, "mode_source", self.mode_source.as_ref().map(|it| it.to_string().into()));
        self.judged.put(&mut view);
        put(&mut view, "waived", some(self.waived.iter().map(|it| json!(it))));
        put(&mut view, "refused_waivers", some(self.refused_waivers.iter().map(|it| json!(it))));
        Value::Object(view)
    }
}

impl Judged {
    fn put(&self, view: &mut Map<String, Value>) {
        view.insert("basis".into(), json!(self.basis));
        view.insert("reason".into(), self.reason.into());
        view.insert("message".into(), self.message.as_str().into());
        let details: Map<_, _> = self.details.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        put(view, "details", Some(details).filter(|it| !it.is_empty()).map(Value::Object));
        put(view, "recommendation", self.recommendation.as_deref().map(Value::from));
        put(view, "evidence", some(self.evidence.iter().map(|it| json!(it))));
        put(view, "near_misses", some(self.near_misses.iter().map(|it| json!(it))));
    }
}

fn put(view: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        view.insert(key.to_owned(), value);
    }
}

/// A list, unless it is empty.
fn some(items: impl Iterator<Item = Value>) -> Option<Value> {
    let items: Vec<_> = items.collect();
    (!items.is_empty()).then_some(Value::Array(items))
}
