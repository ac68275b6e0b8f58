//! Tiles against the tree that they are of: as they were made, and none beyond it.

use std::collections::BTreeMap;

use decision_gate_core::digest::Digest;
use decision_gate_core::ledger::{TILE_WIDTH, TileId};

use super::error::LedgerError;
use super::finding::{Findings, LedgerFindingCode as Code};
use super::rows::{Pages, Row, of_shelf, of_stream};
use crate::ports::{Store, StoreError, Stream, Table, Tree};

/// The stored tiles of these ids. One that does not read is none: it is found with the rows.
pub(super) async fn stored(
    store: &dyn Store,
    tree: &Tree,
    ids: Vec<TileId>,
) -> Result<BTreeMap<TileId, Vec<Digest>>, LedgerError> {
    match store.tiles(tree, ids).await {
        Ok(tiles) => Ok(tiles.into_iter().collect()),
        Err(StoreError::Corrupt { .. }) => Ok(BTreeMap::new()),
        Err(other) => Err(other.into()),
    }
}

/// Finds tiles that no tree of this size has.
pub(super) async fn beyond(
    store: &dyn Store,
    tree: &Tree,
    size: u64,
    findings: &mut Findings,
) -> Result<(), LedgerError> {
    let (table, within, place) = match tree {
        Tree::Events(stream) => (Table::EventTiles, of_stream(stream), stream.clone()),
        Tree::Log(scope) => (Table::LogTiles, of_shelf(*scope), Stream { scope: *scope, run: None }),
    };
    let mut pages = Pages::new(store, table, within);
    while let Some(page) = pages.next().await? {
        for cells in &page {
            judge(Row { table, cells }, size, &place, findings);
        }
    }
    Ok(())
}

fn judge(row: Row<'_>, size: u64, place: &Stream, findings: &mut Findings) {
    let read = || -> Result<(u64, u64, &[u8]), String> {
        Ok((row.number("level")?, row.number("number")?, row.bytes("hashes")?))
    };
    match read() {
        Err(unread) => findings.add(Code::RowMalformed, place, None, unread),
        Ok((_, _, hashes)) if hashes.is_empty() || hashes.len() % 32 != 0 => {
            findings.add(Code::RowMalformed, place, None, row.unread("hashes"));
        }
        Ok((level, number, _)) if number >= tiles_of(size, level) => {
            let reason = format!("{} is beyond the tree, which has {size} leaves", row.place());
            findings.add(Code::RowUnexpected, place, None, reason);
        }
        Ok(_) => {}
    }
}

/// How many tiles of a level a tree of this size has.
fn tiles_of(size: u64, level: u64) -> u64 {
    let mut hashes = size;
    for _ in 0..level.min(8) {
        hashes /= TILE_WIDTH;
    }
    hashes.div_ceil(TILE_WIDTH)
}
