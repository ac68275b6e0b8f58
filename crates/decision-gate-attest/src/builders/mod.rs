//! Predicates made from what people have: traces of profilers, logs of beacons.
//!
//! Everything here is pure: bytes and options go in, an unsigned predicate and notes come out; windows and the time of
//! the statement are arguments. The same trace gives the same bytes, in whatever order its stacks were written. Each
//! predicate that is made is read back with the reader of the gates, so none is made that they would refuse.

mod beacon;
mod execution;
mod fault;
mod trace;

use serde_json::Value;

pub use beacon::{BeaconOptions, DEFAULT_WINDOW_MILLIS, MAX_LOG_BYTES, beacon_attestations};
pub use execution::{ExecutionOptions, HotCut, HotMeasure, execution_evidence};
pub use fault::{BuildFault, TraceFault, Where};
pub use trace::{Limits, Trace, TraceFormat};

/// What a reader should know about a predicate that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Stable code.
    pub code: &'static str,
    /// What it says.
    pub message: String,
}

impl Note {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// Unsigned predicates, and what there is to say about them.
#[derive(Clone, Debug, PartialEq)]
pub struct Built {
    /// The predicates, in order of their windows; never empty.
    pub predicates: Vec<Value>,
    /// What a reader should know.
    pub notes: Vec<Note>,
}

#[cfg(test)]
mod tests;
