//! `scenarios`: which law is pinned, and whether callers may draft their own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Checks, Section};
use crate::key_path::KeyPath;
use crate::values::ConfigPath;

/// Which scenarios are pinned, and whether callers may draft their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Scenarios {
    /// Files of pinned scenarios.
    pub files: Vec<ConfigPath>,
    /// What becomes of a scenario that a caller defines through a tool.
    pub drafts: Drafts,
}

impl Default for Scenarios {
    fn default() -> Self {
        Self { files: Vec::new(), drafts: Drafts::Allow }
    }
}

impl Section for Scenarios {
    fn check(&self, checks: &mut Checks) {
        checks.key("files", |checks| {
            checks.unique(&self.files, "scenarios.files", "", |path| path.given().to_owned());
        });
    }

    fn paths<'a>(&'a mut self, at: &KeyPath, paths: &mut Vec<(KeyPath, &'a mut ConfigPath)>) {
        let files = at.key("files");
        paths.extend(self.files.iter_mut().enumerate().map(|(index, path)| (files.index(index), path)));
    }
}

/// What becomes of a scenario that a caller defines through a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Drafts {
    /// It is taken, and every decision under it says that it is a draft.
    Allow,
    /// It is refused.
    Refuse,
}
