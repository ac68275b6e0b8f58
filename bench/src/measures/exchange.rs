//! One call at a time against the floor: once against its echo of as many reply bytes, which is what the bar is about,
//! and once against a server that answers the recorded reply itself to the very same request, which shows how much of
//! the difference is the product's own work.

use serde_json::Value;

use crate::compare::{Blocks, echo_as_long_as, same_bytes};
use crate::fault::Fault;
use crate::server::Era;
use crate::setup::{Folder, Setup};
use crate::stats::Summary;
use crate::table::{Bar, Row, Unit};

/// What is asked over and over.
#[derive(Debug)]
pub(super) struct Exchange<'a> {
    /// What the rows are called.
    pub(super) what: String,
    /// In which era.
    pub(super) era: Era,
    /// The tool.
    pub(super) tool: &'a str,
    /// Its arguments.
    pub(super) arguments: &'a Value,
    /// How often.
    pub(super) blocks: Blocks,
}

/// Measures both comparisons.
pub(super) fn against_the_floor(
    setup: &Setup,
    folder: &Folder,
    exchange: &Exchange<'_>,
    bar: Bar,
) -> Result<Vec<Row>, Fault> {
    let mut ours = setup.ours(exchange.era, folder)?;
    let request = ours.request(exchange.tool, exchange.arguments);
    let reply = ours.result(&request)?;
    let mut echo = setup.floor(exchange.era)?;
    let (to_echo, bytes) = echo_as_long_as((&mut ours, &request), &mut echo)?;
    let mut fixed = setup.floor_answering(exchange.era, folder, &reply)?;
    same_bytes((&mut ours, &request), (&mut fixed, &request))?;
    drop((ours, echo, fixed));

    let new_ours = || Ok((setup.ours(exchange.era, folder)?, request.clone()));
    let new_echo = || Ok((setup.floor(exchange.era)?, to_echo.clone()));
    let new_fixed = || Ok((setup.floor_answering(exchange.era, folder, &reply)?, request.clone()));
    let echoed = Summary::of(&setup.blocks(exchange.blocks, new_ours, new_echo)?);
    let bare = Summary::of(&setup.blocks(exchange.blocks, new_ours, new_fixed)?);

    let row = |what: String, summary, bar| Row { what, summary, unit: Unit::Time, bar };
    Ok(vec![
        row(format!("{}, {bytes} B reply, against an echo of as many", exchange.what), echoed, bar),
        row(format!("{}, against the same request and the same reply, fixed", exchange.what), bare, Bar::None),
    ])
}
