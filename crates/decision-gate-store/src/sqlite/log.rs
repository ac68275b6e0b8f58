//! The log of stream heads: integrated in batches, read by position and by stream.

use decision_gate_core::digest::Digest;
use decision_gate_core::ledger::{CompactRange, TileWriter};
use decision_gate_runtime::ports::{Integrated, KeptCheckpoint, LogEntry, Scope, StoreError, Stream, Tree};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::fault::Fault;
use super::{append, rows, tile};

/// Appends the heads of streams that have grown, within a transaction of the caller.
pub(crate) fn integrate(connection: &Connection, scope: Scope, limit: usize) -> Result<Integrated, Fault> {
    let mut tree = tree(connection, scope)?;
    let before = tree.size();
    let grown = pending(connection, scope, limit.saturating_add(1))?;
    let more = grown.len() > limit;
    let mut log = tile::writer(connection, &Tree::Log(scope), before)?;
    for stream in grown.iter().take(limit) {
        if let Some(entry) = next_entry(connection, stream, tree.size())? {
            let leaf = entry.head().leaf_hash();
            insert(connection, &entry)?;
            tree.push(leaf);
            log.push(leaf);
        }
        let (tenant, namespace) = rows::scope(scope);
        connection
            .prepare_cached("DELETE FROM pending_heads WHERE tenant = ?1 AND namespace = ?2 AND stream = ?3")?
            .execute(params![tenant, namespace, rows::stream(stream)])?;
    }
    let added = tree.size() - before;
    if added > 0 {
        tile::put(connection, &Tree::Log(scope), log)?;
        put_tree(connection, scope, &tree)?;
    }
    Ok(Integrated { tree, added, more })
}

/// The streams that have grown, by name.
fn pending(connection: &Connection, scope: Scope, limit: usize) -> Result<Vec<Stream>, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let mut select = connection.prepare_cached(
        "SELECT stream FROM pending_heads WHERE tenant = ?1 AND namespace = ?2 ORDER BY stream LIMIT ?3",
    )?;
    let found = select.query_map(params![tenant, namespace, rows::limit(limit)], |row| row.get(0))?;
    found.map(|name| rows::stream_of(scope, name?)).collect()
}

/// The head of a stream as an entry, with the tiles of its events brought up; nothing where it did not grow.
fn next_entry(connection: &Connection, stream: &Stream, index: u64) -> Result<Option<LogEntry>, Fault> {
    let events = append::tree(connection, stream)?;
    let known = last_of(connection, stream, u64::MAX)?.map_or(0, |entry| entry.size);
    if events.size() < known {
        let what = format!("it has {} events, and the log says that it had {known}", events.size());
        return Err(Fault::damaged_stream(stream, &what));
    }
    if events.size() == known {
        return Ok(None);
    }
    let of_events = Tree::Events(stream.clone());
    let mut tiles = tile::writer(connection, &of_events, known)?;
    for leaf in leaves(connection, stream, known, events.size())? {
        tiles.push(leaf);
    }
    missing_event(stream, &tiles, events.size())?;
    tile::put(connection, &of_events, tiles)?;
    Ok(Some(LogEntry { index, stream: stream.clone(), size: events.size(), root: events.root() }))
}

fn missing_event(stream: &Stream, tiles: &TileWriter, expected: u64) -> Result<(), Fault> {
    if tiles.size() == expected {
        return Ok(());
    }
    Err(Fault::damaged_stream(stream, &format!("it has {} of its {expected} events", tiles.size())))
}

/// The leaf hashes after `from` events up to the event `to`.
fn leaves(connection: &Connection, stream: &Stream, from: u64, to: u64) -> Result<Vec<Digest>, Fault> {
    let (tenant, namespace) = rows::scope(stream.scope);
    let mut select = connection.prepare_cached(
        "SELECT leaf FROM events WHERE tenant = ?1 AND namespace = ?2 AND stream = ?3 AND seq > ?4 AND seq <= ?5 \
         ORDER BY seq",
    )?;
    let key = params![tenant, namespace, rows::stream(stream), rows::seq(from), rows::seq(to)];
    let found = select.query_map(key, |row| row.get::<_, Vec<u8>>(0))?;
    found.map(|leaf| rows::digest(&leaf?)).collect()
}

/// The tree over the log.
pub(crate) fn tree(connection: &Connection, scope: Scope) -> Result<CompactRange, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let found = connection
        .prepare_cached("SELECT size, peaks FROM logs WHERE tenant = ?1 AND namespace = ?2")?
        .query_row(params![tenant, namespace], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))
        .optional()?;
    let Some((size, peaks)) = found else {
        return Ok(CompactRange::default());
    };
    let tree = CompactRange::from_parts(rows::position(size)?, rows::split(&peaks)?);
    tree.ok_or_else(|| Fault::Damaged(format!("the tree over the log's `{size}` entries is not of their number")))
}

fn put_tree(connection: &Connection, scope: Scope, tree: &CompactRange) -> Result<(), Fault> {
    let (tenant, namespace) = rows::scope(scope);
    connection
        .prepare_cached(
            "INSERT INTO logs (tenant, namespace, size, peaks) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT DO UPDATE SET size = excluded.size, peaks = excluded.peaks",
        )?
        .execute(params![tenant, namespace, rows::seq(tree.size()), rows::join(tree.peaks())])?;
    Ok(())
}

fn insert(connection: &Connection, entry: &LogEntry) -> Result<(), Fault> {
    let (tenant, namespace) = rows::scope(entry.stream.scope);
    connection
        .prepare_cached(
            "INSERT INTO log_entries (tenant, namespace, position, stream, size, root) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            tenant,
            namespace,
            rows::seq(entry.index),
            rows::stream(&entry.stream),
            rows::seq(entry.size),
            entry.root.as_bytes(),
        ])?;
    Ok(())
}

type EntryColumns = (i64, String, i64, Vec<u8>);

fn columns(row: &Row<'_>) -> rusqlite::Result<EntryColumns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

fn entry(scope: Scope, (index, stream, size, root): EntryColumns) -> Result<LogEntry, Fault> {
    let (index, size) = (rows::position(index)?, rows::position(size)?);
    Ok(LogEntry { index, stream: rows::stream_of(scope, stream)?, size, root: rows::digest(&root)? })
}

/// Entries from a position on.
pub(crate) fn entries(connection: &Connection, scope: Scope, from: u64, limit: usize) -> Result<Vec<LogEntry>, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let mut select = connection.prepare_cached(
        "SELECT position, stream, size, root FROM log_entries \
         WHERE tenant = ?1 AND namespace = ?2 AND position >= ?3 ORDER BY position LIMIT ?4",
    )?;
    let found = select.query_map(params![tenant, namespace, rows::seq(from), rows::limit(limit)], columns)?;
    found.map(|it| entry(scope, it?)).collect()
}

/// The sign before `position` keeps SQLite from going through all entries below it.
const LAST_OF: &str = "SELECT position, stream, size, root FROM log_entries \
    WHERE tenant = ?1 AND namespace = ?2 AND stream = ?3 AND +position < ?4 ORDER BY size DESC LIMIT 1";

/// The last entry of a stream below a position. Positions of one stream grow with its sizes.
pub(crate) fn last_of(connection: &Connection, stream: &Stream, before: u64) -> Result<Option<LogEntry>, Fault> {
    let (tenant, namespace) = rows::scope(stream.scope);
    let found = connection
        .prepare_cached(LAST_OF)?
        .query_row(params![tenant, namespace, rows::stream(stream), rows::seq(before)], columns)
        .optional()?;
    found.map(|it| entry(stream.scope, it)).transpose()
}

/// Entries of a stream above a size.
pub(crate) fn of_stream(
    connection: &Connection,
    stream: &Stream,
    above: u64,
    limit: usize,
) -> Result<Vec<LogEntry>, Fault> {
    let (tenant, namespace) = rows::scope(stream.scope);
    let mut select = connection.prepare_cached(
        "SELECT position, stream, size, root FROM log_entries \
         WHERE tenant = ?1 AND namespace = ?2 AND stream = ?3 AND size > ?4 ORDER BY size LIMIT ?5",
    )?;
    let key = params![tenant, namespace, rows::stream(stream), rows::seq(above), rows::limit(limit)];
    let found = select.query_map(key, columns)?;
    found.map(|it| entry(stream.scope, it?)).collect()
}

/// Keeps a checkpoint.
pub(crate) fn keep(connection: &Connection, scope: Scope, kept: &KeptCheckpoint) -> Result<(), Fault> {
    let misplaced = |what| Fault::Refused(StoreError::Misplaced { seq: kept.size, what });
    if kept.size > tree(connection, scope)?.size() {
        return Err(misplaced("the log has not reached the size of this checkpoint"));
    }
    let known = checkpoints(connection, scope, kept.size, 1)?.into_iter().find(|it| it.size == kept.size);
    if known.is_some_and(|known| known.root != kept.root) {
        return Err(misplaced("another root was signed of this size"));
    }
    let (tenant, namespace) = rows::scope(scope);
    connection
        .prepare_cached(
            "INSERT INTO checkpoints (tenant, namespace, size, root, note) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT DO UPDATE SET note = excluded.note",
        )?
        .execute(params![tenant, namespace, rows::seq(kept.size), kept.root.as_bytes(), kept.note])?;
    Ok(())
}

/// Kept checkpoints from a size on.
pub(crate) fn checkpoints(
    connection: &Connection,
    scope: Scope,
    from: u64,
    limit: usize,
) -> Result<Vec<KeptCheckpoint>, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let mut select = connection.prepare_cached(
        "SELECT size, root, note FROM checkpoints WHERE tenant = ?1 AND namespace = ?2 AND size >= ?3 \
         ORDER BY size LIMIT ?4",
    )?;
    let found =
        select.query_map(params![tenant, namespace, rows::seq(from), rows::limit(limit)], checkpoint_columns)?;
    found.map(|it| checkpoint(it?)).collect()
}

/// The kept checkpoint of the greatest size.
pub(crate) fn last_checkpoint(connection: &Connection, scope: Scope) -> Result<Option<KeptCheckpoint>, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let found = connection
        .prepare_cached(
            "SELECT size, root, note FROM checkpoints WHERE tenant = ?1 AND namespace = ?2 ORDER BY size DESC LIMIT 1",
        )?
        .query_row(params![tenant, namespace], checkpoint_columns)
        .optional()?;
    found.map(checkpoint).transpose()
}

type CheckpointColumns = (i64, Vec<u8>, String);

fn checkpoint_columns(row: &Row<'_>) -> rusqlite::Result<CheckpointColumns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

fn checkpoint((size, root, note): CheckpointColumns) -> Result<KeptCheckpoint, Fault> {
    Ok(KeptCheckpoint { size: rows::position(size)?, root: rows::digest(&root)?, note })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::SqliteSettings;
    use crate::sqlite::open::Opened;

    #[test]
    fn the_last_entry_of_a_stream_is_found_by_the_stream() {
        let opened = Opened::new(&SqliteSettings::memory()).unwrap();
        let mut explain = opened.connection.prepare(&format!("EXPLAIN QUERY PLAN {LAST_OF}")).unwrap();
        let step = |row: &Row<'_>| row.get::<_, String>(3);
        let plan: Vec<String> = explain.query_map(params![1, 1, "run", 9], step).unwrap().map(Result::unwrap).collect();
        assert_eq!(plan.len(), 1, "{plan:?}");
        assert!(plan[0].ends_with("(tenant=? AND namespace=? AND stream=?)"), "{plan:?}");
    }
}
