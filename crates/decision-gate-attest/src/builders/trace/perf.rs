//! The text of `perf script`: a line about each sample, its frames from the leaf below it, then an empty line.
//!
//! Recorded without call graphs, a sample and its only frame stand on one line and no empty line follows.

use super::{Paths, lines};
use crate::builders::fault::{TraceFault, Where};

/// What a frame looks like.
const FRAME: &str = "a frame: an address, a symbol and a module in parentheses";

pub(super) fn read(input: &[u8], paths: &mut Paths) -> Result<(), TraceFault> {
    // The frames of the sample that is being read, from the leaf.
    let mut sample: Option<Vec<String>> = None;
    let mut last = 0;
    for (number, line) in lines(input) {
        let line = line?;
        last = number;
        if line.starts_with('#') {
            continue;
        }
        if line.trim().is_empty() {
            if let Some(stack) = sample.take() {
                add(stack, paths, number)?;
            }
        } else if let Some(rest) = after_time(line) {
            if sample.is_some() {
                return Err(TraceFault::malformed(number, "an empty line between two samples"));
            }
            match after_event(rest).map(str::trim) {
                None => return Err(TraceFault::malformed(number, "the name of an event with `:` after the time")),
                Some("") => sample = Some(Vec::new()),
                Some(only) => add(vec![frame(only, paths, number)?], paths, number)?,
            }
        } else if let Some(stack) = &mut sample {
            paths.check_frames(stack.len() + 1, Where::Line(number))?;
            stack.push(frame(line.trim(), paths, number)?);
        } else {
            return Err(TraceFault::malformed(number, "a sample: command, process id, time and event"));
        }
    }
    match sample {
        Some(_) => Err(TraceFault::cut_off(last, "the empty line after the last sample")),
        None => Ok(()),
    }
}

/// Whether a line is of this format and of no other.
pub(super) fn begins(line: &str) -> bool {
    after_time(line).is_some()
}

fn add(mut stack: Vec<String>, paths: &mut Paths, line: usize) -> Result<(), TraceFault> {
    stack.reverse();
    paths.add(stack, 1, Where::Line(line))
}

/// What follows the time in the first line of a sample: `comm pid[/tid] [cpu] seconds.fraction: …`.
fn after_time(line: &str) -> Option<&str> {
    let mut before = [""; 2];
    let mut rest = line.trim_start();
    while let Some((word, after)) = rest.split_once(' ') {
        if is_time(word) && (is_process(before[1]) || (is_cpu(before[1]) && is_process(before[0]))) {
            return Some(after.trim_start());
        }
        before = [before[1], word];
        rest = after.trim_start();
    }
    None
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit())
}

fn is_process(word: &str) -> bool {
    word.split_once('/').map_or_else(|| is_number(word), |(process, thread)| is_number(process) && is_number(thread))
}

fn is_cpu(word: &str) -> bool {
    word.strip_prefix('[').and_then(|it| it.strip_suffix(']')).is_some_and(is_number)
}

fn is_time(word: &str) -> bool {
    let time = word.strip_suffix(':').and_then(|it| it.split_once('.'));
    time.is_some_and(|(seconds, fraction)| is_number(seconds) && is_number(fraction))
}

/// What follows `[period] event:`; the event may have colons of its own, as `cpu-clock:u:`.
fn after_event(rest: &str) -> Option<&str> {
    let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
    let (event, after) = if is_number(word) {
        after.trim_start().split_once(' ').unwrap_or((after.trim_start(), ""))
    } else {
        (word, after)
    };
    (event.len() > 1 && event.ends_with(':')).then_some(after)
}

/// `address symbol+offset (module)`.
fn frame(text: &str, paths: &Paths, line: usize) -> Result<String, TraceFault> {
    parse_frame(text).map(|(name, module)| paths.frame(name, Some(module))).ok_or(TraceFault::malformed(line, FRAME))
}

/// Name and module of a frame.
pub(super) fn parse_frame(text: &str) -> Option<(&str, &str)> {
    let (address, rest) = text.split_once(' ')?;
    let address = address.strip_prefix("0x").unwrap_or(address);
    if address.is_empty() || !address.bytes().all(|it| it.is_ascii_hexdigit()) {
        return None;
    }
    let rest = rest.trim().strip_suffix(')')?;
    let rest = rest.strip_suffix(" (deleted)").unwrap_or(rest);
    match rest.rsplit_once(" (") {
        Some((name, module)) => Some((name, module)),
        None => Some(("", rest.strip_prefix('(')?)),
    }
}
