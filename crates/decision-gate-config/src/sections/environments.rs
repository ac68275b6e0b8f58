//! `environments`: the environments there are, such as `staging`; any other name is an error.

use decision_gate_core::name::EnvironmentName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Checks, Section};

/// The environments that a run or a piece of evidence may name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Environments(Vec<EnvironmentName>);

impl Environments {
    /// The names.
    pub fn names(&self) -> &[EnvironmentName] {
        &self.0
    }

    /// Whether `name` is declared.
    pub fn contains(&self, name: &EnvironmentName) -> bool {
        self.0.contains(name)
    }
}

impl Section for Environments {
    fn check(&self, checks: &mut Checks) {
        checks.unique(&self.0, "environments", "", ToString::to_string);
    }
}
