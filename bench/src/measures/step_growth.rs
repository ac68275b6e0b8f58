//! Does a step cost more the longer its run is? One ledger keeps a run that has taken 10,000 steps; on another one new
//! runs are started and measured around their tenth step.

use serde_json::json;

use crate::fault::Fault;
use crate::server::{Era, Server};
use crate::setup::{Folder, Setup, scenario};
use crate::stats::{Pair, Summary};
use crate::table::{Bar, Row, Unit};

const LATE: usize = 10_000;
/// Steps that the ledger of the new runs has seen: its write-ahead log must have been full once, as the other's has,
/// since a log that is still growing costs more to synchronise.
const SEASONING: usize = 500;
const EARLY: usize = 10;
/// Steps of a new run that are measured, the sixth to the fourteenth, each beside one of the long run, so that a disk
/// that is busy for a moment is so for both.
const MEASURED: usize = 9;
/// Steps of a new process that count for nothing.
const UNCOUNTED: usize = EARLY - MEASURED / 2 - 1;
const ROUNDS: usize = 60;

pub(crate) fn run(setup: &Setup) -> Result<Vec<Row>, Fault> {
    let (long_folder, short_folder) = (Folder::new()?, Folder::new()?);
    let late = run_of(&mut setup.ours(Era::Legacy, &long_folder)?, "long", LATE)?;
    run_of(&mut setup.ours(Era::Legacy, &short_folder)?, "seasoning", SEASONING)?;

    let mut pairs = Vec::new();
    for round in 0..setup.pairs(ROUNDS) {
        let mut long = setup.ours(Era::Legacy, &long_folder)?;
        let mut short = setup.ours(Era::Legacy, &short_folder)?;
        let early = start(&mut short, &format!("short-{round}"))?;
        take(&mut long, &late, UNCOUNTED)?;
        take(&mut short, &early, UNCOUNTED)?;
        for number in round..round + MEASURED {
            let (at_late, at_early);
            if number % 2 == 0 {
                at_late = long.time(&late)?;
                at_early = short.time(&early)?;
            } else {
                at_early = short.time(&early)?;
                at_late = long.time(&late)?;
            }
            pairs.push(Pair::of_times(at_late, at_early));
        }
    }
    let what = format!("`scenario_next` on SQLite, p50, at step {LATE} against step {EARLY}");
    Ok(vec![Row { what, summary: Summary::of(&pairs), unit: Unit::Time, bar: Bar::AtMost(1.2) }])
}

/// Takes a new run on a new ledger that many steps far.
fn run_of(server: &mut Server, run: &str, steps: usize) -> Result<String, Fault> {
    define(server)?;
    let step = start(server, run)?;
    for _ in 1..steps {
        server.exchange(&step)?;
    }
    // The answers were not read one by one; the run must still be where it is thought to be.
    server.result(&step)?;
    Ok(step)
}

/// Defines a scenario whose gate always holds, so that a run takes as many steps as it is asked to.
pub(super) fn define(server: &mut Server) -> Result<(), Fault> {
    server.call("scenario_define", &json!({"spec": scenario("bench", 1, "less_than")})).map(drop)
}

/// Starts a run and returns the request that takes its next step.
pub(super) fn start(server: &mut Server, run: &str) -> Result<String, Fault> {
    server.call("scenario_start", &json!({"scenario_id": "bench", "run_id": run}))?;
    Ok(server.request("scenario_next", &json!({"run_id": run})))
}

fn take(server: &mut Server, step: &str, steps: usize) -> Result<(), Fault> {
    (0..steps).try_for_each(|_| server.result(step).map(drop))
}
