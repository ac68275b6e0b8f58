//! Kinds of values that several gates have, and how a gate reads its options.

use decision_gate_core::name::EnvironmentName;
use decision_gate_core::trust::Lane;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fault::OptionFault;
use super::{check, schema};
use crate::result::Outcome;
use crate::span::Span;

/// What a gate does when it is not met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Action {
    /// Says so.
    Warn,
    /// Holds the release.
    Block,
}

impl Action {
    /// The outcome that it gives.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Warn => Outcome::Warn,
            Self::Block => Outcome::Block,
        }
    }
}

/// The least lane that a gate takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum MinLane {
    /// What somebody says is enough.
    Asserted,
    /// Only what was checked.
    Verified,
}

impl MinLane {
    /// As a lane.
    pub fn lane(self) -> Lane {
        match self {
            Self::Asserted => Lane::Asserted,
            Self::Verified => Lane::Verified,
        }
    }
}

/// Whether a waiver covers a gate that lacks evidence while evidence was refused for its signature or anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum FailedEvidence {
    /// It does not.
    Refuse,
    /// It does.
    Cover,
}

/// Rules on waivers, the same for all gates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct WaiverRules {
    /// The longest that a waiver may hold from its issue on.
    pub max_validity: Span,
    /// Waivers that lapse within this time are reported.
    pub report_within: Span,
    /// Whether a waiver covers a gate that lacks evidence while evidence was refused for its signature or anchor.
    pub failed_evidence: FailedEvidence,
}

impl Default for WaiverRules {
    fn default() -> Self {
        Self { max_validity: Span::days(90), report_within: Span::days(14), failed_evidence: FailedEvidence::Refuse }
    }
}

/// Whether an environment is among those that a gate names.
pub(crate) fn names(environments: &[String], environment: &EnvironmentName) -> bool {
    environments.iter().any(|it| it == environment.as_str())
}

/// Reads a gate's flat options.
///
/// # Errors
/// [`OptionFault`] with the path from the gate's key on and what its schema asks for there.
pub fn read_options<T: DeserializeOwned + JsonSchema>(options: &Value) -> Result<T, OptionFault> {
    let schema = schema::of::<T>();
    check::keys(&schema, options, "").map_or(Ok(()), Err)?;
    serde_path_to_error::deserialize(options).map_err(|error| {
        let path = error.path().to_string();
        let found = options.pointer(&pointer(&path)).unwrap_or(options);
        OptionFault::value(path.clone(), found, check::expected(&schema, &path))
    })
}

/// A path such as `Kinds[0].Kind` as a JSON Pointer.
fn pointer(path: &str) -> String {
    if path == "." { String::new() } else { format!("/{}", path.replace('[', "/").replace(']', "").replace('.', "/")) }
}
