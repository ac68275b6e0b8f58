//! What a call does that another process was faster than: it stands back for a moment, and decides again.

use std::time::Duration;

use super::Orchestrator;
use crate::error::RuntimeError;

/// How often a call is decided before somebody else's speed is reported.
pub(super) const TRIES: usize = 8;

/// What the longest pause grows by with each try.
const PAUSE: Duration = Duration::from_millis(4);

impl Orchestrator {
    /// Waits, longer with each try, and not as long as those who were overtaken at the same moment.
    pub(super) async fn stand_back(&self, tried: usize) -> Result<(), RuntimeError> {
        let [share, ..] = *self.parts.entropy.salt()?.as_bytes();
        let longest = PAUSE * u32::try_from(tried).unwrap_or(u32::MAX);
        tokio::time::sleep(longest * u32::from(share) / u32::from(u8::MAX)).await;
        Ok(())
    }
}
