//! Runs as this process wrote them last, so that a step need not read them again.
//!
//! What lies here is a guess: another process may have written since. It serves nothing but what ends in an append, which
//! names the state that it was decided on and is refused where the run stands otherwise. Whatever is told of a run is
//! read.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use decision_gate_core::engine::{RunStatus, SealedState};

use crate::ports::Stream;

/// How many are kept.
const MOST: usize = 256;

/// States by stream.
#[derive(Debug, Default)]
pub(super) struct Written(Mutex<BTreeMap<Stream, Arc<SealedState>>>);

impl Written {
    /// Takes a run out: whoever goes by it either writes it anew or was wrong about it.
    pub(super) fn take(&self, stream: &Stream) -> Option<Arc<SealedState>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(stream)
    }

    /// Keeps a run as it was written, for as long as it goes on.
    pub(super) fn keep(&self, stream: &Stream, state: &Arc<SealedState>) {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.status != RunStatus::Active {
            written.remove(stream);
            return;
        }
        if written.len() >= MOST {
            written.clear();
        }
        written.insert(stream.clone(), Arc::clone(state));
    }
}
