//! What a decision is measured by: the seed's metrics and its span, as a list that any exporter can take.
//!
//! Pure: how long it took is an argument. Attributes are few and of closed sets (outcomes, reason codes,
//! declared environments), so the number of series is bounded. A gate that was off was not evaluated and is not told of.

use std::time::Duration;

use serde_json::Value;

use crate::chain::ReleaseDecision;

/// The gate that is measured.
const GATE: &str = "vex-trust";

/// What is counted or measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instrument {
    /// Evaluations.
    Evaluations,
    /// Decisions, by what they were, why, and where.
    Decisions,
    /// The composite score.
    TrustScore,
    /// How long an evaluation took, in milliseconds.
    Duration,
}

impl Instrument {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Evaluations, Self::Decisions, Self::TrustScore, Self::Duration];

    /// The name of the metric.
    pub fn name(self) -> &'static str {
        match self {
            Self::Evaluations => "stellaops.policy.vex_trust_gate.evaluations.total",
            Self::Decisions => "stellaops.policy.vex_trust_gate.decisions.total",
            Self::TrustScore => "stellaops.policy.vex_trust_gate.trust_score",
            Self::Duration => "stellaops.policy.vex_trust_gate.evaluation_duration_ms",
        }
    }

    /// For people.
    pub fn description(self) -> &'static str {
        match self {
            Self::Evaluations => "Total evaluations of the gate on VEX trust",
            Self::Decisions => "Decisions of the gate on VEX trust",
            Self::TrustScore => "Composite trust scores that the gate judged",
            Self::Duration => "Milliseconds that an evaluation took, reading evidence and keeping the record included",
        }
    }

    /// Upper bounds of the buckets; nothing for what is counted.
    pub fn bounds(self) -> Option<&'static [f64]> {
        match self {
            Self::Evaluations | Self::Decisions => None,
            Self::TrustScore => Some(&[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]),
            Self::Duration => Some(&[0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0]),
        }
    }
}

/// One thing that was seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// Of what.
    pub instrument: Instrument,
    /// How much; 1 for what is counted.
    pub value: f64,
    /// Where it belongs, by name.
    pub attributes: Vec<(&'static str, String)>,
}

/// What is told of one decision of the gate; also the span of its evaluation, with exactly these attributes.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// Where the release is to go.
    pub environment: String,
    /// The composite score, where there was one.
    pub trust_score: Option<f64>,
    /// What the gate decided.
    pub decision: &'static str,
    /// Whose claim it rests on, where there was one.
    pub issuer_id: Option<String>,
    /// The reason code: an attribute of metrics, and of no span.
    pub reason: String,
}

impl Observed {
    /// The name of the span.
    pub const SPAN: &'static str = "VexTrustGate.EvaluateAsync";

    /// What there is to tell of a decision; nothing where the gate was off.
    pub fn of(decision: &ReleaseDecision) -> Option<Self> {
        Self::of_view(&decision.to_json())
    }

    /// The same of a decision as the ledger keeps it.
    pub fn of_view(view: &Value) -> Option<Self> {
        let row = view.get("gates")?.as_array()?.iter().find(|row| row.get("gate").is_some_and(|it| it == GATE))?;
        let text = |of: &Value, pointer: &str| of.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let reason = text(row, "/reason").filter(|reason| reason != "gate_off")?;
        Some(Self {
            environment: text(view, "/environment")?,
            trust_score: text(row, "/details/trust_score").and_then(|it| it.parse().ok()),
            decision: word(row.get("outcome")?.as_str()?)?,
            issuer_id: text(row, "/details/issuer_id"),
            reason,
        })
    }

    /// What it adds to each metric.
    pub fn measurements(&self, elapsed: Duration) -> Vec<Measurement> {
        let environment = || ("environment", self.environment.clone());
        let decision = || ("decision", self.decision.to_owned());
        let of = |instrument, value, attributes| Measurement { instrument, value, attributes };
        let mut all = vec![
            of(Instrument::Evaluations, 1.0, vec![environment()]),
            of(Instrument::Decisions, 1.0, vec![decision(), environment(), ("reason", self.reason.clone())]),
            of(Instrument::Duration, elapsed.as_secs_f64() * 1_000.0, vec![environment()]),
        ];
        all.extend(self.trust_score.map(|it| of(Instrument::TrustScore, it, vec![decision(), environment()])));
        all
    }
}

/// The word of metrics for an outcome.
fn word(outcome: &str) -> Option<&'static str> {
    Some(match outcome {
        "Pass" => "pass",
        "PassWithNote" => "pass_with_note",
        "Warn" => "warn",
        "Block" => "block",
        "Skip" => "skip",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::chain::evaluate;
    use crate::tests::{policy, release};

    #[test]
    fn a_gate_that_was_asked_is_counted_with_its_reason() {
        let policy = policy(&json!({ "VexTrust": { "Enabled": true } }));
        let decision = evaluate(&policy, &release("production"));
        let observed = Observed::of(&decision).unwrap();
        let all = observed.measurements(Duration::from_micros(1_500));
        let shown: Vec<_> = all
            .iter()
            .map(|it| {
                let attributes: Vec<_> = it.attributes.iter().map(|(name, value)| format!("{name}={value}")).collect();
                format!("{} {} {}", it.instrument.name(), attributes.join(","), it.value)
            })
            .collect();
        assert_eq!(
            shown,
            [
                "stellaops.policy.vex_trust_gate.evaluations.total environment=production 1",
                "stellaops.policy.vex_trust_gate.decisions.total decision=warn,environment=production,reason=missing_vex_trust_data 1",
                "stellaops.policy.vex_trust_gate.evaluation_duration_ms environment=production 1.5",
            ]
        );
        assert_eq!((observed.decision, observed.trust_score, observed.issuer_id), ("warn", None, None));
    }

    #[test]
    fn a_gate_that_was_off_is_not_told_of() {
        let decision = evaluate(&policy(&json!({})), &release("production"));
        assert_eq!(Observed::of(&decision), None);
    }

    #[test]
    fn every_outcome_has_a_word() {
        use crate::result::Outcome::{Block, Pass, PassWithNote, Skip, Warn};
        let words = [Pass, PassWithNote, Warn, Block, Skip].map(|it| word(json!(it).as_str().unwrap()));
        assert_eq!(words, ["pass", "pass_with_note", "warn", "block", "skip"].map(Some));
    }

    #[test]
    fn bounds_rise_and_hold_the_line_of_the_alert() {
        for instrument in Instrument::ALL {
            let bounds = instrument.bounds().unwrap_or_default();
            assert!(bounds.windows(2).all(|pair| pair[0] < pair[1]), "{}", instrument.name());
        }
        assert!(Instrument::Duration.bounds().unwrap().contains(&100.0));
    }
}
