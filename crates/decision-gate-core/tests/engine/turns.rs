//! The changes that an explanation names turn the outcome, and no part of them does.

use decision_gate_core::condition::Truth;
use decision_gate_core::engine::{DecisionOutcome, TriggerKind};
use decision_gate_core::evidence::{Answer, Found};
use decision_gate_core::explain::{Change, Explanation, NextActions, Situation, Size, Smallest, Then};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Run, Setup, ms, policy, salted};
use crate::worlds::{CONDITIONS, World, branching_worlds, condition, worlds};

fn policies() -> impl Strategy<Value = Value> {
    let requirement = prop::sample::select(vec!["asserted", "verified"]);
    let cap = prop::sample::select(vec!["asserted", "verified", "verified", "verified"]);
    (requirement, cap)
        .prop_map(|(requirement, cap)| json!({"trust_requirement": requirement, "providers": {"p": {"max_lane": cap}}}))
}

/// What the first step comes to, without anything taken for granted.
fn advances(world: &World, patch: &Value) -> Option<DecisionOutcome> {
    let run = Run::start(world.scenario(), policy(patch), &Setup::default());
    let trigger = crate::support::trigger("t", TriggerKind::AgentRequestNext, None);
    let decided = run.decide(&trigger, &salted(&world.named()), ms(1)).unwrap();
    let outcome = decided.decision().outcome.clone();
    (decided.state.degraded.is_none() && leads_to(&outcome).is_some()).then_some(outcome)
}

/// What it takes where it does not advance.
fn held(world: &World, patch: &Value) -> Option<NextActions> {
    explained(world, patch).map(|it| it.next_actions)
}

/// Why it does not advance.
fn explained(world: &World, patch: &Value) -> Option<Explanation> {
    let mut run = Run::start(world.scenario(), policy(patch), &Setup::default());
    let stage = run.scenario.first_stage().unwrap().spec.stage_id.clone();
    let answers = salted(&world.named());
    let decided = run.step(TriggerKind::AgentRequestNext, &answers, ms(1)).unwrap();
    let evaluation = decided.evaluation.as_ref().unwrap();
    let situation = Situation {
        scenario: &run.scenario,
        stage: run.scenario.stage(&stage).unwrap(),
        evaluation,
        policy: &run.policy,
        told_under: &run.policy,
        at: ms(1),
        entered_at: Some(ms(0)),
    };
    let explanation = situation.explain(Size::Whole);
    assert_eq!(explanation.is_none(), advances(world, patch).is_some());
    explanation
}

/// The world after some changes: each is made by an answer that is believed.
fn after(world: &World, changes: &[&Change]) -> World {
    let mut world = world.clone();
    for change in changes {
        let id = change.condition_id.clone().unwrap();
        let index = (0..CONDITIONS).find(|it| condition(*it) == id.as_str()).unwrap();
        let found = |value: Value| Answer::Found(Box::new(Found::json(value)));
        world.answers[index] = Some(match (&change.value, change.make) {
            (Some(value), _) => found(value.clone()),
            (None, Some(Truth::True)) => found(json!(0)),
            (None, _) => Answer::absent(),
        });
    }
    world
}

/// Every world in which the conditions have been given some truth or been left as they are.
fn everything(world: &World, patch: &Value) -> bool {
    let value = |index: usize, make: bool| {
        let comparison = &world.spec["conditions"][index];
        let ways = [json!(0), json!(1), json!(2), json!([1]), json!([2]), json!("text")];
        let found = |value: Value| Some(Answer::Found(Box::new(Found::json(value))));
        match (comparison["comparator"].as_str().unwrap(), make) {
            ("exists", true) => vec![found(json!(0))],
            ("exists", false) => vec![Some(Answer::absent())],
            _ => ways.into_iter().map(found).collect(),
        }
    };
    let mut all = vec![world.answers.clone()];
    for index in 0..CONDITIONS {
        let ways: Vec<_> = [true, false].into_iter().flat_map(|make| value(index, make)).collect();
        let ways: Vec<_> = dedup(ways);
        let longer = all.iter().flat_map(|answers| {
            ways.iter().map(|way| {
                let mut answers = answers.clone();
                answers[index].clone_from(way);
                answers
            })
        });
        let longer: Vec<_> = longer.collect();
        all.extend(longer);
        all.truncate(400);
    }
    all.into_iter().any(|answers| advances(&World { answers, ..world.clone() }, patch).is_some())
}

fn dedup(ways: Vec<Option<Answer>>) -> Vec<Option<Answer>> {
    ways.into_iter().fold(Vec::new(), |mut kept, way| {
        if !kept.contains(&way) {
            kept.push(way);
        }
        kept
    })
}

fn parts<'a>(changes: &'a [Change]) -> Vec<Vec<&'a Change>> {
    let all = 0..(1_u32 << changes.len()) - 1;
    let chosen = |mask: u32| {
        let bits = changes.iter().enumerate();
        bits.filter(|(bit, _)| mask & (1 << bit) != 0).map(|(_, change)| change).collect::<Vec<&'a Change>>()
    };
    all.map(chosen).collect()
}

fn leads_to(outcome: &DecisionOutcome) -> Option<Then> {
    match outcome {
        DecisionOutcome::Advance { to_stage, .. } => Some(Then::Advance { to_stage: to_stage.clone() }),
        DecisionOutcome::Complete { .. } => Some(Then::Complete),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_200, max_global_rejects: 1_000_000, ..ProptestConfig::default() })]

    /// For random holds the smallest change set, applied, gives advance, and no proper subset does.
    #[test]
    fn the_changes_turn_the_outcome_and_no_part_does(
        world in prop_oneof![worlds(), branching_worlds()],
        patch in policies(),
    ) {
        let Some(next) = held(&world, &patch) else { return Err(TestCaseError::reject("no hold")) };
        prop_assume!(next.smallest != Smallest::NothingHelps);
        prop_assert_eq!(next.smallest, Smallest::Proved);
        let all: Vec<_> = next.changes.iter().collect();
        let turned = advances(&after(&world, &all), &patch);
        prop_assert_eq!(turned.as_ref().and_then(leads_to), next.then.clone(), "{:?}", next.changes);
        for part in parts(&next.changes) {
            let left = advances(&after(&world, &part), &patch);
            prop_assert!(left.is_none(), "{part:?} of {:?} is enough", next.changes);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, max_global_rejects: 1_000_000, ..ProptestConfig::default() })]

    /// Where an explanation says that nothing helps, nothing that was tried does.
    #[test]
    fn where_nothing_helps_nothing_does(world in prop_oneof![worlds(), branching_worlds()], patch in policies()) {
        let Some(next) = held(&world, &patch) else { return Err(TestCaseError::reject("no hold")) };
        prop_assume!(next.smallest == Smallest::NothingHelps);
        prop_assert!(next.changes.is_empty() && next.then.is_none() && next.note.is_some());
        prop_assert!(!everything(&world, &patch), "{world:#?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, max_global_rejects: 1_000_000, ..ProptestConfig::default() })]

    /// Two values that fail alike are explained alike: nothing of a value that may not be shown is in what is said.
    #[test]
    fn what_is_suggested_does_not_depend_on_what_was_seen(world in worlds(), numbers in prop::collection::vec(50..90_i64, 2)) {
        let with = |number: i64| {
            let mut world = world.clone();
            world.spec["conditions"][0]["comparator"] = json!("equals");
            world.spec["conditions"][0]["expected"] = json!(1);
            world.answers[0] = Some(Answer::Found(Box::new(Found::json(json!(number)))));
            explained(&world, &json!({}))
        };
        prop_assert_eq!(with(numbers[0]), with(numbers[1]));
    }
}
