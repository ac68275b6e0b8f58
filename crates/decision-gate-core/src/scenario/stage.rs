//! Stages and the edges between them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

use super::spec::{GateSpec, PacketSpec};
use crate::condition::Truth;
use crate::name::{GateId, StageId};

/// A stage: gates to pass, then an edge to take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StageSpec {
    /// Its name.
    pub stage_id: StageId,
    /// What is issued when it is entered.
    #[serde(default)]
    pub entry_packets: Vec<PacketSpec>,
    /// All must be True to advance.
    #[serde(default)]
    pub gates: Vec<GateSpec>,
    /// Where to go; `linear` when left out.
    #[serde(default)]
    pub advance_to: AdvanceTo,
    /// How long it may take.
    #[serde(default)]
    pub timeout: Option<TimeoutSpec>,
    /// What happens then; `fail` when left out.
    #[serde(default)]
    pub on_timeout: TimeoutPolicy,
    /// A stage without gates must say so; every decision there repeats it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ungated: bool,
}

/// The edge out of a stage. `"linear"` and `"terminal"` are short for the objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AdvanceTo {
    /// To the following stage; the last one completes the run.
    #[default]
    Linear,
    /// To that stage.
    Fixed {
        /// Which.
        stage_id: StageId,
    },
    /// To the first branch whose gate has the outcome; else `default`, once every gate is decided.
    Branch {
        /// Tried in order.
        branches: Vec<BranchRule>,
        /// Where to go when none fits.
        default: Option<StageId>,
    },
    /// Completes the run.
    Terminal,
}

/// One branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BranchRule {
    /// A gate of this stage.
    pub gate_id: GateId,
    /// The outcome that takes this branch.
    pub outcome: GateOutcome,
    /// Where it leads.
    pub next_stage_id: StageId,
}

/// A gate's outcome as a branch names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GateOutcome {
    /// The gate is True.
    True,
    /// The gate is False.
    False,
    /// The gate is Unknown. Taking such an edge marks the run degraded.
    Unknown,
}

impl GateOutcome {
    /// The truth value that it names.
    pub fn truth(self) -> Truth {
        match self {
            Self::True => Truth::True,
            Self::False => Truth::False,
            Self::Unknown => Truth::Unknown,
        }
    }
}

/// How long a stage may take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeoutSpec {
    /// Milliseconds, or counts of a logical clock.
    pub timeout_ms: u64,
    /// For the author's records.
    #[serde(default)]
    pub policy_tags: Vec<String>,
}

/// What happens when a stage took too long (tried by `tick` triggers).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeoutPolicy {
    /// The run fails.
    #[default]
    Fail,
    /// The run goes on as if every gate were True, and is degraded.
    AdvanceWithFlag,
    /// The run goes on as if every gate were Unknown, and is degraded.
    AlternateBranch,
}

impl<'de> Deserialize<'de> for AdvanceTo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        match value.as_str() {
            Some("linear") => Ok(Self::Linear),
            Some("terminal") => Ok(Self::Terminal),
            Some(word) => Err(serde::de::Error::custom(format_args!(
                "unknown edge `{word}`, expected `linear`, `terminal` or an object with `kind` `linear`, `fixed`, `branch` or `terminal`"
            ))),
            None => Long::deserialize(value).map(Self::from).map_err(serde::de::Error::custom),
        }
    }
}

impl JsonSchema for AdvanceTo {
    fn schema_name() -> Cow<'static, str> {
        "AdvanceTo".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let long = Long::json_schema(generator);
        json_schema!({
            "description": "The edge out of a stage.",
            "anyOf": [{ "enum": ["linear", "terminal"], "description": "Short for the object of that kind." }, long]
        })
    }
}

/// The long form on the wire.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Long {
    /// To the following stage; the last one completes the run.
    Linear {},
    /// To that stage.
    Fixed {
        /// Which.
        stage_id: StageId,
    },
    /// To the first branch whose gate has the outcome; else `default`, once every gate is decided.
    Branch {
        /// Tried in order.
        branches: Vec<BranchRule>,
        /// Where to go when none fits.
        #[serde(default)]
        default: Option<StageId>,
    },
    /// Completes the run.
    Terminal {},
}

impl From<Long> for AdvanceTo {
    fn from(long: Long) -> Self {
        match long {
            Long::Linear {} => Self::Linear,
            Long::Fixed { stage_id } => Self::Fixed { stage_id },
            Long::Branch { branches, default } => Self::Branch { branches, default },
            Long::Terminal {} => Self::Terminal,
        }
    }
}
