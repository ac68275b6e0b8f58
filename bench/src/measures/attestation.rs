//! Checking attestations with the core, from the text of an envelope to a statement that is bound to its question or
//! artifact, against bare `verify_strict` of `ed25519-dalek` over the same signed bytes, which it can't do without.
//! In memory, from files, on two threads; and what a bound signature adds to the weighing of one answer.

use std::fs;
use std::hint::black_box;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use crate::fault::Fault;
use crate::setup::{Folder, Setup};
use crate::stats::{Pair, Summary};
use crate::table::{Bar, Row, Unit};

mod samples;

use samples::{Raw, Samples};

const PAIRS: usize = 120;
/// Verifications of one side of a pair: as often through all samples.
const ROUNDS: usize = 4;
/// Rounds of a thread: long against the making of one.
const THREAD_ROUNDS: usize = 10;

pub(crate) fn run(setup: &Setup) -> Result<Vec<Row>, Fault> {
    let samples = Samples::new()?;
    let folder = Folder::new()?;
    Ok(vec![
        evidence_in_memory(setup, &samples)?,
        release_in_memory(setup, &samples)?,
        from_files(setup, &samples, &folder)?,
        two_threads(setup, &samples)?,
        one_answer(setup, &samples)?,
    ])
}

/// A bound evidence statement, as providers send them.
fn evidence_in_memory(setup: &Setup, samples: &Samples) -> Result<Row, Fault> {
    let ours = || samples.evidence.iter().all(|sample| samples.bound(&sample.envelope));
    let what = format!("attestation, evidence statement, envelope of {} B in memory", samples.evidence_size());
    rates(setup, what, Bar::AtLeast(0.85), ours, || raw(samples.evidence.iter().map(|sample| &sample.raw)))
}

/// An in-toto statement of 2 KB about an artifact.
fn release_in_memory(setup: &Setup, samples: &Samples) -> Result<Row, Fault> {
    let ours = || samples.small.iter().all(|sample| samples.names(sample.envelope.as_bytes()));
    let what = format!("attestation, in-toto statement, envelope of {} B in memory", Samples::size(&samples.small));
    rates(setup, what, Bar::AtLeast(0.85), ours, || raw(samples.small.iter().map(|sample| &sample.raw)))
}

/// Envelopes of 8 KB, each in a file of its own; the floor has its messages in memory.
fn from_files(setup: &Setup, samples: &Samples, folder: &Folder) -> Result<Row, Fault> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for (number, sample) in samples.large.iter().enumerate() {
        let path = folder.path().join(format!("{number}.json"));
        fs::write(&path, &sample.envelope).map_err(Fault::io("write", &path))?;
        paths.push(path);
    }
    let ours = || paths.iter().all(|path| fs::read(path).is_ok_and(|envelope| samples.names(&envelope)));
    let what = format!("attestation, in-toto statement, envelope of {} B from a file", Samples::size(&samples.large));
    rates(setup, what, Bar::AtLeast(0.6), ours, || raw(samples.large.iter().map(|sample| &sample.raw)))
}

/// How much faster two threads are than one, with all of the work doubled.
fn two_threads(setup: &Setup, samples: &Samples) -> Result<Row, Fault> {
    let ours = || samples.evidence.iter().all(|sample| samples.bound(&sample.envelope));
    let bare = || raw(samples.evidence.iter().map(|sample| &sample.raw));
    let mut pairs = Vec::new();
    for _ in 0..setup.pairs(PAIRS) {
        // One thread and two of either side beside each other: a neighbour's load weighs on all four.
        let (mine, floor) = (speed_up(&ours)?, speed_up(&bare)?);
        pairs.push(Pair { ours: mine, floor });
    }
    let what = "attestation, two threads against one, beside those of the bare loop".to_owned();
    Ok(Row { what, summary: Summary::of(&pairs), unit: Unit::Times, bar: Bar::AtLeast(0.9) })
}

fn speed_up(work: &(impl Fn() -> bool + Sync)) -> Result<f64, Fault> {
    let one = timed(2 * THREAD_ROUNDS, work)?;
    let began = Instant::now();
    let both = thread::scope(|scope| {
        let other = scope.spawn(|| timed(THREAD_ROUNDS, work));
        let mine = timed(THREAD_ROUNDS, work);
        other.join().map(|other| mine.and(other))
    });
    let two = began.elapsed();
    both.map_err(|_| Fault::NotComparable("a measuring thread ended".to_owned()))??;
    Ok(one.as_secs_f64() / two.as_secs_f64())
}

/// What one signature costs in an `evidence_query`: weighing an answer that has one, less weighing it without.
fn one_answer(setup: &Setup, samples: &Samples) -> Result<Row, Fault> {
    let count = u32::try_from(samples.evidence.len()).unwrap_or(u32::MAX);
    let signed = || samples.evidence.iter().all(|sample| samples.weighs(&sample.signed));
    let unsigned = || samples.evidence.iter().all(|_| samples.weighs(&samples.unsigned));
    let bare = || raw(samples.evidence.iter().map(|sample| &sample.raw));
    let each = |took: Duration| took / (count * u32::try_from(ROUNDS).unwrap_or(u32::MAX));
    let mut pairs = Vec::new();
    for _ in 0..setup.pairs(PAIRS) {
        let with = timed(ROUNDS, &signed)?;
        let floor = timed(ROUNDS, &bare)?;
        let without = timed(ROUNDS, &unsigned)?;
        pairs.push(Pair::of_times(each(with.saturating_sub(without)), each(floor)));
    }
    let what = "what a bound signature adds to weighing one answer, against bare `verify_strict`".to_owned();
    Ok(Row { what, summary: Summary::of(&pairs), unit: Unit::Time, bar: Bar::AtMost(1.3) })
}

/// Verifications a second, ours beside the floor's.
fn rates(
    setup: &Setup,
    what: String,
    bar: Bar,
    ours: impl Fn() -> bool,
    floor: impl Fn() -> bool,
) -> Result<Row, Fault> {
    let count = f64::from(u32::try_from(samples::COUNT * ROUNDS).unwrap_or(u32::MAX));
    let mut pairs = Vec::new();
    for number in 0..setup.pairs(PAIRS) {
        let (mine, bare);
        if number % 2 == 0 {
            mine = timed(ROUNDS, &ours)?;
            bare = timed(ROUNDS, &floor)?;
        } else {
            bare = timed(ROUNDS, &floor)?;
            mine = timed(ROUNDS, &ours)?;
        }
        pairs.push(Pair { ours: count / mine.as_secs_f64(), floor: count / bare.as_secs_f64() });
    }
    Ok(Row { what, summary: Summary::of(&pairs), unit: Unit::PerSecond, bar })
}

fn raw<'a>(mut samples: impl Iterator<Item = &'a Raw>) -> bool {
    samples.all(|sample| black_box(sample.verify()))
}

/// A refusal is no measurement: a side that refuses is faster, and wrong.
fn timed(rounds: usize, work: &impl Fn() -> bool) -> Result<Duration, Fault> {
    let began = Instant::now();
    let mut accepted = true;
    for _ in 0..rounds {
        accepted &= work();
    }
    let took = began.elapsed();
    if accepted { Ok(took) } else { Err(Fault::NotComparable("a signature that holds was refused".to_owned())) }
}
