//! The form of a case: what evidence there is, and what it should come to.

use std::collections::BTreeMap;

use decision_gate_core::condition::Truth;
use decision_gate_core::engine::DecisionOutcome;
use decision_gate_core::json::schema::document;
use decision_gate_core::name::{ConditionId, GateId, StageId};
use decision_gate_core::trust::Lane;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// A case of `scenario test`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    /// What it shows, for people.
    #[serde(default)]
    pub(super) why: String,
    /// Where the run stands; the first stage when left out.
    #[serde(default)]
    pub(super) stage: Option<StageId>,
    /// What is known, by condition; what is left out is not there.
    #[serde(default)]
    pub(super) evidence: BTreeMap<ConditionId, Value>,
    /// How far the evidence is trusted.
    #[serde(default = "verified")]
    pub(super) lane: Lane,
    /// When it is judged (RFC 3339); now when left out.
    #[serde(default)]
    pub(super) time: Option<String>,
    /// What it should come to.
    pub(super) expect: Expect,
    /// What gates should be, any of them.
    #[serde(default)]
    pub(super) gates: BTreeMap<GateId, Wanted>,
}

impl Case {
    /// The JSON Schema of a case.
    pub(super) fn schema() -> Value {
        document::<Self>("case", "Decision Gate case of a scenario")
    }
}

/// What a gate should be: in YAML, `True` and `False` are no words.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Wanted {
    /// Decided so.
    Decided(bool),
    /// In a word.
    Word(Truth),
}

impl Wanted {
    pub(super) fn truth(self) -> Truth {
        match self {
            Self::Decided(holds) => Truth::from(holds),
            Self::Word(truth) => truth,
        }
    }
}

fn verified() -> Lane {
    Lane::Verified
}

/// What a case should come to.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Expect {
    /// The run goes on: to another stage, or to its end.
    Advance,
    /// The run comes to its end.
    Complete,
    /// The run stays where it is.
    Hold,
}

impl Expect {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Advance => "advance",
            Self::Complete => "complete",
            Self::Hold => "hold",
        }
    }

    /// Coming to the end is going on.
    pub(super) fn is(self, outcome: &DecisionOutcome) -> bool {
        match self {
            Self::Advance => matches!(outcome, DecisionOutcome::Advance { .. } | DecisionOutcome::Complete { .. }),
            Self::Complete => matches!(outcome, DecisionOutcome::Complete { .. }),
            Self::Hold => matches!(outcome, DecisionOutcome::Hold { .. }),
        }
    }
}
