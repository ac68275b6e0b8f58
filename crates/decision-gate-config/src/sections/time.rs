//! `time`: whose clock decides.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Section;
use crate::values::Bounded;

/// Whose clock decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Time {
    /// Where the time of an evaluation comes from.
    pub source: TimeSource,
    /// How far a caller's time may be from the server's clock, and that clock from the run's last event.
    pub max_skew_ms: Bounded<0, 86_400_000, 300_000>,
}

impl Default for Time {
    fn default() -> Self {
        Self { source: TimeSource::Server, max_skew_ms: Bounded::default() }
    }
}

impl Section for Time {}

/// Where the time of an evaluation comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeSource {
    /// From the server's clock; a caller's time beyond the skew is refused.
    Server,
    /// From the caller, for tests and replays; recorded as a relaxation in every decision.
    Caller,
}
