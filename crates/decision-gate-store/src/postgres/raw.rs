//! Rows as they lie there, for whoever checks them, and taking values away.

use decision_gate_core::at::Timestamp;
use decision_gate_core::name::RunId;
use decision_gate_runtime::ports::{
    Cell, Counts, Pruning, RawEvent, RawHead, RawPage, RawValue, RowsOf, Scope, Stream,
};
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::connection::Connection;
use super::fault::Fault;
use crate::sqlite::{Fault as Shared, rows};
use crate::tables;

/// Rows of a stream from a position on. The values are those of the positions that the events span.
pub(crate) async fn page(connection: &Connection, stream: &Stream, from: i64, limit: usize) -> Result<RawPage, Fault> {
    // One snapshot for both.
    connection.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let page = rows_from(connection, stream, from, limit).await;
    connection.end("COMMIT").await?;
    page
}

async fn rows_from(connection: &Connection, stream: &Stream, from: i64, limit: usize) -> Result<RawPage, Fault> {
    let ((tenant, namespace), name) = (rows::scope(stream.scope), rows::stream(stream));
    let found = connection
        .rows(
            "SELECT seq, kind, key, bytes, leaf FROM events \
             WHERE tenant = $1 AND namespace = $2 AND stream = $3 AND seq >= $4 ORDER BY seq LIMIT $5",
            &[&tenant, &namespace, &name, &from, &rows::limit(limit)],
        )
        .await?;
    let events: Vec<RawEvent> = found.iter().map(event).collect::<Result<_, _>>()?;
    let until = if events.len() < limit { i64::MAX } else { events.last().map_or(i64::MAX, |it| it.seq) };
    let found = connection
        .rows(
            "SELECT seq, slot, salt, canonical FROM side_values \
             WHERE tenant = $1 AND namespace = $2 AND stream = $3 AND seq >= $4 AND seq <= $5 ORDER BY seq, slot",
            &[&tenant, &namespace, &name, &from, &until],
        )
        .await?;
    let values = found.iter().map(value).collect::<Result<_, _>>()?;
    Ok(RawPage { events, values })
}

fn event(row: &Row) -> Result<RawEvent, Fault> {
    let (seq, kind, key) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    Ok(RawEvent { seq, kind, key, bytes: row.try_get(3)?, leaf: row.try_get(4)? })
}

fn value(row: &Row) -> Result<RawValue, Fault> {
    Ok(RawValue { seq: row.try_get(0)?, slot: row.try_get(1)?, salt: row.try_get(2)?, canonical: row.try_get(3)? })
}

/// The head row of a stream.
pub(crate) async fn head(connection: &Connection, stream: &Stream) -> Result<Option<RawHead>, Fault> {
    let (tenant, namespace) = rows::scope(stream.scope);
    let found = connection
        .row(
            "SELECT seq, peaks, state, state_digest FROM heads WHERE tenant = $1 AND namespace = $2 AND stream = $3",
            &[&tenant, &namespace, &rows::stream(stream)],
        )
        .await?;
    let Some(row) = found else { return Ok(None) };
    let (size, peaks) = (row.try_get(0)?, row.try_get(1)?);
    Ok(Some(RawHead { size, peaks, state: row.try_get(2)?, state_digest: row.try_get(3)? }))
}

/// Rows of any table.
pub(crate) async fn rows_of(connection: &Connection, asked: &RowsOf) -> Result<Vec<Vec<Cell>>, Fault> {
    let mut values: Vec<Box<dyn ToSql + Sync + Send>> = tables::values(asked).map(value_of).collect();
    values.push(Box::new(rows::limit(asked.limit)));
    let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|it| &**it as &(dyn ToSql + Sync)).collect();
    let found = connection.rows(tables::rows(asked), &values).await?;
    found.iter().map(|row| (0..row.len()).map(|column| cell(row, column)).collect()).collect()
}

fn cell(row: &Row, column: usize) -> Result<Cell, Fault> {
    let kind = row.columns().get(column).map(|it| it.type_().clone());
    let found = match kind {
        Some(Type::INT2) => row.try_get::<_, Option<i16>>(column)?.map(|it| Cell::Integer(it.into())),
        Some(Type::INT8) => row.try_get::<_, Option<i64>>(column)?.map(Cell::Integer),
        Some(Type::TEXT) => row.try_get::<_, Option<String>>(column)?.map(|it| Cell::Text(it.into_bytes())),
        Some(Type::BYTEA) => row.try_get::<_, Option<Vec<u8>>>(column)?.map(Cell::Blob),
        Some(_) | None => Some(Cell::Other),
    };
    Ok(found.unwrap_or(Cell::Null))
}

fn value_of(cell: &Cell) -> Box<dyn ToSql + Sync + Send> {
    match cell {
        Cell::Integer(number) => Box::new(*number),
        Cell::Text(bytes) => Box::new(String::from_utf8_lossy(bytes).into_owned()),
        Cell::Blob(bytes) => Box::new(bytes.clone()),
        Cell::Null | Cell::Other => Box::new(None::<i64>),
    }
}

/// The names of a shelf's streams, of every table.
pub(crate) async fn stream_names(
    connection: &Connection,
    scope: Scope,
    after: Option<&[u8]>,
    limit: usize,
) -> Result<Vec<Vec<u8>>, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    // Nothing is before the empty name.
    let beyond = if after.is_some() { "> $3" } else { ">= $3" };
    let after = String::from_utf8_lossy(after.unwrap_or_default()).into_owned();
    let values: [&(dyn ToSql + Sync); 4] = [&tenant, &namespace, &after, &rows::limit(limit)];
    let found = connection.rows(tables::streams(beyond), &values).await?;
    found.iter().map(|row| Ok(row.try_get::<_, String>(0)?.into_bytes())).collect()
}

/// Puts streams that have grown where an integration finds them.
pub(crate) async fn find_unlogged(connection: &Connection, scope: Scope, run: Option<&RunId>) -> Result<u64, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    match run {
        Some(run) => connection.execute(tables::FIND_UNLOGGED, &[&tenant, &namespace, &run.as_str()]).await,
        None => connection.execute(tables::FIND_ALL_UNLOGGED, &[&tenant, &namespace]).await,
    }
}

/// Every shelf that has an event, a head, a log or a mark.
pub(crate) async fn scopes(connection: &Connection) -> Result<Vec<Scope>, Fault> {
    let found = connection
        .rows(
            "SELECT tenant, namespace FROM events UNION SELECT tenant, namespace FROM heads \
             UNION SELECT tenant, namespace FROM logs UNION SELECT tenant, namespace FROM log_entries \
             UNION SELECT tenant, namespace FROM marks ORDER BY 1, 2",
            &[],
        )
        .await?;
    found.iter().map(|row| Ok(rows::scope_of(row.try_get(0)?, row.try_get(1)?)?)).collect()
}

/// Streams of a shelf after a name.
pub(crate) async fn streams(
    connection: &Connection,
    scope: Scope,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Stream>, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let found = connection
        .rows(
            "SELECT stream FROM events WHERE tenant = $1 AND namespace = $2 AND ($3::text IS NULL OR stream > $3) \
             UNION SELECT stream FROM heads WHERE tenant = $1 AND namespace = $2 AND ($3::text IS NULL OR stream > $3) \
             UNION SELECT stream FROM log_entries \
             WHERE tenant = $1 AND namespace = $2 AND ($3::text IS NULL OR stream > $3) ORDER BY 1 LIMIT $4",
            &[&tenant, &namespace, &after, &rows::limit(limit)],
        )
        .await?;
    found.iter().map(|row| Ok(rows::stream_of(scope, row.try_get(0)?)?)).collect()
}

/// How much a shelf has.
pub(crate) async fn counts(connection: &Connection, scope: Scope) -> Result<Counts, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let found = connection
        .row(
            "SELECT \
             (SELECT count(*) FROM heads WHERE tenant = $1 AND namespace = $2), \
             (SELECT coalesce(sum(seq), 0)::bigint FROM heads WHERE tenant = $1 AND namespace = $2), \
             (SELECT count(*) FROM side_values WHERE tenant = $1 AND namespace = $2), \
             (SELECT coalesce(sum(pruned), 0)::bigint FROM prunings WHERE tenant = $1 AND namespace = $2), \
             (SELECT coalesce(max(size), 0) FROM logs WHERE tenant = $1 AND namespace = $2), \
             (SELECT count(*) FROM pending_heads WHERE tenant = $1 AND namespace = $2), \
             (SELECT count(*) FROM checkpoints WHERE tenant = $1 AND namespace = $2)",
            &[&tenant, &namespace],
        )
        .await?;
    let Some(row) = found else { return Ok(Counts::default()) };
    let count = |column: usize| Ok::<_, Fault>(rows::position(row.try_get(column)?)?);
    Ok(Counts {
        streams: count(0)?,
        events: count(1)?,
        values: count(2)?,
        pruned: count(3)?,
        entries: count(4)?,
        pending: count(5)?,
        checkpoints: count(6)?,
    })
}

/// Takes values away, and keeps a record of it, in one transaction.
pub(crate) async fn prune(
    connection: &Connection,
    stream: &Stream,
    through: u64,
    at: Timestamp,
) -> Result<Pruning, Fault> {
    let ((tenant, namespace), name) = (rows::scope(stream.scope), rows::stream(stream));
    let (through_row, time) = (rows::seq(through), serde_json::to_string(&at).unwrap_or_default());
    let found = connection
        .row(
            "WITH taken AS (\
                DELETE FROM side_values WHERE tenant = $1 AND namespace = $2 AND stream = $3 AND seq <= $4 RETURNING 1\
             ), record AS (\
                INSERT INTO prunings (tenant, namespace, stream, through, at, pruned) \
                SELECT $1, $2, $3, $4, $5, count(*) FROM taken HAVING count(*) > 0 \
                ON CONFLICT (tenant, namespace, stream, through) \
                DO UPDATE SET at = excluded.at, pruned = prunings.pruned + excluded.pruned\
             ) SELECT count(*) FROM taken",
            &[&tenant, &namespace, &name, &through_row, &time],
        )
        .await?;
    let values = match found {
        Some(row) => rows::position(row.try_get(0)?)?,
        None => 0,
    };
    Ok(Pruning { stream: stream.clone(), through, at, values })
}

/// What was pruned of a stream.
pub(crate) async fn prunings(connection: &Connection, stream: &Stream) -> Result<Vec<Pruning>, Fault> {
    let (tenant, namespace) = rows::scope(stream.scope);
    let found = connection
        .rows(
            "SELECT through, at, pruned FROM prunings WHERE tenant = $1 AND namespace = $2 AND stream = $3 \
             ORDER BY through",
            &[&tenant, &namespace, &rows::stream(stream)],
        )
        .await?;
    found.iter().map(|row| pruning(stream, row)).collect()
}

fn pruning(stream: &Stream, row: &Row) -> Result<Pruning, Fault> {
    let at = serde_json::from_str(row.try_get(1)?)
        .map_err(|_| Shared::damaged_stream(stream, "the time of a pruning does not read"))?;
    let (through, values) = (rows::position(row.try_get(0)?)?, rows::position(row.try_get(2)?)?);
    Ok(Pruning { stream: stream.clone(), through, at, values })
}
