//! What opening a store may do to it.

/// What opening a store may do to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Makes it if there is none, brings an older one up, and can write.
    ToWrite,
    /// Changes nothing and makes nothing: what is not there, or of an older version, is refused.
    ToRead,
    /// As [`Self::ToRead`], and all that is read is of the moment of the first read, whatever others write meanwhile.
    AtOneMoment,
}
