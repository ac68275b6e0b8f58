//! Settings of the provider `report`.

use crate::json::Root;
use crate::{BuildError, roots};

/// Settings of the provider `report`. By default nothing may be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportSettings {
    /// The folders that may be read.
    pub roots: Vec<Root>,
    /// The most bytes that are read for one question, all files together.
    pub max_bytes: usize,
    /// The most files that are read for one question.
    pub max_files: usize,
}

impl ReportSettings {
    /// The most bytes, where nothing else is said.
    pub const DEFAULT_MAX_BYTES: usize = 16_777_216;
    /// The most files, where nothing else is said.
    pub const DEFAULT_MAX_FILES: usize = 256;

    pub(super) fn check(&self) -> Result<(), BuildError> {
        if self.max_files == 0 {
            return Err(BuildError::LimitZero { key: "max_files" });
        }
        roots::check(&self.roots, self.max_bytes)
    }
}

impl Default for ReportSettings {
    fn default() -> Self {
        Self { roots: Vec::new(), max_bytes: Self::DEFAULT_MAX_BYTES, max_files: Self::DEFAULT_MAX_FILES }
    }
}
