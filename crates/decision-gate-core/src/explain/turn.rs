//! A smallest set of changes that turns the outcome of a stage, confirmed by evaluating the stage again with them.

use super::changes::{self, Move};
use super::model::{NextActions, Smallest, Then};
use super::moments::{Moments, is_derived, judged_at};
use super::smallest::{Atom, Changes, Cost, Found, Leaf, Node, Puzzle, WORK};
use super::{Situation, goals, hopeless, witness};
use crate::at::Timestamp;
use crate::condition::{Gap, Judged, Truth};
use crate::engine::{ConditionView, Edge, StageEvaluation, edge_by_outcome, evaluate_stage};
use crate::gate::{Need, Requirement};
use crate::name::ConditionId;
use crate::scenario::{ConditionSpec, GateSpec};

/// A set of changes, and the time at which they turn the outcome.
struct Turned {
    moves: Vec<Move>,
    changes: Changes,
    cost: Cost,
    at: Option<Timestamp>,
}

/// What to do, with at most so many changes in words, and how many are left out.
pub(super) fn next_actions(situation: &Situation<'_>, moments: &Moments<'_>, most: usize) -> (NextActions, usize) {
    let goals = goals::of(situation.stage);
    let mut times = vec![None];
    times.extend(moments.times().into_iter().map(Some));
    let limit = WORK / times.len();
    let (mut best, mut exact, mut shown) = (None::<Turned>, true, true);
    for at in times {
        let trees = trees(situation, at);
        let moves = changes::moves(situation, &trees, &goals);
        let atoms = moves.chunks(2).map(|pair| Atom { to_false: cost(pair.first()), to_true: cost(pair.last()) });
        let puzzle = Puzzle { trees, atoms: atoms.collect() };
        match puzzle.solve(&goals, limit) {
            Found::Nothing { shown: all } => shown &= all,
            Found::Changes { changes, cost, smallest, .. } => {
                exact &= smallest;
                let waiting = Cost { changes: 1, trouble: changes::WAITING };
                let cost = if at.is_some() { cost.and(waiting) } else { cost };
                if best.as_ref().is_none_or(|best| cost < best.cost) {
                    best = Some(Turned { moves, changes, cost, at });
                }
            }
        }
    }
    exact &= shown || best.is_none();
    match best {
        Some(turned) => told(situation, moments, &turned, exact, most),
        None if shown => (hopeless::nothing_helps(situation, moments), 0),
        None => (not_found("the gates are too tangled for the search"), 0),
    }
}

/// Nothing to say, and why.
fn not_found(why: &str) -> NextActions {
    let note = format!("{why}; see what each gate requires");
    NextActions { smallest: Smallest::NotFound, note: Some(note), ..NextActions::default() }
}

fn cost(to: Option<&Move>) -> Option<Cost> {
    to?.cost
}

/// The gates' trees, with what each condition is to each gate, now or at another time.
fn trees(situation: &Situation<'_>, at: Option<Timestamp>) -> Vec<Node> {
    let views = &situation.evaluation.conditions;
    let then: Vec<Option<Judged>> = views.iter().map(|view| at_time(situation, view, at)).collect();
    let leaf = |gate: &GateSpec, id: &ConditionId, need: Need| {
        let Ok(atom) = views.binary_search_by(|view| view.condition_id.cmp(id)) else {
            return Leaf { atom: usize::MAX, now: Truth::Unknown, movable: false };
        };
        let now = match (views.get(atom), then.get(atom)) {
            (Some(view), Some(Some(judged))) => judged.status_in(view.needed(gate), need),
            (Some(view), _) => view.judged.status_in(view.needed(gate), need),
            (None, _) => Truth::Unknown,
        };
        let movable = views.get(atom).is_some_and(|view| changes::can_move(situation, view, gate));
        Leaf { atom, now, movable }
    };
    situation.stage.spec.gates.iter().map(|gate| node(gate, &gate.requirement, Need::Holds, &leaf)).collect()
}

fn at_time(situation: &Situation<'_>, view: &ConditionView, at: Option<Timestamp>) -> Option<Judged> {
    let spec = situation.scenario.condition(&view.condition_id)?;
    is_derived(spec, situation).then(|| at.map(|at| judged_at(spec, at, situation)))?
}

fn node(
    gate: &GateSpec,
    requirement: &Requirement,
    need: Need,
    leaf: &dyn Fn(&GateSpec, &ConditionId, Need) -> Leaf,
) -> Node {
    let all = |parts: &[Requirement]| parts.iter().map(|part| node(gate, part, need, leaf)).collect();
    match requirement {
        Requirement::And(parts) => Node::Group { min: parts.len(), parts: all(parts) },
        Requirement::Or(parts) => Node::Group { min: 1, parts: all(parts) },
        Requirement::RequireGroup { min, reqs } => Node::Group { min: usize::from(*min), parts: all(reqs) },
        Requirement::Not(part) => Node::Not(Box::new(node(gate, part, !need, leaf))),
        Requirement::Condition(id) => Node::Leaf(leaf(gate, id, need)),
    }
}

/// The changes in words, if the stage evaluated with them lets the run go on.
fn told(
    situation: &Situation<'_>,
    moments: &Moments<'_>,
    turned: &Turned,
    exact: bool,
    most: usize,
) -> (NextActions, usize) {
    let evaluation = evaluated(situation, turned);
    let then = match edge_by_outcome(situation.scenario, situation.stage, &evaluation) {
        Edge::To { stage_id, degraded: None } => Then::Advance { to_stage: stage_id },
        Edge::End { degraded: None } => Then::Complete,
        Edge::To { .. } | Edge::End { .. } | Edge::None => {
            return (not_found("no set of changes was confirmed"), 0);
        }
    };
    let waiting = turned.at.map(|at| changes::wait(moments, at));
    let most = most.saturating_sub(usize::from(waiting.is_some()));
    let (mut changes, count) = changes::written(situation, &turned.moves, &turned.changes, most);
    let left_out = count.saturating_sub(changes.len());
    changes.extend(waiting);
    changes.sort_by_key(|change| change.action);
    let smallest = if exact { Smallest::Proved } else { Smallest::NotProved };
    (NextActions { changes, then: Some(then), smallest, note: None }, left_out)
}

/// The stage judged again, with the changes made and nothing else touched.
fn evaluated(situation: &Situation<'_>, turned: &Turned) -> StageEvaluation {
    let judged = |spec: &ConditionSpec| {
        let views = &situation.evaluation.conditions;
        let found = views.binary_search_by(|view| view.condition_id.cmp(&spec.condition_id));
        let view = found.ok().and_then(|index| views.get(index));
        let change = found.ok().and_then(|index| turned.changes.get(&index).copied());
        match (change, view, turned.at) {
            (Some(to), _, _) => made(situation, spec, to),
            (None, _, Some(at)) if is_derived(spec, situation) => judged_at(spec, at, situation),
            (None, Some(view), _) => view.judged.clone(),
            (None, None, _) => Judged::unknown(Gap::NoAnswer),
        }
    };
    evaluate_stage(situation.scenario, situation.stage, situation.policy, &judged)
}

/// The condition as it is after a change: under an answer that the comparison was tried with, where there is one.
fn made(situation: &Situation<'_>, spec: &ConditionSpec, to: bool) -> Judged {
    if let Some(answer) = witness::answer(spec, to, situation.policy) {
        return witness::judged(spec, &answer, situation.policy);
    }
    let lane = situation.policy.provider(&spec.query.provider_id).map(|it| it.max_lane);
    Judged { status: Truth::from(to), gap: None, lane, ..Judged::unknown(Gap::NoAnswer) }
}
