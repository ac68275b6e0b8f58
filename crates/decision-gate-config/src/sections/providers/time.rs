//! Settings of the provider `time`, which answers from the time of the evaluation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of the provider `time`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TimeSettings {
    /// Whether runs may count in logical time.
    pub allow_logical: bool,
}

impl Default for TimeSettings {
    fn default() -> Self {
        Self { allow_logical: true }
    }
}
