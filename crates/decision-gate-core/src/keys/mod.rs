//! Keys: what may sign, since when, until when, for whom and for what.
//!
//! A [`PublicKey`] is read from any of its usual spellings and always is a key that can be verified with: weak points,
//! other algorithms and private keys are refused when it is read. A [`TrustedKey`] is such a key with the rules that
//! the operator gave it, a [`Keyring`] all of them; both are part of the policy snapshot. Nothing here knows the time:
//! [`TrustedKey::judge`] is asked about one. The rules are written down in `docs/spec/signatures.md`.

pub(crate) mod encoding;
mod error;
mod id;
mod public;
mod read;
mod ring;
mod signing;
mod trusted;

pub use error::{KeyReadError, SignatureFault, SigningKeyError};
pub use id::{Algorithm, KeyId, KeyIdError};
pub use public::{PublicKey, SignatureForm};
pub use ring::{Keyring, KeyringError};
pub use signing::SigningKey;
pub use trusted::{KeyFault, Revocation, RevocationReason, TrustedKey, TrustedKeyError};

#[cfg(test)]
mod tests;
