//! The options of the gate on execution evidence.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::options::{Action, MinLane};
use crate::span::Span;

/// Options of the gate. The first four are the seed's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ExecutionEvidenceOptions {
    /// What happens where there is no evidence.
    pub missing_evidence_action: Action,
    /// Environments that ask for it.
    pub required_environments: Vec<String>,
    /// The least count of hot symbols.
    pub min_hot_symbol_count: u64,
    /// The least count of different call paths.
    pub min_unique_call_paths: u64,
    /// What happens where the trace is too thin. The seed always fails.
    pub insufficient_quality_action: Action,
    /// Environments that evidence may come from; null for every declared one.
    pub source_environments: Option<Vec<String>>,
    /// The least lane of evidence.
    pub min_lane: MinLane,
    /// How old evidence may be; null for any age.
    pub max_age: Option<Span>,
}

impl Default for ExecutionEvidenceOptions {
    fn default() -> Self {
        Self {
            missing_evidence_action: Action::Warn,
            required_environments: vec!["production".into()],
            min_hot_symbol_count: 3,
            min_unique_call_paths: 1,
            insufficient_quality_action: Action::Block,
            source_environments: None,
            min_lane: MinLane::Verified,
            max_age: None,
        }
    }
}
