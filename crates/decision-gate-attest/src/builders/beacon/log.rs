//! A log of beacons: JSON Lines with `sequence`, `nonce`, `time` and `function`; what else a line has is left out.
//!
//! The order of lines means nothing: beacons are put in order of their times, so a log that several writers appended to
//! reads the same. Which of two beacons is the replay is decided over the whole log, before any window is cut.

use std::collections::BTreeSet;

use decision_gate_core::json::{self, Limits};
use serde_json::Value;

use crate::builders::BuildFault;
use crate::builders::fault::{TraceFault, Where};
use crate::predicate::{Members, PredicateFault};
use decision_gate_core::at::Timestamp;

/// Most bytes of a line.
const MAX_LINE: usize = 64 << 10;
/// Most bytes of a nonce and of the name of a function.
const MAX_TEXT: usize = 1_024;
/// Most beacons.
const MAX_EVENTS: usize = 1_000_000;
/// Most functions that are told of.
const MAX_FUNCTIONS: usize = 8;

/// A beacon that came.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Event {
    pub(super) time: i64,
    pub(super) sequence: u64,
    nonce: String,
    /// Whether its nonce was not seen before.
    pub(super) is_fresh: bool,
    /// Whether neither its number nor its nonce was seen before.
    pub(super) is_first: bool,
}

/// The beacons of one function, in order of their times.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) function: String,
    pub(super) events: Vec<Event>,
    /// How often the numbers began anew.
    pub(super) restarts: u64,
}

impl Log {
    pub(super) fn read(input: &[u8], function: Option<&str>, limit: usize) -> Result<Self, BuildFault> {
        let too_large = |line, what, limit: usize| TraceFault::TooLarge {
            at: Where::Line(line),
            what,
            limit: u64::try_from(limit).unwrap_or(u64::MAX),
        };
        if input.len() > limit {
            return Err(too_large(1, "bytes", limit).into());
        }
        let (mut events, mut functions) = (Vec::new(), BTreeSet::new());
        for (index, line) in input.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let number = index + 1;
            let line = line.strip_suffix(b"\n").ok_or(TraceFault::cut_off(number, "the end of the line"))?;
            if line.trim_ascii().is_empty() {
                continue;
            }
            let parsed = json::parse(line, &Limits::evidence(MAX_LINE));
            let parsed = parsed.map_err(|error| BuildFault::Json { line: number, error })?;
            let (of, event) = event(&parsed.value).map_err(|fault| BuildFault::Event { line: number, fault })?;
            if function.is_some_and(|it| it != of) {
                continue;
            }
            if functions.len() < MAX_FUNCTIONS && !functions.contains(of) {
                functions.insert(of.to_owned());
            }
            if events.len() == MAX_EVENTS {
                return Err(too_large(number, "beacons", MAX_EVENTS).into());
            }
            events.push(event);
        }
        if functions.len() > 1 {
            return Err(BuildFault::Functions { functions: functions.into_iter().collect() });
        }
        let function = functions.pop_first().or(function.map(str::to_owned)).unwrap_or_else(|| "*".to_owned());
        Ok(Self::of(function, events))
    }

    /// Puts beacons in order and finds out which are the first of their number and nonce.
    fn of(function: String, mut events: Vec<Event>) -> Self {
        events.sort_unstable();
        let (mut nonces, mut sequences) = (BTreeSet::new(), BTreeSet::new());
        let mut restarts = 0;
        let mut highest = 0;
        let lowest = events.iter().map(|it| it.sequence).min().unwrap_or(0);
        for event in &mut events {
            event.is_fresh = nonces.insert(std::mem::take(&mut event.nonce));
            let is_new = sequences.insert(event.sequence);
            event.is_first = event.is_fresh && is_new;
            if event.is_fresh && !is_new && event.sequence == lowest && highest > lowest {
                restarts += 1;
            }
            highest = highest.max(event.sequence);
        }
        Self { function, events, restarts }
    }
}

/// The function and the beacon of a line.
fn event(value: &Value) -> Result<(&str, Event), PredicateFault> {
    let line = Members::of(value)?;
    let short = |name: &str| match line.text(name)? {
        text if text.len() <= MAX_TEXT => Ok(text),
        _ => Err(line.malformed(name, "a text of at most 1024 bytes")),
    };
    let time = match line.need("time")? {
        Value::String(_) => line.time("time")?,
        Value::Number(millis) => exact(millis.as_i64()).ok_or(line.malformed("time", TIME))?,
        Value::Object(members) if members.get("kind").is_some_and(|it| it == "unix_millis") => {
            exact(members.get("value").and_then(Value::as_i64)).ok_or(line.malformed("time", TIME))?
        }
        _ => return Err(line.malformed("time", TIME)),
    };
    let event = Event {
        time,
        sequence: line.count("sequence")?,
        nonce: short("nonce")?.to_owned(),
        is_fresh: false,
        is_first: false,
    };
    Ok((short("function")?, event))
}

/// What a time may be.
const TIME: &str = "a time as RFC 3339, or in milliseconds since 1970";

/// Milliseconds that a date can show.
fn exact(millis: Option<i64>) -> Option<i64> {
    millis.filter(|it| Timestamp::from_rfc3339(&Timestamp::UnixMillis(*it).to_string()).is_some())
}
