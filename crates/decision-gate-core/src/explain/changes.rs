//! What can be changed about the conditions of a stage, what kind of trouble that is, and how it is said.

use super::model::{Action, Change};
use super::moments::Moments;
use super::smallest::{Changes, Cost, Goal, Node};
use super::words::{asks, wants};
use super::{Situation, Step, witness};
use crate::at::Timestamp;
use crate::condition::{Expects, Gap, Judged, Truth};
use crate::engine::ConditionView;
use crate::evidence::{Answer, EvidenceValue};
use crate::json::canonical;
use crate::scenario::{ConditionSpec, GateSpec};
use crate::trust::{Refusal, ReleaseBlock, ReleaseNearMiss};

/// How much trouble it is to wait.
pub(super) const WAITING: u32 = trouble(Action::Wait);

/// The longest value that a change suggests, in bytes.
const MAX_VALUE_BYTES: usize = 120;

/// A condition that is to be given a truth: what kind of thing that takes, and its cost; no cost where it can't be.
#[derive(Clone, Debug)]
pub(super) struct Move {
    pub(super) action: Action,
    pub(super) cost: Option<Cost>,
}

const NO_MOVE: Move = Move { action: Action::Supply, cost: None };

const fn trouble(action: Action) -> u32 {
    match action {
        Action::Supply => 1,
        Action::Mend => 2,
        Action::ChangeValue => 4,
        Action::Wait => 8,
        Action::Trust => 16,
    }
}

/// Whether a change of the condition can move it in this gate at all: somebody outside answers, and may be believed as
/// far as the gate asks.
pub(super) fn can_move(situation: &Situation<'_>, view: &ConditionView, gate: &GateSpec) -> bool {
    let Some(spec) = situation.scenario.condition(&view.condition_id) else { return false };
    let Some(provider) = situation.policy.provider(&spec.query.provider_id) else { return false };
    !provider.is_derived() && provider.max_lane >= view.needed(gate)
}

/// For each condition what it takes to make it False, then to make it True; looked at only where a goal wants it so.
pub(super) fn moves(situation: &Situation<'_>, trees: &[Node], goals: &[Goal]) -> Vec<Move> {
    let views = &situation.evaluation.conditions;
    let mut wanted = vec![false; views.len() * 2];
    for (gate, want) in goals.iter().flatten() {
        let Some(tree) = trees.get(*gate) else { continue };
        for first in want.truths() {
            tree.leaves(*first, &mut |leaf, to| {
                if let Some(slot) = wanted.get_mut(leaf.atom * 2 + usize::from(to)) {
                    *slot |= leaf.now != Truth::from(to);
                }
            });
        }
    }
    let of = |(slot, wanted): (usize, &bool)| match views.get(slot / 2) {
        Some(view) if *wanted => single(situation, view, slot % 2 == 1),
        Some(_) | None => NO_MOVE,
    };
    wanted.iter().enumerate().map(of).collect()
}

fn single(situation: &Situation<'_>, view: &ConditionView, to: bool) -> Move {
    let Some(spec) = situation.scenario.condition(&view.condition_id) else { return NO_MOVE };
    let judged = strictest(situation, view);
    let blocks = judged.release.as_ref().map(|it| it.why.gates.len());
    let of_release = blocks.is_some() && !matches!(judged.gap, Some(Gap::Lane { .. }));
    let hopeless = match &judged.gap {
        Some(Gap::ProviderMissing | Gap::NoReader) => true,
        // A judged release that no gate holds up is held up by its policy.
        Some(_) | None => of_release && (blocks == Some(0) || !to),
    };
    if hopeless || !witness::possible(spec, to, situation.policy) {
        return NO_MOVE;
    }
    if let Some(released) = judged.release.as_ref().filter(|_| of_release) {
        let each = released.why.gates.iter().map(|gate| Cost { changes: 1, trouble: trouble(action_of(gate)) });
        return Move { action: Action::Supply, cost: Some(each.fold(Cost::NONE, Cost::and)) };
    }
    let action = action(&judged);
    Move { action, cost: Some(Cost { changes: 1, trouble: trouble(action) }) }
}

/// What kind of thing it takes to mend a release gate.
fn action_of(gate: &ReleaseBlock) -> Action {
    let refused = |it: &ReleaseNearMiss| {
        let step = Step::of_code(&it.code);
        matches!(step, Step::Signature | Step::Key | Step::KeyWindow | Step::Lane | Step::Anchor)
    };
    match gate.status {
        Truth::False => Action::ChangeValue,
        Truth::True | Truth::Unknown if gate.near_misses.iter().any(refused) => Action::Trust,
        Truth::True | Truth::Unknown => Action::Supply,
    }
}

/// The condition as the gate sees it that asks for most.
fn strictest(situation: &Situation<'_>, view: &ConditionView) -> Judged {
    let mut judged = view.own();
    for gate in &situation.stage.spec.gates {
        let mut uses = false;
        gate.requirement.leaves(&mut |id| uses |= *id == view.condition_id);
        if uses && judged.gap.is_none() {
            judged = view.within(gate);
        }
    }
    judged.into_owned()
}

fn action(judged: &Judged) -> Action {
    match &judged.gap {
        None => Action::ChangeValue,
        Some(Gap::NoAnswer | Gap::ValueAbsent) => Action::Supply,
        Some(Gap::Fault(fault)) => match fault.code.as_str() {
            "file_not_found" => Action::Supply,
            _ => Action::Mend,
        },
        Some(Gap::Refused(Refusal::HashMismatch { .. }) | Gap::ProviderMissing | Gap::NoReader) => Action::Mend,
        Some(Gap::Refused(_) | Gap::Anchor { .. } | Gap::Lane { .. }) => Action::Trust,
        Some(
            Gap::TooLarge { .. }
            | Gap::Inexact { .. }
            | Gap::TooDeep
            | Gap::ResultMismatch { .. }
            | Gap::NotComparable { .. },
        ) => Action::ChangeValue,
    }
}

/// The first changes in words, least trouble first, and how many there are.
pub(super) fn written(
    situation: &Situation<'_>,
    moves: &[Move],
    changes: &Changes,
    most: usize,
) -> (Vec<Change>, usize) {
    let made = |(atom, to): (&usize, &bool)| Some((moves.get(atom * 2 + usize::from(*to))?.action, *atom, *to));
    let mut ordered: Vec<_> = changes.iter().filter_map(made).collect();
    ordered.sort_unstable();
    let (mut all, mut count) = (Vec::new(), 0);
    for (action, atom, to) in ordered {
        let Some(view) = situation.evaluation.conditions.get(atom) else { continue };
        let Some(spec) = situation.scenario.condition(&view.condition_id) else { continue };
        let judged = strictest(situation, view);
        let gates = judged.release.as_ref().filter(|_| !matches!(judged.gap, Some(Gap::Lane { .. })));
        let Some(released) = gates else {
            count += 1;
            if all.len() < most {
                all.push(written_one(situation, spec, &judged, action, to));
            }
            continue;
        };
        count += released.why.gates.len();
        let room = most.saturating_sub(all.len());
        all.extend(released.why.gates.iter().take(room).map(|gate| of_gate(spec, gate)));
    }
    all.sort_by_key(|change| change.action);
    (all, count)
}

/// To mend a release gate.
fn of_gate(spec: &ConditionSpec, gate: &ReleaseBlock) -> Change {
    Change {
        action: action_of(gate),
        condition_id: Some(spec.condition_id.clone()),
        release_gate: Some(gate.gate.clone()),
        make: Some(Truth::True),
        value: None,
        at: None,
        text: format!("release gate `{}`: {}", gate.gate, gate.recommendation),
    }
}

fn written_one(situation: &Situation<'_>, spec: &ConditionSpec, judged: &Judged, action: Action, to: bool) -> Change {
    let suggested = witness::answer(spec, to, situation.policy).and_then(|answer| match answer {
        Answer::Found(found) => match found.value {
            EvidenceValue::Json(value) if canonical::to_vec(&value).len() <= MAX_VALUE_BYTES => Some(value),
            EvidenceValue::Json(_) | EvidenceValue::Bytes(_) => None,
        },
        Answer::Absent { .. } | Answer::Fault(_) => None,
    });
    let valued = matches!(spec.comparator.expects(), Expects::Value | Expects::Set | Expects::Part);
    let value = suggested.filter(|_| valued && !is_release(situation, spec));
    let make = Truth::from(to);
    Change {
        action,
        condition_id: Some(spec.condition_id.clone()),
        release_gate: None,
        make: Some(make),
        text: text(spec, judged, make, value.as_ref()),
        value,
        at: None,
    }
}

fn is_release(situation: &Situation<'_>, spec: &ConditionSpec) -> bool {
    situation.policy.provider(&spec.query.provider_id).is_some_and(|it| it.release.is_some())
}

/// What would help with one condition.
fn text(spec: &ConditionSpec, judged: &Judged, make: Truth, value: Option<&serde_json::Value>) -> String {
    let asks = asks(&spec.query);
    let mut goal = format!("`{}`", wants(spec.comparator, spec.expected.value(), make));
    if let Some(value) = value.filter(|value| make == Truth::True && *value != spec.expected.value()) {
        goal.push_str(&format!(" (such as {})", super::words::short(value)));
    }
    let condition = &spec.condition_id;
    let provider = &spec.query.provider_id;
    match &judged.gap {
        None => format!("`{condition}`: make {asks} satisfy {goal}, then ask again"),
        Some(Gap::NoAnswer) => format!("`{condition}`: supply a value that satisfies {goal}"),
        Some(Gap::ValueAbsent) => format!("`{condition}`: {asks} has no value; make one that satisfies {goal}"),
        Some(Gap::Lane { need, .. }) => format!(
            "`{condition}`: bring `{need}` evidence that satisfies {goal}: let a run pull it (scenario_next), or sign it"
        ),
        Some(Gap::NotComparable { .. } | Gap::ResultMismatch { .. }) => {
            format!("`{condition}`: {asks} gives another type than the comparison needs; make it satisfy {goal}")
        }
        Some(Gap::Fault(fault)) => match fault.code.as_str() {
            "file_not_found" => format!("`{condition}`: produce the file that {asks} reads, to satisfy {goal}"),
            "provider_timeout" => format!("`{condition}`: provider `{provider}` is slow or down; ask again"),
            code => format!("`{condition}`: mend what {asks} reports as `{code}`, to satisfy {goal}"),
        },
        Some(Gap::Refused(refusal)) => {
            format!("`{condition}`: {asks} was refused as `{}`; {}", refusal.code(), refusal.hint())
        }
        Some(gap) => format!("`{condition}`: mend what {asks} reports as `{}`, to satisfy {goal}", gap.code()),
    }
}

/// To ask again later.
pub(super) fn wait(moments: &Moments<'_>, at: Timestamp) -> Change {
    let names: Vec<_> = moments.turning(at).map(|id| format!("`{id}`")).collect();
    Change {
        action: Action::Wait,
        condition_id: None,
        release_gate: None,
        make: None,
        value: None,
        at: Some(at),
        text: format!("ask again at {at}: {} turns then", names.join(", ")),
    }
}
