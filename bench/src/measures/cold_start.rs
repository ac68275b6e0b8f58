//! How long a client waits from making the process to the first reply, in both eras: a host starts a server for every
//! conversation, and some start a second one only to ask what it speaks. A gate in use has a pinned scenario, so it is
//! measured with one too. The first call, which makes the product load what it has put off, is shown beside it.

use std::time::Duration;

use serde_json::json;

use crate::fault::Fault;
use crate::server::{Era, Server};
use crate::setup::{Folder, Setup, scenario};
use crate::stats::{Pair, Summary};
use crate::table::{Bar, Row, Unit};

const PAIRS: usize = 100;
/// Of the scenario that one row pins.
const CONDITIONS: usize = 10;
const WARM_UP: usize = 3;

pub(crate) fn run(setup: &Setup) -> Result<Vec<Row>, Fault> {
    let first_reply = |server: Server| Ok(server.cold);
    let first_call = |mut server: Server| {
        let query = json!({"query": {"provider_id": "time", "check_id": "now"}});
        let request = server.request("evidence_query", &query);
        Ok(server.cold + server.time(&request)?)
    };
    let bar = Bar::AtMost(2.0);
    let (plain, pinned) = (Folder::new()?, Folder::with_pinned(&scenario("bench", CONDITIONS, "greater_than"))?);
    let pinned_what = format!("cold start, {CONDITIONS} conditions pinned, spawn → reply to `initialize`");
    Ok(vec![
        row(setup, &plain, "cold start, spawn → reply to `initialize`", Era::Legacy, bar, first_reply)?,
        row(setup, &plain, "cold start, spawn → reply to `server/discover`", Era::Modern, bar, first_reply)?,
        row(setup, &pinned, &pinned_what, Era::Legacy, bar, first_reply)?,
        row(
            setup,
            &plain,
            "cold start, spawn → handshake → reply to a first call",
            Era::Legacy,
            Bar::None,
            first_call,
        )?,
    ])
}

fn row(
    setup: &Setup,
    folder: &Folder,
    what: &str,
    era: Era,
    bar: Bar,
    until: impl Fn(Server) -> Result<Duration, Fault>,
) -> Result<Row, Fault> {
    let mut pairs = Vec::new();
    for number in 0..setup.pairs(PAIRS) + WARM_UP {
        // Whoever comes first in a pair finds the machine as the last pair left it, so they take turns.
        let (ours, floor);
        if number % 2 == 0 {
            ours = until(setup.ours(era, folder)?)?;
            floor = until(setup.floor(era)?)?;
        } else {
            floor = until(setup.floor(era)?)?;
            ours = until(setup.ours(era, folder)?)?;
        }
        if number >= WARM_UP {
            pairs.push(Pair::of_times(ours, floor));
        }
    }
    Ok(Row { what: what.to_owned(), summary: Summary::of(&pairs), unit: Unit::Time, bar })
}
