//! What holds for every scenario and every evidence.

use std::collections::BTreeMap;

use decision_gate_core::condition::{Truth, meet_lane};
use decision_gate_core::engine::{self, DecisionOutcome, PrecheckInput, RunState, SaltedAnswer, TriggerKind, precheck};
use decision_gate_core::evidence::{Answer, EvidenceValue};
use decision_gate_core::gate::Need;
use decision_gate_core::json::{self, Limits};
use decision_gate_core::ledger::{Body, Event, SideValue, Slot};
use decision_gate_core::name::ConditionId;
use decision_gate_core::policy::Policy;
use decision_gate_core::scenario::Scenario;
use decision_gate_core::trust::Lane;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{BOUNDS, Run, Setup, define, ms, policy, salted};
use crate::worlds::{CONDITIONS, World, branching_worlds, condition, losses, worlds};

/// More steps than any path without a circle has.
const STEPS: usize = 6;

fn policies() -> impl Strategy<Value = Value> {
    let requirement = prop::sample::select(vec!["asserted", "verified"]);
    let cap = prop::sample::select(vec!["asserted", "verified", "verified"]);
    (requirement, cap).prop_map(|(requirement, cap)| {
        json!({"trust_requirement": requirement, "providers": {"p": {"max_lane": cap}}, "limits": {"max_evidence_bytes": 100}})
    })
}

fn run(world: &World, patch: &Value) -> Run {
    let mut run = Run::start(world.scenario(), policy(patch), &Setup::default());
    let answers = salted(&world.named());
    for _ in 0..STEPS {
        if run.step(TriggerKind::AgentRequestNext, &answers, ms(1)).is_err() {
            break;
        }
    }
    run
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    /// Taking evidence away, corrupting it or lowering its lane never turns a hold into *allowed*.
    #[test]
    fn less_evidence_never_allows_more(world in branching_worlds(), losses in losses(), patch in policies()) {
        let all = run(&world, &patch);
        let answers = world.answers.iter().zip(&losses).map(|(answer, loss)| loss.of(answer.as_ref())).collect();
        let less = run(&World { answers, ..world.clone() }, &patch);
        prop_assert!(!less.state.is_allowed() || all.state.is_allowed(), "{losses:?} allowed {world:#?}");
    }

    /// A loss keeps the way that a step takes, holds, or degrades the run: it never opens another way.
    #[test]
    fn a_loss_never_opens_another_way(world in branching_worlds(), losses in losses(), patch in policies()) {
        let decide = |answers: Vec<Option<Answer>>| {
            let world = World { answers, ..world.clone() };
            let mut run = Run::start(world.scenario(), policy(&patch), &Setup::default());
            let decided = run.step(TriggerKind::AgentRequestNext, &salted(&world.named()), ms(1)).unwrap();
            (decided.decision().outcome.clone(), decided.state.degraded.is_some())
        };
        let (all, _) = decide(world.answers.clone());
        let (less, degraded) = decide(world.answers.iter().zip(&losses).map(|(answer, loss)| loss.of(answer.as_ref())).collect());
        let holds = matches!(less, DecisionOutcome::Hold { .. });
        prop_assert!(less == all || holds || degraded, "{losses:?}: {all:?} became {less:?}");
    }

    /// A status and a gap by themselves are those of the whole judgement under the lane.
    #[test]
    fn a_part_under_a_lane_is_that_of_the_whole(world in worlds(), patch in policies()) {
        let run = Run::start(world.scenario(), policy(&patch), &Setup::default());
        let trigger = crate::support::trigger("t", TriggerKind::AgentRequestNext, None);
        let evaluation = run.decide(&trigger, &salted(&world.named()), ms(1)).unwrap().evaluation.unwrap();
        for judged in evaluation.conditions.iter().map(|it| &it.judged) {
            for lane in [Lane::Asserted, Lane::Verified] {
                let whole = meet_lane(judged, lane);
                let gap = judged.gap_in(lane);
                prop_assert_eq!(gap.as_deref(), whole.gap.as_ref());
                for need in [Need::Holds, Need::Fails] {
                    prop_assert_eq!(judged.status_in(lane, need), whole.status_for(need));
                }
            }
        }
    }

    /// Nothing at all never allows anything.
    #[test]
    fn no_evidence_allows_nothing(world in worlds(), patch in policies()) {
        let nothing = run(&World { answers: vec![None; CONDITIONS], ..world.clone() }, &patch);
        prop_assert!(!nothing.state.is_allowed(), "{world:#?}");
    }

    /// A condition never turns from True to False, or back, by a loss: it turns Unknown.
    #[test]
    fn a_loss_makes_unknown_and_nothing_else(world in worlds(), losses in losses(), patch in policies()) {
        let less: Vec<_> = world.answers.iter().zip(&losses).map(|(answer, loss)| loss.of(answer.as_ref())).collect();
        let status = |answers: Vec<Option<Answer>>| {
            let world = World { answers, ..world.clone() };
            let run = Run::start(world.scenario(), policy(&patch), &Setup::default());
            let decided = run.decide(&crate::support::trigger("t", TriggerKind::AgentRequestNext, None), &salted(&world.named()), ms(1));
            let evaluation = decided.unwrap().evaluation.unwrap();
            evaluation.conditions.iter().map(|it| (it.condition_id.clone(), it.own().status)).collect::<BTreeMap<_, _>>()
        };
        let (all, less) = (status(world.answers.clone()), status(less));
        for (id, status) in less {
            prop_assert!(status == Truth::Unknown || status == all[&id], "{id}: {} became {status}", all[&id]);
        }
    }

    /// The same input gives the same bytes, whatever order the answers come in.
    #[test]
    fn the_order_of_answers_does_not_matter(world in worlds(), patch in policies(), seed in any::<u64>()) {
        let run = Run::start(world.scenario(), policy(&patch), &Setup::default());
        let trigger = crate::support::trigger("t", TriggerKind::AgentRequestNext, None);
        let answers = salted(&world.named());
        let decide = |answers: &[SaltedAnswer]| run.decide(&trigger, answers, ms(1)).unwrap();
        let (first, again, other) = (decide(&answers), decide(&answers), decide(&shuffled(&answers, seed)));
        prop_assert_eq!(first.event.to_bytes(), again.event.to_bytes());
        prop_assert_eq!(first.event.to_bytes(), other.event.to_bytes());
        prop_assert_eq!((&first.state, by_slot(&first.values)), (&other.state, by_slot(&other.values)));
    }

    /// The order in which a scenario lists its conditions changes its hash and nothing that is decided.
    #[test]
    fn the_order_of_conditions_does_not_matter(world in worlds(), patch in policies(), seed in any::<u64>()) {
        let mut spec = world.spec.clone();
        let conditions = spec["conditions"].as_array().unwrap().clone();
        spec["conditions"] = shuffled(&conditions, seed).into();
        let bodies = |world: &World| -> Vec<Value> {
            let events = run(world, &patch).events;
            events.iter().skip(1).map(|(event, _)| event.to_value()["body"].clone()).collect()
        };
        prop_assert_eq!(bodies(&world), bodies(&World { spec, ..world.clone() }));
    }

    /// A run is the fold of its events, and each event reads back as it was written.
    #[test]
    fn a_run_is_the_fold_of_its_events(world in worlds(), patch in policies()) {
        let run = run(&world, &patch);
        let mut state = None;
        for (event, values) in &run.events {
            let bytes = event.to_bytes();
            let read = Event::read(&bytes).unwrap();
            prop_assert_eq!(&read, event);
            prop_assert_eq!(read.to_bytes(), bytes);
            let next = RunState::apply(state.as_ref(), &read).unwrap();
            prop_assert_eq!(Some(next.digest()), event.state_digest);
            prop_assert_eq!(commitments(event), by_slot(values).into_iter().map(|(slot, it)| (slot, it.commitment().digest())).collect::<Vec<_>>());
            state = Some(next);
        }
        prop_assert_eq!(state.as_ref(), Some(&run.state));
        let stored: RunState = serde_json::from_slice(&json::canonical::of(&run.state).unwrap()).unwrap();
        prop_assert_eq!(stored, run.state);
    }

    /// What is kept of the answers leads to the same event again: that is what a replay starts from.
    #[test]
    fn what_is_kept_leads_to_the_same_event(world in worlds(), losses in losses(), patch in policies()) {
        let answers = world.answers.iter().zip(&losses).map(|(answer, loss)| loss.of(answer.as_ref())).collect();
        let world = World { answers, ..world };
        let run = Run::start(world.scenario(), policy(&patch), &Setup::default());
        let trigger = crate::support::trigger("t", TriggerKind::AgentRequestNext, None);
        let live = run.decide(&trigger, &salted(&world.named()), ms(1)).unwrap();
        let kept: Vec<_> = live.values.iter().map(|value| {
            let Slot::Evidence(condition_id) = value.slot.clone() else { unreachable!() };
            let answer = json::parse_exact(&value.canonical, &Limits::message(1 << 20)).unwrap();
            SaltedAnswer { condition_id, answer: serde_json::from_value(answer).unwrap(), salt: value.salt }
        }).collect();
        let policy = Policy::read(&run.policy.to_bytes()).unwrap();
        prop_assert_eq!(policy.digest(), run.policy.digest());
        let again = Run { policy, ..run }.decide(&trigger, &kept, ms(1)).unwrap();
        prop_assert_eq!(again.event.to_bytes(), live.event.to_bytes());
        prop_assert_eq!(again.values, live.values);
    }

    /// A short form hashes as what it expands to.
    #[test]
    fn a_scenario_means_the_same_after_it_was_written(world in worlds()) {
        let scenario = world.scenario();
        let written = json::parse_exact(&scenario.to_bytes(), &Limits::message(1 << 20)).unwrap();
        let again = Scenario::check(Scenario::read(&written).unwrap()).unwrap();
        prop_assert_eq!(again.hash(), scenario.hash());
        prop_assert_eq!(again.to_bytes(), scenario.to_bytes());
    }

    /// There is one evaluator: a precheck decides as a step does on the same values in the same lane.
    #[test]
    fn a_precheck_decides_as_a_step_does(world in worlds(), requirement in prop::sample::select(vec!["asserted", "verified"])) {
        let patch = json!({"trust_requirement": requirement, "providers": {"p": {"max_lane": "asserted"}}});
        let world = World { answers: world.answers.into_iter().map(|it| it.filter(|it| matches!(it, Answer::Found(_)))).collect(), ..world };
        let run = Run::start(world.scenario(), policy(&patch), &Setup::default());
        let trigger = crate::support::trigger("t", TriggerKind::AgentRequestNext, None);
        let step = run.decide(&trigger, &salted(&world.named()), ms(1)).unwrap();
        let supplied = supplied(&world);
        let input = PrecheckInput { scenario: &run.scenario, stage: None, supplied: &supplied, policy: &run.policy, at: ms(1) };
        let answer = precheck(input).unwrap();
        prop_assert_eq!(answer.decision.gate_evaluations(), step.evaluation.as_ref().unwrap().gates.as_slice());
        prop_assert_eq!(&answer.decision.outcome, &step.decision().outcome);
        prop_assert_eq!(answer.decision.degraded, step.state.degraded.as_ref().map(|it| it.reason));
    }

    /// Where asserted evidence is enough, assuming that it were verified changes nothing.
    #[test]
    fn assuming_more_than_is_asked_for_changes_nothing(world in worlds()) {
        let mut spec = world.spec.clone();
        let untrusted = |items: &mut Value| items.as_array_mut().unwrap().iter_mut().for_each(|it| drop(it.as_object_mut().unwrap().remove("trust")));
        untrusted(&mut spec["conditions"]);
        spec["stages"].as_array_mut().unwrap().iter_mut().for_each(|stage| untrusted(&mut stage["gates"]));
        let scenario = define(&spec, BOUNDS).unwrap();
        let policy = policy(&json!({"trust_requirement": "asserted"}));
        let input = PrecheckInput { scenario: &scenario, stage: None, supplied: &supplied(&world), policy: &policy, at: ms(1) };
        let answer = precheck(input).unwrap();
        prop_assert_eq!(&answer.decision.outcome, &answer.if_verified.shown().outcome);
        prop_assert_eq!(answer.decision.gate_evaluations(), answer.if_verified.shown().gate_evaluations());
    }

    /// Where verified evidence is asked for, supplied values open nothing.
    #[test]
    fn supplied_values_open_nothing_by_themselves(world in worlds()) {
        let scenario = world.scenario();
        let policy = policy(&json!({}));
        let input = PrecheckInput { scenario: &scenario, stage: None, supplied: &supplied(&world), policy: &policy, at: ms(1) };
        let answer = precheck(input).unwrap().decision;
        let opened = matches!(answer.outcome, DecisionOutcome::Advance { .. } | DecisionOutcome::Complete { .. });
        prop_assert!(!opened || answer.degraded.is_some(), "{:?}", answer.outcome);
    }
}

/// Two answers to one condition are not a choice.
#[test]
fn an_answer_that_comes_twice_is_a_fault() {
    let spec = json!({
        "scenario_id": "s", "stages": [{"stage_id": "only", "gates": [{"gate_id": "g", "requirement": "c"}]}],
        "conditions": [{"condition_id": "c", "query": {"provider_id": "p", "check_id": "any"}, "comparator": "exists"}]
    });
    let run = Run::start(define(&spec, BOUNDS).unwrap(), policy(&json!({})), &Setup::default());
    let one = salted(&BTreeMap::from([("c".to_owned(), Answer::absent())]));
    let twice = [one[0].clone(), one[0].clone()];
    let trigger = crate::support::trigger("t", TriggerKind::AgentRequestNext, None);
    assert!(matches!(run.decide(&trigger, &twice, ms(1)), Err(engine::StepFault::AnsweredTwice { .. })));
    let start = crate::support::trigger("init", TriggerKind::AgentRequestNext, None);
    assert_eq!(run.decide(&start, &one, ms(1)).unwrap_err().code(), "trigger_conflict");
}

/// The caller's values, each as asserted.
fn supplied(world: &World) -> BTreeMap<ConditionId, Value> {
    let value = |(index, answer): (usize, &Option<Answer>)| match answer.as_ref()? {
        Answer::Found(found) => match &found.value {
            EvidenceValue::Json(value) => Some((condition(index).as_str().try_into().unwrap(), value.clone())),
            EvidenceValue::Bytes(_) => None,
        },
        Answer::Absent { .. } | Answer::Fault(_) => None,
    };
    world.answers.iter().enumerate().filter_map(value).collect()
}

fn by_slot(values: &[SideValue]) -> BTreeMap<Slot, SideValue> {
    values.iter().map(|value| (value.slot.clone(), value.clone())).collect()
}

fn commitments(event: &Event) -> Vec<(Slot, decision_gate_core::digest::Digest)> {
    let Body::StepDecided(body) = &event.body else { return Vec::new() };
    let committed =
        body.evidence.iter().filter_map(|it| Some((Slot::Evidence(it.condition_id.clone()), it.answer?.digest())));
    committed.collect()
}

/// A permutation that the seed says.
pub(crate) fn shuffled<T: Clone>(items: &[T], seed: u64) -> Vec<T> {
    let mut items = items.to_vec();
    let mut state = seed;
    for index in (1..items.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(index, usize::try_from(state >> 33).unwrap() % (index + 1));
    }
    items
}
