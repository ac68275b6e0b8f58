//! What an explanation says. One structure, from which every face makes its text, its JSON and its reports.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Step;
use crate::at::Timestamp;
use crate::condition::Truth;
use crate::name::{ConditionId, GateId, StageId};

/// Why a decision is no advance, and what to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Explanation {
    /// Gates that are not True, in the order of the text.
    pub gates: Vec<GateWhy>,
    /// Evidence that stands in the way; what the next actions are about comes first.
    pub evidence: Vec<EvidenceWhy>,
    /// What to do.
    pub next_actions: NextActions,
    /// What time alone will change, soonest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub upcoming: Vec<Upcoming>,
    /// What is not told here for length.
    #[serde(default, skip_serializing_if = "LeftOut::is_nothing")]
    pub left_out: LeftOut,
}

/// A gate that is not True.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GateWhy {
    /// Which gate.
    pub gate_id: GateId,
    /// Its status.
    pub status: Truth,
    /// Its requirement, for people.
    pub requires: String,
}

/// A piece of evidence that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceWhy {
    /// Which condition asks for it.
    pub condition_id: ConditionId,
    /// The first gate that it keeps from holding.
    pub gate_id: GateId,
    /// Its status within that gate.
    pub status: Truth,
    /// The first step that failed.
    pub step: Step,
    /// `not_met`, or why it is Unknown.
    pub code: String,
    /// For people.
    pub message: String,
    /// The question, for people.
    pub asks: String,
    /// How it compares, and with what.
    pub expects: String,
    /// What was seen; left out when there was nothing or it may not be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
    /// What would have done, field by field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub near_misses: Vec<NearMiss>,
    /// The release gates that block, of a condition on a release.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub release_gates: Vec<ReleaseGateWhy>,
}

/// A field that would have done with another content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NearMiss {
    /// Which field.
    pub field: String,
    /// What would have done.
    pub expected: String,
    /// What was there; left out where it may not be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
}

/// A release gate that blocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReleaseGateWhy {
    /// Which gate.
    pub gate: String,
    /// False where it measured, Unknown where it lacked something.
    pub status: Truth,
    /// The first step that failed.
    pub step: Step,
    /// Stable code.
    pub code: String,
    /// In the gate's own words.
    pub message: String,
    /// What to do about it.
    pub recommendation: String,
    /// Evidence that nearly counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub near_misses: Vec<NearMiss>,
}

/// What turns the outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NextActions {
    /// The changes, least trouble first: all of them together turn the outcome.
    pub changes: Vec<Change>,
    /// What is decided after them, as the same evaluation says; left out when nothing turns the outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<Then>,
    /// How sure it is that fewer don't do.
    pub smallest: Smallest,
    /// Why there is nothing to do, or what else to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Default for NextActions {
    fn default() -> Self {
        Self { changes: Vec::new(), then: None, smallest: Smallest::NothingHelps, note: None }
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// What kind of thing to do.
    pub action: Action,
    /// Which condition it is about; left out for waiting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition_id: Option<ConditionId>,
    /// Which release gate, of a condition on a release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release_gate: Option<String>,
    /// What the condition must become.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub make: Option<Truth>,
    /// A value with which it does, as the comparison itself says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// When to ask again, of waiting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// For people.
    pub text: String,
}

/// What kind of thing to do, least trouble first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Bring evidence that is missing.
    Supply,
    /// Mend a source that could not answer.
    Mend,
    /// Make the value another.
    ChangeValue,
    /// Ask again later.
    Wait,
    /// Let it be signed, pulled or anchored as the policy asks.
    Trust,
}

impl Action {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Supply => "supply",
            Self::Mend => "mend",
            Self::ChangeValue => "change_value",
            Self::Wait => "wait",
            Self::Trust => "trust",
        }
    }
}

/// What is decided after the changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Then {
    /// The run goes on.
    Advance {
        /// To there.
        to_stage: StageId,
    },
    /// The run comes to its end.
    Complete,
}

/// How sure it is that no smaller set of changes turns the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Smallest {
    /// Every smaller set was ruled out.
    Proved,
    /// No part of the set does; whether another, smaller one would is not known.
    NotProved,
    /// Nothing that the caller can change turns it.
    NothingHelps,
    /// No set was found within the limit of work.
    NotFound,
}

/// Something that time alone will change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Upcoming {
    /// When.
    pub at: Timestamp,
    /// What kind of thing.
    pub what: TimeLimit,
    /// Which key, condition, stage or gate.
    pub of: String,
    /// For people.
    pub then: String,
}

/// What ends or begins by time alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeLimit {
    /// A condition on the time itself turns.
    ConditionTurns,
    /// A key begins to count.
    KeyBegins,
    /// A key counts no longer.
    KeyEnds,
    /// A signed statement counts no longer.
    EvidenceExpires,
    /// A waiver ends, and the release gate blocks again.
    WaiverLapses,
    /// A release gate says something else, since evidence becomes too old for it.
    ReleaseGateTurns,
    /// The stage's time is over.
    StageTimeout,
}

/// How much was left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    /// Gates.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub gates: usize,
    /// Pieces of evidence.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub evidence: usize,
    /// Near misses and release gates of evidence that is told of.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub near_misses: usize,
    /// Changes: without them the outcome does not turn.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub changes: usize,
    /// Times.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub upcoming: usize,
}

impl LeftOut {
    /// Whether everything is told.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}
