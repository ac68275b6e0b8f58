//! Laws: one evaluator, no order, and thresholds that hold where they are said to turn.

use decision_gate_core::condition::Truth;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Extent, Filter, WHOLE, ledger};
use crate::backtest::report::{Side, Standing};
use crate::release::tests::World;
use crate::release::tests::laws::{file, strict};

/// Policies of which some are stricter than others, each in its own way.
fn gates() -> impl Strategy<Value = Value> {
    let action = || prop::sample::select(vec!["Block", "Warn"]);
    let mode = || prop::sample::select(vec!["Block", "Block", "Warn", "Shadow"]);
    (0..6_u64, 0..3_u64, 0..=100_u32, 0..40_u64, action(), action(), mode(), mode()).prop_map(
        |(hot, paths, rate, count, missing, low, first, second)| {
            json!({
                "ExecutionEvidence": {
                    "Enabled": true, "MissingEvidenceAction": missing, "Mode": first,
                    "MinHotSymbolCount": hot, "MinUniqueCallPaths": paths,
                },
                "BeaconRate": {
                    "Enabled": true, "BelowThresholdAction": "Block", "MissingBeaconAction": missing, "Mode": second,
                    "LowCountAction": if low == "Block" { "Block" } else { "PassWithNote" },
                    "MinVerificationRate": f64::from(rate) / 100.0, "MinBeaconCount": count,
                },
            })
        },
    )
}

/// Releases out of one folder, to which files are added and from which some are taken.
fn worlds() -> impl Strategy<Value = Vec<World>> {
    let one = |files: Vec<Vec<u8>>| {
        let some = prop::sample::subsequence(files.clone(), 0..=files.len());
        (some, prop::sample::select(vec!["production", "staging"]), 0..40_i64).prop_map(
            |(files, environment, minutes)| {
                let files = files.into_iter().enumerate().map(|(at, it)| (format!("{at}.json"), it)).collect();
                World { files, environment, at: crate::tests::NOW + minutes * 60_000, ..strict() }
            },
        )
    };
    prop::collection::vec(file(), 1..6).prop_flat_map(move |files| prop::collection::vec(one(files), 1..6))
}

fn recorded(mut worlds: Vec<World>, gates: &Value) -> Vec<World> {
    for world in &mut worlds {
        world.gates = gates.clone();
    }
    worlds
}

/// What a live run of this world comes to.
fn live(world: &World) -> Standing {
    match world.run().status().0 {
        Truth::True => Standing::Allowed,
        Truth::False => Standing::Blocked,
        Truth::Unknown => Standing::Unknown,
    }
}

/// The gates with another number.
fn with(gates: &Value, key: &str, value: &Value) -> Value {
    let mut gates = gates.clone();
    for options in gates.as_object_mut().unwrap().values_mut() {
        if options.get(key).is_some() {
            options[key] = value.clone();
        }
    }
    gates
}

/// A number so many units above one, as a policy writes it.
fn number(value: &str, above: u32) -> Value {
    use decision_gate_attest::rate::Rate;
    if !value.contains('.') {
        return json!(value.parse::<u64>().unwrap() + u64::from(above));
    }
    json!(Rate::from_billionths(Rate::parse(value).unwrap().billionths() + above).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_policy_flips_nothing(worlds in worlds(), gates in gates()) {
        let report = ledger(&recorded(worlds.clone(), &gates)).backtest(&gates, Filter::default(), WHOLE);
        prop_assert!(report.is_quiet(), "{report:#?}");
        prop_assert_eq!(report.judged, u64::try_from(worlds.len()).unwrap());
        prop_assert!(report.outcomes.iter().all(|it| it.before == it.after));
    }

    #[test]
    fn a_backtest_is_what_the_candidate_decides_live(worlds in worlds(), was in gates(), is in gates()) {
        let (was, is) = (recorded(worlds.clone(), &was), recorded(worlds, &is));
        let report = ledger(&was).backtest(&is[0].gates, Filter::default(), WHOLE);
        prop_assert_eq!(report.differing_count, 0);
        let mut wanted = std::collections::BTreeMap::<_, u64>::new();
        for (was, is) in was.iter().zip(&is) {
            *wanted.entry((live(was), live(is))).or_default() += 1;
        }
        let found: std::collections::BTreeMap<_, _> =
            report.outcomes.iter().map(|it| ((it.before, it.after), it.count)).collect();
        prop_assert_eq!(found, wanted);
    }

    #[test]
    fn the_order_of_runs_does_not_matter(worlds in worlds(), was in gates(), is in gates(), turn in 0..6_usize) {
        let few = Extent { examples: 2, curves: Some(100) };
        let mut ledger = ledger(&recorded(worlds, &was));
        let first = ledger.backtest(&is, Filter::default(), few);
        let count = ledger.runs.len();
        ledger.runs.rotate_left(turn % count);
        prop_assert_eq!(&first, &ledger.backtest(&is, Filter::default(), few));
        ledger.runs.reverse();
        prop_assert_eq!(first, ledger.backtest(&is, Filter::default(), few));
    }

    #[test]
    fn at_the_threshold_the_outcome_is_one_and_a_unit_over_it_the_other(
        worlds in worlds(), was in gates(), is in gates(),
    ) {
        let was = recorded(worlds, &was);
        let report = ledger(&was).backtest(&is, Filter::default(), WHOLE);
        for flip in &report.examples {
            let index: usize = flip.place.run_id.trim_start_matches("run-").parse().unwrap();
            for turn in &flip.turns_at {
                let decide = |above| {
                    let gates = with(&is, &turn.key, &number(&turn.value, above));
                    live(&World { gates, ..was[index].clone() })
                };
                let through = turn.at == Side::LetThrough;
                prop_assert_eq!(decide(0).lets_through(), through, "{:?} of {}", turn, flip.place.run_id);
                prop_assert_eq!(decide(1).lets_through(), !through, "{:?} of {}", turn, flip.place.run_id);
            }
        }
    }

    #[test]
    fn every_step_of_a_curve_is_what_a_backtest_at_its_value_gives(worlds in worlds(), was in gates(), is in gates()) {
        let ledger = ledger(&recorded(worlds, &was));
        let report = ledger.backtest(&is, Filter::default(), WHOLE);
        for curve in &report.curves {
            for step in &curve.steps {
                let value = number(&step.up_to, 0);
                let environments = [curve.environment.parse().unwrap()].into();
                let filter = Filter { environments, ..Filter::default() };
                let there = ledger.backtest(&with(&is, &curve.key, &value), filter, WHOLE);
                let through: u64 =
                    there.outcomes.iter().filter(|it| it.after.lets_through()).map(|it| it.count).sum();
                prop_assert_eq!(through, step.let_through, "{:?}", curve);
            }
        }
    }
}
