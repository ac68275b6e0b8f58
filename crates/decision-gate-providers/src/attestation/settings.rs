//! Settings of the provider `attestation`.

use crate::json::Root;
use crate::{BuildError, roots};

/// Settings of the provider `attestation`. By default nothing may be read.
///
/// Who must have signed is no setting of the source: the rules stand in the policy, where a replay finds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestationSettings {
    /// The folders that may be read.
    pub roots: Vec<Root>,
    /// The most bytes that are read for one question, all files together.
    pub max_bytes: usize,
    /// The most files that are read for one question.
    pub max_files: usize,
}

impl AttestationSettings {
    /// The most bytes, where nothing else is said: half of what one piece of evidence may be, as text grows in JSON.
    pub const DEFAULT_MAX_BYTES: usize = 524_288;
    /// The most files, where nothing else is said.
    pub const DEFAULT_MAX_FILES: usize = 256;

    pub(super) fn check(&self) -> Result<(), BuildError> {
        if self.max_files == 0 {
            return Err(BuildError::LimitZero { key: "max_files" });
        }
        roots::check(&self.roots, self.max_bytes)
    }
}

impl Default for AttestationSettings {
    fn default() -> Self {
        Self { roots: Vec::new(), max_bytes: Self::DEFAULT_MAX_BYTES, max_files: Self::DEFAULT_MAX_FILES }
    }
}
