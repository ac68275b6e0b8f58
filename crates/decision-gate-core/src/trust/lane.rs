//! The two-level lattice of trust: `asserted` < `verified` (seed 002, "Trust Lanes and Requirements").

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::json::canonical::form::word_form;

/// How far a piece of evidence can be believed. Ordered: `Asserted < Verified`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Somebody said so.
    Asserted,
    /// The gate pulled it itself, or checked its signature and binding.
    Verified,
}

impl Lane {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Asserted => "asserted",
            Self::Verified => "verified",
        }
    }
}

word_form!(Lane);

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The least lane that is good enough: `{"min_lane": …}`. A spec can only tighten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustRequirement {
    /// The least acceptable lane.
    pub min_lane: Lane,
}
