//! How much JSON a reader takes: bytes before it looks, nesting before it recurses.
//!
//! The depth can never be set above [`Limits::MAX_DEPTH`], so that every walk over a parsed value,
//! including its drop, stays within a small stack.

/// Bounds of one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    max_bytes: usize,
    max_depth: usize,
}

impl Limits {
    /// Nesting that evidence documents may have.
    pub const EVIDENCE_DEPTH: usize = 64;
    /// Nesting that any document may have.
    pub const MAX_DEPTH: usize = 128;

    /// Bounds with a depth of at most [`Self::MAX_DEPTH`].
    pub const fn new(max_bytes: usize, max_depth: usize) -> Self {
        let max_depth = if max_depth > Self::MAX_DEPTH { Self::MAX_DEPTH } else { max_depth };
        Self { max_bytes, max_depth }
    }

    /// Bounds of an evidence document of at most `max_bytes` bytes.
    pub const fn evidence(max_bytes: usize) -> Self {
        Self::new(max_bytes, Self::EVIDENCE_DEPTH)
    }

    /// Bounds of a protocol message or of a file of ours of at most `max_bytes` bytes.
    pub const fn message(max_bytes: usize) -> Self {
        Self::new(max_bytes, Self::MAX_DEPTH)
    }

    /// The most bytes that are looked at.
    pub const fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    /// The most arrays and objects that stand within one another.
    pub const fn max_depth(&self) -> usize {
        self.max_depth
    }
}
