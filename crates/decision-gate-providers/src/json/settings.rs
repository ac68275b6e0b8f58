//! Settings of the provider `json`.

use std::path::PathBuf;

use decision_gate_core::trust::Lane;

use crate::{BuildError, roots};

/// Settings of the provider `json`. By default nothing may be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonSettings {
    /// The folders that may be read.
    pub roots: Vec<Root>,
    /// The largest file that is read.
    pub max_bytes: usize,
    /// Whether YAML files are read too.
    pub allow_yaml: bool,
}

/// A folder that may be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// The name it has in anchors, so that they do not tell where it is: 1–64 of `[a-z0-9_-]`.
    pub root_id: String,
    /// Where it is.
    pub path: PathBuf,
    /// The lane that answers from it are lowered to.
    pub max_lane: Option<Lane>,
    /// Whether those whose change is judged can write to it. The contract then says so.
    pub self_attestable: bool,
}

impl JsonSettings {
    /// The largest file that is read, where nothing else is said.
    pub const DEFAULT_MAX_BYTES: usize = 1_048_576;

    pub(crate) fn check(&self) -> Result<(), BuildError> {
        roots::check(&self.roots, self.max_bytes)
    }
}

impl Default for JsonSettings {
    fn default() -> Self {
        Self { roots: Vec::new(), max_bytes: Self::DEFAULT_MAX_BYTES, allow_yaml: true }
    }
}
