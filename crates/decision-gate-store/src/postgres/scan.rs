//! All runs of a shelf, row by row: for whoever goes through every decision, and keeps none of them.

use std::collections::BTreeMap;

use decision_gate_runtime::ports::{RawValue, ScannedEvent, Scope};

use super::connection::Connection;
use super::fault::Fault;
use crate::sqlite::rows;

/// Events after a place, with their values. Without a place, those after the shelf's own stream, whose name is empty.
pub(crate) async fn page(
    connection: &Connection,
    scope: Scope,
    after: Option<&(String, i64)>,
    limit: usize,
) -> Result<Vec<ScannedEvent>, Fault> {
    // One snapshot for both.
    connection.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let page = rows_after(connection, scope, after, limit).await;
    connection.end("COMMIT").await?;
    page
}

async fn rows_after(
    connection: &Connection,
    scope: Scope,
    after: Option<&(String, i64)>,
    limit: usize,
) -> Result<Vec<ScannedEvent>, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let (run, seq) = after.map_or(("", i64::MAX), |(run, seq)| (run.as_str(), *seq));
    let found = connection
        .rows(
            "SELECT stream, seq, kind, bytes, leaf FROM events \
             WHERE tenant = $1 AND namespace = $2 AND (stream, seq) > ($3, $4) ORDER BY stream, seq LIMIT $5",
            &[&tenant, &namespace, &run, &seq, &rows::limit(limit)],
        )
        .await?;
    let mut events = Vec::with_capacity(found.len());
    for row in &found {
        let (run, seq, kind) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let (bytes, leaf) = (row.try_get(3)?, row.try_get(4)?);
        events.push(ScannedEvent { run, seq, kind, bytes, leaf, values: Vec::new() });
    }
    let Some((last, end)) = events.last().map(|it| (it.run.clone(), it.seq)) else { return Ok(events) };
    let found = connection
        .rows(
            "SELECT stream, seq, slot, salt, canonical FROM side_values \
             WHERE tenant = $1 AND namespace = $2 AND (stream, seq) > ($3, $4) AND (stream, seq) <= ($5, $6) \
             ORDER BY stream, seq, slot",
            &[&tenant, &namespace, &run, &seq, &last, &end],
        )
        .await?;
    let mut values: BTreeMap<(String, i64), Vec<RawValue>> = BTreeMap::new();
    for row in &found {
        let (run, seq) = (row.try_get(0)?, row.try_get(1)?);
        let (slot, salt, canonical) = (row.try_get(2)?, row.try_get(3)?, row.try_get(4)?);
        values.entry((run, seq)).or_default().push(RawValue { seq, slot, salt, canonical });
    }
    for event in &mut events {
        event.values = values.remove(&(event.run.clone(), event.seq)).unwrap_or_default();
    }
    Ok(events)
}

/// As many as the server's own statistics say; none where it has none yet.
pub(crate) async fn about_how_many(connection: &Connection) -> Result<u64, Fault> {
    let found = connection.row("SELECT reltuples::bigint FROM pg_class WHERE oid = 'events'::regclass", &[]).await?;
    let about: i64 = found.map_or(Ok(0), |row| row.try_get(0))?;
    Ok(u64::try_from(about).unwrap_or(0))
}
