//! Settings of the provider `json`, which reads JSON and YAML files under the folders that are named here.

use decision_gate_core::trust::Lane;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Fault;
use crate::key_path::KeyPath;
use crate::sections::Checks;
use crate::values::{Bounded, ConfigPath, text_type};

/// Settings of the provider `json`: `roots`, or `root` and `root_id` for a single one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("dependentRequired" = { "root": ["root_id"], "root_id": ["root"] }))]
pub struct JsonSettings {
    /// The folders that may be read.
    pub roots: Vec<JsonRoot>,
    /// The one folder that may be read, in the short form.
    pub root: Option<ConfigPath>,
    /// Its id, in the short form.
    pub root_id: Option<RootId>,
    /// The largest file that is read.
    pub max_bytes: Bounded<1, 67_108_864, 1_048_576>,
    /// Whether YAML files are read too.
    pub allow_yaml: bool,
}

/// A folder that may be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonRoot {
    /// The name it has in anchors, so that they do not tell where it is.
    pub root_id: RootId,
    /// Where it is.
    pub path: ConfigPath,
    /// The highest lane that evidence from it can have; without it that of the provider.
    pub max_lane: Option<Lane>,
    /// Whether those whose change is judged can write to it. Decisions then say so.
    #[serde(default)]
    pub self_attestable: bool,
}

impl Default for JsonSettings {
    fn default() -> Self {
        Self { roots: Vec::new(), root: None, root_id: None, max_bytes: Bounded::default(), allow_yaml: true }
    }
}

impl JsonSettings {
    /// The folders that may be read, whichever form they were written in.
    pub fn effective_roots(&self) -> Vec<JsonRoot> {
        let short = self.root_id.clone().zip(self.root.clone()).map(|(root_id, path)| JsonRoot {
            root_id,
            path,
            max_lane: None,
            self_attestable: false,
        });
        self.roots.iter().cloned().chain(short).collect()
    }

    pub(super) fn check(&self, checks: &mut Checks) {
        match (&self.root, &self.root_id) {
            (None, None) if self.roots.is_empty() => {
                checks.report(Fault::MissingOneOf { keys: vec!["roots".to_owned(), "root".to_owned()] });
            }
            (Some(_), None) => checks.report(Fault::MissingKey { key: "root_id".to_owned() }),
            (None, Some(_)) => checks.report(Fault::MissingKey { key: "root".to_owned() }),
            (Some(_), Some(_)) if !self.roots.is_empty() => {
                let (this, other) = ("root".to_owned(), "roots".to_owned());
                checks.key("root", |checks| checks.report(Fault::Conflict { this, other }));
            }
            (None, None) | (Some(_), Some(_)) => {}
        }
        checks.key("roots", |checks| {
            checks.unique(&self.roots, "root_id", "root_id", |root| root.root_id.as_str().to_owned());
        });
    }

    pub(super) fn paths<'a>(&'a mut self, at: &KeyPath, paths: &mut Vec<(KeyPath, &'a mut ConfigPath)>) {
        let roots = at.key("roots");
        let each = self.roots.iter_mut().enumerate();
        paths.extend(each.map(|(index, root)| (roots.index(index).key("path"), &mut root.path)));
        paths.extend(self.root.iter_mut().map(|path| (at.key("root"), path)));
    }
}

text_type! {
    /// The name of a folder in anchors: 1–64 of `[a-z0-9_-]`.
    RootId, RootIdFault, check_root_id, { "type": "string", "pattern": "^[a-z0-9_-]{1,64}$" }
}

/// Why a text is not the id of a root.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the id of a root: 1 to 64 of lowercase letters, digits, `_` and `-`")]
pub struct RootIdFault {
    text: String,
}

fn check_root_id(text: &str) -> Result<(), RootIdFault> {
    let allowed = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, '_' | '-');
    let good = (1..=64).contains(&text.len()) && text.chars().all(allowed);
    if good { Ok(()) } else { Err(RootIdFault { text: text.to_owned() }) }
}
