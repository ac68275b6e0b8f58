//! "High false positive rate": a threshold that nothing can reach with the outcomes that are recorded.

use decision_gate_attest::issuers::Accuracy;
use decision_gate_attest::rate::Rate;

use super::Finding;
use super::patient::{Patient, VexRules};

pub(super) fn run(patient: &Patient) -> Vec<Finding> {
    let Ok(records) = patient.outcomes() else { return Vec::new() };
    let directory = patient.issuers().and_then(Result::ok).unwrap_or_default();
    let mut found = Vec::new();
    for rules in patient.vex_rules() {
        let least = rules.min_outcomes();
        let known = directory.iter().filter_map(|it| match records.outcomes.tally(&it.id, 0).accuracy(least) {
            Accuracy::Known(rate) => Some(rate),
            Accuracy::Unknown(_) => None,
        });
        let best = known.max();
        found.extend(score(&rules, best));
        found.extend(accuracy(&rules, best));
    }
    found
}

/// The best claim there can be: signed by an issuer that may speak, fresh, by digest, and as accurate as the best.
fn score(rules: &VexRules, best: Option<Rate>) -> Option<Finding> {
    let wanted = rules.rate("MinCompositeScore")?;
    let weights = rules.weights();
    let accuracy = u64::from(weights.accuracy) * u64::from(best.unwrap_or(Rate::ZERO).billionths()) / 1_000_000_000;
    let rest = weights.signature + weights.issuer + weights.freshness + weights.specificity;
    let reached = u32::try_from(accuracy).ok()?.saturating_add(rest).min(1_000_000);
    let reached = Rate::from_billionths(reached.saturating_mul(1_000))?;
    (reached < wanted).then(|| {
        let (place, least) = (&rules.place, rules.min_outcomes());
        let message = format!(
            "{place}: `MinCompositeScore` is {}, and no claim can reach more than {}",
            wanted.decimal(),
            reached.decimal()
        );
        let hint =
            format!("lower `MinCompositeScore`, or record {least} outcomes of an issuer: `issuers record-outcome`");
        Finding::trouble("threshold_unreachable", message, hint)
    })
}

fn accuracy(rules: &VexRules, best: Option<Rate>) -> Option<Finding> {
    let wanted = rules.rate("MinAccuracyRate")?;
    let (place, least) = (&rules.place, rules.min_outcomes());
    let message = match best {
        Some(rate) if rate >= wanted => return None,
        Some(rate) => format!(
            "{place}: `MinAccuracyRate` is {}, and the most accurate issuer has {}",
            wanted.decimal(),
            rate.decimal()
        ),
        None => {
            format!("{place}: `MinAccuracyRate` is {}, and no issuer has {least} recorded outcomes", wanted.decimal())
        }
    };
    let hint = "record outcomes with `issuers record-outcome`, or lower `MinAccuracyRate` or set it to null";
    Some(Finding::trouble("accuracy_unreachable", message, hint))
}
