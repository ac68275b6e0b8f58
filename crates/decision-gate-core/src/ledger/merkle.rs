//! RFC 6962 Merkle trees over event bytes: leaf and node hashes, and a compact range that grows in O(log n).

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// Separates leaves from nodes.
pub(super) const LEAF: &[u8] = &[0];

/// RFC 6962 section 2.1: `SHA-256(0x00 ‖ entry)`.
pub fn leaf_hash(entry: &[u8]) -> Digest {
    Digest::of_parts(&[LEAF, entry])
}

/// RFC 6962 section 2.1: `SHA-256(0x01 ‖ left ‖ right)`.
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    Digest::of_parts(&[&[1], left.as_bytes(), right.as_bytes()])
}

/// The roots of the perfect subtrees of a growing tree, largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompactRange {
    size: u64,
    peaks: Vec<Digest>,
}

impl CompactRange {
    /// How many leaves it covers.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf.
    pub fn push(&mut self, leaf: Digest) {
        let mut node = leaf;
        let mut size = self.size;
        while size & 1 == 1
            && let Some(left) = self.peaks.pop()
        {
            node = node_hash(&left, &node);
            size >>= 1;
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// The root of the tree; of no leaves, the digest of nothing.
    pub fn root(&self) -> Digest {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else {
            return Digest::of(&[]);
        };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }

    /// Reads a stored range back; `None` when the number of peaks does not fit the size.
    pub fn from_parts(size: u64, peaks: Vec<Digest>) -> Option<Self> {
        (u32::try_from(peaks.len()) == Ok(size.count_ones())).then_some(Self { size, peaks })
    }

    /// The roots of the perfect subtrees, largest first.
    pub fn peaks(&self) -> &[Digest] {
        &self.peaks
    }
}

/// The root over `leaves`.
pub fn root_of(leaves: impl IntoIterator<Item = Digest>) -> Digest {
    let mut range = CompactRange::default();
    leaves.into_iter().for_each(|leaf| range.push(leaf));
    range.root()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 6962 section 2.1 as it is written, by recursion.
    fn by_definition(leaves: &[Digest]) -> Digest {
        match leaves {
            [] => Digest::of(&[]),
            [leaf] => *leaf,
            _ => {
                let split = leaves.len().next_power_of_two() / 2;
                node_hash(&by_definition(&leaves[..split]), &by_definition(&leaves[split..]))
            }
        }
    }

    proptest! {
        #[test]
        fn the_compact_range_has_the_root_of_the_definition(count in 0_u32..200) {
            let leaves: Vec<_> = (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect();
            prop_assert_eq!(root_of(leaves.iter().copied()), by_definition(&leaves));
        }
    }
}
