//! Rows as they lie there, for whoever checks them, and taking values away.

use decision_gate_core::at::Timestamp;
use decision_gate_runtime::ports::{Counts, Pruning, RawEvent, RawHead, RawMark, RawPage, RawValue, Scope, Stream};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::fault::Fault;
use super::rows;

/// Rows of a stream from a position on. The values are those of the positions that the events span.
pub(crate) fn page(connection: &Connection, stream: &Stream, from: i64, limit: usize) -> Result<RawPage, Fault> {
    let snapshot = connection.unchecked_transaction()?;
    let (tenant, namespace) = rows::scope(stream.scope);
    let mut select = snapshot.prepare_cached(
        "SELECT seq, kind, key, bytes, leaf FROM events \
         WHERE tenant = ?1 AND namespace = ?2 AND stream = ?3 AND seq >= ?4 ORDER BY seq LIMIT ?5",
    )?;
    let key = params![tenant, namespace, rows::stream(stream), from, rows::limit(limit)];
    let found = select.query_map(key, |row| {
        let (seq, kind, key) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(RawEvent { seq, kind, key, bytes: row.get(3)?, leaf: row.get(4)? })
    })?;
    let events: Vec<RawEvent> = found.collect::<Result<_, _>>()?;
    let until = if events.len() < limit { i64::MAX } else { events.last().map_or(i64::MAX, |it| it.seq) };
    let mut select = snapshot.prepare_cached(
        "SELECT seq, slot, salt, canonical FROM side_values \
         WHERE tenant = ?1 AND namespace = ?2 AND stream = ?3 AND seq >= ?4 AND seq <= ?5 ORDER BY seq, slot",
    )?;
    let found = select.query_map(params![tenant, namespace, rows::stream(stream), from, until], |row| {
        Ok(RawValue { seq: row.get(0)?, slot: row.get(1)?, salt: row.get(2)?, canonical: row.get(3)? })
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

/// Marks of a shelf after a name.
pub(crate) fn marks(
    connection: &Connection,
    scope: Scope,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<RawMark>, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let mut select = connection.prepare_cached(
        "SELECT name, height FROM marks WHERE tenant = ?1 AND namespace = ?2 AND (?3 IS NULL OR name > ?3) \
         ORDER BY name LIMIT ?4",
    )?;
    let found = select.query_map(params![tenant, namespace, after, rows::limit(limit)], |row| {
        Ok(RawMark { name: row.get(0)?, height: row.get(1)? })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Every shelf that has any row.
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
