//! Random scenarios and random evidence, for the laws.

use std::collections::BTreeMap;

use decision_gate_core::evidence::{Answer, EvidenceSignature, Fault, FaultCode, Found};
use decision_gate_core::scenario::Scenario;
use decision_gate_core::trust::Lane;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{BOUNDS, define};

/// How many conditions a scenario has.
pub(crate) const CONDITIONS: usize = 5;

/// The name of a condition.
pub(crate) fn condition(index: usize) -> String {
    format!("c{index}")
}

/// A scenario in short form, and what the world answers to each of its conditions.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) spec: Value,
    pub(crate) answers: Vec<Option<Answer>>,
}

impl World {
    pub(crate) fn scenario(&self) -> Scenario {
        define(&self.spec, BOUNDS).unwrap_or_else(|faults| panic!("{faults}\n{}", self.spec))
    }

    pub(crate) fn named(&self) -> BTreeMap<String, Answer> {
        let answers = self.answers.iter().enumerate();
        answers.filter_map(|(index, answer)| Some((condition(index), answer.clone()?))).collect()
    }
}

/// What happens to one answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Loss {
    Nothing,
    Removed,
    Faulty,
    Asserted,
    WrongHash,
    ForeignSignature,
    TooLarge,
    TooDeep,
    Rounded,
}

pub(crate) fn losses() -> impl Strategy<Value = Vec<Loss>> {
    let loss = prop_oneof![
        4 => Just(Loss::Nothing),
        2 => Just(Loss::Removed),
        1 => Just(Loss::Faulty),
        1 => Just(Loss::Asserted),
        1 => Just(Loss::WrongHash),
        1 => Just(Loss::ForeignSignature),
        1 => Just(Loss::TooLarge),
        1 => Just(Loss::TooDeep),
        1 => Just(Loss::Rounded),
    ];
    prop::collection::vec(loss, CONDITIONS)
}

impl Loss {
    /// What is left of an answer.
    pub(crate) fn of(self, answer: Option<&Answer>) -> Option<Answer> {
        let with = |change: &dyn Fn(&mut Found)| match answer? {
            Answer::Found(found) => {
                let mut found = found.clone();
                change(&mut found);
                Some(Answer::Found(found))
            }
            other => Some(other.clone()),
        };
        match self {
            Self::Nothing => answer.cloned(),
            Self::Removed => None,
            Self::Faulty => Some(Answer::Fault(Fault::new(FaultCode::known("broken"), "broken"))),
            Self::Asserted => match answer? {
                Answer::Absent { anchor, attestation, .. } => Some(Answer::Absent {
                    anchor: anchor.clone(),
                    lane_ceiling: Some(Lane::Asserted),
                    attestation: attestation.clone(),
                }),
                _ => with(&|found| found.lane_ceiling = Some(Lane::Asserted)),
            },
            Self::WrongHash => with(&|found| {
                found.claimed_hash = Some(decision_gate_core::digest::Digest::of(b"something else"));
            }),
            Self::ForeignSignature => with(&|found| {
                let signature = EvidenceSignature { scheme: "unknown".into(), key_id: "k".into(), signature: vec![1] };
                found.signature = Some(signature);
            }),
            Self::TooLarge => {
                with(&|found| found.value = decision_gate_core::evidence::EvidenceValue::Bytes(vec![1; 200]))
            }
            Self::TooDeep => with(&|found| {
                let deep = (0..70).fold(Value::Null, |inner, _| json!([inner]));
                found.value = decision_gate_core::evidence::EvidenceValue::Json(deep);
            }),
            Self::Rounded => with(&|found| {
                found.value = decision_gate_core::evidence::EvidenceValue::Json(json!(9_007_199_254_740_993_u64));
            }),
        }
    }
}

fn answers() -> impl Strategy<Value = Option<Answer>> {
    let value = prop_oneof![
        6 => (0..3_i64).prop_map(Value::from),
        1 => Just(json!("text")),
        1 => Just(Value::Null),
        1 => Just(json!([1, 2])),
    ];
    let lane = prop_oneof![4 => Just(None), 1 => Just(Some(Lane::Asserted))];
    prop_oneof![
        8 => (value, lane).prop_map(|(value, lane_ceiling)| {
            Some(Answer::Found(Box::new(Found { lane_ceiling, ..Found::json(value) })))
        }),
        1 => Just(Some(Answer::absent())),
        1 => Just(None),
    ]
}

/// `not_exists` is left out: emptying the source that it asks can open it, and the define step warns of that.
fn conditions() -> impl Strategy<Value = Vec<Value>> {
    let comparison = prop::sample::select(vec![
        json!({"comparator": "equals", "expected": 1}),
        json!({"comparator": "not_equals", "expected": 0}),
        json!({"comparator": "greater_than", "expected": 0}),
        json!({"comparator": "less_than_or_equal", "expected": 1}),
        json!({"comparator": "in_set", "expected": [1, 2]}),
        json!({"comparator": "contains", "expected": [1]}),
        json!({"comparator": "deep_not_equals", "expected": [2]}),
        json!({"comparator": "exists"}),
    ]);
    let trust = prop_oneof![3 => Just(None), 1 => Just(Some("asserted")), 1 => Just(Some("verified"))];
    prop::collection::vec((comparison, trust), CONDITIONS).prop_map(|all| {
        let named = |(index, (mut condition, trust)): (usize, (Value, Option<&str>))| {
            condition["condition_id"] = condition_id(index);
            condition["query"] = json!({"provider_id": "p", "check_id": "any"});
            if let Some(lane) = trust {
                condition["trust"] = json!({"min_lane": lane});
            }
            condition
        };
        all.into_iter().enumerate().map(named).collect()
    })
}

fn condition_id(index: usize) -> Value {
    condition(index).into()
}

fn trees() -> impl Strategy<Value = Value> {
    let leaf = (0..CONDITIONS).prop_map(condition_id);
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| json!({"And": parts})),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| json!({"Or": parts})),
            inner.clone().prop_map(|part| json!({"Not": part})),
            prop::collection::vec(inner, 1..4)
                .prop_flat_map(|reqs| (1..=reqs.len(), Just(reqs)))
                .prop_map(|(min, reqs)| json!({"RequireGroup": {"min": min, "reqs": reqs}})),
        ]
    })
}

/// A requirement, and the lane that the gate asks for.
type GateDraft = (Value, Option<&'static str>);

/// An edge whose targets and gates are numbers, to be named once it is known how many stages there are.
#[derive(Clone, Debug)]
enum Edge {
    Linear,
    Terminal,
    Fixed(usize),
    Branch { rules: Vec<(usize, &'static str, usize)>, default: Option<usize> },
}

fn edges() -> impl Strategy<Value = Edge> {
    let rule = (0..2_usize, prop::sample::select(vec!["true", "false", "unknown"]), 0..4_usize);
    prop_oneof![
        3 => Just(Edge::Linear),
        1 => Just(Edge::Terminal),
        1 => (0..4_usize).prop_map(Edge::Fixed),
        4 => (prop::collection::vec(rule, 0..4), proptest::option::of(0..4_usize))
            .prop_map(|(rules, default)| Edge::Branch { rules, default }),
    ]
}

impl Edge {
    fn written(&self, stage: usize, stages: usize, gates: usize) -> Value {
        let to = |target: usize| format!("s{}", target % stages);
        match self {
            Self::Linear => json!("linear"),
            Self::Terminal => json!("terminal"),
            Self::Fixed(target) => json!({"kind": "fixed", "stage_id": to(*target)}),
            Self::Branch { rules, default } => {
                let rule = |(gate, outcome, target): &(usize, &str, usize)| json!({"gate_id": format!("g{stage}-{}", gate % gates), "outcome": outcome, "next_stage_id": to(*target)});
                let rules: Vec<_> = rules.iter().map(rule).collect();
                json!({"kind": "branch", "branches": rules, "default": default.map(to)})
            }
        }
    }
}

/// Any world. Without time: a run that waits longer sees another time, which is another world.
pub(crate) fn worlds() -> impl Strategy<Value = World> {
    let gate = (trees(), prop_oneof![3 => Just(None), 1 => Just(Some("verified"))]);
    let stage = (prop::collection::vec(gate, 1..3), edges());
    let stages = prop::collection::vec(stage, 1..4);
    (stages, conditions(), prop::collection::vec(answers(), CONDITIONS)).prop_map(|(stages, conditions, answers)| {
        let count = stages.len();
        let written = |(s, (gates, edge)): (usize, (Vec<GateDraft>, Edge))| {
            let gate = |(g, (requirement, trust)): (usize, &GateDraft)| {
                let mut gate = json!({"gate_id": format!("g{s}-{g}"), "requirement": requirement});
                if let Some(lane) = trust {
                    gate["trust"] = json!({"min_lane": lane});
                }
                gate
            };
            let edge = edge.written(s, count, gates.len());
            let gates: Vec<_> = gates.iter().enumerate().map(gate).collect();
            json!({"stage_id": format!("s{s}"), "gates": gates, "advance_to": edge})
        };
        let stages: Vec<_> = stages.into_iter().enumerate().map(written).collect();
        World { spec: json!({"scenario_id": "any", "stages": stages, "conditions": conditions}), answers }
    })
}

/// Any world, with more of those whose first stage branches on small gates: most of what can go wrong does so there.
pub(crate) fn branching_worlds() -> impl Strategy<Value = World> {
    let small = (0..2_usize, any::<bool>());
    let rule = (0..2_usize, prop::sample::select(vec!["true", "false", "true", "false", "unknown"]), 1..3_usize);
    let rules = prop::collection::vec(rule, 2..5);
    let first = ([small.clone(), small], rules, proptest::option::of(1..3_usize));
    let branching = (worlds(), first).prop_map(|(mut world, (gates, rules, default))| {
        let gate = |(g, (index, positive)): (usize, (usize, bool))| {
            let leaf = condition_id(index);
            let requirement = if positive { leaf } else { json!({"Not": leaf}) };
            json!({"gate_id": format!("first-{g}"), "requirement": requirement})
        };
        let rule = |(g, outcome, target): (usize, &str, usize)| {
            json!({"gate_id": format!("first-{g}"), "outcome": outcome, "next_stage_id": format!("then-{target}")})
        };
        let gates: Vec<_> = gates.into_iter().enumerate().map(gate).collect();
        let rules: Vec<_> = rules.into_iter().map(rule).collect();
        let default = default.map(|target| format!("then-{target}"));
        world.spec["stages"] = json!([
            {"stage_id": "first", "gates": gates, "advance_to": {"kind": "branch", "branches": rules, "default": default}},
            {"stage_id": "then-1", "gates": [{"gate_id": "g1", "requirement": "c2"}], "advance_to": "terminal"},
            {"stage_id": "then-2", "gates": [{"gate_id": "g2", "requirement": {"Not": "c2"}}], "advance_to": "terminal"}
        ]);
        world
    });
    prop_oneof![1 => worlds(), 2 => branching]
}
