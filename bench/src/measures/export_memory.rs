//! What an export costs the server: how far its memory rises above that of a server that waits, and whether the time grows
//! with the run and no faster. Each export is by a server of its own, on a ledger that another one wrote.

use std::time::{Duration, Instant};

use serde_json::json;

use super::step_growth::{define, start};
use crate::fault::Fault;
use crate::server::{Era, Server};
use crate::setup::{Folder, Setup};
use crate::stats::{Pair, Summary};
use crate::table::{Bar, Row, Unit};

const LONG: u32 = 10_000;
const SHORT: u32 = 1_000;
const PAIRS: usize = 10;
/// Bytes above a server that waits.
const ROOM: f64 = 64.0 * 1024.0 * 1024.0;

pub(crate) fn run(setup: &Setup) -> Result<Vec<Row>, Fault> {
    let folder = Folder::new()?;
    let mut server = setup.ours(Era::Legacy, &folder)?;
    define(&mut server)?;
    for (run, events) in [("long", LONG), ("short", SHORT)] {
        let step = start(&mut server, run)?;
        for _ in 1..events {
            server.exchange(&step)?;
        }
    }
    drop(server);
    let (mut memory, mut times) = (Vec::new(), Vec::new());
    for number in 0..setup.pairs(PAIRS) {
        let long = export(setup, &folder, "long", number)?;
        let short = export(setup, &folder, "short", number)?;
        memory.push(Pair { ours: long.peak, floor: long.idle });
        let each = |took: Duration, events| took.as_secs_f64() / f64::from(events);
        times.push(Pair { ours: each(long.took, LONG), floor: each(short.took, SHORT) });
    }
    let peak = format!("highest memory of an export of {LONG} events, above that server before it");
    let time = format!("time of an export for each event, {LONG} events against {SHORT}");
    Ok(vec![
        Row { what: peak, summary: Summary::of(&memory), unit: Unit::Bytes, bar: Bar::Above(ROOM) },
        Row { what: time, summary: Summary::of(&times), unit: Unit::Time, bar: Bar::AtMost(1.5) },
    ])
}

struct Export {
    idle: f64,
    peak: f64,
    took: Duration,
}

fn export(setup: &Setup, folder: &Folder, run: &str, number: usize) -> Result<Export, Fault> {
    let mut server: Server = setup.ours(Era::Legacy, folder)?;
    let idle = server.resident()?;
    let request = server.request("runpack_export", &json!({"run_id": run, "output_dir": format!("{run}-{number}")}));
    let began = Instant::now();
    server.result(&request)?;
    let took = began.elapsed();
    Ok(Export { idle, peak: server.peak()?, took })
}
