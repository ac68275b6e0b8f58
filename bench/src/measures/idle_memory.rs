//! Resident memory of a server that waits: right after the handshake, since hosts start servers that they never ask
//! anything; and after it has listed its tools, as the others have.

use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::fault::Fault;
use crate::server::{Era, Server};
use crate::setup::{Folder, Setup};
use crate::stats::{Pair, Summary};
use crate::table::{Bar, Row, Unit};

const PAIRS: usize = 20;
/// Long enough for a runtime to have put its threads to sleep.
const IDLE: Duration = Duration::from_millis(50);

pub(crate) fn run(setup: &Setup) -> Result<Vec<Row>, Fault> {
    let folder = Folder::new()?;
    let (mut opened, mut listed) = (Vec::new(), Vec::new());
    for _ in 0..setup.pairs(PAIRS) {
        let (mut ours, mut floor) = (setup.ours(Era::Legacy, &folder)?, setup.floor(Era::Legacy)?);
        opened.push(idle(&ours, &floor)?);
        list(&mut ours)?;
        list(&mut floor)?;
        listed.push(idle(&ours, &floor)?);
    }
    let row = |what: &str, pairs: &[Pair], bar| Row {
        what: format!("resident memory, idle after {what}"),
        summary: Summary::of(pairs),
        unit: Unit::Bytes,
        bar,
    };
    Ok(vec![row("the handshake", &opened, Bar::AtMost(2.0)), row("`tools/list`", &listed, Bar::AtMost(2.0))])
}

fn idle(ours: &Server, floor: &Server) -> Result<Pair, Fault> {
    thread::sleep(IDLE);
    Ok(Pair { ours: ours.resident()?, floor: floor.resident()? })
}

fn list(server: &mut Server) -> Result<(), Fault> {
    server.result(&Era::Legacy.request(1, "tools/list", json!({}))).map(drop)
}
