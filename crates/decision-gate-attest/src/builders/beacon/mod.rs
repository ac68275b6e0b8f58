//! Beacon attestations from a log: which of an artifact's numbered beacons came home, and which should have.
//!
//! A beacon counts once, at the first time that its number and its nonce are seen; all else is unverified. What should
//! have come is the span of the numbers over the whole window: silence before its first beacon and after its last one
//! is counted with the period, so a program that stops has gaps and not a shorter window.

mod log;
mod windows;

use decision_gate_core::at::Timestamp;
use serde_json::{Value, json};

use super::{BuildFault, Built, Note};
use crate::beacon::{BEACON_SOURCES, BeaconAttestation};
use crate::rate::Rate;
use log::Log;
use windows::Counted;

/// Five minutes, the usual window.
pub const DEFAULT_WINDOW_MILLIS: u64 = 300_000;

/// Most bytes of a log.
pub const MAX_LOG_BYTES: usize = 64 << 20;
/// Most windows of one log.
const MAX_WINDOWS: u64 = 10_000;

/// What a log itself does not say.
#[derive(Clone, Debug)]
pub struct BeaconOptions {
    /// What ran.
    pub artifact_id: String,
    /// Where it ran.
    pub environment_id: String,
    /// How it was watched.
    pub beacon_source: String,
    /// Which function, where the log has several.
    pub beacon_function: Option<String>,
    /// When watching began, in milliseconds since 1970; else with the first beacon.
    pub start: Option<i64>,
    /// When watching ended, in milliseconds since 1970; else with the last beacon.
    pub end: Option<i64>,
    /// How long each window is, in milliseconds; else the whole log is one.
    pub window_millis: Option<u64>,
    /// How often the beacon should come, in milliseconds; else as often as it did on the whole.
    pub period_millis: Option<u64>,
    /// When this is stated, in milliseconds since 1970; else when watching ended.
    pub timestamp: Option<i64>,
}

/// How often the beacon should come.
#[derive(Clone, Copy, Debug)]
struct Period {
    millis: u64,
    given: bool,
}

/// Makes `stella.ops/beaconAttestation@v1` predicates from a log of JSON Lines, one for each window.
///
/// # Errors
/// [`BuildFault`] with the line of the log or the option.
pub fn beacon_attestations(input: &[u8], options: &BeaconOptions) -> Result<Built, BuildFault> {
    if !BEACON_SOURCES.contains(&options.beacon_source.as_str()) {
        let expected = "one of `ebpf_uprobe`, `etw_dynamic`, `dyld_interpose`";
        return Err(BuildFault::OptionRange { option: "beacon_source", expected });
    }
    for (option, millis) in [("window_millis", options.window_millis), ("period_millis", options.period_millis)] {
        if millis.is_some_and(|it| it == 0 || it >= 1 << 53) {
            return Err(BuildFault::OptionRange { option, expected: "1 or more" });
        }
    }
    let log = Log::read(input, options.beacon_function.as_deref(), MAX_LOG_BYTES)?;
    let (Some(first), Some(last)) = (log.events.first(), log.events.last()) else {
        return Err(BuildFault::NoBeacons { function: log.function });
    };
    let (start, end) = (options.start.unwrap_or(first.time), options.end.unwrap_or(last.time));
    if end < start {
        return Err(BuildFault::OptionRange { option: "end", expected: "a time at or after the start of the window" });
    }
    let period = period(&log, options);
    let windows = windows::count(&log, start, end, options.window_millis, period)?;
    if windows.is_empty() {
        return Err(BuildFault::NoBeacons { function: log.function });
    }
    let mut predicates = Vec::new();
    for window in &windows {
        let predicate = predicate(window, &log.function, period, options.timestamp.unwrap_or(end), options);
        BeaconAttestation::read(&predicate).map_err(BuildFault::Predicate)?;
        predicates.push(predicate);
    }
    Ok(Built { predicates, notes: notes(&log, &windows, period, (start, end)) })
}

/// The period that is given, else the time between two beacons on the whole, rounded down so that more is expected.
fn period(log: &Log, options: &BeaconOptions) -> Option<Period> {
    if let Some(millis) = options.period_millis {
        return Some(Period { millis, given: true });
    }
    let lowest = log.events.iter().filter(|it| it.is_first).min_by_key(|it| it.sequence)?;
    let highest = log.events.iter().filter(|it| it.is_first).max_by_key(|it| it.sequence)?;
    let steps = highest.sequence - lowest.sequence;
    let millis = highest.time.abs_diff(lowest.time).checked_div(steps)?;
    Some(Period { millis: millis.max(1), given: false })
}

fn predicate(window: &Counted, function: &str, period: Option<Period>, stated: i64, options: &BeaconOptions) -> Value {
    let expected = window.last - window.first + 1;
    let rate = Rate::of(window.verified, expected).unwrap_or(Rate::ZERO);
    let mut predicate = json!({
        "artifact_id": options.artifact_id,
        "environment_id": options.environment_id,
        "beacon_source": options.beacon_source,
        "beacon_function": function,
        "window_start": Timestamp::UnixMillis(window.start).to_string(),
        "window_end": Timestamp::UnixMillis(window.end).to_string(),
        "beacon_count": window.verified,
        "first_sequence": window.first,
        "last_sequence": window.last,
        "sequence_gaps": expected - window.verified,
        "verification_rate": rate,
        "unverified": {
            "replayed_nonces": window.replayed,
            "duplicate_sequences": window.duplicates,
            "late": window.late,
        },
        "expected_in_silence": window.silent,
        "timestamp": Timestamp::UnixMillis(stated).to_string(),
    });
    if let (Some(period), Some(members)) = (period, predicate.as_object_mut()) {
        let from = if period.given { "given" } else { "log" };
        members.insert("period".to_owned(), json!({ "millis": period.millis, "from": from }));
    }
    predicate
}

fn notes(log: &Log, windows: &[Counted], period: Option<Period>, (start, end): (i64, i64)) -> Vec<Note> {
    let mut notes = Vec::new();
    let sum = |of: fn(&Counted) -> u64| windows.iter().map(of).sum::<u64>();
    let told = [
        (sum(|it| it.replayed), "replayed_nonces", "beacons repeat the nonce of an earlier one"),
        (sum(|it| it.duplicates), "duplicate_sequences", "beacons repeat the number of an earlier one"),
        (sum(|it| it.late), "late_beacons", "beacons came after the window that their number belongs to"),
    ];
    for (count, code, message) in told {
        if count > 0 {
            notes.push(Note::new(code, format!("{count} {message}; they are unverified")));
        }
    }
    let outside = log.events.iter().filter(|it| it.time < start || it.time > end).count();
    if outside > 0 {
        notes.push(Note::new("outside_window", format!("{outside} beacons lie outside of the window")));
    }
    if let Some(Period { millis, given: false }) = period
        && sum(|it| it.silent) > 0
    {
        let message = format!("silence is counted with {millis} ms between beacons, as the log has it on the whole");
        notes.push(Note::new("period_from_log", message));
    }
    if log.restarts > 0 {
        let message =
            format!("the numbers begin anew {} times; make an attestation for each run of the program", log.restarts);
        notes.push(Note::new("sequence_restarted", message));
    }
    notes
}
