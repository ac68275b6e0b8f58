//! In-toto statements: what a signature is about.
//!
//! A [`Statement`] is read from a verified payload and nothing else reads one as verified. It names subjects by
//! digests and carries one typed predicate; predicates themselves are typed elsewhere. A subject matches by a strong
//! digest only. [`verify`] goes all the way from an envelope to a statement whose signers may sign its predicate type.

mod descriptor;
mod error;
mod statement;
mod verify;

pub use descriptor::ResourceDescriptor;
pub use error::{StatementError, StatementFault};
pub use statement::{PAYLOAD_TYPE, Statement, StatementVersion};
pub use verify::{Signers, verify};

#[cfg(test)]
mod tests;
