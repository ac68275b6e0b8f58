//! The gate on confidence, order 400: weighted factors against a threshold per environment.
//!
//! A factor that nobody attested counts 0 at full weight; where several did, the lowest counts. The factor `vex_trust`
//! comes from the VEX trust of the release and from nowhere else. All sums are whole numbers.

mod predicate;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use decision_gate_attest::rate::Rate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use self::predicate::{ConfidenceFactors, PREDICATE_TYPE};
use crate::attested::Content;
use crate::context::ReleaseContext;
use crate::eligible::{self, Selected, Terms};
use crate::gates::{Gate, GateOptions, Level, Threshold};
use crate::options::{Action, MinLane, OptionFault};
use crate::result::{Judged, Outcome, Telling};
use crate::span::Span;
use crate::vex_trust::VexInput;

/// The factor that VEX trust gives.
pub const VEX_TRUST: &str = "vex_trust";

/// Options of the gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ConfidenceOptions {
    /// The least confidence. Stands in entries of `Thresholds` only.
    pub min_confidence: Rate,
    /// What happens below it.
    pub below_threshold_action: Action,
    /// Factors that count, and how much; 0 takes one out.
    pub weights: BTreeMap<String, Rate>,
    /// How old evidence may be; null for any age.
    pub max_age: Option<Span>,
    /// Environments that evidence may come from; null for every declared one.
    pub source_environments: Option<Vec<String>>,
    /// The least lane of evidence.
    pub min_lane: MinLane,
}

fn hundredths(count: u32) -> Rate {
    Rate::from_billionths(count * 10_000_000).unwrap_or(Rate::ONE)
}

impl Default for ConfidenceOptions {
    fn default() -> Self {
        let weights = [("evidence", 30), ("provenance", 25), ("reachability", 25), (VEX_TRUST, 20)];
        Self {
            min_confidence: hundredths(75),
            below_threshold_action: Action::Warn,
            weights: weights.into_iter().map(|(name, weight)| (name.to_owned(), hundredths(weight))).collect(),
            max_age: None,
            source_environments: None,
            min_lane: MinLane::Verified,
        }
    }
}

impl GateOptions for ConfidenceOptions {
    const ID: &'static str = "confidence";
    const ORDER: u16 = 400;
    const KEY: &'static str = "Confidence";
    const ENTRIES_KEY: &'static str = "Thresholds";
    const ONLY_IN_ENTRIES: &'static [&'static str] = &["MinConfidence"];
    const THRESHOLDS: &'static [Threshold<Self>] = &[Threshold {
        key: "MinConfidence",
        get: |it| Some(Level::rate(it.min_confidence)),
        set: |it, value| it.min_confidence = Level::as_rate(value),
    }];

    fn built_in() -> Value {
        let mut options = json!(Self::default());
        if let Some(options) = options.as_object_mut() {
            let entry = |count| json!({ "MinConfidence": hundredths(count) });
            let entries = json!({ "production": entry(75), "staging": entry(60), "development": entry(40) });
            options.insert("Thresholds".into(), entries);
        }
        options
    }

    fn check(self, options: &Value) -> Result<Self, OptionFault> {
        if self.weights.values().all(|it| *it == Rate::ZERO) {
            let found = options.get("Weights").unwrap_or(&Value::Null);
            return Err(OptionFault::value("Weights", found, "a table with at least one weight above 0"));
        }
        Ok(self)
    }
}

impl Gate for ConfidenceOptions {
    fn judge(&self, release: &ReleaseContext, telling: Telling) -> Judged {
        let terms = self.terms();
        let selected = eligible::select(release, &terms, |content| match content {
            Content::Confidence(factors) => Some(factors),
            _ => None,
        });
        let (mut sum, mut all, mut unknown) = (0_u64, 0_u64, 0_u64);
        let mut missing = Vec::new();
        for (name, weight) in self.weights.iter().filter(|(_, weight)| **weight > Rate::ZERO) {
            let weight = u64::from(weight.billionths());
            all += weight;
            match factor(name, release, &selected) {
                // At most a thousand million squared: below 2^60.
                Some(value) => sum += weight * u64::from(value.billionths()) / 1_000_000_000,
                None => {
                    unknown += weight;
                    missing.push(name.as_str());
                }
            }
        }
        let confidence = Rate::of(sum, all).unwrap_or(Rate::ZERO);
        let at_best = Rate::of(sum + unknown, all).unwrap_or(Rate::ZERO);
        self.against_threshold(confidence, at_best, &missing, telling)
            .detail("confidence", || confidence.decimal())
            .detail("min_confidence", || self.min_confidence.decimal())
            .detail("missing_factors", || missing)
            .resting_on(selected.found.iter().map(|(it, _)| it.envelope()))
            .near(selected.misses(telling))
    }

    fn moments(&self, release: &ReleaseContext) -> Vec<i64> {
        eligible::moments(release, &self.terms())
    }
}

fn factor(name: &str, release: &ReleaseContext, selected: &Selected<'_, ConfidenceFactors>) -> Option<Rate> {
    if name == VEX_TRUST {
        return release.vex.as_ref().and_then(VexInput::confidence_factor);
    }
    selected.found.iter().filter_map(|(_, it)| it.factors.get(name).copied()).min()
}

impl ConfidenceOptions {
    fn terms(&self) -> Terms<'_> {
        Terms::of(PREDICATE_TYPE, self.min_lane, self.source_environments.as_deref(), self.max_age)
    }

    fn against_threshold(&self, confidence: Rate, at_best: Rate, missing: &[&str], telling: Telling) -> Judged {
        let threshold = self.min_confidence;
        let decimals = threshold.percent_decimals();
        let (shown, wanted) = (|| confidence.percent(decimals), || threshold.percent(decimals));
        if confidence >= threshold {
            return if missing.is_empty() {
                let message = || format!("Confidence ({}) meets threshold ({})", shown(), wanted());
                telling.measured(Outcome::Pass, "confidence_met", message)
            } else {
                let message = || {
                    let list = missing.join(", ");
                    format!("Confidence ({}) meets threshold ({}); missing factors: {list}", shown(), wanted())
                };
                telling.measured(Outcome::PassWithNote, "confidence_met", message)
            };
        }
        let message = || match self.below_threshold_action {
            Action::Warn => format!("Confidence ({}) is below threshold (warn mode)", shown()),
            Action::Block => format!("Confidence ({}) is below threshold ({})", shown(), wanted()),
        };
        let outcome = self.below_threshold_action.outcome();
        // What is missing could still lift it over: then nobody knows.
        if at_best >= threshold {
            telling
                .missing(outcome, "confidence_factors_missing", message)
                .recommend("attest the factors that are missing")
        } else {
            telling
                .measured(outcome, "confidence_below_threshold", message)
                .recommend("strengthen the evidence behind the lowest factors")
        }
    }
}
