//! What a decision is measured by: the seed's metrics and its span, as a list that any exporter can take.
//!
//! Pure: how long the evaluation took is an argument. Attributes are few and of closed sets (outcomes, reason codes,
//! declared environments), so the number of series is bounded. A gate that was off was not evaluated and is not told of.

use std::time::Duration;

use serde_json::Value;

use crate::chain::ReleaseDecision;
use crate::result::{GateResult, Outcome};

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
    /// How long an evaluation of the chain took, in milliseconds.
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
            Self::Duration => "Milliseconds that evaluating the chain took",
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

/// The span of an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// Where the release is to go.
    pub environment: String,
    /// The composite score, where there was one.
    pub trust_score: Option<f64>,
    /// What the gate decided.
    pub decision: &'static str,
    /// Whose claim it rests on, where there was one.
    pub issuer_id: Option<String>,
}

impl Span {
    /// Its name.
    pub const NAME: &'static str = "VexTrustGate.EvaluateAsync";
}

/// The word for an outcome.
pub fn decision_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "pass",
        Outcome::PassWithNote => "pass_with_note",
        Outcome::Warn => "warn",
        Outcome::Block => "block",
        Outcome::Skip => "skip",
    }
}

/// What a decision adds to each metric.
pub fn measurements(decision: &ReleaseDecision, elapsed: Duration) -> Vec<Measurement> {
    let Some(row) = row(decision) else { return Vec::new() };
    let environment = || ("environment", decision.environment.to_string());
    let word = || ("decision", decision_word(row.outcome).to_owned());
    let reason = ("reason", row.judged.reason.to_owned());
    let of = |instrument, value, attributes| Measurement { instrument, value, attributes };
    let mut all = vec![
        of(Instrument::Evaluations, 1.0, vec![environment()]),
        of(Instrument::Decisions, 1.0, vec![word(), environment(), reason]),
        of(Instrument::Duration, elapsed.as_secs_f64() * 1_000.0, vec![environment()]),
    ];
    all.extend(score(row).map(|score| of(Instrument::TrustScore, score, vec![word(), environment()])));
    all
}

/// The span of a decision; nothing where the gate was off.
pub fn span(decision: &ReleaseDecision) -> Option<Span> {
    let row = row(decision)?;
    Some(Span {
        environment: decision.environment.to_string(),
        trust_score: score(row),
        decision: decision_word(row.outcome),
        issuer_id: detail(row, "issuer_id").and_then(Value::as_str).map(str::to_owned),
    })
}

/// The gate's row, where it was asked.
fn row(decision: &ReleaseDecision) -> Option<&GateResult> {
    decision.rows.iter().find(|row| row.gate == GATE && row.judged.reason != "gate_off")
}

fn score(row: &GateResult) -> Option<f64> {
    detail(row, "trust_score")?.as_str()?.parse().ok()
}

fn detail<'a>(row: &'a GateResult, name: &str) -> Option<&'a Value> {
    row.judged.details.iter().find(|(it, _)| *it == name).map(|(_, value)| value)
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
        let all = measurements(&decision, Duration::from_micros(1_500));
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
        let span = span(&decision).unwrap();
        assert_eq!((span.decision, span.trust_score, span.issuer_id), ("warn", None, None));
    }

    #[test]
    fn a_gate_that_was_off_is_not_told_of() {
        let decision = evaluate(&policy(&json!({})), &release("production"));
        assert_eq!((measurements(&decision, Duration::ZERO), span(&decision)), (Vec::new(), None));
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
