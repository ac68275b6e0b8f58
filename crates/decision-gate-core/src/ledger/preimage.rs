//! What events and values are hashed from, many at once: the same as [`leaf_hash`](super::leaf_hash) and
//! [`Commitment::to`](super::Commitment::to) give for each alone.

use super::commitment::{self, Salt};
use super::merkle;
use crate::digest::Digest;

/// What one hash of a ledger is made from.
#[derive(Clone, Copy, Debug)]
pub enum Preimage<'a> {
    /// Of an event's leaf: its bytes.
    Leaf(&'a [u8]),
    /// Of a commitment.
    Value {
        /// Its salt.
        salt: Salt,
        /// The canonical JSON of the value.
        canonical: &'a [u8],
    },
}

impl Preimage<'_> {
    /// The hash of each, in their order.
    pub fn digests(all: &[Self]) -> Vec<Digest> {
        Digest::of_each(all.iter().map(|it| match it {
            Self::Leaf(bytes) => ([merkle::LEAF, &[]], *bytes),
            Self::Value { salt, canonical } => ([commitment::TAG, salt.as_bytes()], *canonical),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Commitment, leaf_hash};
    use super::*;

    #[test]
    fn hashes_of_many_are_those_of_each() {
        let text: Vec<u8> = (0..=255).cycle().take(9_000).collect();
        let salt = |byte| Salt::new([byte; 32]);
        let bodies = [&text[..980], &text[..2_766], &text[..7_586], &text[..0], &text[..9], &text[..]];
        let value = |(byte, canonical)| Preimage::Value { salt: salt(byte), canonical };
        let leaves = bodies.into_iter().map(Preimage::Leaf);
        let all: Vec<_> = leaves.chain((0_u8..).zip(bodies).map(value)).collect();
        let committed = |(byte, canonical)| Commitment::to(&salt(byte), canonical).digest();
        let alone: Vec<_> = bodies.map(leaf_hash).into_iter().chain((0_u8..).zip(bodies).map(committed)).collect();
        assert_eq!(Preimage::digests(&all), alone);
    }
}
