//! A set of truth values: what something can be.

use crate::condition::Truth;

/// What something can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Possible(u8);

impl Possible {
    /// Whatever its evidence says.
    pub const ANYTHING: Self = Self(0b111);
    /// Nothing yet.
    pub(super) const NOTHING: Self = Self(0);
    /// It stays open.
    pub(super) const UNKNOWN: Self = Self(0b100);

    fn bit(truth: Truth) -> u8 {
        match truth {
            Truth::True => 0b001,
            Truth::False => 0b010,
            Truth::Unknown => 0b100,
        }
    }

    /// This and no other.
    pub(super) fn only(truth: Truth) -> Self {
        Self(Self::bit(truth))
    }

    /// With this too.
    #[must_use]
    pub(super) fn or_else(self, truth: Truth) -> Self {
        Self(self.0 | Self::bit(truth))
    }

    /// Everything that either can be.
    #[must_use]
    pub(super) fn join(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it can be this.
    pub fn can_be(self, truth: Truth) -> bool {
        self.0 & Self::bit(truth) != 0
    }

    /// What it can be, one by one.
    pub(super) fn each(self) -> impl Iterator<Item = Truth> {
        [Truth::True, Truth::False, Truth::Unknown].into_iter().filter(move |truth| self.can_be(*truth))
    }

    /// What comes of each with each of the other.
    #[must_use]
    pub(super) fn with(self, other: Self, combine: impl Fn(Truth, Truth) -> Truth) -> Self {
        let pairs = self.each().flat_map(|left| other.each().map(move |right| (left, right)));
        pairs.fold(Self::NOTHING, |all, (left, right)| all.or_else(combine(left, right)))
    }

    /// What comes of each.
    #[must_use]
    pub(super) fn map(self, change: impl Fn(Truth) -> Truth) -> Self {
        self.each().fold(Self::NOTHING, |all, truth| all.or_else(change(truth)))
    }
}
