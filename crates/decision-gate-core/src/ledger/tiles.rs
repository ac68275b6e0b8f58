//! The hashes of a tree in tiles, as C2SP `tlog-tiles` cuts it: a proof reads a few of them, however large the tree is.
//!
//! Tile `index` of `level` has the roots of up to 256 perfect subtrees of 256^`level` leaves each. An entry is there as
//! soon as its subtree is whole; only the last tile of a level grows.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::merkle::node_hash;
use super::proof::perfect;
use crate::digest::Digest;

/// The height of a tile.
const HEIGHT: u32 = 8;

/// The entries of a full tile.
pub const TILE_WIDTH: u64 = 1 << HEIGHT;

/// Names a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// From the leaves, which are level 0, upwards.
    pub level: u8,
    /// From the left, counted from 0.
    pub index: u64,
}

/// Some tiles of a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tiles(BTreeMap<TileId, Vec<Digest>>);

/// Where the root of a perfect subtree is made from: a tile, and some neighbours in it.
fn place(height: u32, number: u64) -> (TileId, usize, usize) {
    let (level, inner) = (height / HEIGHT, height % HEIGHT);
    let first = number << inner;
    let small = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let id = TileId { level: u8::try_from(level).unwrap_or(u8::MAX), index: first / TILE_WIDTH };
    (id, small(first % TILE_WIDTH), 1 << inner)
}

/// The root over a perfect number of neighbours.
fn fold(hashes: &[Digest]) -> Option<Digest> {
    match hashes {
        [] => None,
        [one] => Some(*one),
        more => {
            let (left, right) = more.split_at_checked(more.len() / 2)?;
            Some(node_hash(&fold(left)?, &fold(right)?))
        }
    }
}

impl Tiles {
    /// Adds a tile that was read.
    pub fn insert(&mut self, id: TileId, hashes: Vec<Digest>) {
        self.0.insert(id, hashes);
    }

    /// The tiles that the roots of these ranges are made from. The ranges are those of a proof.
    pub fn needed(ranges: &[Range<u64>]) -> BTreeSet<TileId> {
        ranges.iter().flat_map(perfect).map(|(height, number)| place(height, number).0).collect()
    }

    /// The root over a range of leaves; nothing where a tile is missing or too short.
    pub fn root(&self, range: &Range<u64>) -> Option<Digest> {
        let subtrees = perfect(range).into_iter().map(|(height, number)| {
            let (id, first, count) = place(height, number);
            fold(self.0.get(&id)?.get(first..first.checked_add(count)?)?)
        });
        let subtrees: Option<Vec<Digest>> = subtrees.collect();
        subtrees?.into_iter().rev().reduce(|right, left| node_hash(&left, &right))
    }

    /// The roots over several ranges: a proof.
    pub fn roots(&self, ranges: &[Range<u64>]) -> Option<Vec<Digest>> {
        ranges.iter().map(|range| self.root(range)).collect()
    }
}

/// Appends leaves to a tree that is kept in tiles.
#[derive(Clone, Debug)]
pub struct TileWriter {
    size: u64,
    open: BTreeMap<u8, Vec<Digest>>,
    written: BTreeMap<TileId, Vec<Digest>>,
}

impl TileWriter {
    /// The tiles that still grow in a tree of this size.
    pub fn right_edge(size: u64) -> Vec<TileId> {
        let mut edge = Vec::new();
        let (mut count, mut level) = (size, 0);
        while count > 0 {
            if !count.is_multiple_of(TILE_WIDTH) {
                edge.push(TileId { level, index: count / TILE_WIDTH });
            }
            (count, level) = (count / TILE_WIDTH, level + 1);
        }
        edge
    }

    /// Goes on with a tree of this size; nothing where the right edge is not the one of such a tree.
    pub fn new(size: u64, edge: Vec<(TileId, Vec<Digest>)>) -> Option<Self> {
        let expected = Self::right_edge(size);
        let is_whole = |(id, hashes): &(TileId, Vec<Digest>)| {
            expected.contains(id)
                && u64::try_from(hashes.len()) == Ok((size >> (HEIGHT * u32::from(id.level))) % TILE_WIDTH)
        };
        let fits = edge.len() == expected.len() && edge.iter().all(is_whole);
        let open = edge.into_iter().map(|(id, hashes)| (id.level, hashes)).collect();
        fits.then_some(Self { size, open, written: BTreeMap::new() })
    }

    /// Appends a leaf.
    pub fn push(&mut self, leaf: Digest) {
        let (mut entry, mut number, mut level) = (leaf, self.size, 0);
        self.size += 1;
        loop {
            let tile = self.open.entry(level).or_default();
            tile.push(entry);
            let id = TileId { level, index: number / TILE_WIDTH };
            if u64::try_from(tile.len()) != Ok(TILE_WIDTH) {
                return;
            }
            let full = self.open.remove(&level).unwrap_or_default();
            let Some(root) = fold(&full) else { return };
            self.written.insert(id, full);
            (entry, number, level) = (root, number / TILE_WIDTH, level + 1);
        }
    }

    /// The tiles that became full since the last look. They never change again.
    pub fn take_full(&mut self) -> BTreeMap<TileId, Vec<Digest>> {
        std::mem::take(&mut self.written)
    }

    /// How many leaves there are now.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Every tile that may have changed.
    pub fn finish(mut self) -> BTreeMap<TileId, Vec<Digest>> {
        for (level, hashes) in self.open {
            let index = (self.size >> (HEIGHT * u32::from(level))) / TILE_WIDTH;
            self.written.insert(TileId { level, index }, hashes);
        }
        self.written
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::merkle::{leaf_hash, root_of};
    use super::super::proof::{consistency_ranges, inclusion_ranges, verify_consistency, verify_inclusion};
    use super::*;

    /// A tree that was appended to in these batches, as a store would.
    fn kept(batches: &[u64]) -> (BTreeMap<TileId, Vec<Digest>>, Vec<Digest>) {
        let (mut stored, mut leaves) = (BTreeMap::new(), Vec::new());
        for batch in batches {
            let size = u64::try_from(leaves.len()).unwrap();
            let edge = TileWriter::right_edge(size);
            let edge = edge.into_iter().map(|id| (id, BTreeMap::get(&stored, &id).cloned().unwrap())).collect();
            let mut writer = TileWriter::new(size, edge).unwrap();
            for _ in 0..*batch {
                let leaf = leaf_hash(&writer.size().to_be_bytes());
                writer.push(leaf);
                leaves.push(leaf);
            }
            stored.extend(writer.finish());
        }
        (stored, leaves)
    }

    fn read(stored: &BTreeMap<TileId, Vec<Digest>>, ranges: &[Range<u64>]) -> Vec<Digest> {
        let mut tiles = Tiles::default();
        for id in Tiles::needed(ranges) {
            tiles.insert(id, stored[&id].clone());
        }
        tiles.roots(ranges).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn proofs_from_tiles_hold(batches in proptest::collection::vec(1_u64..900, 1..5), index in any::<u64>(), old in any::<u64>()) {
            let (stored, leaves) = kept(&batches);
            let size = u64::try_from(leaves.len()).unwrap();
            let (index, old) = (index % size, old % size + 1);
            let root = |count: u64| root_of(leaves.iter().copied().take(usize::try_from(count).unwrap()));
            let path = read(&stored, &inclusion_ranges(index, size).unwrap());
            prop_assert_eq!(verify_inclusion(index, size, &leaves[usize::try_from(index).unwrap()], &path, &root(size)), Ok(()));
            let path = read(&stored, &consistency_ranges(old, size).unwrap());
            prop_assert_eq!(verify_consistency(old, &root(old), size, &root(size), &path), Ok(()));
        }
    }

    #[test]
    fn levels_grow_when_tiles_are_full() {
        let (stored, leaves) = kept(&[255, 1, 65_280, 1]);
        assert_eq!(leaves.len(), 65_537);
        let id = |level, index| TileId { level, index };
        let lengths: Vec<_> = stored.iter().filter(|(_, it)| it.len() < 256).map(|(id, it)| (*id, it.len())).collect();
        assert_eq!(lengths, [(id(0, 256), 1), (id(2, 0), 1)]);
        assert_eq!(stored[&id(1, 0)].len(), 256);
    }

    #[test]
    fn an_edge_of_another_size_is_refused() {
        let (stored, _) = kept(&[300]);
        let edge: Vec<_> = TileWriter::right_edge(300).into_iter().map(|id| (id, stored[&id].clone())).collect();
        assert!(TileWriter::new(300, edge.clone()).is_some());
        assert!(TileWriter::new(301, edge.clone()).is_none());
        assert!(TileWriter::new(300, edge.into_iter().skip(1).collect()).is_none());
    }
}
