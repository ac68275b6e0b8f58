//! Why not, and what to do: a view of an evaluation, never hashed.
//!
//! For a decision that is no advance it names the evidence that stands in the way with the first step that failed and
//! what would have done, a smallest set of changes that turns the outcome, and what time alone will change. The changes
//! are confirmed by evaluating the stage again with them. What policy keeps from leaving is not in it.
//! [`docs/spec/explanation.md`](../../../../docs/spec/explanation.md) has the numbered rules.

mod changes;
mod evidence;
mod fit;
mod goals;
mod hopeless;
mod model;
mod moments;
mod smallest;
mod step;
mod text;
mod turn;
mod upcoming;
mod witness;
mod words;

pub use fit::BRIEF_BYTES;
pub use model::{
    Action, Change, EvidenceWhy, Explanation, GateWhy, LeftOut, NearMiss, NextActions, ReleaseGateWhy, Smallest, Then,
    TimeLimit, Upcoming,
};
pub use step::Step;
pub use words::{asks, expects};

use self::moments::Moments;
use self::words::clip;
use crate::at::Timestamp;
use crate::engine::{DecisionOutcome, Edge, StageEvaluation, edge_by_outcome};
use crate::policy::Policy;
use crate::scenario::{Scenario, Stage};

/// The most of each kind that a brief explanation puts in words: more would not fit.
const BRIEF_ENTRIES: usize = 8;

/// A stage that was judged, and what it was judged by.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The scenario version.
    pub scenario: &'a Scenario,
    /// The stage.
    pub stage: Stage<'a>,
    /// The judgement.
    pub evaluation: &'a StageEvaluation,
    /// What it was judged under.
    pub policy: &'a Policy,
    /// What is in force where it is told: a value is shown where both let it be.
    pub told_under: &'a Policy,
    /// The evaluation time.
    pub at: Timestamp,
    /// When the run entered the stage; `None` where there is no run.
    pub entered_at: Option<Timestamp>,
}

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// At most [`BRIEF_BYTES`] as JSON.
    Brief,
    /// Everything.
    Whole,
}

impl Situation<'_> {
    /// Whether the gates let the run go on, and nothing is taken for granted: then there is nothing to explain.
    pub fn goes_on(&self) -> bool {
        let edge = edge_by_outcome(self.scenario, self.stage, self.evaluation);
        matches!(edge, Edge::To { degraded: None, .. } | Edge::End { degraded: None })
    }

    /// Why the run does not go on; nothing where it does.
    pub fn explain(&self, size: Size) -> Option<Explanation> {
        (!self.goes_on()).then(|| explain(self, size))
    }
}

/// Explains a stage that does not let its run go on.
fn explain(situation: &Situation<'_>, size: Size) -> Explanation {
    let most = if size == Size::Brief { BRIEF_ENTRIES } else { usize::MAX };
    let moments = Moments::of(situation);
    let (next_actions, changes) = turn::next_actions(situation, &moments, most);
    let mut obstacles = evidence::obstacles(situation);
    // What is to be changed is told of first: it is what is left when there is little room.
    let is_next = |it: &evidence::Obstacle<'_>| {
        next_actions.changes.iter().any(|change| change.condition_id.as_ref() == Some(&it.spec.condition_id))
    };
    obstacles.sort_by_cached_key(|it| !is_next(it));
    let gates = situation.evaluation.unmet().filter_map(|unmet| {
        let gate = situation.stage.gate(&unmet.gate_id)?;
        let requires = clip(&gate.requirement.to_string(), 200);
        Some(GateWhy { gate_id: unmet.gate_id.clone(), status: unmet.status, requires })
    });
    let (gates, evidence): (Vec<_>, Vec<_>) =
        (gates.take(most).collect(), obstacles.iter().take(most).map(|it| it.told(situation)).collect());
    let mut upcoming = upcoming::all(situation, &moments);
    let left_out = LeftOut {
        gates: situation.evaluation.unmet().count().saturating_sub(gates.len()),
        evidence: obstacles.len().saturating_sub(evidence.len()),
        near_misses: 0,
        changes,
        upcoming: upcoming.len().saturating_sub(most),
    };
    upcoming.truncate(most);
    let explanation = Explanation { gates, evidence, next_actions, upcoming, left_out };
    match size {
        Size::Brief => explanation.brief(),
        Size::Whole => explanation,
    }
}

impl Explanation {
    /// That a decision that was made before can't be explained any more, and why.
    pub fn unexplained(why: &str) -> Self {
        let note = format!("{why}; ask for a new decision, which is explained");
        let next_actions = NextActions { note: Some(note), smallest: Smallest::NotFound, ..NextActions::default() };
        Self { next_actions, ..Self::default() }
    }

    /// Why a run that was broken off goes on no more.
    pub fn of_end(outcome: &DecisionOutcome) -> Option<Self> {
        let DecisionOutcome::Fail { reason } = outcome else { return None };
        let note = format!("the run has ended ({}); start a new one", clip(reason, 200));
        let next_actions = NextActions { note: Some(note), ..NextActions::default() };
        Some(Self { next_actions, ..Self::default() })
    }

    /// The same in at most [`BRIEF_BYTES`] bytes of JSON.
    #[must_use]
    pub fn brief(self) -> Self {
        fit::fit(self, BRIEF_BYTES)
    }
}
