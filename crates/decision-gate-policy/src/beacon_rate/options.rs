//! The options of the gate on beacon rates.

use decision_gate_attest::rate::Rate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::options::{Action, MinLane};
use crate::span::Span;

/// Options of the gate. The first five are the seed's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct BeaconRateOptions {
    /// What happens where the rate is below the threshold.
    pub below_threshold_action: Action,
    /// What happens where there are no beacons.
    pub missing_beacon_action: Action,
    /// The least rate.
    pub min_verification_rate: Rate,
    /// Environments that ask for it.
    pub required_environments: Vec<String>,
    /// The least count of verified beacons of which a rate is judged.
    pub min_beacon_count: u64,
    /// What happens below that count. The seed passes and says so.
    pub low_count_action: LowCountAction,
    /// What is compared with the threshold.
    pub rate_bound: RateBound,
    /// The time before the evaluation that must be covered; null to judge what was handed in.
    pub lookback_window: Option<Span>,
    /// Environments that evidence may come from; null for every declared one.
    pub source_environments: Option<Vec<String>>,
    /// The least lane of evidence.
    pub min_lane: MinLane,
}

/// What happens below the least count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum LowCountAction {
    /// Passes, and says so.
    PassWithNote,
    /// Warns.
    Warn,
    /// Holds the release.
    Block,
}

/// What is compared with the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum RateBound {
    /// The rate itself.
    Raw,
    /// The lower bound of Wilson's interval at 95 %: what a small sample shows at least.
    Wilson,
}

impl Default for BeaconRateOptions {
    fn default() -> Self {
        Self {
            below_threshold_action: Action::Warn,
            missing_beacon_action: Action::Warn,
            min_verification_rate: Rate::from_billionths(800_000_000).unwrap_or(Rate::ONE),
            required_environments: vec!["production".into()],
            min_beacon_count: 10,
            low_count_action: LowCountAction::PassWithNote,
            rate_bound: RateBound::Raw,
            lookback_window: None,
            source_environments: None,
            min_lane: MinLane::Verified,
        }
    }
}
