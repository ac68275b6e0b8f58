//! `runpacks`: where packs are written and read.

mod s3;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::s3::{BucketName, BucketNameFault, KeyPrefix, KeyPrefixFault, Region, RegionFault, S3};
use super::{Checks, Section};
use crate::error::Fault;
use crate::key_path::KeyPath;
use crate::values::ConfigPath;

/// Where runpacks are written and read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Runpacks {
    /// Where they are kept.
    #[serde(rename = "type")]
    pub kind: RunpacksKind,
    /// The folder that packs are confined to; without it `$XDG_STATE_HOME/decision-gate/runpacks`, else
    /// `~/.local/state/decision-gate/runpacks`.
    pub root: Option<ConfigPath>,
    /// The bucket that they are kept in; for `type = "s3"`.
    pub s3: Option<S3>,
    /// What an export holds unless it is asked for otherwise.
    pub export_profile: ExportProfile,
}

impl Default for Runpacks {
    fn default() -> Self {
        Self { kind: RunpacksKind::Folder, root: None, s3: None, export_profile: ExportProfile::Audit }
    }
}

impl Section for Runpacks {
    fn check(&self, checks: &mut Checks) {
        let conflict = |this: &str, kind: &str| Fault::Conflict {
            this: format!("runpacks.{this}"),
            other: format!("runpacks.type = \"{kind}\""),
        };
        match self.kind {
            RunpacksKind::Folder if self.s3.is_some() => {
                checks.key("s3", |checks| checks.report(conflict("s3", "folder")));
            }
            RunpacksKind::Folder => {}
            RunpacksKind::S3 => {
                if self.root.is_some() {
                    checks.key("root", |checks| checks.report(conflict("root", "s3")));
                }
                match &self.s3 {
                    Some(s3) => checks.key("s3", |checks| s3.check(checks)),
                    None => checks.report(Fault::MissingOneOf { keys: vec!["s3".to_owned()] }),
                }
            }
        }
    }

    fn paths<'a>(&'a mut self, at: &KeyPath, paths: &mut Vec<(KeyPath, &'a mut ConfigPath)>) {
        if let Some(root) = &mut self.root {
            paths.push((at.key("root"), root));
        }
        if let Some(s3) = &mut self.s3 {
            s3.paths(&at.key("s3"), paths);
        }
    }
}

/// Where runpacks are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunpacksKind {
    /// In a folder.
    Folder,
    /// In a bucket of an S3-compatible store.
    S3,
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
