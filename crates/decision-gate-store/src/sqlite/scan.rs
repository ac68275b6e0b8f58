//! All runs of a shelf, row by row: for whoever goes through every decision, and keeps none of them.
//!
//! Events and values are found by the same key, so that a page is two stretches of two trees. Nothing is checked here.

use decision_gate_runtime::ports::{RawValue, ScannedEvent, Scope};
use rusqlite::{Connection, params};

use super::fault::Fault;
use super::rows;

/// Events after a place, with their values. Without a place, those after the shelf's own stream, whose name is empty.
pub(crate) fn page(
    connection: &Connection,
    scope: Scope,
    after: Option<&(String, i64)>,
    limit: usize,
) -> Result<Vec<ScannedEvent>, Fault> {
    let _moment = rows::moment(connection)?;
    let (tenant, namespace) = rows::scope(scope);
    let (run, seq) = after.map_or(("", i64::MAX), |(run, seq)| (run.as_str(), *seq));
    let mut select = connection.prepare_cached(
        "SELECT stream, seq, kind, bytes, leaf FROM events \
         WHERE tenant = ?1 AND namespace = ?2 AND (stream, seq) > (?3, ?4) ORDER BY stream, seq LIMIT ?5",
    )?;
    let found = select.query_map(params![tenant, namespace, run, seq, rows::limit(limit)], |row| {
        let (run, seq, kind) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(ScannedEvent { run, seq, kind, bytes: row.get(3)?, leaf: row.get(4)?, values: Vec::new() })
    })?;
    let mut events: Vec<ScannedEvent> = found.collect::<Result<_, _>>()?;
    let Some((last, end)) = events.last().map(|it| (it.run.clone(), it.seq)) else { return Ok(events) };
    let mut select = connection.prepare_cached(
        "SELECT stream, seq, slot, salt, canonical FROM side_values \
         WHERE tenant = ?1 AND namespace = ?2 AND (stream, seq) > (?3, ?4) AND (stream, seq) <= (?5, ?6) \
         ORDER BY stream, seq, slot",
    )?;
    let mut found = select.query(params![tenant, namespace, run, seq, last, end])?;
    let mut at = events.iter_mut();
    let mut event = at.next();
    while let Some(row) = found.next()? {
        let stream = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        let seq = row.get(1)?;
        while event.as_ref().is_some_and(|it| (it.run.as_str(), it.seq) < (stream, seq)) {
            event = at.next();
        }
        // A value of no event is for whoever checks the ledger.
        if let Some(event) = event.as_mut().filter(|it| (it.run.as_str(), it.seq) == (stream, seq)) {
            let (slot, salt, canonical) = (row.get(2)?, row.get(3)?, row.get(4)?);
            event.values.push(RawValue { seq, slot, salt, canonical });
        }
    }
    Ok(events)
}

/// The highest row number, which is as many as there ever were.
pub(crate) fn about_how_many(connection: &Connection) -> Result<u64, Fault> {
    let highest: Option<i64> = connection.query_row("SELECT max(rowid) FROM events", [], |row| row.get(0))?;
    rows::position(highest.unwrap_or(0))
}
