//! What a backtest found: the one structure that all formats are written from.
//!
//! The same stored decisions give the same report, in whatever order they are read: counts add up, and examples are
//! those that come first by run and position.

use std::collections::BTreeMap;

use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::name::{NamespaceId, TenantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a backtest found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// What the stored decisions were judged by.
    pub candidate: CandidateName,
    /// Decisions that were read and are meant by the filters.
    pub read: u64,
    /// Of these, those that were judged by both policies.
    pub judged: u64,
    /// Decisions that the filters leave out.
    pub left_out: u64,
    /// Those that were not judged, by code. They never count as agreeing.
    pub not_judgeable: BTreeMap<String, Unjudged>,
    /// Those that come out otherwise than recorded under the policy that was in force: the ledger, or this program, is
    /// wrong there.
    pub differing: Vec<Differing>,
    /// How many that are in all.
    pub differing_count: u64,
    /// What was decided before, and what would be decided now.
    pub outcomes: Vec<OutcomeCount>,
    /// What would change.
    pub flips: Flips,
    /// The first decisions that would change.
    pub examples: Vec<Flip>,
    /// How many more would.
    pub examples_omitted: u64,
    /// For every number that a gate of the candidate compares with: how many decisions each value lets through.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub curves: Vec<Curve>,
}

/// What the stored decisions were judged by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CandidateName {
    /// The policy's name.
    pub policy: String,
    /// Digest of its options.
    pub digest: Digest,
}

/// Decisions that were not judged for one reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unjudged {
    /// How many.
    pub count: u64,
    /// The first of them.
    pub examples: Vec<Place>,
}

/// Where a stored decision is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// Whose.
    #[schemars(with = "u64")]
    pub tenant_id: TenantId,
    /// On which shelf.
    #[schemars(with = "u64")]
    pub namespace_id: NamespaceId,
    /// In which run.
    pub run_id: String,
    /// Position of its event.
    pub seq: u64,
    /// What it is called; nothing where its event does not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision_id: Option<String>,
    /// Which condition of its stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition_id: Option<String>,
}

/// A decision that does not come out as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Differing {
    /// Where it is.
    pub place: Place,
    /// What differs first.
    pub what: String,
}

/// What a release comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Standing {
    /// It may advance.
    Allowed,
    /// It holds, for what was measured.
    Blocked,
    /// It holds, for want of evidence that counts.
    Unknown,
    /// The gate that is looked at was not asked.
    NotAsked,
}

impl Standing {
    /// All, in the order of tables.
    pub const ALL: [Self; 4] = [Self::Allowed, Self::Blocked, Self::Unknown, Self::NotAsked];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Blocked => "blocked",
            Self::Unknown => "unknown",
            Self::NotAsked => "not_asked",
        }
    }

    /// Whether the release goes on.
    pub fn lets_through(self) -> bool {
        match self {
            Self::Allowed | Self::NotAsked => true,
            Self::Blocked | Self::Unknown => false,
        }
    }
}

/// How many decisions go from one outcome to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutcomeCount {
    /// As recorded.
    pub before: Standing,
    /// Under the candidate.
    pub after: Standing,
    /// How many.
    pub count: u64,
}

/// Decisions that would change, by direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Turned {
    /// Allowed then, held now.
    pub to_hold: u64,
    /// Held then, allowed now.
    pub to_allow: u64,
}

impl Turn {
    /// As a sentence.
    pub fn sentence(&self) -> String {
        let Self { gate, key, in_force, value, at } = self;
        match at {
            Side::LetThrough => format!("{gate} {key} {in_force}: up to {value} it goes on, above that it is held"),
            Side::Held => format!("{gate} {key} {in_force}: up to {value} it is held, above that it goes on"),
        }
    }
}

impl Came {
    /// Who said so, and why.
    pub fn why(&self) -> String {
        match &self.gate {
            Some(gate) => format!("by {gate} ({})", self.reason),
            None => format!("({})", self.reason),
        }
    }
}

impl Turned {
    /// Both together.
    pub fn sum(self) -> u64 {
        self.to_hold + self.to_allow
    }
}

/// Decisions that would change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Flips {
    /// All of them.
    pub all: Turned,
    /// By the gate that holds, then or now.
    pub by_gate: BTreeMap<String, Turned>,
    /// By where the release was to go.
    pub by_environment: BTreeMap<String, Turned>,
    /// By whom it was for.
    pub by_tenant: BTreeMap<String, Turned>,
    /// By the reason code of that gate.
    pub by_reason: BTreeMap<String, Turned>,
}

/// What a release came to, and who said so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Came {
    /// To what.
    pub outcome: Standing,
    /// The first gate whose block counts; nothing where no gate blocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<String>,
    /// Stable code.
    pub reason: String,
}

/// A decision that would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Flip {
    /// Where it is.
    pub place: Place,
    /// When it was decided, and so judged.
    pub at: Timestamp,
    /// Where the release was to go.
    pub environment: String,
    /// For whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// As recorded.
    pub before: Came,
    /// Under the candidate.
    pub after: Came,
    /// Numbers of the candidate, each of which alone would turn the outcome.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub turns_at: Vec<Turn>,
}

/// Where a number of the candidate turns one decision.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Turn {
    /// Which gate.
    pub gate: String,
    /// Which of its numbers.
    pub key: String,
    /// The number that the candidate has.
    pub in_force: String,
    /// The highest number with which the outcome is as it is with a lower one; one unit above it is the other.
    pub value: String,
    /// What comes with that number.
    pub at: Side,
}

/// On which side of a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Side {
    /// The release goes on.
    LetThrough,
    /// It holds.
    Held,
}

/// How many decisions each value of a number lets through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Curve {
    /// Which gate.
    pub gate: String,
    /// Which of its numbers.
    pub key: String,
    /// Where the releases were to go.
    pub environment: String,
    /// The numbers that the candidate has there; several where tenants have their own.
    pub in_force: Vec<String>,
    /// How many decisions the gate was asked in.
    pub decisions: u64,
    /// From the lowest value to the highest: each step holds up to its value, from the one before it on.
    pub steps: Vec<CurveStep>,
    /// Steps that are not listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub steps_omitted: u64,
}

/// A stretch of values that let the same number of decisions through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CurveStep {
    /// The highest value of the stretch.
    pub up_to: String,
    /// How many decisions go on.
    pub let_through: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Report {
    /// Whether anything would change, or does not come out as recorded.
    pub fn is_quiet(&self) -> bool {
        self.flips.all.sum() == 0 && self.differing_count == 0
    }

    /// What was found, in one line.
    pub fn headline(&self) -> String {
        let Turned { to_hold, to_allow } = self.flips.all;
        let of = format!("of {} decisions", self.judged);
        if self.differing_count > 0 {
            return format!("{} recorded decisions do NOT come out as recorded", self.differing_count);
        }
        match (self.judged, to_hold, to_allow) {
            (0, ..) => "NO DECISION could be judged".to_owned(),
            (_, 0, 0) => format!("NOTHING WOULD CHANGE {of}"),
            (_, hold, 0) => format!("{hold} {of} WOULD CHANGE: held, where they went on"),
            (_, 0, allow) => format!("{allow} {of} WOULD CHANGE: let through, where they were held"),
            (_, hold, allow) => format!("{} {of} WOULD CHANGE: {hold} held, {allow} let through", hold + allow),
        }
    }

    /// What to do with it.
    pub fn next(&self) -> Vec<&'static str> {
        let mut next = Vec::new();
        if self.differing_count > 0 {
            next.push(
                "run `decision-gate ledger verify`: either the ledger was changed, or this version decides otherwise",
            );
        }
        if self.judged == 0 {
            next.push("let releases be decided under the policy in force, in shadow mode first, or widen the filters");
        } else if self.flips.all.sum() == 0 {
            next.push("nothing stands in the way of putting the policy in force: name it under `release.policy`");
        }
        if self.flips.all.to_hold > 0 {
            next.push("for what would be held: bring the evidence, or move the number that turns it (see the curves)");
        }
        if self.flips.all.to_allow > 0 {
            next.push("for what would be let through: look at each example before you loosen anything");
        }
        next
    }

    /// How many were not judged.
    pub fn unjudged(&self) -> u64 {
        self.not_judgeable.values().map(|it| it.count).sum()
    }
}
