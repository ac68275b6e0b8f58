//! A state in the form in which it is kept and committed to.

use std::ops::Deref;

use super::RunState;
use crate::digest::Digest;
use crate::json::canonical::form::formed;

/// A state with its canonical bytes and their digest, which an event names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedState {
    state: RunState,
    canonical: Vec<u8>,
    digest: Digest,
}

/// Why bytes are no state that was kept.
#[derive(Debug, thiserror::Error)]
pub enum SealFault {
    /// They are not the bytes of this digest.
    #[error("its state does not have its digest")]
    Digest,
    /// They are no state.
    #[error("its state does not read: {0}")]
    Unreadable(#[source] serde_json::Error),
}

impl SealedState {
    /// Writes down a state.
    pub fn of(state: RunState) -> Self {
        let canonical = formed(&state);
        let digest = Digest::of(&canonical);
        Self { state, canonical, digest }
    }

    /// Reads a state that was written down.
    ///
    /// # Errors
    /// [`SealFault`] when these are other bytes than those of the digest, or no state.
    pub fn read(canonical: Vec<u8>, digest: Digest) -> Result<Self, SealFault> {
        if Digest::of(&canonical) != digest {
            return Err(SealFault::Digest);
        }
        let state = serde_json::from_slice(&canonical).map_err(SealFault::Unreadable)?;
        Ok(Self { state, canonical, digest })
    }

    /// Its canonical JSON.
    pub fn canonical(&self) -> &[u8] {
        &self.canonical
    }

    /// Digest of its canonical JSON.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The state itself.
    pub fn into_state(self) -> RunState {
        self.state
    }
}

impl Deref for SealedState {
    type Target = RunState;

    fn deref(&self) -> &RunState {
        &self.state
    }
}
