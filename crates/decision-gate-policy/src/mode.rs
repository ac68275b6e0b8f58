//! How far a gate's answer counts, and where that was said.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far a gate's answer counts. Without one the gate's own actions rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Mode {
    /// Not asked.
    Off,
    /// Asked, and never counts.
    Shadow,
    /// A block is a warning.
    Warn,
    /// The gate's own actions rule, blocks among them.
    Block,
}

impl Mode {
    /// The word in a file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "Off",
            Self::Shadow => "Shadow",
            Self::Warn => "Warn",
            Self::Block => "Block",
        }
    }
}

/// Where an option's value was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Origin {
    /// The layer: `built-in`, or what the caller calls it.
    pub layer: String,
    /// The key: `PolicyGates.BeaconRate.Mode`.
    pub key: String,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.key, self.layer)
    }
}
