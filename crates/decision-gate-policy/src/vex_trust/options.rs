//! The options of the gate on VEX trust.

use decision_gate_attest::rate::Rate;
use decision_gate_attest::vex_status::VexStatus;
use decision_gate_attest::vex_trust::{Freshness, FreshnessRules, Weights};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::gates::{GateOptions, Level, Threshold};
use crate::options::{Action, OptionFault};
use crate::result::Outcome;
use crate::span::Span;

/// Thresholds up to this one let everything pass, and rows say so.
const BYPASS: u32 = 10_000_000;
/// How far in the future a document's time may lie.
const SKEW_MILLIS: i64 = 300_000;

/// Options of the gate. The first seven are the seed's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct VexTrustOptions {
    /// The least composite score.
    pub min_composite_score: Rate,
    /// Whether an issuer of the directory must have signed, one that may speak about the artifact.
    pub require_issuer_verified: bool,
    /// The least accuracy of the issuer; null to ask for none.
    pub min_accuracy_rate: Option<Rate>,
    /// How fresh a claim may be.
    pub acceptable_freshness: Vec<Freshness>,
    /// What happens where one of these is not met.
    pub failure_action: Action,
    /// What happens where there is nothing to judge.
    pub missing_trust_behavior: MissingTrustBehavior,
    /// The statuses that are judged.
    pub apply_to_statuses: Vec<VexStatus>,
    /// What happens where issuers that may speak about the artifact contradict each other; null for `FailureAction`.
    pub contradiction_action: Option<Action>,
    /// The only issuers that count, each of which must speak; null for every one of the directory.
    pub sources: Option<Vec<String>>,
    /// How many recorded outcomes an accuracy needs.
    pub min_outcomes: u64,
    /// Up to this age a claim is fresh.
    pub fresh_for: Span,
    /// Beyond this age it has expired.
    pub expires_after: Span,
    /// How much each factor of the score counts, in millionths.
    pub weights: Weights,
}

/// What happens where there is nothing to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum MissingTrustBehavior {
    /// Passes, and says so.
    Allow,
    /// Warns.
    Warn,
    /// Holds the release.
    Block,
}

impl MissingTrustBehavior {
    pub(super) fn outcome(self) -> Outcome {
        match self {
            Self::Allow => Outcome::PassWithNote,
            Self::Warn => Outcome::Warn,
            Self::Block => Outcome::Block,
        }
    }
}

impl Default for VexTrustOptions {
    /// Those of an environment that no entry names: production's.
    fn default() -> Self {
        Self {
            min_composite_score: Rate::from_billionths(800_000_000).unwrap_or(Rate::ONE),
            require_issuer_verified: true,
            min_accuracy_rate: Rate::from_billionths(850_000_000),
            acceptable_freshness: vec![Freshness::Fresh],
            failure_action: Action::Block,
            missing_trust_behavior: MissingTrustBehavior::Warn,
            apply_to_statuses: vec![VexStatus::NotAffected, VexStatus::Fixed],
            contradiction_action: None,
            sources: None,
            min_outcomes: 10,
            fresh_for: Span::days(30),
            expires_after: Span::days(180),
            weights: Weights::default(),
        }
    }
}

impl GateOptions for VexTrustOptions {
    const ID: &'static str = "vex-trust";
    const ORDER: u16 = 250;
    const KEY: &'static str = "VexTrust";
    const ENTRIES_KEY: &'static str = "Thresholds";
    const THRESHOLDS: &'static [Threshold<Self>] = &[
        Threshold {
            key: "MinCompositeScore",
            get: |it| Some(Level::rate(it.min_composite_score)),
            set: |it, value| it.min_composite_score = Level::as_rate(value),
        },
        Threshold {
            key: "MinAccuracyRate",
            get: |it| it.min_accuracy_rate.map(Level::rate),
            set: |it, value| it.min_accuracy_rate = Some(Level::as_rate(value)),
        },
    ];

    /// The defaults with the entries of the seed's environments.
    fn built_in() -> Value {
        let mut options = json!(Self::default());
        let thresholds = json!({
            "production": {
                "MinCompositeScore": 0.8, "RequireIssuerVerified": true, "MinAccuracyRate": 0.85,
                "AcceptableFreshness": ["fresh"], "FailureAction": "Block",
            },
            "staging": {
                "MinCompositeScore": 0.6, "RequireIssuerVerified": true, "MinAccuracyRate": null,
                "AcceptableFreshness": ["fresh", "stale"], "FailureAction": "Warn",
            },
            "development": {
                "MinCompositeScore": 0.4, "RequireIssuerVerified": false, "MinAccuracyRate": null,
                "AcceptableFreshness": ["fresh", "stale", "superseded"], "FailureAction": "Warn",
            },
        });
        if let Some(members) = options.as_object_mut() {
            members.insert("Thresholds".to_owned(), thresholds);
        }
        options
    }

    fn check(self, _written: &Value) -> Result<Self, OptionFault> {
        if let Err(error) = self.weights.check() {
            let sum = Value::from(error.sum);
            return Err(OptionFault::value("Weights", &sum, "weights that come to 1000000"));
        }
        if self.expires_after <= self.fresh_for {
            let found = Value::from(self.expires_after.to_string());
            return Err(OptionFault::value("ExpiresAfter", &found, "longer than `FreshFor`"));
        }
        for (path, empty) in [
            ("AcceptableFreshness", self.acceptable_freshness.is_empty()),
            ("ApplyToStatuses", self.apply_to_statuses.is_empty()),
            ("Sources", self.sources.as_ref().is_some_and(Vec::is_empty)),
        ] {
            if empty {
                return Err(OptionFault::value(path, &json!([]), "a list with at least one entry"));
            }
        }
        Ok(self)
    }
}

impl VexTrustOptions {
    /// Whether the threshold lets everything pass.
    pub fn bypasses(&self) -> bool {
        self.min_composite_score.billionths() <= BYPASS
    }

    pub(super) fn freshness_rules(&self) -> FreshnessRules {
        FreshnessRules { fresh: self.fresh_for.millis(), expired: self.expires_after.millis(), skew: SKEW_MILLIS }
    }
}
