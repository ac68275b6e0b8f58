//! Settings of the provider `release`.

use crate::BuildError;
use crate::json::{JsonSettings, Root};

/// Settings of the provider `release`. By default nothing may be read, and releases are judged on nothing.
///
/// What releases are judged by is no setting of the source: it stands in the policy, where a replay finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseSettings {
    /// The folders that may be read.
    pub roots: Vec<ReleaseRoot>,
    /// The most bytes that are read for one release, all files together.
    pub max_bytes: usize,
    /// The most files that are read for one release.
    pub max_files: usize,
}

/// A folder that evidence about releases lies in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseRoot {
    /// The folder.
    pub root: Root,
    /// The one file of it that is read; without it all.
    pub only: Option<String>,
}

impl From<Root> for ReleaseRoot {
    fn from(root: Root) -> Self {
        Self { root, only: None }
    }
}

impl ReleaseSettings {
    /// The most bytes, where nothing else is said.
    pub const DEFAULT_MAX_BYTES: usize = 524_288;
    /// The most files, where nothing else is said.
    pub const DEFAULT_MAX_FILES: usize = 1_024;

    pub(super) fn check(&self) -> Result<(), BuildError> {
        for (key, limit) in [("max_files", self.max_files), ("max_bytes", self.max_bytes)] {
            if limit == 0 {
                return Err(BuildError::LimitZero { key });
            }
        }
        if self.roots.is_empty() {
            return Ok(());
        }
        let roots = self.roots.iter().map(|it| it.root.clone()).collect();
        JsonSettings { roots, max_bytes: self.max_bytes, allow_yaml: false }.check()
    }
}

impl Default for ReleaseSettings {
    fn default() -> Self {
        Self { roots: Vec::new(), max_bytes: Self::DEFAULT_MAX_BYTES, max_files: Self::DEFAULT_MAX_FILES }
    }
}
