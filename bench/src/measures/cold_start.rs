//! How long a client waits from making the process to the first reply, in both eras: a host starts a server for every
//! conversation, and some start a second one only to ask what it speaks. The first call, which makes the product load
//! what it has put off, is shown beside it.

use std::time::Duration;

use serde_json::json;

use crate::fault::Fault;
use crate::server::{Era, Server};
use crate::setup::{Folder, Setup};
use crate::stats::{Pair, Summary};
use crate::table::{Bar, Row, Unit};

const PAIRS: usize = 100;
const WARM_UP: usize = 3;

pub(crate) fn run(setup: &Setup) -> Result<Vec<Row>, Fault> {
    let first_reply = |server: Server| Ok(server.cold);
    let first_call = |mut server: Server| {
        let query = json!({"query": {"provider_id": "time", "check_id": "now"}});
        let request = server.request("evidence_query", &query);
        Ok(server.cold + server.time(&request)?)
    };
    let bar = Bar::AtMost(2.0);
    Ok(vec![
        row(setup, "cold start, spawn → reply to `initialize`", Era::Legacy, bar, first_reply)?,
        row(setup, "cold start, spawn → reply to `server/discover`", Era::Modern, bar, first_reply)?,
        row(setup, "cold start, spawn → handshake → reply to a first call", Era::Legacy, Bar::None, first_call)?,
    ])
}

fn row(
    setup: &Setup,
    what: &str,
    era: Era,
    bar: Bar,
    until: impl Fn(Server) -> Result<Duration, Fault>,
) -> Result<Row, Fault> {
    let folder = Folder::new()?;
    let mut pairs = Vec::new();
    for number in 0..setup.pairs(PAIRS) + WARM_UP {
        // Whoever comes first in a pair finds the machine as the last pair left it, so they take turns.
        let (ours, floor);
        if number % 2 == 0 {
            ours = until(setup.ours(era, &folder)?)?;
            floor = until(setup.floor(era)?)?;
        } else {
            floor = until(setup.floor(era)?)?;
            ours = until(setup.ours(era, &folder)?)?;
        }
        if number >= WARM_UP {
            pairs.push(Pair::of_times(ours, floor));
        }
    }
    Ok(Row { what: what.to_owned(), summary: Summary::of(&pairs), unit: Unit::Time, bar })
}
