//! Settings of the provider `env`.

use std::collections::{BTreeMap, BTreeSet};

use decision_gate_core::trust::Lane;

use crate::BuildError;
use crate::error::bounded;

/// Settings of the provider `env`. By default nothing may be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvSettings {
    /// The variables that may be read.
    pub allow: BTreeSet<String>,
    /// The longest value that is read.
    pub max_value_bytes: usize,
    /// The longest name that is looked up.
    pub max_key_bytes: usize,
    /// Values to use instead; if it is set, even to nothing, the variables of the process are never read. Its names may
    /// be read without standing in `allow`.
    pub overrides: Option<BTreeMap<String, String>>,
    /// The lane that answers are lowered to.
    pub max_lane: Option<Lane>,
}

impl EnvSettings {
    /// The longest value that is read, where nothing else is said.
    pub const DEFAULT_MAX_VALUE_BYTES: usize = 65_536;
    /// The longest name that is looked up, where nothing else is said.
    pub const DEFAULT_MAX_KEY_BYTES: usize = 255;

    pub(super) fn check(&self) -> Result<(), BuildError> {
        for (key, limit) in [("max_value_bytes", self.max_value_bytes), ("max_key_bytes", self.max_key_bytes)] {
            if limit == 0 {
                return Err(BuildError::LimitZero { key });
            }
        }
        let replaced = self.overrides.iter().flat_map(BTreeMap::keys);
        self.allow.iter().chain(replaced).try_for_each(|name| self.check_name(name))
    }

    fn check_name(&self, name: &str) -> Result<(), BuildError> {
        if name.is_empty() || name.contains(['=', '\0']) {
            return Err(BuildError::VariableName { name: bounded(name) });
        }
        if name.len() > self.max_key_bytes {
            let (length, limit) = (name.len(), self.max_key_bytes);
            return Err(BuildError::VariableTooLong { name: bounded(name), length, limit });
        }
        Ok(())
    }
}

impl Default for EnvSettings {
    fn default() -> Self {
        Self {
            allow: BTreeSet::new(),
            max_value_bytes: Self::DEFAULT_MAX_VALUE_BYTES,
            max_key_bytes: Self::DEFAULT_MAX_KEY_BYTES,
            overrides: None,
            max_lane: None,
        }
    }
}
