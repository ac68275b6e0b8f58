//! Settings of the provider `report`, which reads what CI tools wrote into files under the folders named here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{JsonRoot, ReportSources};
use crate::error::Fault;
use crate::key_path::KeyPath;
use crate::sections::Checks;
use crate::values::{Bounded, ConfigPath};

/// Settings of the provider `report`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReportSettings {
    /// The folders that may be read.
    pub roots: Vec<JsonRoot>,
    /// The most bytes that are read for one question, all files together.
    pub max_bytes: Bounded<1, 67_108_864, 16_777_216>,
    /// The most files that are read for one question.
    pub max_files: Bounded<1, 10_000, 256>,
    /// Where the reports of each kind are, for conditions that do not say.
    pub sources: ReportSources,
}

impl ReportSettings {
    pub(super) fn check(&self, checks: &mut Checks) {
        if self.roots.is_empty() {
            checks.report(Fault::MissingKey { key: "roots".to_owned() });
        }
        checks.key("roots", |checks| {
            checks.unique(&self.roots, "root_id", "root_id", |root| root.root_id.as_str().to_owned());
        });
        checks.key("sources", |checks| self.sources.check(&self.roots, checks));
    }

    pub(super) fn paths<'a>(&'a mut self, at: &KeyPath, paths: &mut Vec<(KeyPath, &'a mut ConfigPath)>) {
        let roots = at.key("roots");
        let each = self.roots.iter_mut().enumerate();
        paths.extend(each.map(|(index, root)| (roots.index(index).key("path"), &mut root.path)));
    }
}
