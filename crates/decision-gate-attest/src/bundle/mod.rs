//! Files of attestations: one envelope, a bundle of many, or what registries and build services hand out.
//!
//! ```text
//! bytes ─▶ whole document, else line by line ─▶ items with their places, notes on what was passed over
//! ```
//!
//! A bundle is not authenticated and its order means nothing: every item is taken by itself, what is not understood is
//! passed over with a note that names the line, and nothing here verifies anything.

mod place;
mod read;

use decision_gate_core::dsse::{Envelope, EnvelopeError, MAX_ENVELOPE_BYTES};
use decision_gate_core::json::JsonError;

use crate::sigstore::{BundleError, SigstoreBundle};

pub use place::Place;
pub use read::read;

/// Most items that are taken from one file.
pub const MAX_ITEMS: usize = 1024;
/// Most notes that are kept of one file.
pub const MAX_NOTES: usize = 64;
/// The largest file that is read.
pub const MAX_BYTES: usize = MAX_ENVELOPE_BYTES;

/// What a file holds.
#[derive(Clone, Debug, Default)]
pub struct Bundle {
    /// What is understood, in the order of the file.
    pub items: Vec<(Place, Item)>,
    /// What was passed over, at most [`MAX_NOTES`] of it.
    pub notes: Vec<Note>,
    /// How much was passed over in all.
    pub skipped: usize,
}

/// Something that was signed, as it came.
#[derive(Clone, Debug)]
pub enum Item {
    /// An envelope.
    Envelope(Envelope),
    /// A Sigstore bundle.
    Sigstore(Box<SigstoreBundle>),
}

/// What was passed over, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {fault}")]
pub struct Note {
    /// Where it stands.
    pub place: Place,
    /// Why.
    #[source]
    pub fault: ItemFault,
}

/// Why something is passed over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ItemFault {
    /// Not JSON.
    #[error(transparent)]
    Json(JsonError),
    /// JSON, and nothing that is known.
    #[error("neither an envelope nor a bundle")]
    Unknown,
    /// An envelope that is malformed.
    #[error(transparent)]
    Envelope(EnvelopeError),
    /// A Sigstore bundle that is malformed.
    #[error(transparent)]
    Sigstore(BundleError),
    /// More items than are taken.
    #[error("only the first `{limit}` attestations of a file are taken")]
    TooMany {
        /// Most taken.
        limit: usize,
    },
}

impl ItemFault {
    /// Stable code for the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Json(_) | Self::Unknown => "attestation_unrecognised",
            Self::Envelope(error) => error.code(),
            Self::Sigstore(error) => error.code(),
            Self::TooMany { .. } => "attestation_limit",
        }
    }
}

#[cfg(test)]
mod tests;
