//! The issuer directory: whose VEX counts, for which products, for which tenants, since when.
//!
//! An [`Issuer`] has keys and an authority that the operator gave it; what a document claims about its issuer is never
//! looked at. Signatures are checked with the directory's own keys ([`IssuerDirectory::verify`]), so that a key always
//! leads back to one issuer. Outcomes that were recorded about an issuer's statements give its accuracy.

mod directory;
mod file;
mod outcome;

pub use directory::{Authority, AuthorityError, DirectoryError, GLOBAL, Issuer, IssuerDirectory, VexFault};
pub use file::{DirectoryFileFault, MAX_DIRECTORY_BYTES, read_directory};
pub use outcome::{
    Accuracy, AccuracyGap, OUTCOME_PREDICATE_TYPE, Outcome, OutcomeRecord, OutcomeTally, Outcomes, outcome_predicate,
};

#[cfg(test)]
mod tests;
