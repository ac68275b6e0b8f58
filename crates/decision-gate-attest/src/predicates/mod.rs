//! Predicates that are known by type: each is read strictly where it is relied on, and everything else in it is kept.
//!
//! ```text
//! Verified<Statement> ─▶ format by predicate type ─▶ typed summary ─▶ facts for checks
//! ```
//!
//! Nothing here reads what nobody signed: the only way in is [`Format::read`] and the `of` of each type, both from a
//! verified statement. A new type is one file and one line in [`FORMATS`].

mod facts;
mod members;
mod runtime_trace;
mod slsa;
mod svr;
mod test_result;
mod vsa;
mod vulns;

use decision_gate_core::dsse::Verified;
use decision_gate_core::intoto::Statement;
use serde_json::Value;

use crate::predicate::PredicateFault;

pub use facts::{FactKind, Facts, Shape};
pub use runtime_trace::RuntimeTrace;
pub use slsa::Provenance;
pub use svr::SimpleVerificationResult;
pub use test_result::{TestOutcome, TestResult};
pub use vsa::{VerificationResult, VerificationSummary};
pub use vulns::VulnerabilityScan;

/// Every format, in the order of its word.
pub const FORMATS: [&Format; 6] =
    [&slsa::FORMAT, &svr::FORMAT, &test_result::FORMAT, &runtime_trace::FORMAT, &vsa::FORMAT, &vulns::FORMAT];

/// A kind of predicate, in one or more versions.
#[derive(Debug)]
pub struct Format {
    /// What its facts begin with: `slsa` of `slsa.builder_id`.
    pub word: &'static str,
    /// The predicate types that are read, the one that is meant where nothing is said first.
    pub predicate_types: &'static [&'static str],
    /// What can be asked of it.
    pub facts: &'static [FactKind],
    read: fn(&str, &Value) -> Result<Facts, PredicateFault>,
}

/// Why a statement gives no predicate of a type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PredicateError {
    /// The statement says something else.
    #[error("the predicate type is `{}`, not `{expected}`", found.escape_debug())]
    Type {
        /// As signed, cut to a bounded length.
        found: String,
        /// What was asked for.
        expected: &'static str,
    },
    /// A member that is missing, of another kind, or contradicts the others.
    #[error(transparent)]
    Member(#[from] PredicateFault),
}

impl PredicateError {
    /// Stable code for the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Type { .. } => "predicate_type_mismatch",
            Self::Member(fault) => fault.code(),
        }
    }
}

impl Format {
    /// The format of a predicate type.
    pub fn of_type(predicate_type: &str) -> Option<&'static Self> {
        FORMATS.into_iter().find(|format| format.predicate_types.contains(&predicate_type))
    }

    /// The format and the fact of a check such as `slsa.builder_id`.
    pub fn of_check(check: &str) -> Option<(&'static Self, &'static FactKind)> {
        let (word, name) = check.split_once('.')?;
        let format = FORMATS.into_iter().find(|format| format.word == word)?;
        Some((format, format.facts.iter().find(|fact| fact.name == name)?))
    }

    /// The facts of a statement.
    ///
    /// # Errors
    /// [`PredicateError`] where its predicate is of another type or malformed.
    pub fn read(&self, statement: &Verified<Statement>) -> Result<Facts, PredicateError> {
        let predicate_type = checked_type(statement, self.predicate_types)?;
        Ok((self.read)(predicate_type, statement.get().predicate())?)
    }
}

/// The predicate type of a statement, if it is one of these.
fn checked_type<'a>(statement: &'a Verified<Statement>, types: &[&'static str]) -> Result<&'a str, PredicateError> {
    let found = statement.get().predicate_type();
    if types.contains(&found) {
        return Ok(found);
    }
    let expected = types.first().copied().unwrap_or_default();
    Err(PredicateError::Type { found: found.chars().take(128).collect(), expected })
}

/// Reads a verified statement as one of `types`.
fn typed<T>(
    statement: &Verified<Statement>,
    types: &[&'static str],
    read: fn(&str, &Value) -> Result<T, PredicateFault>,
) -> Result<T, PredicateError> {
    let predicate_type = checked_type(statement, types)?;
    Ok(read(predicate_type, statement.get().predicate())?)
}

#[cfg(test)]
mod tests;
