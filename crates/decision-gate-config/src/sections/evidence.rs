//! `evidence`: what may leave the gate in the clear (seed 002, "Evidence Disclosure Policy").

use decision_gate_core::trust::HashProfile;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Section;

/// What may leave the gate in the clear.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Evidence {
    /// Whether raw values are shown at all.
    pub allow_raw_values: bool,
    /// Whether, besides, the provider must have `allow_raw` set.
    pub require_provider_opt_in: bool,
    /// What becomes of the hash of a value that is not shown.
    pub hash_profile: HashProfile,
}

impl Default for Evidence {
    fn default() -> Self {
        Self { allow_raw_values: false, require_provider_opt_in: true, hash_profile: HashProfile::Kept }
    }
}

impl Section for Evidence {}
