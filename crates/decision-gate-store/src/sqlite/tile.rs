//! The hashes of trees in tiles: those of event trees beside those of the logs.

use decision_gate_core::digest::Digest;
use decision_gate_core::ledger::{TileId, TileWriter};
use decision_gate_runtime::ports::{Scope, Tree};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::fault::Fault;
use super::rows;

/// A tile of a tree.
fn read(connection: &Connection, tree: &Tree, id: TileId) -> Result<Option<Vec<Digest>>, Fault> {
    let (level, number) = (i64::from(id.level), rows::seq(id.index));
    let hashes: Option<Vec<u8>> = match tree {
        Tree::Events(stream) => {
            let (tenant, namespace) = rows::scope(stream.scope);
            connection
                .prepare_cached(
                    "SELECT hashes FROM event_tiles \
                     WHERE tenant = ?1 AND namespace = ?2 AND stream = ?3 AND level = ?4 AND number = ?5",
                )?
                .query_row(params![tenant, namespace, rows::stream(stream), level, number], |row| row.get(0))
                .optional()?
        }
        Tree::Log(scope) => {
            let (tenant, namespace) = rows::scope(*scope);
            connection
                .prepare_cached(
                    "SELECT hashes FROM log_tiles \
                     WHERE tenant = ?1 AND namespace = ?2 AND level = ?3 AND number = ?4",
                )?
                .query_row(params![tenant, namespace, level, number], |row| row.get(0))
                .optional()?
        }
    };
    hashes.map(|it| rows::split(&it)).transpose()
}

/// Tiles of a tree; those that are not there are left out.
pub(crate) fn all(connection: &Connection, tree: &Tree, ids: &[TileId]) -> Result<Vec<(TileId, Vec<Digest>)>, Fault> {
    let found = ids.iter().map(|id| Ok(read(connection, tree, *id)?.map(|hashes| (*id, hashes))));
    found.filter_map(Result::transpose).collect()
}

/// Goes on with a tree of this size.
pub(crate) fn writer(connection: &Connection, tree: &Tree, size: u64) -> Result<TileWriter, Fault> {
    let edge = all(connection, tree, &TileWriter::right_edge(size))?;
    TileWriter::new(size, edge).ok_or_else(|| {
        let what = "the tiles of its tree are not of its size";
        match tree {
            Tree::Events(stream) => Fault::damaged_stream(stream, what),
            Tree::Log(Scope { tenant, namespace }) => {
                Fault::Damaged(format!("the log of heads of namespace `{namespace}` of tenant `{tenant}`: {what}"))
            }
        }
    })
}

/// Writes what changed.
pub(crate) fn put(connection: &Connection, tree: &Tree, writer: TileWriter) -> Result<(), Fault> {
    for (id, hashes) in writer.finish() {
        let (level, number, hashes) = (i64::from(id.level), rows::seq(id.index), rows::join(&hashes));
        match tree {
            Tree::Events(stream) => {
                let (tenant, namespace) = rows::scope(stream.scope);
                connection
                    .prepare_cached(
                        "INSERT INTO event_tiles (tenant, namespace, stream, level, number, hashes) \
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET hashes = excluded.hashes",
                    )?
                    .execute(params![tenant, namespace, rows::stream(stream), level, number, hashes])?;
            }
            Tree::Log(scope) => {
                let (tenant, namespace) = rows::scope(*scope);
                connection
                    .prepare_cached(
                        "INSERT INTO log_tiles (tenant, namespace, level, number, hashes) \
                         VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET hashes = excluded.hashes",
                    )?
                    .execute(params![tenant, namespace, level, number, hashes])?;
            }
        }
    }
    Ok(())
}
