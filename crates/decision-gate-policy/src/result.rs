//! What a gate says, and the row that the chain makes of it.

use decision_gate_core::condition::Truth;
use decision_gate_core::digest::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::mode::{Mode, Origin};
use crate::waiver::Waived;

/// How a gate ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Outcome {
    /// Met.
    Pass,
    /// Met, and there is something to know.
    PassWithNote,
    /// Not met, and the policy only warns.
    Warn,
    /// Not met.
    Block,
    /// Not judged, or judged without effect. Proves nothing.
    Skip,
}

/// What an outcome rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Something was measured.
    Measured,
    /// Something was missing, malformed or not believed.
    Missing,
}

/// Evidence that would have counted but for one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NearMiss {
    /// Which evidence: an envelope's digest, or a metadata key.
    pub evidence: String,
    /// Stable code of what was wrong.
    pub code: String,
    /// The field that was wrong.
    pub field: String,
    /// What would have done.
    pub expected: String,
    /// What was there.
    pub seen: String,
}

/// How much a gate tells of what it came to. What it came to is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// All of it.
    Whole,
    /// Outcome, basis and reason, without words, facts, evidence and near misses: for whoever only compares.
    Bare,
}

/// What a gate says.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// How it ended.
    pub outcome: Outcome,
    /// What that rests on.
    pub basis: Basis,
    /// Stable code.
    pub reason: &'static str,
    /// For people, in the seeds' words.
    pub message: String,
    /// Facts.
    pub details: Vec<(&'static str, Value)>,
    /// What to do.
    pub recommendation: Option<String>,
    /// Digests of the envelopes that it rests on, in order.
    pub evidence: Vec<Digest>,
    /// What nearly counted.
    pub near_misses: Vec<NearMiss>,
    pub(crate) telling: Telling,
}

impl Telling {
    /// A gate that says so for what it measured.
    pub(crate) fn measured<S: Into<String>>(
        self,
        outcome: Outcome,
        reason: &'static str,
        message: impl FnOnce() -> S,
    ) -> Judged {
        let message = if self == Self::Whole { message().into() } else { String::new() };
        Judged { telling: self, ..Judged::measured(outcome, reason, message) }
    }

    /// A gate that says so for want of data.
    pub(crate) fn missing<S: Into<String>>(
        self,
        outcome: Outcome,
        reason: &'static str,
        message: impl FnOnce() -> S,
    ) -> Judged {
        Judged { basis: Basis::Missing, ..self.measured(outcome, reason, message) }
    }
}

impl Judged {
    /// A gate that says so for what it measured.
    pub fn measured(outcome: Outcome, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            outcome,
            basis: Basis::Measured,
            reason,
            message: message.into(),
            details: Vec::new(),
            recommendation: None,
            evidence: Vec::new(),
            near_misses: Vec::new(),
            telling: Telling::Whole,
        }
    }

    /// With a fact.
    #[must_use]
    pub fn detail<V: Into<Value>>(mut self, name: &'static str, value: impl FnOnce() -> V) -> Self {
        if self.is_whole() {
            self.details.push((name, value().into()));
        }
        self
    }

    fn is_whole(&self) -> bool {
        self.telling == Telling::Whole
    }

    /// With what to do.
    #[must_use]
    pub fn recommend(mut self, text: impl Into<String>) -> Self {
        if self.is_whole() {
            self.recommendation = Some(text.into());
        }
        self
    }

    /// With the envelopes that it rests on.
    #[must_use]
    pub fn resting_on(mut self, evidence: impl IntoIterator<Item = Digest>) -> Self {
        if self.is_whole() {
            self.evidence.extend(evidence);
            self.evidence.sort_unstable();
            self.evidence.dedup();
        }
        self
    }

    /// With what nearly counted.
    #[must_use]
    pub fn near(mut self, misses: impl IntoIterator<Item = NearMiss>) -> Self {
        if self.is_whole() {
            self.near_misses.extend(misses);
        }
        self
    }

    /// What it means for a decision; nothing where it proves nothing.
    pub fn truth(&self) -> Option<Truth> {
        truth(self.outcome, self.basis)
    }
}

/// What an outcome means for a decision; nothing where it proves nothing.
pub fn truth(outcome: Outcome, basis: Basis) -> Option<Truth> {
    match (outcome, basis) {
        (Outcome::Pass | Outcome::PassWithNote | Outcome::Warn, _) => Some(Truth::True),
        (Outcome::Block, Basis::Measured) => Some(Truth::False),
        (Outcome::Block, Basis::Missing) => Some(Truth::Unknown),
        (Outcome::Skip, _) => None,
    }
}

/// The row of one gate in the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct GateResult {
    /// Which gate.
    pub gate: &'static str,
    /// Its place.
    pub order: u16,
    /// The outcome that counts.
    pub outcome: Outcome,
    /// What the gate said, before mode and waivers.
    pub would_have: Outcome,
    /// What it means for the decision; nothing where it proves nothing.
    pub truth: Option<Truth>,
    /// What the gate said.
    pub judged: Judged,
    /// The mode in force. Where none was written the configured actions rule, as under `Block`.
    pub mode: Option<Mode>,
    /// Where that came from.
    pub mode_source: Option<Origin>,
    /// The waivers that cover it, the one that holds longest first, beside the value that they do not hide.
    pub waived: Vec<Waived>,
    /// Waivers for this gate that do not count, and why.
    pub refused_waivers: Vec<NearMiss>,
}
