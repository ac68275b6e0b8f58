//! What a step that is on disk costs: one of `scenario_next` beside a bare insert and commit of as many bytes plus one
//! echo, and what sixteen callers at once make of one server against one after the other.

use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::json;

use super::step_growth::{define, start};
use crate::compare::echo_as_long_as;
use crate::fault::Fault;
use crate::server::{Era, Server};
use crate::setup::{Folder, Setup};
use crate::stats::{Pair, Summary};
use crate::table::{Bar, Row, Unit};

/// Ten rounds of our write-ahead log: how long a disk takes differs from round to round.
const STEPS: usize = 2_000;
/// Steps and inserts before the first that counts: both write-ahead logs have been full once.
const UNCOUNTED: usize = 500;
/// What a step adds to a ledger (the row "ledger growth per step").
const STEP_BYTES: usize = 2_048;
const CALLERS: u64 = 16;
const BURSTS: usize = 60;

pub(crate) fn run(setup: &Setup) -> Result<Vec<Row>, Fault> {
    Ok(vec![one_step(setup)?, many_callers(setup)?])
}

fn one_step(setup: &Setup) -> Result<Row, Fault> {
    let folder = Folder::new()?;
    let mut ours = setup.ours(Era::Legacy, &folder)?;
    define(&mut ours)?;
    let step = start(&mut ours, "run")?;
    let mut echo = setup.floor(Era::Legacy)?;
    let (ping, _) = echo_as_long_as((&mut ours, &step), &mut echo)?;
    let bare = Bare::new(&folder)?;
    for _ in 0..UNCOUNTED {
        ours.result(&step)?;
        bare.insert()?;
    }
    let mut pairs = Vec::new();
    for number in 0..setup.pairs(STEPS) {
        let (mine, floor);
        if number % 2 == 0 {
            mine = ours.time(&step)?;
            floor = bare.insert()? + echo.time(&ping)?;
        } else {
            floor = bare.insert()? + echo.time(&ping)?;
            mine = ours.time(&step)?;
        }
        pairs.push(Pair::of_times(mine, floor));
    }
    let what = "`scenario_next` on disk, p50, against a bare insert, its commit and an echo".to_owned();
    Ok(Row { what, summary: Summary::of(&pairs), unit: Unit::Time, bar: Bar::AtMost(1.5) })
}

/// A ledger of nothing but bytes, synchronised like ours.
struct Bare(Connection);

impl Bare {
    fn new(folder: &Folder) -> Result<Self, Fault> {
        let connection = Connection::open(folder.path().join("bare.db"))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute_batch("CREATE TABLE rows (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT")?;
        Ok(Self(connection))
    }

    fn insert(&self) -> Result<Duration, Fault> {
        let bytes = [7_u8; STEP_BYTES];
        let began = Instant::now();
        self.0.prepare_cached("INSERT INTO rows (bytes) VALUES (?1)")?.execute([&bytes])?;
        Ok(began.elapsed())
    }
}

/// Steps of sixteen runs, written at once and answered in any order, against the same one by one.
fn many_callers(setup: &Setup) -> Result<Row, Fault> {
    let folder = Folder::new()?;
    let mut server = setup.ours(Era::Legacy, &folder)?;
    define(&mut server)?;
    let mut steps = Vec::new();
    for caller in 1..=CALLERS {
        let run = format!("run-{caller}");
        start(&mut server, &run)?;
        steps.push(server.request_as(caller, "scenario_next", &json!({"run_id": run})));
    }
    let burst = steps.concat();
    server.results(&burst, steps.len())?;
    let mut pairs = Vec::new();
    for number in 0..setup.pairs(BURSTS) {
        let (together, alone);
        if number % 2 == 0 {
            together = at_once(&mut server, &burst, steps.len())?;
            alone = one_by_one(&mut server, &steps)?;
        } else {
            alone = one_by_one(&mut server, &steps)?;
            together = at_once(&mut server, &burst, steps.len())?;
        }
        pairs.push(Pair { ours: rate(&steps, together), floor: rate(&steps, alone) });
    }
    let what = format!("durable steps of {CALLERS} callers at once over stdio, against one by one");
    Ok(Row { what, summary: Summary::of(&pairs), unit: Unit::PerSecond, bar: Bar::AtLeast(2.0) })
}

fn rate(steps: &[String], took: Duration) -> f64 {
    f64::from(u32::try_from(steps.len()).unwrap_or(u32::MAX)) / took.as_secs_f64()
}

fn at_once(server: &mut Server, burst: &str, lines: usize) -> Result<Duration, Fault> {
    let began = Instant::now();
    server.burst(burst, lines)?;
    Ok(began.elapsed())
}

fn one_by_one(server: &mut Server, steps: &[String]) -> Result<Duration, Fault> {
    let began = Instant::now();
    for step in steps {
        server.exchange(step)?;
    }
    Ok(began.elapsed())
}
