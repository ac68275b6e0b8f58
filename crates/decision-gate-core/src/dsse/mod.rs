//! DSSE envelopes: parsing, verifying, signing.
//!
//! An [`Envelope`] is bytes that nobody vouches for yet, so its payload can't be reached. [`verify`] checks its
//! signatures over the exact PAE and gives a [`Verified`] payload: the same bytes that were signed, never parsed a
//! second time from anywhere else. Key ids in an envelope are hints; what counts are distinct trusted keys. The rules
//! are written down in `docs/spec/dsse.md`.

mod envelope;
mod error;
mod pae;
mod sign;
mod verified;
mod verify;

pub use envelope::{Envelope, MAX_ENVELOPE_BYTES, MAX_SIGNATURES};
pub use error::{EnvelopeError, VerifyError};
pub use pae::pae;
pub use sign::sign;
pub use verified::{Payload, Verified};
pub(crate) use verify::Signed;
pub use verify::{verify, verify_judged};

#[cfg(test)]
mod tests;
