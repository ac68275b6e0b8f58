//! Signs: a word, a symbol and a colour, of which the colour is never the only one.

use decision_gate_core::condition::Truth;
use decision_gate_core::engine::DecisionOutcome;
use decision_gate_core::runpack::Level;
use decision_gate_core::trust::Lane;

/// A sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Badge {
    /// Its class in the style sheet.
    pub(crate) tone: &'static str,
    /// The id of its symbol.
    pub(crate) icon: &'static str,
    /// What it says.
    pub(crate) word: &'static str,
}

impl Badge {
    pub(crate) const fn good(word: &'static str) -> Self {
        Self { tone: "good", icon: "yes", word }
    }

    pub(crate) const fn bad(word: &'static str) -> Self {
        Self { tone: "bad", icon: "no", word }
    }

    pub(crate) const fn open(word: &'static str) -> Self {
        Self { tone: "open", icon: "open", word }
    }

    pub(crate) const fn plain(word: &'static str) -> Self {
        Self { tone: "plain", icon: "dot", word }
    }

    /// Of a gate or a condition.
    pub(crate) fn truth(truth: Truth) -> Self {
        match truth {
            Truth::True => Self::good("met"),
            Truth::False => Self::bad("not met"),
            Truth::Unknown => Self::open("unknown"),
        }
    }

    /// Of a condition that a gate wants to be `wanted`.
    pub(crate) fn wanted(truth: Truth, wanted: Truth) -> Self {
        match (truth, wanted) {
            (Truth::False, Truth::False) => Self::good("does not hold, as wanted"),
            (Truth::True, Truth::False) => Self::bad("holds, and must not"),
            (truth, _) => Self::truth(truth),
        }
    }

    /// Of a lane, or none.
    pub(crate) fn lane(lane: Option<Lane>) -> Self {
        match lane {
            Some(Lane::Verified) => Self { tone: "note", icon: "seal", word: "verified" },
            Some(Lane::Asserted) => Self { tone: "open", icon: "said", word: "asserted" },
            None => Self { tone: "plain", icon: "dot", word: "no lane" },
        }
    }

    /// Of a facet.
    pub(crate) fn level(level: Level) -> Self {
        match level {
            Level::All => Self::good("all"),
            Level::Partial => Self::open("partial"),
            Level::None => Self::plain("none"),
        }
    }

    /// Of a decision.
    pub(crate) fn outcome(outcome: &DecisionOutcome) -> Self {
        match outcome {
            DecisionOutcome::Start { .. } => Self { tone: "note", icon: "start", word: "started" },
            DecisionOutcome::Advance { timeout: true, .. } => Self::open("advanced by timeout"),
            DecisionOutcome::Advance { .. } => Self::good("advanced"),
            DecisionOutcome::Complete { .. } => Self::good("completed"),
            DecisionOutcome::Hold { .. } => Self { tone: "open", icon: "hold", word: "on hold" },
            DecisionOutcome::Fail { .. } => Self::bad("failed"),
        }
    }

    /// Of a release gate's outcome.
    pub(crate) fn release(outcome: &str) -> Self {
        match outcome {
            "Pass" => Self::good("pass"),
            "PassWithNote" => Self::good("pass, with a note"),
            "Warn" => Self::open("warn"),
            "Block" => Self::bad("block"),
            "Skip" => Self::plain("skipped"),
            _ => Self::plain("unknown outcome"),
        }
    }
}
