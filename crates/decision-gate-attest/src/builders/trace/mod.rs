//! A trace in one form, whatever it was written in: distinct call paths and how often each was sampled.
//!
//! A path holds canonical frames from the root to the leaf, so addresses, offsets and the order of the input are gone.
//! Its canonical text is folded stacks in order of their bytes, and that text reads back as the same trace. All that
//! comes in is counted against [`Limits`] before it is kept.

mod bpftrace;
mod folded;
mod frame;
mod gzip;
mod perf;
mod pprof;
mod protobuf;
mod syscalls;

use std::collections::BTreeMap;

use decision_gate_core::digest::Digest;

use super::Note;
use super::fault::{TraceFault, Where};

pub(crate) use frame::{is_resolved, kernel_from};
pub(crate) use syscalls::family;

/// What a trace is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TraceFormat {
    /// One stack a line, frames from the root with `;` between them, then a space and a count.
    Folded,
    /// The text of `perf script`.
    PerfScript,
    /// Maps keyed by stacks, as `bpftrace` prints them when it ends.
    Bpftrace,
    /// The protocol buffer of `pprof`, packed with gzip or not.
    Pprof,
}

impl TraceFormat {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Folded, Self::PerfScript, Self::Bpftrace, Self::Pprof];

    /// The word for it on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Folded => "folded",
            Self::PerfScript => "perf-script",
            Self::Bpftrace => "bpftrace",
            Self::Pprof => "pprof",
        }
    }

    /// The format of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// The format that an input looks to be in: its first line that says so. Whether it is, reading it tells.
    pub fn detect(input: &[u8]) -> Option<Self> {
        let start = input.get(..DETECT_BYTES).unwrap_or(input);
        // Packed with gzip, or a message: neither is a text.
        let is_text = |byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
        if start.starts_with(&[0x1f, 0x8b]) || !start.iter().all(is_text) {
            return Some(Self::Pprof);
        }
        let lines = start.split(|byte| *byte == b'\n').map(String::from_utf8_lossy);
        lines.filter(|line| !line.trim().is_empty() && !line.starts_with('#')).find_map(|line| {
            let counted = || line.trim_end().rsplit_once(' ').is_some_and(|(_, end)| count(end).is_some());
            if bpftrace::begins(&line) {
                Some(Self::Bpftrace)
            } else if perf::begins(&line) {
                Some(Self::PerfScript)
            } else {
                counted().then_some(Self::Folded)
            }
        })
    }

    /// The source that a trace in this format is of, unless its maker says another.
    pub fn trace_source(self) -> Option<&'static str> {
        match self {
            Self::Folded => None,
            Self::PerfScript => Some("perf"),
            Self::Bpftrace => Some("ebpf"),
            Self::Pprof => Some("pprof"),
        }
    }
}

/// As much of an input as its format is told from.
const DETECT_BYTES: usize = 64 << 10;

/// How much of a trace is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the input, and of a profile after it was unpacked.
    pub bytes: usize,
    /// Distinct call paths.
    pub paths: usize,
    /// Bytes of all distinct call paths together.
    pub path_bytes: usize,
    /// Frames of one stack.
    pub frames: usize,
    /// Bytes of one frame, after which it is cut.
    pub frame_bytes: usize,
}

impl Limits {
    /// 256 MiB of input, a million paths of 256 MiB together, 2,048 frames, 512 bytes for each.
    pub const DEFAULT: Self =
        Self { bytes: 256 << 20, paths: 1_000_000, path_bytes: 256 << 20, frames: 2_048, frame_bytes: 512 };
}

/// A trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    paths: BTreeMap<Vec<String>, u64>,
    unit: String,
    window: Option<(i64, i64)>,
    notes: Vec<Note>,
}

impl Trace {
    /// Reads a trace.
    ///
    /// # Errors
    /// [`TraceFault`] with the line or the byte.
    pub fn read(input: &[u8], format: TraceFormat, limits: &Limits) -> Result<Self, TraceFault> {
        let mut paths = Paths::new(*limits);
        if input.len() > limits.bytes {
            return Err(Paths::too_large(Where::Line(1), "bytes", limits.bytes));
        }
        let mut trace = Self { paths: BTreeMap::new(), unit: "samples".to_owned(), window: None, notes: Vec::new() };
        match format {
            TraceFormat::Folded => folded::read(input, &mut paths)?,
            TraceFormat::PerfScript => perf::read(input, &mut paths)?,
            TraceFormat::Bpftrace => trace.notes = bpftrace::read(input, &mut paths)?,
            TraceFormat::Pprof => {
                let profile = pprof::read(input, &mut paths)?;
                trace.unit = profile.unit;
                trace.window = profile.window;
            }
        }
        if paths.total == 0 {
            return Err(TraceFault::Empty);
        }
        trace.paths = paths.paths;
        Ok(trace)
    }

    /// The distinct call paths, each from the root to the leaf, with their counts, in order.
    pub fn paths(&self) -> impl Iterator<Item = (&[String], u64)> {
        self.paths.iter().map(|(path, count)| (path.as_slice(), *count))
    }

    /// What is counted: `samples`, or the type and unit that the profile names.
    pub fn unit(&self) -> &str {
        &self.unit
    }

    /// When it was recorded, in milliseconds since 1970, where the trace itself says so.
    pub fn window(&self) -> Option<(i64, i64)> {
        self.window
    }

    /// What a reader should know.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The trace as folded stacks in order of their bytes.
    pub fn canonical(&self) -> String {
        let mut lines: Vec<_> =
            self.paths.iter().map(|(path, count)| format!("{} {count}\n", path.join(";"))).collect();
        lines.sort_unstable();
        lines.concat()
    }

    /// The digest of [`Trace::canonical`].
    pub fn digest(&self) -> Digest {
        Digest::of(self.canonical().as_bytes())
    }
}

/// Paths as they are read, within their limits.
pub(crate) struct Paths {
    limits: Limits,
    paths: BTreeMap<Vec<String>, u64>,
    bytes: usize,
    total: u64,
}

impl Paths {
    /// Most that may be counted: JSON carries it exactly.
    const MAX_TOTAL: u64 = (1 << 53) - 1;

    fn new(limits: Limits) -> Self {
        Self { limits, paths: BTreeMap::new(), bytes: 0, total: 0 }
    }

    fn too_large(at: Where, what: &'static str, limit: usize) -> TraceFault {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        TraceFault::TooLarge { at, what, limit }
    }

    /// A frame in its canonical form.
    fn frame(&self, name: &str, module: Option<&str>) -> String {
        frame::canonical(name, module, self.limits.frame_bytes)
    }

    /// Refuses a stack with more frames than are taken.
    fn check_frames(&self, count: usize, at: Where) -> Result<(), TraceFault> {
        if count > self.limits.frames {
            return Err(Self::too_large(at, "frames in a stack", self.limits.frames));
        }
        Ok(())
    }

    /// Takes in a stack, from the root to the leaf. One without frames or without weight is no sample.
    fn add(&mut self, path: Vec<String>, count: u64, at: Where) -> Result<(), TraceFault> {
        self.check_frames(path.len(), at)?;
        if path.is_empty() || count == 0 {
            return Ok(());
        }
        let total = self.total.checked_add(count).filter(|it| *it <= Self::MAX_TOTAL);
        self.total = total.ok_or(TraceFault::TooLarge { at, what: "samples", limit: Self::MAX_TOTAL })?;
        if let Some(known) = self.paths.get_mut(&path) {
            *known += count;
            return Ok(());
        }
        self.bytes += path.iter().map(|it| it.len() + size_of::<String>()).sum::<usize>();
        if self.paths.len() >= self.limits.paths {
            return Err(Self::too_large(at, "call paths", self.limits.paths));
        }
        if self.bytes > self.limits.path_bytes {
            return Err(Self::too_large(at, "bytes of call paths", self.limits.path_bytes));
        }
        self.paths.insert(path, count);
        Ok(())
    }
}

/// A count, in decimal digits only.
fn count(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

/// The lines of a text, from 1, without their ends; a last line without an end is one that was cut off.
fn lines(input: &[u8]) -> impl Iterator<Item = (usize, Result<&str, TraceFault>)> {
    let lines = input.split_inclusive(|byte| *byte == b'\n').enumerate();
    lines.map(|(index, line)| {
        let number = index + 1;
        let Some(line) = line.strip_suffix(b"\n") else {
            return (number, Err(TraceFault::cut_off(number, "the end of the line")));
        };
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        (number, std::str::from_utf8(line).map_err(|_| TraceFault::malformed(number, "a line in UTF-8")))
    })
}
