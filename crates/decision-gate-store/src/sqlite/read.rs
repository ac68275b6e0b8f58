//! Reading runs and events. Whatever is read is checked against its own hash first.

use decision_gate_core::ledger::{Salt, SideValue, Slot, leaf_hash};
use decision_gate_runtime::ports::{EventPage, RunHead, StoredEvent, StoredValue, Stream};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::fault::Fault;
use super::{append, rows};

/// The latest of a run.
pub(crate) fn head(connection: &Connection, stream: &Stream) -> Result<Option<RunHead>, Fault> {
    let (tenant, namespace) = rows::scope(stream.scope);
    let columns = |row: &Row<'_>| {
        let head = (row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?, row.get::<_, Vec<u8>>(2)?, row.get(3)?);
        Ok((head, row.get::<_, Option<Vec<u8>>>(4)?))
    };
    // With the event that it follows from, in one statement: at one moment.
    let found = connection
        .prepare_cached(
            "SELECT seq, peaks, state, state_digest, (SELECT bytes FROM events WHERE tenant = ?1 AND namespace = ?2 \
             AND stream = ?3 AND seq = heads.seq) FROM heads WHERE tenant = ?1 AND namespace = ?2 AND stream = ?3",
        )?
        .query_row(params![tenant, namespace, rows::stream(stream)], columns)
        .optional()?;
    let Some(((seq, peaks, state, state_digest), last)) = found else {
        return match count(connection, stream)? {
            0 => Ok(None),
            _ => Err(Fault::damaged_stream(stream, "it has events and no head")),
        };
    };
    let tree = append::grown(stream, seq, &peaks)?;
    let state_digest: Vec<u8> = state_digest;
    rows::head(stream, tree, (state, &state_digest), last.as_deref()).map(Some)
}

/// The event of a stream with this kind and key.
pub(crate) fn by_key(
    connection: &Connection,
    stream: &Stream,
    kind: &str,
    key: &str,
) -> Result<Option<StoredEvent>, Fault> {
    let (tenant, namespace) = rows::scope(stream.scope);
    connection
        .prepare_cached(
            "SELECT seq, bytes, leaf FROM events \
             WHERE tenant = ?1 AND namespace = ?2 AND stream = ?3 AND kind = ?4 AND key = ?5 AND key IS NOT NULL",
        )?
        .query_row(params![tenant, namespace, rows::stream(stream), kind, key], event_columns)
        .optional()?
        .map(|columns| stored_event(stream, columns))
        .transpose()
}

/// The event of a stream at this position.
pub(crate) fn event(connection: &Connection, stream: &Stream, seq: u64) -> Result<Option<StoredEvent>, Fault> {
    let found = events(connection, stream, seq, 1)?;
    Ok(found.into_iter().next().filter(|it| it.seq == seq))
}

/// Events of a stream from a position on, with their values. A hole in the numbering is an error.
pub(crate) fn page(connection: &Connection, stream: &Stream, from: u64, limit: usize) -> Result<EventPage, Fault> {
    let _moment = rows::moment(connection)?;
    let from = from.max(1);
    let events = events(connection, stream, from, limit)?;
    let last = append::tree(connection, stream)?.size();
    let mut expected = from;
    for event in &events {
        if event.seq != expected {
            return Err(Fault::damaged_stream(stream, &format!("event `{expected}` is missing")));
        }
        expected += 1;
    }
    if events.len() < limit && expected <= last {
        return Err(Fault::damaged_stream(stream, &format!("event `{expected}` is missing")));
    }
    let values = if events.is_empty() { Vec::new() } else { values(connection, stream, from, expected)? };
    Ok(EventPage { events, values })
}

fn count(connection: &Connection, stream: &Stream) -> Result<i64, Fault> {
    let (tenant, namespace) = rows::scope(stream.scope);
    let count = connection
        .prepare_cached(
            "SELECT count(*) FROM (SELECT 1 FROM events WHERE tenant = ?1 AND namespace = ?2 AND stream = ?3 LIMIT 1)",
        )?
        .query_row(params![tenant, namespace, rows::stream(stream)], |row| row.get(0))?;
    Ok(count)
}

type EventColumns = (i64, Vec<u8>, Vec<u8>);

fn event_columns(row: &Row<'_>) -> rusqlite::Result<EventColumns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

fn stored_event(stream: &Stream, (seq, bytes, leaf): EventColumns) -> Result<StoredEvent, Fault> {
    let seq = rows::position(seq)?;
    let leaf = rows::digest(&leaf)?;
    if leaf != leaf_hash(&bytes) {
        return Err(Fault::damaged_stream(stream, &format!("event `{seq}` does not have its hash")));
    }
    Ok(StoredEvent { seq, bytes, leaf })
}

fn events(connection: &Connection, stream: &Stream, from: u64, limit: usize) -> Result<Vec<StoredEvent>, Fault> {
    let (tenant, namespace) = rows::scope(stream.scope);
    let mut select = connection.prepare_cached(
        "SELECT seq, bytes, leaf FROM events \
         WHERE tenant = ?1 AND namespace = ?2 AND stream = ?3 AND seq >= ?4 ORDER BY seq LIMIT ?5",
    )?;
    let key = params![tenant, namespace, rows::stream(stream), rows::seq(from), rows::limit(limit)];
    let found = select.query_map(key, event_columns)?;
    found.map(|columns| stored_event(stream, columns?)).collect()
}

fn values(connection: &Connection, stream: &Stream, from: u64, until: u64) -> Result<Vec<StoredValue>, Fault> {
    let (tenant, namespace) = rows::scope(stream.scope);
    let mut select = connection.prepare_cached(
        "SELECT seq, slot, salt, canonical FROM side_values \
         WHERE tenant = ?1 AND namespace = ?2 AND stream = ?3 AND seq >= ?4 AND seq < ?5 ORDER BY seq, slot",
    )?;
    let key = params![tenant, namespace, rows::stream(stream), rows::seq(from), rows::seq(until)];
    let found = select.query_map(key, |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, Vec<u8>>(2)?, row.get::<_, Vec<u8>>(3)?))
    })?;
    found
        .map(|columns| {
            let (seq, slot, salt, canonical) = columns?;
            let parts = Slot::parse(&slot).zip(<[u8; 32]>::try_from(salt).ok());
            let (slot, salt) = parts.ok_or_else(|| {
                Fault::damaged_stream(stream, &format!("the value `{slot}` of event `{seq}` does not read"))
            })?;
            let value = SideValue { slot, salt: Salt::new(salt), canonical };
            Ok(StoredValue { seq: rows::position(seq)?, value })
        })
        .collect()
}
