//! RFC 6962 proofs: that a leaf is in a tree, and that one tree is the beginning of another.
//!
//! Making a proof is two steps, so that no I/O is needed here: which subtrees it has ([`inclusion_ranges`],
//! [`consistency_ranges`]), and their roots, which the caller brings. A hash has 32 bytes by its type; consistency with
//! a tree of no leaves says nothing and is refused.

use std::ops::Range;

use super::merkle::node_hash;
use crate::digest::Digest;

/// The most hashes that a proof for a tree of `u64` leaves has.
pub const MAX_PROOF_HASHES: usize = 65;

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofFault {
    /// There is no such leaf.
    #[error("leaf {index} is not in a tree of {size} leaves")]
    OutOfRange {
        /// Position of the leaf, from 0.
        index: u64,
        /// How many leaves the tree has.
        size: u64,
    },
    /// A tree does not begin with a larger one, nor with none.
    #[error("a tree of {new} leaves can't be shown to begin with one of {old}")]
    Sizes {
        /// Leaves of the older tree.
        old: u64,
        /// Leaves of the newer tree.
        new: u64,
    },
    /// Too many or too few hashes.
    #[error("the proof has {got} hashes, which is not the number for these sizes")]
    Length {
        /// How many it has.
        got: usize,
    },
    /// The hashes lead to another root.
    #[error("the proof leads to another root")]
    Root,
}

impl ProofFault {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OutOfRange { .. } | Self::Sizes { .. } | Self::Length { .. } | Self::Root => "merkle_proof_invalid",
        }
    }

    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::OutOfRange { .. } | Self::Sizes { .. } => "take the proof and the checkpoint from one ledger",
            Self::Length { .. } | Self::Root => "ask the ledger for a new proof; keep this one as evidence",
        }
    }
}

/// Checks that `leaf` is the leaf at `index` of the tree of `size` leaves with this root.
///
/// # Errors
/// [`ProofFault`] where it is not shown.
pub fn verify_inclusion(
    index: u64,
    size: u64,
    leaf: &Digest,
    path: &[Digest],
    root: &Digest,
) -> Result<(), ProofFault> {
    let Some(last) = size.checked_sub(1).filter(|last| index <= *last) else {
        return Err(ProofFault::OutOfRange { index, size });
    };
    let length = ProofFault::Length { got: path.len() };
    let (mut at, mut last, mut node) = (index, last, *leaf);
    for hash in path {
        if last == 0 {
            return Err(length);
        }
        if at & 1 == 1 || at == last {
            node = node_hash(hash, &node);
            (at, last) = to_left_child(at, last);
        } else {
            node = node_hash(&node, hash);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    match (last, node == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofFault::Root),
        _ => Err(length),
    }
}

/// Up to where the node is a right child, or there is nothing above.
fn to_left_child(mut at: u64, mut last: u64) -> (u64, u64) {
    while at & 1 == 0 && at != 0 {
        (at, last) = (at >> 1, last >> 1);
    }
    (at, last)
}

/// Checks that the tree of `new` leaves begins with that of `old` leaves.
///
/// # Errors
/// [`ProofFault`] where it is not shown.
pub fn verify_consistency(
    old: u64,
    old_root: &Digest,
    new: u64,
    new_root: &Digest,
    path: &[Digest],
) -> Result<(), ProofFault> {
    if old == 0 || old > new {
        return Err(ProofFault::Sizes { old, new });
    }
    let length = ProofFault::Length { got: path.len() };
    if old == new {
        return match (path.is_empty(), old_root == new_root) {
            (false, _) => Err(length),
            (true, false) => Err(ProofFault::Root),
            (true, true) => Ok(()),
        };
    }
    // The root of a perfect tree is its own first hash, and left out.
    let mut hashes = old.is_power_of_two().then_some(old_root).into_iter().chain(path);
    let (mut at, mut last) = (old - 1, new - 1);
    let shift = at.trailing_ones();
    (at, last) = (at.checked_shr(shift).unwrap_or(0), last.checked_shr(shift).unwrap_or(0));
    let Some(first) = hashes.next().filter(|_| !path.is_empty()) else {
        return Err(length);
    };
    let (mut older, mut newer) = (*first, *first);
    for hash in hashes {
        if last == 0 {
            return Err(length);
        }
        if at & 1 == 1 || at == last {
            older = node_hash(hash, &older);
            newer = node_hash(hash, &newer);
            (at, last) = to_left_child(at, last);
        } else {
            newer = node_hash(&newer, hash);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    match (last, older == *old_root && newer == *new_root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofFault::Root),
        _ => Err(length),
    }
}

/// The largest power of two below `count`, which is at least 2.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// The leaves under each hash of an inclusion proof, in the order of the proof; nothing where there is no such leaf.
pub fn inclusion_ranges(index: u64, size: u64) -> Option<Vec<Range<u64>>> {
    if index >= size {
        return None;
    }
    let (mut low, mut high, mut ranges) = (0, size, Vec::new());
    while high - low > 1 {
        let middle = low + split(high - low);
        if index < middle {
            ranges.push(middle..high);
            high = middle;
        } else {
            ranges.push(low..middle);
            low = middle;
        }
    }
    ranges.reverse();
    Some(ranges)
}

/// The leaves under each hash of a consistency proof, in the order of the proof; nothing where there can be none.
pub fn consistency_ranges(old: u64, new: u64) -> Option<Vec<Range<u64>>> {
    if old == 0 || old > new {
        return None;
    }
    let (mut low, mut high, mut ranges) = (0, new, Vec::new());
    while old != high {
        let middle = low + split(high - low);
        if old <= middle {
            ranges.push(middle..high);
            high = middle;
        } else {
            ranges.push(low..middle);
            low = middle;
        }
    }
    if low > 0 {
        ranges.push(low..high);
    }
    ranges.reverse();
    Some(ranges)
}

/// The perfect subtrees of a range of leaves as RFC 6962 splits it, left to right: height, and number at that height.
pub(crate) fn perfect(range: &Range<u64>) -> Vec<(u32, u64)> {
    let (mut low, mut all) = (range.start, Vec::new());
    while low < range.end {
        let height = (range.end - low).ilog2();
        all.push((height, low >> height));
        low += 1 << height;
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::merkle::{leaf_hash, root_of};
    use super::*;

    fn leaves(count: u64) -> Vec<Digest> {
        (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
    }

    fn roots(leaves: &[Digest], ranges: &[Range<u64>]) -> Vec<Digest> {
        let at = |n: u64| usize::try_from(n).unwrap();
        ranges.iter().map(|it| root_of(leaves[at(it.start)..at(it.end)].iter().copied())).collect()
    }

    proptest! {
        #[test]
        fn what_is_made_is_verified_and_for_no_other_place(size in 1_u64..140, index in 0_u64..140, other in 0_u64..140) {
            let (leaves, index) = (leaves(size), index % size);
            let path = roots(&leaves, &inclusion_ranges(index, size).unwrap());
            let (leaf, root) = (leaves[usize::try_from(index).unwrap()], root_of(leaves.iter().copied()));
            prop_assert_eq!(verify_inclusion(index, size, &leaf, &path, &root), Ok(()));
            if other != index {
                prop_assert!(verify_inclusion(other, size, &leaf, &path, &root).is_err());
            }
            let longer = [path.as_slice(), &[root]].concat();
            prop_assert!(verify_inclusion(index, size, &leaf, &longer, &root).is_err());
        }

        #[test]
        fn a_tree_begins_with_each_smaller_one_and_no_other(new in 1_u64..140, old in 1_u64..140, change in 0_u64..140) {
            let (old, leaves) = (old.min(new), leaves(new));
            let path = roots(&leaves, &consistency_ranges(old, new).unwrap());
            let root = |count: u64| root_of(leaves.iter().copied().take(usize::try_from(count).unwrap()));
            prop_assert_eq!(verify_consistency(old, &root(old), new, &root(new), &path), Ok(()));
            let mut forked = leaves.clone();
            forked[usize::try_from(change % old).unwrap()] = leaf_hash(b"other");
            let forked = root_of(forked.into_iter().take(usize::try_from(old).unwrap()));
            prop_assert!(verify_consistency(old, &forked, new, &root(new), &path).is_err());
        }

        #[test]
        fn any_numbers_are_answered(index in any::<u64>(), size in any::<u64>(), hashes in 0_usize..70) {
            let (leaf, path) = (leaf_hash(b""), vec![leaf_hash(b"x"); hashes]);
            prop_assert!(verify_inclusion(index, size, &leaf, &path, &leaf_hash(b"root")).is_err());
            prop_assert!(verify_consistency(index, &leaf, size, &leaf_hash(b"root"), &path).is_err());
            if let Some(ranges) = inclusion_ranges(index, size) {
                prop_assert!(ranges.len() < MAX_PROOF_HASHES);
            }
        }
    }
}
