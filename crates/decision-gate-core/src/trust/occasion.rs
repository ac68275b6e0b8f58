//! When and for whom evidence was asked for: what a signature has to be about to count here.
//!
//! Live runs make one from the run's state, replays from the recorded run, and a single query from the caller's
//! shelf; nothing in it comes from who signed.

use crate::at::Timestamp;
use crate::evidence::Subject;
use crate::name::{EnvironmentName, NamespaceId, RunId, TenantId};

/// The occasion on which a piece of evidence is judged.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    /// Whose question it is.
    pub tenant: TenantId,
    /// On which shelf.
    pub namespace: NamespaceId,
    /// In which run; `None` for a single query.
    pub run: Option<&'a RunId>,
    /// What the run is about, if it says.
    pub subject: Option<&'a Subject>,
    /// Where the run is to go, if it says.
    pub environment: Option<&'a EnvironmentName>,
    /// The evaluation time.
    pub at: Timestamp,
}
