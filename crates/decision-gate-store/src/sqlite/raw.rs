//! Rows as they lie there, for whoever checks them, and taking values away.

use decision_gate_core::at::Timestamp;
use decision_gate_core::name::RunId;
use decision_gate_runtime::ports::{
    Cell, Counts, Pruning, RawEvent, RawHead, RawPage, RawValue, RowsOf, Scope, Stream,
};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, Row, params, params_from_iter};

use super::fault::Fault;
use super::rows;
use crate::tables;

/// Rows of a stream from a position on. The values are those of the positions that the events span.
pub(crate) fn page(connection: &Connection, stream: &Stream, from: i64, limit: usize) -> Result<RawPage, Fault> {
    let _moment = rows::moment(connection)?;
    let (tenant, namespace) = rows::scope(stream.scope);
    let mut select = connection.prepare_cached(
        "SELECT seq, kind, key, bytes, leaf FROM events \
         WHERE tenant = ?1 AND namespace = ?2 AND stream = ?3 AND seq >= ?4 ORDER BY seq LIMIT ?5",
    )?;
    let key = params![tenant, namespace, rows::stream(stream), from, rows::limit(limit)];
    let found = select.query_map(key, |row| {
        let (seq, kind, key) = (row.get(0)?, text(row, 1)?.unwrap_or_default(), text(row, 2)?);
        Ok(RawEvent { seq, kind, key, bytes: bytes(row, 3)?, leaf: bytes(row, 4)? })
    })?;
    let events: Vec<RawEvent> = found.collect::<Result<_, _>>()?;
    let until = if events.len() < limit { i64::MAX } else { events.last().map_or(i64::MAX, |it| it.seq) };
    let mut select = connection.prepare_cached(
        "SELECT seq, slot, salt, canonical FROM side_values \
         WHERE tenant = ?1 AND namespace = ?2 AND stream = ?3 AND seq >= ?4 AND seq <= ?5 ORDER BY seq, slot",
    )?;
    let found = select.query_map(params![tenant, namespace, rows::stream(stream), from, until], |row| {
        let slot = text(row, 1)?.unwrap_or_default();
        Ok(RawValue { seq: row.get(0)?, slot, salt: bytes(row, 2)?, canonical: bytes(row, 3)? })
    })?;
    let values = found.collect::<Result<_, _>>()?;
    Ok(RawPage { events, values })
}

/// The head row of a stream.
pub(crate) fn head(connection: &Connection, stream: &Stream) -> Result<Option<RawHead>, Fault> {
    let (tenant, namespace) = rows::scope(stream.scope);
    let found = connection
        .prepare_cached(
            "SELECT seq, peaks, state, state_digest FROM heads WHERE tenant = ?1 AND namespace = ?2 AND stream = ?3",
        )?
        .query_row(params![tenant, namespace, rows::stream(stream)], |row| {
            Ok(RawHead { size: row.get(0)?, peaks: row.get(1)?, state: row.get(2)?, state_digest: row.get(3)? })
        })
        .optional()?;
    Ok(found)
}

/// A text as far as it is one.
fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => None,
    })
}

/// Bytes, where there are any.
fn bytes(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<u8>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.to_vec(),
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => Vec::new(),
    })
}

/// Rows of any table.
pub(crate) fn rows_of(connection: &Connection, asked: &RowsOf) -> Result<Vec<Vec<Cell>>, Fault> {
    let mut select = connection.prepare_cached(&tables::rows(asked))?;
    let limit = Cell::Integer(rows::limit(asked.limit));
    let values = tables::values(asked).chain([&limit]).map(|cell| ToSqlOutput::Borrowed(value_of(cell)));
    let mut found = select.query(params_from_iter(values))?;
    let mut all = Vec::new();
    while let Some(row) = found.next()? {
        all.push((0..asked.table.columns().count()).map(|column| cell(row, column)).collect::<Result<_, _>>()?);
    }
    Ok(all)
}

fn cell(row: &Row<'_>, column: usize) -> rusqlite::Result<Cell> {
    Ok(match row.get_ref(column)? {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Text(bytes) => Cell::Text(bytes.to_vec()),
        ValueRef::Blob(bytes) => Cell::Blob(bytes.to_vec()),
        ValueRef::Real(_) => Cell::Other,
    })
}

fn value_of(cell: &Cell) -> ValueRef<'_> {
    match cell {
        Cell::Null | Cell::Other => ValueRef::Null,
        Cell::Integer(number) => ValueRef::Integer(*number),
        Cell::Text(bytes) => ValueRef::Text(bytes),
        Cell::Blob(bytes) => ValueRef::Blob(bytes),
    }
}

/// The names of a shelf's streams, of every table.
pub(crate) fn stream_names(
    connection: &Connection,
    scope: Scope,
    after: Option<&[u8]>,
    limit: usize,
) -> Result<Vec<Vec<u8>>, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    // Nothing is before the empty name.
    let beyond = if after.is_some() { "> $3" } else { ">= $3" };
    let mut select = connection.prepare_cached(&tables::streams(beyond))?;
    let after = ToSqlOutput::Borrowed(ValueRef::Text(after.unwrap_or_default()));
    let found = select.query_map(params![tenant, namespace, after, rows::limit(limit)], |row| bytes(row, 0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Puts streams that have grown where an integration finds them.
pub(crate) fn find_unlogged(connection: &Connection, scope: Scope, run: Option<&RunId>) -> Result<u64, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let found = match run {
        Some(run) => {
            connection.prepare_cached(tables::FIND_UNLOGGED)?.execute(params![tenant, namespace, run.as_str()])?
        }
        None => connection.prepare_cached(tables::FIND_ALL_UNLOGGED)?.execute(params![tenant, namespace])?,
    };
    Ok(u64::try_from(found).unwrap_or(u64::MAX))
}

/// Every shelf that has an event, a head, a log or a mark.
pub(crate) fn scopes(connection: &Connection) -> Result<Vec<Scope>, Fault> {
    let mut select = connection.prepare_cached(
        "SELECT DISTINCT tenant, namespace FROM events UNION SELECT DISTINCT tenant, namespace FROM heads \
         UNION SELECT tenant, namespace FROM logs UNION SELECT DISTINCT tenant, namespace FROM log_entries \
         UNION SELECT DISTINCT tenant, namespace FROM marks ORDER BY 1, 2",
    )?;
    let found = select.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
    found
        .map(|it| {
            let (tenant, namespace) = it?;
            rows::scope_of(tenant, namespace)
        })
        .collect()
}

/// Streams of a shelf after a name.
pub(crate) fn streams(
    connection: &Connection,
    scope: Scope,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Stream>, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let above = |table: &str| {
        format!(
            "SELECT DISTINCT stream FROM {table} WHERE tenant = ?1 AND namespace = ?2 AND (?3 IS NULL OR stream > ?3)"
        )
    };
    let tables = ["events", "heads", "log_entries"].map(above).join(" UNION ");
    let mut select = connection.prepare_cached(&format!("{tables} ORDER BY 1 LIMIT ?4"))?;
    let found = select.query_map(params![tenant, namespace, after, rows::limit(limit)], |row| row.get(0))?;
    found.map(|name| rows::stream_of(scope, name?)).collect()
}

/// How much a shelf has.
pub(crate) fn counts(connection: &Connection, scope: Scope) -> Result<Counts, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let count = |what: &str, table: &str| {
        let select = format!("SELECT {what} FROM {table} WHERE tenant = ?1 AND namespace = ?2");
        let count = connection.prepare_cached(&select)?.query_row(params![tenant, namespace], |row| row.get(0))?;
        rows::position(count)
    };
    Ok(Counts {
        streams: count("count(*)", "heads")?,
        events: count("coalesce(sum(seq), 0)", "heads")?,
        values: count("count(*)", "side_values")?,
        pruned: count("coalesce(sum(pruned), 0)", "prunings")?,
        entries: count("coalesce(max(size), 0)", "logs")?,
        pending: count("count(*)", "pending_heads")?,
        checkpoints: count("count(*)", "checkpoints")?,
    })
}

/// Takes values away.
pub(crate) fn prune(connection: &Connection, stream: &Stream, through: u64, at: Timestamp) -> Result<Pruning, Fault> {
    let (tenant, namespace) = rows::scope(stream.scope);
    let name = rows::stream(stream);
    let taken = connection
        .prepare_cached("DELETE FROM side_values WHERE tenant = ?1 AND namespace = ?2 AND stream = ?3 AND seq <= ?4")?
        .execute(params![tenant, namespace, name, rows::seq(through)])?;
    let values = u64::try_from(taken).unwrap_or(u64::MAX);
    if values > 0 {
        connection
            .prepare_cached(
                "INSERT INTO prunings (tenant, namespace, stream, through, at, pruned) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
                 ON CONFLICT DO UPDATE SET at = excluded.at, pruned = pruned + excluded.pruned",
            )?
            .execute(params![tenant, namespace, name, rows::seq(through), time(at), rows::seq(values)])?;
    }
    Ok(Pruning { stream: stream.clone(), through, at, values })
}

fn time(at: Timestamp) -> String {
    serde_json::to_string(&at).unwrap_or_default()
}

/// What was pruned of a stream.
pub(crate) fn prunings(connection: &Connection, stream: &Stream) -> Result<Vec<Pruning>, Fault> {
    let (tenant, namespace) = rows::scope(stream.scope);
    let mut select = connection.prepare_cached(
        "SELECT through, at, pruned FROM prunings WHERE tenant = ?1 AND namespace = ?2 AND stream = ?3 ORDER BY through",
    )?;
    let found = select.query_map(params![tenant, namespace, rows::stream(stream)], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
    })?;
    found
        .map(|it| {
            let (through, at, values) = it?;
            let at = serde_json::from_str(&at)
                .map_err(|_| Fault::damaged_stream(stream, "the time of a pruning does not read"))?;
            let (through, values) = (rows::position(through)?, rows::position(values)?);
            Ok(Pruning { stream: stream.clone(), through, at, values })
        })
        .collect()
}
