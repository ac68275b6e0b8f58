//! Does a step take more room the longer its run is? Pages of the ledger, as SQLite counts them, over equal stretches of
//! one run: a late stretch against the first one.

use rusqlite::{Connection, OpenFlags};

use crate::fault::Fault;
use crate::server::{Era, Server};
use crate::setup::{Folder, Setup};
use crate::stats::{Pair, Summary};
use crate::table::{Bar, Row, Unit};

use super::step_growth::{define, start};

/// Long enough for whole pages to tell.
const STRETCH: u32 = 500;
const STRETCHES: usize = 6;

pub(crate) fn run(setup: &Setup) -> Result<Vec<Row>, Fault> {
    let folder = Folder::new()?;
    let mut server = setup.ours(Era::Legacy, &folder)?;
    define(&mut server)?;
    let step = start(&mut server, "long")?;
    let mut before = size(&folder)?;
    let mut grown = Vec::new();
    for _ in 0..STRETCHES {
        stretch(&mut server, &step)?;
        let now = size(&folder)?;
        grown.push((now - before) / f64::from(STRETCH));
        before = now;
    }
    let first = grown.first().copied().unwrap_or(f64::NAN);
    let pairs: Vec<Pair> = grown.iter().skip(1).map(|&ours| Pair { ours, floor: first }).collect();
    let what = format!("ledger growth per step, stretches of {STRETCH} against the first");
    Ok(vec![Row { what, summary: Summary::of(&pairs), unit: Unit::Bytes, bar: Bar::AtMost(1.2) }])
}

fn stretch(server: &mut Server, step: &str) -> Result<(), Fault> {
    for _ in 1..STRETCH {
        server.exchange(step)?;
    }
    server.result(step).map(drop)
}

/// Bytes of the database, with what is still in its write-ahead log.
fn size(folder: &Folder) -> Result<f64, Fault> {
    let ledger = Connection::open_with_flags(folder.ledger(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let pragma = |name: &str| ledger.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, u32>(0));
    Ok(f64::from(pragma("page_count")?) * f64::from(pragma("page_size")?))
}
