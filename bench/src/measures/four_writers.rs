//! Four server processes that write to one SQLite file at once, each its own run: does anybody wait long? Each step is on
//! disk when it is answered; the slowest of a hundred is held against the middle one.

use std::thread;
use std::time::Duration;

use super::step_growth::{define, start};
use crate::fault::Fault;
use crate::server::{Era, Server};
use crate::setup::{Folder, Setup};
use crate::stats::{Pair, Summary};
use crate::table::{Bar, Row, Unit};

const WRITERS: usize = 4;
const STEPS: usize = 250;
/// Steps of a process that count for nothing.
const UNCOUNTED: usize = 20;
const ROUNDS: usize = 10;

pub(crate) fn run(setup: &Setup) -> Result<Vec<Row>, Fault> {
    let folder = Folder::new()?;
    define(&mut setup.ours(Era::Legacy, &folder)?)?;
    let mut pairs = Vec::new();
    for round in 0..setup.pairs(ROUNDS) {
        let mut times = at_once(setup, &folder, round)?;
        times.sort_unstable();
        pairs.push(Pair::of_times(share(&times, 99), share(&times, 50)));
    }
    let what = format!("durable step of {WRITERS} server processes on one SQLite file, p99 against p50");
    Ok(vec![Row { what, summary: Summary::of(&pairs), unit: Unit::Time, bar: Bar::AtMost(50.0) }])
}

/// The time of every step that counts.
fn at_once(setup: &Setup, folder: &Folder, round: usize) -> Result<Vec<Duration>, Fault> {
    let open = |writer: usize| {
        let mut server = setup.ours(Era::Legacy, folder)?;
        let step = start(&mut server, &format!("run-{round}-{writer}"))?;
        Ok((server, step))
    };
    let servers = (0..WRITERS).map(open).collect::<Result<Vec<_>, Fault>>()?;
    let writers: Vec<_> =
        servers.into_iter().map(|(server, step)| thread::spawn(move || steps(server, &step))).collect();
    let mut times = Vec::with_capacity(WRITERS * STEPS);
    for writer in writers {
        let ended = writer.join().map_err(|_| Fault::NotComparable("a writer broke down".to_owned()))?;
        times.extend(ended?);
    }
    Ok(times)
}

fn steps(mut server: Server, step: &str) -> Result<Vec<Duration>, Fault> {
    for _ in 0..UNCOUNTED {
        server.result(step)?;
    }
    let times = (0..STEPS).map(|_| server.time(step)).collect::<Result<_, _>>()?;
    // The answers were not read one by one; the last one tells whether the run still goes on.
    server.result(step)?;
    Ok(times)
}

/// The time that so many of a hundred do not exceed.
fn share(sorted: &[Duration], hundredths: usize) -> Duration {
    let place = (sorted.len() * hundredths / 100).min(sorted.len().saturating_sub(1));
    sorted.get(place).copied().unwrap_or_default()
}
