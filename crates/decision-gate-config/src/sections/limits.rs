//! `limits`: how much of anything is taken.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Section;
use crate::values::Bounded;

/// How much of anything is taken.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The longest request line.
    pub max_request_bytes: Bounded<1_024, 67_108_864, 1_048_576>,
    /// The most requests that are worked on at once.
    pub max_in_flight: Bounded<1, 65_536, 256>,
    /// The deepest JSON in requests and evidence.
    pub max_json_depth: Bounded<8, 64, 64>,
    /// The largest value of a piece of evidence.
    pub max_evidence_bytes: Bounded<1_024, 67_108_864, 1_048_576>,
    /// The largest payload of a packet or a submission.
    pub max_payload_bytes: Bounded<1_024, 67_108_864, 2_097_152>,
    /// The largest scenario.
    pub max_spec_bytes: Bounded<1_024, 67_108_864, 1_048_576>,
    /// The most conditions of a scenario.
    pub max_conditions: Bounded<1, 65_536, 1_024>,
    /// How long requests in flight may go on when the server is asked to end.
    pub drain_ms: Bounded<0, 60_000, 2_000>,
    /// How long a provider may take for one query, unless it has a limit of its own.
    pub query_timeout_ms: Bounded<100, 30_000, 10_000>,
}

impl Section for Limits {}
