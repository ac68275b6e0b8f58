//! `rules`: what a scenario may ask for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Section;

/// What a scenario may ask for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// What becomes of a scenario with edges that are taken on `unknown` or by timeout.
    pub degraded_edges: DegradedEdges,
}

impl Default for Rules {
    fn default() -> Self {
        Self { degraded_edges: DegradedEdges::Allow }
    }
}

impl Section for Rules {}

/// What becomes of a scenario with edges that are taken on `unknown` or by timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DegradedEdges {
    /// It is taken; a run that takes such an edge is degraded and never allowed.
    Allow,
    /// It is refused when it is defined.
    Refuse,
}
