//! Settings of the provider `json`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use decision_gate_core::trust::Lane;

use crate::BuildError;
use crate::error::bounded;

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
        if self.max_bytes == 0 {
            return Err(BuildError::LimitZero { key: "max_bytes" });
        }
        if self.roots.is_empty() {
            return Err(BuildError::NoRoots);
        }
        let mut seen = BTreeSet::new();
        for Root { root_id, .. } in &self.roots {
            if !is_root_id(root_id) {
                return Err(BuildError::RootId { text: bounded(root_id) });
            }
            if !seen.insert(root_id) {
                return Err(BuildError::RootRepeated { root_id: root_id.clone() });
            }
        }
        Ok(())
    }
}

impl Default for JsonSettings {
    fn default() -> Self {
        Self { roots: Vec::new(), max_bytes: Self::DEFAULT_MAX_BYTES, allow_yaml: true }
    }
}

fn is_root_id(text: &str) -> bool {
    let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}
