//! Maps keyed by stacks, as `bpftrace` prints them when it ends: `@[`, the frames from the leaf a line each, `]: 12`.
//!
//! A key may have a kernel stack and a user stack, and other parts, which are left out. Maps without stacks are skipped
//! and told of; histograms and all else are refused.

use super::frame::is_kernel;
use super::{Paths, lines, perf};
use crate::builders::Note;
use crate::builders::fault::{TraceFault, Where};

/// What the end of an entry looks like.
const END: &str = "a frame, or the end of the key, `]: ` and a whole number";

/// An entry that is being read: its finished stacks and the one at hand, each from the leaf.
#[derive(Default)]
struct Entry {
    stacks: Vec<Vec<String>>,
    frames: usize,
}

pub(super) fn read(input: &[u8], paths: &mut Paths) -> Result<Vec<Note>, TraceFault> {
    let mut entry: Option<Entry> = None;
    let (mut skipped, mut last) = (0_u64, 0);
    for (number, line) in lines(input) {
        let line = line?;
        last = number;
        let text = line.trim();
        if let Some(open) = &mut entry {
            if let Some(count) = open.take_line(line, number, paths)? {
                let path = entry.take().unwrap_or_default().path();
                paths.add(path, count, Where::Line(number))?;
            }
        } else if is_plain_map(text) {
            skipped += 1;
        } else if let Some(stacks) = opening(text) {
            entry = Some(Entry { stacks: vec![Vec::new(); stacks], frames: 0 });
        } else if !(text.is_empty() || is_greeting(text)) {
            return Err(TraceFault::malformed(number, "a map keyed by a stack: `@name[`"));
        }
    }
    if entry.is_some() {
        return Err(TraceFault::cut_off(last, "the end of the key"));
    }
    let note = || Note::new("maps_skipped", format!("{skipped} entries of maps without stacks were skipped"));
    Ok(if skipped > 0 { vec![note()] } else { Vec::new() })
}

/// Whether a line is of this format and of no other.
pub(super) fn begins(line: &str) -> bool {
    is_greeting(line) || is_plain_map(line.trim()) || opening(line.trim()).is_some()
}

impl Entry {
    /// Takes in a line of the key; gives the count at its end.
    fn take_line(&mut self, line: &str, number: usize, paths: &Paths) -> Result<Option<u64>, TraceFault> {
        let text = line.trim();
        if line.starts_with([' ', '\t']) && !text.is_empty() {
            self.frames += 1;
            paths.check_frames(self.frames, Where::Line(number))?;
            let frame = match perf::parse_frame(text) {
                Some((name, module)) => paths.frame(name, Some(module)),
                None => paths.frame(text, None),
            };
            if let Some(stack) = self.stacks.last_mut() {
                stack.push(frame);
            }
            return Ok(None);
        }
        if text.starts_with(',') && text.ends_with(',') {
            // Of more than two stacks nobody could say how they hang together.
            if self.stacks.len() == 2 {
                return Err(TraceFault::malformed(number, "at most two stacks in a key"));
            }
            self.stacks.push(Vec::new());
            return Ok(None);
        }
        if text.is_empty() {
            return Ok(None);
        }
        let (rest, count) = text.rsplit_once("]: ").ok_or(TraceFault::malformed(number, END))?;
        let count = super::count(count).filter(|_| rest.is_empty() || rest.starts_with(','));
        count.map(Some).ok_or(TraceFault::malformed(number, END))
    }

    /// From the root to the leaf: the stack of the kernel is the deeper one, else they hang as they were written.
    fn path(self) -> Vec<String> {
        let mut stacks = self.stacks;
        if let [_, second] = stacks.as_slice()
            && second.last().is_some_and(|it| is_kernel(it))
        {
            stacks.reverse();
        }
        let mut path = stacks.concat();
        path.reverse();
        path
    }
}

/// What it says before the maps.
fn is_greeting(text: &str) -> bool {
    (text.starts_with("Attaching ") || text.starts_with("Attached ")) && text.contains(" probe")
}

/// `@[` or `@name[`, and how many stacks were begun: `@[,` begins with an empty one, `@[comm,` with another part.
fn opening(text: &str) -> Option<usize> {
    let (name, parts) = text.strip_prefix('@')?.split_once('[')?;
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match parts.strip_suffix(',') {
        _ if !is_name => None,
        Some("") => Some(2),
        Some(_) => Some(1),
        None => parts.is_empty().then_some(1),
    }
}

/// `@name: 12` or `@name[key]: 12`.
fn is_plain_map(text: &str) -> bool {
    let value = text.starts_with('@').then(|| text.rsplit_once(": ")).flatten();
    value.is_some_and(|(_, count)| super::count(count).is_some())
}
