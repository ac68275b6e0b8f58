//! `runpacks`: where packs are written and read.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Section;
use crate::key_path::KeyPath;
use crate::values::ConfigPath;

/// Where runpacks are written and read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Runpacks {
    /// The folder that packs are confined to; without it `$XDG_STATE_HOME/decision-gate/runpacks`, else
    /// `~/.local/state/decision-gate/runpacks`.
    pub root: Option<ConfigPath>,
    /// What an export holds unless it is asked for otherwise.
    pub export_profile: ExportProfile,
}

impl Default for Runpacks {
    fn default() -> Self {
        Self { root: None, export_profile: ExportProfile::Audit }
    }
}

impl Section for Runpacks {
    fn paths<'a>(&'a mut self, at: &KeyPath, paths: &mut Vec<(KeyPath, &'a mut ConfigPath)>) {
        if let Some(root) = &mut self.root {
            paths.push((at.key("root"), root));
        }
    }
}

/// What an export holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportProfile {
    /// Values and salts: the whole proof.
    Audit,
    /// Redacted; what is redacted can't be replayed.
    Disclosed,
}
