//! The log of stream heads: integrated in batches by one at a time, read by position and by stream.
//!
//! An append leaves its stream's name in `pending_heads`, in the statement that holds the head's row. An integration
//! takes that row first: an append that it waited for is in the head that it reads then, and one that waited for it
//! leaves the name anew. So no growth is missed, and only writers of streams that are being integrated ever wait.

use decision_gate_core::digest::Digest;
use decision_gate_core::ledger::{CompactRange, TileWriter};
use decision_gate_runtime::ports::{Integrated, KeptCheckpoint, LogEntry, Scope, StoreError, Stream, Tree};
use tokio_postgres::Row;

use super::connection::Connection;
use super::fault::Fault;
use super::{locks, tile};
use crate::sqlite::{Fault as Shared, grown, rows};

/// Appends the heads of streams that have grown.
pub(crate) async fn integrate(connection: &Connection, scope: Scope, limit: usize) -> Result<Integrated, Fault> {
    connection
        .transaction(async {
            connection.execute("SELECT pg_advisory_xact_lock($1)", &[&locks::log(scope)]).await?;
            batch(connection, scope, limit).await
        })
        .await
}

async fn batch(connection: &Connection, scope: Scope, limit: usize) -> Result<Integrated, Fault> {
    let mut tree = tree(connection, scope).await?;
    let before = tree.size();
    let grown = pending(connection, scope, limit.saturating_add(1)).await?;
    let more = grown.len() > limit;
    let mut log = tile::writer(connection, &Tree::Log(scope), before).await?;
    for stream in grown.iter().take(limit) {
        if let Some(entry) = next_entry(connection, stream, tree.size()).await? {
            let leaf = entry.head().leaf_hash();
            insert(connection, &entry).await?;
            tree.push(leaf);
            log.push(leaf);
        }
        let (tenant, namespace) = rows::scope(scope);
        connection
            .execute(
                "DELETE FROM pending_heads WHERE tenant = $1 AND namespace = $2 AND stream = $3",
                &[&tenant, &namespace, &rows::stream(stream)],
            )
            .await?;
    }
    let added = tree.size() - before;
    if added > 0 {
        tile::put(connection, &Tree::Log(scope), log).await?;
        put_tree(connection, scope, &tree).await?;
    }
    Ok(Integrated { tree, added, more })
}

/// The streams that have grown, by name.
async fn pending(connection: &Connection, scope: Scope, limit: usize) -> Result<Vec<Stream>, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let found = connection
        .rows(
            "SELECT stream FROM pending_heads WHERE tenant = $1 AND namespace = $2 ORDER BY stream LIMIT $3",
            &[&tenant, &namespace, &rows::limit(limit)],
        )
        .await?;
    found.iter().map(|row| Ok(rows::stream_of(scope, row.try_get(0)?)?)).collect()
}

/// The head of a stream as an entry, with the tiles of its events brought up; nothing where it did not grow.
async fn next_entry(connection: &Connection, stream: &Stream, index: u64) -> Result<Option<LogEntry>, Fault> {
    let (tenant, namespace) = rows::scope(stream.scope);
    let head = connection
        .row(
            "SELECT seq, peaks FROM heads WHERE tenant = $1 AND namespace = $2 AND stream = $3 FOR UPDATE",
            &[&tenant, &namespace, &rows::stream(stream)],
        )
        .await?;
    let events = match head {
        Some(row) => grown(stream, row.try_get(0)?, row.try_get(1)?)?,
        None => CompactRange::default(),
    };
    let known = last_of(connection, stream, u64::MAX).await?.map_or(0, |entry| entry.size);
    if events.size() < known {
        let what = format!("it has {} events, and the log says that it had {known}", events.size());
        return Err(Shared::damaged_stream(stream, &what).into());
    }
    if events.size() == known {
        return Ok(None);
    }
    let of_events = Tree::Events(stream.clone());
    let mut tiles = tile::writer(connection, &of_events, known).await?;
    for leaf in leaves(connection, stream, known, events.size()).await? {
        tiles.push(leaf);
    }
    missing_event(stream, &tiles, events.size())?;
    tile::put(connection, &of_events, tiles).await?;
    Ok(Some(LogEntry { index, stream: stream.clone(), size: events.size(), root: events.root() }))
}

fn missing_event(stream: &Stream, tiles: &TileWriter, expected: u64) -> Result<(), Fault> {
    if tiles.size() == expected {
        return Ok(());
    }
    Err(Shared::damaged_stream(stream, &format!("it has {} of its {expected} events", tiles.size())).into())
}

/// The leaf hashes after `from` events up to the event `to`.
async fn leaves(connection: &Connection, stream: &Stream, from: u64, to: u64) -> Result<Vec<Digest>, Fault> {
    let (tenant, namespace) = rows::scope(stream.scope);
    let found = connection
        .rows(
            "SELECT leaf FROM events WHERE tenant = $1 AND namespace = $2 AND stream = $3 AND seq > $4 AND seq <= $5 \
             ORDER BY seq",
            &[&tenant, &namespace, &rows::stream(stream), &rows::seq(from), &rows::seq(to)],
        )
        .await?;
    found.iter().map(|row| Ok(rows::digest(row.try_get(0)?)?)).collect()
}

/// The tree over the log.
pub(crate) async fn tree(connection: &Connection, scope: Scope) -> Result<CompactRange, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let found = connection
        .row("SELECT size, peaks FROM logs WHERE tenant = $1 AND namespace = $2", &[&tenant, &namespace])
        .await?;
    let Some(row) = found else { return Ok(CompactRange::default()) };
    let (size, peaks): (i64, &[u8]) = (row.try_get(0)?, row.try_get(1)?);
    let tree = CompactRange::from_parts(rows::position(size)?, rows::split(peaks)?);
    tree.ok_or_else(|| Fault::Damaged(format!("the tree over the log's `{size}` entries is not of their number")))
}

async fn put_tree(connection: &Connection, scope: Scope, tree: &CompactRange) -> Result<(), Fault> {
    let (tenant, namespace) = rows::scope(scope);
    connection
        .execute(
            "INSERT INTO logs (tenant, namespace, size, peaks) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (tenant, namespace) DO UPDATE SET size = excluded.size, peaks = excluded.peaks",
            &[&tenant, &namespace, &rows::seq(tree.size()), &rows::join(tree.peaks())],
        )
        .await
        .map(drop)
}

async fn insert(connection: &Connection, entry: &LogEntry) -> Result<(), Fault> {
    let (tenant, namespace) = rows::scope(entry.stream.scope);
    connection
        .execute(
            "INSERT INTO log_entries (tenant, namespace, position, stream, size, root) VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                &tenant,
                &namespace,
                &rows::seq(entry.index),
                &rows::stream(&entry.stream),
                &rows::seq(entry.size),
                &entry.root.as_bytes().as_slice(),
            ],
        )
        .await
        .map(drop)
}

fn entry(scope: Scope, row: &Row) -> Result<LogEntry, Fault> {
    let (index, size) = (rows::position(row.try_get(0)?)?, rows::position(row.try_get(2)?)?);
    let (stream, root) = (rows::stream_of(scope, row.try_get(1)?)?, rows::digest(row.try_get(3)?)?);
    Ok(LogEntry { index, stream, size, root })
}

/// Entries from a position on.
pub(crate) async fn entries(
    connection: &Connection,
    scope: Scope,
    from: u64,
    limit: usize,
) -> Result<Vec<LogEntry>, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let found = connection
        .rows(
            "SELECT position, stream, size, root FROM log_entries \
             WHERE tenant = $1 AND namespace = $2 AND position >= $3 ORDER BY position LIMIT $4",
            &[&tenant, &namespace, &rows::seq(from), &rows::limit(limit)],
        )
        .await?;
    found.iter().map(|row| entry(scope, row)).collect()
}

/// The last entry of a stream below a position. Positions of one stream grow with its sizes.
pub(crate) async fn last_of(connection: &Connection, stream: &Stream, before: u64) -> Result<Option<LogEntry>, Fault> {
    let (tenant, namespace) = rows::scope(stream.scope);
    let found = connection
        .row(
            "SELECT position, stream, size, root FROM log_entries \
             WHERE tenant = $1 AND namespace = $2 AND stream = $3 AND position < $4 ORDER BY size DESC LIMIT 1",
            &[&tenant, &namespace, &rows::stream(stream), &rows::seq(before)],
        )
        .await?;
    found.map(|row| entry(stream.scope, &row)).transpose()
}

/// Entries of a stream above a size.
pub(crate) async fn of_stream(
    connection: &Connection,
    stream: &Stream,
    above: u64,
    limit: usize,
) -> Result<Vec<LogEntry>, Fault> {
    let (tenant, namespace) = rows::scope(stream.scope);
    let found = connection
        .rows(
            "SELECT position, stream, size, root FROM log_entries \
             WHERE tenant = $1 AND namespace = $2 AND stream = $3 AND size > $4 ORDER BY size LIMIT $5",
            &[&tenant, &namespace, &rows::stream(stream), &rows::seq(above), &rows::limit(limit)],
        )
        .await?;
    found.iter().map(|row| entry(stream.scope, row)).collect()
}

/// Keeps a checkpoint.
pub(crate) async fn keep(connection: &Connection, scope: Scope, kept: &KeptCheckpoint) -> Result<(), Fault> {
    let misplaced = |what| Fault::Refused(StoreError::Misplaced { seq: kept.size, what });
    if kept.size > tree(connection, scope).await?.size() {
        return Err(misplaced("the log has not reached the size of this checkpoint"));
    }
    let (tenant, namespace) = rows::scope(scope);
    let written = connection
        .execute(
            "INSERT INTO checkpoints (tenant, namespace, size, root, note) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (tenant, namespace, size) DO UPDATE SET note = excluded.note \
             WHERE checkpoints.root = excluded.root",
            &[&tenant, &namespace, &rows::seq(kept.size), &kept.root.as_bytes().as_slice(), &kept.note],
        )
        .await?;
    if written == 0 { Err(misplaced("another root was signed of this size")) } else { Ok(()) }
}

/// Kept checkpoints from a size on.
pub(crate) async fn checkpoints(
    connection: &Connection,
    scope: Scope,
    from: u64,
    limit: usize,
) -> Result<Vec<KeptCheckpoint>, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let found = connection
        .rows(
            "SELECT size, root, note FROM checkpoints WHERE tenant = $1 AND namespace = $2 AND size >= $3 \
             ORDER BY size LIMIT $4",
            &[&tenant, &namespace, &rows::seq(from), &rows::limit(limit)],
        )
        .await?;
    found.iter().map(checkpoint).collect()
}

/// The kept checkpoint of the greatest size.
pub(crate) async fn last_checkpoint(connection: &Connection, scope: Scope) -> Result<Option<KeptCheckpoint>, Fault> {
    let (tenant, namespace) = rows::scope(scope);
    let found = connection
        .row(
            "SELECT size, root, note FROM checkpoints WHERE tenant = $1 AND namespace = $2 ORDER BY size DESC LIMIT 1",
            &[&tenant, &namespace],
        )
        .await?;
    found.as_ref().map(checkpoint).transpose()
}

fn checkpoint(row: &Row) -> Result<KeptCheckpoint, Fault> {
    let (size, root) = (rows::position(row.try_get(0)?)?, rows::digest(row.try_get(1)?)?);
    Ok(KeptCheckpoint { size, root, note: row.try_get(2)? })
}
