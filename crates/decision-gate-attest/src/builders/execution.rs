//! Execution evidence from a trace: which symbols were hot, by how many ways they were reached.
//!
//! A sample counts for the function of the program in which it was taken: time in the kernel counts for the function
//! that called it, and the kernel's own symbols are never hot. Frames without a symbol are no evidence and are told of.
//! How the hot ones were cut stands in the predicate, as `trace_summary.hot_cut`.

use std::collections::{BTreeMap, BTreeSet};

use decision_gate_core::at::Timestamp;
use serde_json::json;

use super::trace::{Limits, Trace, TraceFormat, family, is_resolved, kernel_from};
use super::{BuildFault, Built, Note};
use crate::execution_evidence::{ExecutionEvidence, TRACE_SOURCES};

/// Whose samples a symbol has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HotMeasure {
    /// Those in which it is the innermost function of the program.
    SelfSamples,
    /// Those in which it is anywhere on the path.
    TotalSamples,
}

impl HotMeasure {
    /// The word in the predicate and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::SelfSamples => "self",
            Self::TotalSamples => "total",
        }
    }

    /// The measure of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::SelfSamples, Self::TotalSamples].into_iter().find(|it| it.name() == name)
    }
}

/// Which symbols are hot: those with at least so many samples and so large a share, and of these the hottest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HotCut {
    /// Whose samples.
    pub measure: HotMeasure,
    /// At least so many.
    pub min_samples: u64,
    /// At least so large a share of all, in thousandths.
    pub min_permille: u64,
    /// At most so many symbols.
    pub max_symbols: usize,
}

impl HotCut {
    /// Two samples of its own, of any share, at most 256 symbols. A trace with less in it never has more of them; with
    /// a share it may.
    pub const DEFAULT: Self =
        Self { measure: HotMeasure::SelfSamples, min_samples: 2, min_permille: 0, max_symbols: 256 };
    /// Most symbols that can be asked for.
    pub const MAX_SYMBOLS: usize = 10_000;

    fn check(&self) -> Result<(), BuildFault> {
        let range = |option, expected| Err(BuildFault::OptionRange { option, expected });
        match self {
            Self { min_samples: 0, .. } => range("min_samples", "1 or more"),
            Self { min_permille: 1_001.., .. } => range("min_permille", "a number from 0 to 1000"),
            Self { max_symbols, .. } if !(1..=Self::MAX_SYMBOLS).contains(max_symbols) => {
                range("max_symbols", "a number from 1 to 10000")
            }
            _ => Ok(()),
        }
    }
}

/// What a trace itself does not say.
#[derive(Clone, Debug)]
pub struct ExecutionOptions {
    /// What ran.
    pub artifact_id: String,
    /// Where it ran.
    pub environment_id: String,
    /// How it was traced, where the format leaves that open or a tool converted it.
    pub trace_source: Option<String>,
    /// When it was watched, in milliseconds since 1970, where the trace does not say so.
    pub window: Option<(i64, i64)>,
    /// When this is stated, in milliseconds since 1970; else when the window ends.
    pub timestamp: Option<i64>,
    /// Which symbols are hot.
    pub hot: HotCut,
    /// How much of a trace is taken.
    pub limits: Limits,
}

/// Makes a `stella.ops/executionEvidence@v1` predicate from a trace.
///
/// # Errors
/// [`BuildFault`] with the line of the trace or the option.
pub fn execution_evidence(input: &[u8], format: TraceFormat, options: &ExecutionOptions) -> Result<Built, BuildFault> {
    options.hot.check()?;
    let reason = "a trace in this format may be of any source";
    let source = options.trace_source.as_deref().or(format.trace_source());
    let source = source.ok_or(BuildFault::OptionNeeded { option: "trace_source", reason })?;
    if !TRACE_SOURCES.contains(&source) {
        let expected = "one of `ebpf`, `etw`, `dyld`, `perf`, `pprof`";
        return Err(BuildFault::OptionRange { option: "trace_source", expected });
    }
    let trace = Trace::read(input, format, &options.limits)?;
    let reason = "the trace does not say when it was recorded";
    let window = options.window.or(trace.window());
    let (start, end) = window.ok_or(BuildFault::OptionNeeded { option: "window", reason })?;
    let seen = Seen::of(&trace, options.hot.measure);
    let (hot, cut_off) = seen.hot(&options.hot);
    let predicate = json!({
        "artifact_id": options.artifact_id,
        "environment_id": options.environment_id,
        "trace_source": source,
        "observation_window": {
            "start": Timestamp::UnixMillis(start).to_string(),
            "end": Timestamp::UnixMillis(end).to_string(),
            "duration_ms": end.abs_diff(start),
        },
        "trace_summary": {
            "syscall_families_observed": seen.families,
            "hot_symbols": hot,
            "hot_symbol_count": hot.len(),
            "unique_call_paths": seen.paths.len(),
            "address_canonicalized": true,
            "hot_cut": {
                "measure": options.hot.measure.name(),
                "unit": trace.unit(),
                "min_samples": options.hot.min_samples,
                "min_permille": options.hot.min_permille,
                "max_symbols": options.hot.max_symbols,
                "samples": seen.samples,
                "samples_without_symbol": seen.unresolved,
                "symbols_seen": seen.symbols.len(),
            },
        },
        "trace_digest": format!("sha256:{}", trace.digest().to_hex()),
        "timestamp": Timestamp::UnixMillis(options.timestamp.unwrap_or(end)).to_string(),
    });
    ExecutionEvidence::read(&predicate).map_err(BuildFault::Predicate)?;
    Ok(Built { predicates: vec![predicate], notes: notes(&trace, &seen, cut_off, options) })
}

fn notes(trace: &Trace, seen: &Seen<'_>, cut_off: usize, options: &ExecutionOptions) -> Vec<Note> {
    let mut notes = trace.notes().to_vec();
    if seen.unresolved > 0 {
        let message = format!("{} of {} samples have no symbol of the program", seen.unresolved, seen.samples);
        notes.push(Note::new("samples_without_symbol", message));
    }
    if cut_off > 0 {
        let message = format!("{cut_off} more symbols are hot; `max_symbols` is {}", options.hot.max_symbols);
        notes.push(Note::new("hot_symbols_cut", message));
    }
    if let (Some((start, end)), Some((own_start, own_end))) = (options.window, trace.window())
        && (own_start < start || own_end > end)
    {
        let shown = |millis| Timestamp::UnixMillis(millis).to_string();
        let message = format!("the profile was recorded from {} to {}", shown(own_start), shown(own_end));
        notes.push(Note::new("window_not_covered", message));
    }
    notes
}

/// What was seen of the program.
struct Seen<'a> {
    /// Its symbols with their samples.
    symbols: BTreeMap<&'a str, u64>,
    /// Its distinct paths with at least one symbol.
    paths: BTreeSet<&'a [String]>,
    families: BTreeSet<&'static str>,
    samples: u64,
    unresolved: u64,
}

impl<'a> Seen<'a> {
    fn of(trace: &'a Trace, measure: HotMeasure) -> Self {
        let mut seen = Self {
            symbols: BTreeMap::new(),
            paths: BTreeSet::new(),
            families: BTreeSet::new(),
            samples: 0,
            unresolved: 0,
        };
        for (path, count) in trace.paths() {
            seen.samples += count;
            let (own, kernel) = path.split_at(kernel_from(path).min(path.len()));
            seen.families.extend(kernel.iter().filter_map(|it| family(it)));
            if own.iter().any(|it| is_resolved(it)) {
                seen.paths.insert(own);
            }
            let hit: BTreeSet<&str> = match measure {
                HotMeasure::SelfSamples => own.last().into_iter().map(String::as_str).collect(),
                HotMeasure::TotalSamples => own.iter().map(String::as_str).collect(),
            };
            let symbols: Vec<_> = hit.into_iter().filter(|it| is_resolved(it)).collect();
            if symbols.is_empty() {
                seen.unresolved += count;
            }
            for symbol in symbols {
                *seen.symbols.entry(symbol).or_insert(0) += count;
            }
        }
        seen
    }

    /// The hot symbols in order of their names, and how many more there were.
    fn hot(&self, cut: &HotCut) -> (Vec<&'a str>, usize) {
        let share = |count: u64| u128::from(count) * 1_000 >= u128::from(self.samples) * u128::from(cut.min_permille);
        let hot = self.symbols.iter().filter(|(_, count)| **count >= cut.min_samples && share(**count));
        let mut hot: Vec<_> = hot.map(|(symbol, count)| (std::cmp::Reverse(*count), *symbol)).collect();
        hot.sort_unstable();
        let cut_off = hot.len().saturating_sub(cut.max_symbols);
        hot.truncate(cut.max_symbols);
        let mut hot: Vec<_> = hot.into_iter().map(|(_, symbol)| symbol).collect();
        hot.sort_unstable();
        (hot, cut_off)
    }
}
