//! What each gate can be, over everything that its conditions can be.
//!
//! Where a condition stands once in a tree, parts are independent and the sets of what they can be combine. One that
//! stands there several times is tried with each of its values; a tree with too many of those is not looked into.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Possible};
use crate::condition::Truth;
use crate::gate::Requirement;
use crate::name::ConditionId;
use crate::scenario::{AdvanceTo, Scenario, StageSpec};

/// The most conditions of one tree that stand there several times: three to that power trees are worked out.
const MAX_REPEATED: usize = 7;

type CanBe<'a> = BTreeMap<&'a ConditionId, Possible>;

pub(super) fn look(scenario: &Scenario, conditions: &CanBe<'_>, findings: &mut Vec<Finding>) {
    for (s, stage) in scenario.spec().stages.iter().enumerate() {
        let before = findings.len();
        for (g, gate) in stage.gates.iter().enumerate() {
            let Some(can_be) = of_tree(&gate.requirement, conditions) else { continue };
            let path = format!("/stages/{s}/gates/{g}/requirement");
            if let Some((code, what, hint)) = verdict(can_be) {
                findings.push(Finding { path, code, message: format!("gate `{}` {what}", gate.gate_id), hint });
            }
        }
        if findings.len() == before && asks_for_all(stage) && stage.gates.len() > 1 {
            let all = Requirement::And(stage.gates.iter().map(|gate| gate.requirement.clone()).collect());
            if of_tree(&all, conditions).is_some_and(|it| !it.can_be(Truth::True)) {
                let message = format!("stage `{}` is never passed: its gates can't be True together", stage.stage_id);
                let hint = "gates of one stage must all be True: move what contradicts into a branch";
                findings.push(Finding {
                    path: format!("/stages/{s}/gates"),
                    code: "stage_never_passed",
                    message,
                    hint,
                });
            }
        }
    }
}

fn asks_for_all(stage: &StageSpec) -> bool {
    match &stage.advance_to {
        AdvanceTo::Linear | AdvanceTo::Fixed { .. } | AdvanceTo::Terminal => true,
        AdvanceTo::Branch { .. } => false,
    }
}

fn verdict(can_be: Possible) -> Option<(&'static str, &'static str, &'static str)> {
    match (can_be.can_be(Truth::True), can_be.can_be(Truth::False)) {
        (false, false) => Some((
            "gate_holds_forever",
            "stays Unknown: nothing that its conditions can be decides it",
            "look at the findings on its conditions",
        )),
        (false, true) => {
            Some(("gate_never_true", "is never True", "change the tree, or the findings on its conditions"))
        }
        (true, false) => Some((
            "gate_never_false",
            "is never False: whatever the evidence says, it opens or waits",
            "ask for something that can fail",
        )),
        (true, true) => None,
    }
}

/// What a tree can be; `None` where that is too much to work out.
pub(super) fn of_tree(tree: &Requirement, conditions: &CanBe<'_>) -> Option<Possible> {
    let (mut seen, mut repeated) = (BTreeSet::new(), BTreeSet::new());
    tree.leaves(&mut |id| {
        if !seen.insert(id) {
            repeated.insert(id);
        }
    });
    if repeated.len() > MAX_REPEATED {
        return None;
    }
    let mut all = Possible::NOTHING;
    each_choice(&repeated.into_iter().collect::<Vec<_>>(), conditions, &mut |chosen| {
        all = all.join(of_parts(tree, chosen));
    });
    Some(all)
}

/// Calls `visit` with each way in which the conditions of `several` can be one thing.
fn each_choice<'a>(several: &[&'a ConditionId], conditions: &CanBe<'a>, visit: &mut dyn FnMut(&CanBe<'a>)) {
    let Some((first, rest)) = several.split_first() else { return visit(conditions) };
    let can_be = conditions.get(first).copied().unwrap_or(Possible::ANYTHING);
    for truth in can_be.each() {
        let mut chosen = conditions.clone();
        chosen.insert(first, Possible::only(truth));
        each_choice(rest, &chosen, visit);
    }
}

fn of_parts(tree: &Requirement, conditions: &CanBe<'_>) -> Possible {
    let fold = |parts: &[Requirement], of_none, combine: fn(Truth, Truth) -> Truth| {
        parts.iter().fold(Possible::only(of_none), |all, part| all.with(of_parts(part, conditions), combine))
    };
    match tree {
        Requirement::And(parts) => fold(parts, Truth::True, Truth::and),
        Requirement::Or(parts) => fold(parts, Truth::False, Truth::or),
        Requirement::Not(part) => of_parts(part, conditions).map(std::ops::Not::not),
        Requirement::RequireGroup { min, reqs } => of_group(usize::from(*min), reqs, conditions),
        Requirement::Condition(id) => conditions.get(id).copied().unwrap_or(Possible::ANYTHING),
    }
}

/// By how many parts hold and how many stay open.
fn of_group(min: usize, parts: &[Requirement], conditions: &CanBe<'_>) -> Possible {
    let mut counts = BTreeSet::from([(0_usize, 0_usize)]);
    for part in parts {
        let can_be = of_parts(part, conditions);
        let next = |(holding, open): (usize, usize)| {
            can_be.each().map(move |truth| match truth {
                // More than enough is enough.
                Truth::True => ((holding + 1).min(min), open),
                Truth::Unknown => (holding, (open + 1).min(min)),
                Truth::False => (holding, open),
            })
        };
        counts = counts.into_iter().flat_map(next).collect();
    }
    counts.into_iter().fold(Possible::NOTHING, |all, (holding, open)| {
        all.or_else(if holding >= min {
            Truth::True
        } else if holding + open < min {
            Truth::False
        } else {
            Truth::Unknown
        })
    })
}
