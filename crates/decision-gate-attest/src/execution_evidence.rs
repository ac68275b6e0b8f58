//! `stella.ops/executionEvidence@v1`: an artifact was seen running, and how much of it was seen.
//!
//! Reading one recomputes what can be: the duration from the window, the count of hot symbols from their list. A
//! predicate that contradicts itself is refused with the field named. The contract is
//! `docs/contracts/execution-evidence-v1.md`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::predicate::{Members, PredicateFault};

/// The predicate type.
pub const PREDICATE_TYPE: &str = "stella.ops/executionEvidence@v1";

/// Sources of traces that are known.
pub const TRACE_SOURCES: [&str; 5] = ["ebpf", "etw", "dyld", "perf", "pprof"];

/// Evidence that an artifact ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionEvidence {
    environment_id: String,
    trace_source: String,
    start: i64,
    end: i64,
    hot_symbol_count: u64,
    unique_call_paths: u64,
    timestamp: i64,
}

impl ExecutionEvidence {
    /// Reads a predicate.
    ///
    /// # Errors
    /// [`PredicateFault`] with the field that is missing, malformed or contradicts the others.
    pub fn read(predicate: &Value) -> Result<Self, PredicateFault> {
        let predicate = Members::of(predicate)?;
        predicate.text("artifact_id")?;
        let trace_source = predicate.text("trace_source")?;
        if !TRACE_SOURCES.contains(&trace_source) {
            return Err(predicate.malformed("trace_source", "one of `ebpf`, `etw`, `dyld`, `perf`, `pprof`"));
        }
        let (start, end) = window(predicate.object("observation_window")?)?;
        let (hot_symbol_count, unique_call_paths) = summary(predicate.object("trace_summary")?)?;
        predicate.text("trace_digest")?;
        let timestamp = predicate.time("timestamp")?;
        if timestamp < end {
            return Err(predicate.malformed("timestamp", "a time at or after the end of the observation window"));
        }
        Ok(Self {
            environment_id: predicate.text("environment_id")?.to_owned(),
            trace_source: trace_source.to_owned(),
            start,
            end,
            hot_symbol_count,
            unique_call_paths,
            timestamp,
        })
    }

    /// Where it ran.
    pub fn environment_id(&self) -> &str {
        &self.environment_id
    }

    /// How it was traced.
    pub fn trace_source(&self) -> &str {
        &self.trace_source
    }

    /// When it was watched: start and end, in milliseconds since 1970.
    pub fn window(&self) -> (i64, i64) {
        (self.start, self.end)
    }

    /// How many symbols were hot.
    pub fn hot_symbol_count(&self) -> u64 {
        self.hot_symbol_count
    }

    /// How many different ways led there.
    pub fn unique_call_paths(&self) -> u64 {
        self.unique_call_paths
    }

    /// When it was stated, in milliseconds since 1970.
    pub fn timestamp(&self) -> i64 {
        self.timestamp
    }
}

fn window(window: Members<'_>) -> Result<(i64, i64), PredicateFault> {
    let (start, end) = (window.time("start")?, window.time("end")?);
    if end < start {
        return Err(window.malformed("end", "a time at or after `start`"));
    }
    let (stated, computed) = (window.count("duration_ms")?, end.abs_diff(start));
    if stated != computed {
        return Err(window.inconsistent("duration_ms", &stated, &computed));
    }
    Ok((start, end))
}

fn summary(summary: Members<'_>) -> Result<(u64, u64), PredicateFault> {
    if summary.get("syscall_families_observed").is_some() {
        summary.texts("syscall_families_observed")?;
    }
    // A symbol that is listed twice is one symbol.
    let symbols: BTreeSet<String> = summary.texts("hot_symbols")?.into_iter().collect();
    let computed = u64::try_from(symbols.len()).unwrap_or(u64::MAX);
    let stated = summary.count("hot_symbol_count")?;
    if stated != computed {
        return Err(summary.inconsistent("hot_symbol_count", &stated, &computed));
    }
    let paths = summary.count("unique_call_paths")?;
    match summary.need("address_canonicalized")? {
        Value::Bool(_) => Ok((stated, paths)),
        _ => Err(summary.malformed("address_canonicalized", "true or false")),
    }
}
