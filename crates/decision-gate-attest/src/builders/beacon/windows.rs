//! Cuts the time that was watched into windows, and counts for each what came and what should have come.
//!
//! The numbers of the windows follow each other without a hole: where one ends, the next begins, so a gap between two
//! beacons belongs to one of the windows and never to none. A beacon is expected when it is due before a window ends.

use super::log::{Event, Log};
use super::{MAX_WINDOWS, Period};
use crate::builders::BuildFault;

/// The highest number that a beacon may have.
const MAX_SEQUENCE: u64 = (1 << 53) - 1;

/// What is counted for a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) start: i64,
    pub(super) end: i64,
    /// First number that should have come.
    pub(super) first: u64,
    /// Last number that should have come.
    pub(super) last: u64,
    pub(super) verified: u64,
    pub(super) replayed: u64,
    pub(super) duplicates: u64,
    /// Came with a number of an earlier window.
    pub(super) late: u64,
    /// Expected before the first or after the last that came.
    pub(super) silent: u64,
    /// When the last that should have come was due.
    last_due: i64,
}

/// Counts all windows; those in which nothing came and nothing is due are left out.
pub(super) fn count(
    log: &Log,
    start: i64,
    end: i64,
    length: Option<u64>,
    period: Option<Period>,
) -> Result<Vec<Counted>, BuildFault> {
    let whole = end.abs_diff(start);
    let length = length.unwrap_or(whole).max(1);
    if whole.div_ceil(length) > MAX_WINDOWS {
        return Err(BuildFault::OptionRange { option: "window_millis", expected: "such that there are at most 10000" });
    }
    let mut counted: Vec<Counted> = Vec::new();
    let events = &log.events;
    let watched = events.partition_point(|it| it.time < start)..events.partition_point(|it| it.time <= end);
    let mut rest = events.get(watched).unwrap_or_default();
    let highest = next_highest(rest);
    // The last number of the last window, and when it was due.
    let mut past = None;
    let mut from = start;
    loop {
        let to = i64::try_from(length).ok().and_then(|it| from.checked_add(it)).map_or(end, |it| it.min(end));
        // The last window has its end in it.
        let within = rest.partition_point(|it| it.time < to || (to == end && it.time == end));
        let (events, after) = rest.split_at_checked(within).unwrap_or((rest, &[]));
        let before = highest.get(highest.len() - 1 - after.len()).copied().flatten();
        if let Some(window) = one(events, (from, to), past, before, period)? {
            past = Some((window.last, window.last_due));
            counted.push(window);
        }
        if to >= end {
            return Ok(counted);
        }
        (rest, from) = (after, to);
    }
}

/// For each place between beacons, the next number that is higher than all before it: one that came late does not say
/// where the numbers stand.
fn next_highest(events: &[Event]) -> Vec<Option<u64>> {
    let mut highest = None;
    let mut risen: Vec<Option<u64>> = events
        .iter()
        .map(|event| {
            let rises = event.is_first && highest.is_none_or(|it| event.sequence > it);
            rises.then(|| *highest.insert(event.sequence))
        })
        .collect();
    risen.push(None);
    let mut next = None;
    for it in risen.iter_mut().rev() {
        next = it.or(next);
        *it = next;
    }
    risen
}

/// Counts one window. `past` is the last number of the window before it and when that was due; `before` is a number that
/// comes after it, so that what is due in its silence ends below.
fn one(
    events: &[Event],
    (start, end): (i64, i64),
    past: Option<(u64, i64)>,
    before: Option<u64>,
    period: Option<Period>,
) -> Result<Option<Counted>, BuildFault> {
    let next = past.map(|(last, _)| last + 1);
    let numbers = || events.iter().filter(|it| it.is_first && next.is_none_or(|next| it.sequence >= next));
    let (lowest, highest) = (numbers().map(|it| it.sequence).min(), numbers().map(|it| it.sequence).max());
    let (first_heard, last_heard) = (numbers().map(|it| it.time).min(), numbers().map(|it| it.time).max());
    let first = match (next, lowest) {
        (Some(next), _) => next,
        (None, Some(lowest)) => {
            let silent = due(first_heard.unwrap_or(start).abs_diff(start), false, period)?;
            // Numbers begin with 0 or 1: before these nothing was due.
            lowest.saturating_sub(silent).max(lowest.min(1))
        }
        (None, None) => return Ok(None),
    };
    // Where nothing came at all, silence began with what was due last.
    let heard = last_heard.or(past.map(|(_, due)| due)).unwrap_or(start);
    let silent = due(end.abs_diff(heard), true, period)?;
    let from = highest.map_or(first, |it| it + 1);
    let mut last = from.saturating_add(silent).min(MAX_SEQUENCE + 1);
    if let Some(before) = before {
        last = last.min(before.max(from));
    }
    // `last` is one too high until here, so that nothing is below 0.
    let Some(last) = last.checked_sub(1).filter(|last| *last >= first) else { return Ok(None) };
    let within = |it: &&Event| (first..=last).contains(&it.sequence);
    let count = |it: usize| u64::try_from(it).unwrap_or(u64::MAX);
    let firsts = events.iter().filter(|it| it.is_first);
    let trailing = last + 1 - from;
    let waited = i64::try_from(trailing.saturating_mul(period.map_or(0, |it| it.millis))).unwrap_or(i64::MAX);
    let leading = lowest.map_or(0, |it| it - first);
    Ok(Some(Counted {
        start,
        end,
        first,
        last,
        verified: count(firsts.clone().filter(within).count()),
        replayed: count(events.iter().filter(|it| !it.is_fresh).count()),
        duplicates: count(events.iter().filter(|it| it.is_fresh && !it.is_first).count()),
        late: count(firsts.filter(|it| !within(it)).count()),
        silent: trailing + leading,
        last_due: heard.saturating_add(waited).min(end),
    }))
}

/// How many beacons are due in so long a silence after or before one: none at its very end after one.
fn due(silence: u64, after: bool, period: Option<Period>) -> Result<u64, BuildFault> {
    if silence == 0 {
        return Ok(0);
    }
    let reason = "the log has too few beacons to tell how often they come, and the window is longer than they";
    let period = period.ok_or(BuildFault::OptionNeeded { option: "period_millis", reason })?;
    Ok((silence - u64::from(after)) / period.millis)
}
