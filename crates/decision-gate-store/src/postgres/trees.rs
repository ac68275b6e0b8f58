//! The trees over streams that were looked at last, so that an append need not ask for them again.
//!
//! A tree from here is a guess: the statement that appends compares it with what is stored, and changes nothing where
//! they differ.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use decision_gate_core::ledger::CompactRange;
use decision_gate_runtime::ports::Stream;

/// How many are remembered.
const MOST: usize = 1024;

/// Trees by stream.
#[derive(Debug, Default)]
pub(crate) struct Trees(Mutex<BTreeMap<Stream, CompactRange>>);

impl Trees {
    /// The tree over a stream, if it was seen and has this many events.
    pub(crate) fn of_size(&self, stream: &Stream, size: u64) -> Option<CompactRange> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(stream).filter(|tree| tree.size() == size).cloned()
    }

    /// Remembers a tree.
    pub(crate) fn saw(&self, stream: &Stream, tree: &CompactRange) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(stream.clone(), tree.clone());
    }

    /// Forgets a tree that was a wrong guess.
    pub(crate) fn forget(&self, stream: &Stream) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(stream);
    }
}
