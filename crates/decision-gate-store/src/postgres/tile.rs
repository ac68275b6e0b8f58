//! The hashes of trees in tiles: those of event trees beside those of the logs.

use std::collections::BTreeMap;

use decision_gate_core::digest::Digest;
use decision_gate_core::ledger::{TileId, TileWriter};
use decision_gate_runtime::ports::{Scope, Tree};

use super::connection::Connection;
use super::fault::Fault;
use crate::sqlite::{Fault as Shared, rows};

/// Tiles of a tree; those that are not there are left out.
pub(crate) async fn all(
    connection: &Connection,
    tree: &Tree,
    ids: &[TileId],
) -> Result<Vec<(TileId, Vec<Digest>)>, Fault> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let levels: Vec<i16> = ids.iter().map(|id| i16::from(id.level)).collect();
    let numbers: Vec<i64> = ids.iter().map(|id| rows::seq(id.index)).collect();
    let found = match tree {
        Tree::Events(stream) => {
            let (tenant, namespace) = rows::scope(stream.scope);
            connection
                .rows(
                    "SELECT level, number, hashes FROM event_tiles WHERE tenant = $1 AND namespace = $2 AND stream = $3 \
                     AND (level, number) IN (SELECT * FROM unnest($4::smallint[], $5::bigint[]))",
                    &[&tenant, &namespace, &rows::stream(stream), &levels, &numbers],
                )
                .await?
        }
        Tree::Log(scope) => {
            let (tenant, namespace) = rows::scope(*scope);
            connection
                .rows(
                    "SELECT level, number, hashes FROM log_tiles WHERE tenant = $1 AND namespace = $2 \
                     AND (level, number) IN (SELECT * FROM unnest($3::smallint[], $4::bigint[]))",
                    &[&tenant, &namespace, &levels, &numbers],
                )
                .await?
        }
    };
    let mut hashes = BTreeMap::new();
    for row in &found {
        let place: (i16, i64) = (row.try_get(0)?, row.try_get(1)?);
        hashes.insert(place, rows::split(row.try_get(2)?)?);
    }
    let known = |id: &TileId| hashes.get(&(i16::from(id.level), rows::seq(id.index))).map(|it| (*id, it.clone()));
    Ok(ids.iter().filter_map(known).collect())
}

/// Goes on with a tree of this size.
pub(crate) async fn writer(connection: &Connection, tree: &Tree, size: u64) -> Result<TileWriter, Fault> {
    let edge = all(connection, tree, &TileWriter::right_edge(size)).await?;
    TileWriter::new(size, edge).ok_or_else(|| {
        let what = "the tiles of its tree are not of its size";
        match tree {
            Tree::Events(stream) => Shared::damaged_stream(stream, what).into(),
            Tree::Log(Scope { tenant, namespace }) => {
                Fault::Damaged(format!("the log of heads of namespace `{namespace}` of tenant `{tenant}`: {what}"))
            }
        }
    })
}

/// Writes what changed.
pub(crate) async fn put(connection: &Connection, tree: &Tree, writer: TileWriter) -> Result<(), Fault> {
    let (mut levels, mut numbers, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
    for (id, tile) in writer.finish() {
        levels.push(i16::from(id.level));
        numbers.push(rows::seq(id.index));
        hashes.push(rows::join(&tile));
    }
    match tree {
        Tree::Events(stream) => {
            let (tenant, namespace) = rows::scope(stream.scope);
            connection
                .execute(
                    "INSERT INTO event_tiles (tenant, namespace, stream, level, number, hashes) \
                     SELECT $1, $2, $3, it.level, it.number, it.hashes \
                     FROM unnest($4::smallint[], $5::bigint[], $6::bytea[]) AS it (level, number, hashes) \
                     ON CONFLICT (tenant, namespace, stream, level, number) DO UPDATE SET hashes = excluded.hashes",
                    &[&tenant, &namespace, &rows::stream(stream), &levels, &numbers, &hashes],
                )
                .await?
        }
        Tree::Log(scope) => {
            let (tenant, namespace) = rows::scope(*scope);
            connection
                .execute(
                    "INSERT INTO log_tiles (tenant, namespace, level, number, hashes) \
                     SELECT $1, $2, it.level, it.number, it.hashes \
                     FROM unnest($3::smallint[], $4::bigint[], $5::bytea[]) AS it (level, number, hashes) \
                     ON CONFLICT (tenant, namespace, level, number) DO UPDATE SET hashes = excluded.hashes",
                    &[&tenant, &namespace, &levels, &numbers, &hashes],
                )
                .await?
        }
    };
    Ok(())
}
