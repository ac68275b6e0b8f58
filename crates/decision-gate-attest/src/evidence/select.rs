//! What a question asks of one predicate.

use decision_gate_core::dsse::Verified;
use decision_gate_core::intoto::Statement;
use decision_gate_core::json::path::JsonPathError;
use decision_gate_core::json::{Exactness, Parsed, canonical};
use serde_json::Value;

use super::question::Ask;
use crate::predicates::{Format, PredicateError};

/// Where in a statement the predicate is.
const PREDICATE: &str = "/predicate";

/// Why a predicate gives no answer to a question.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(super) enum SelectFault {
    #[error(transparent)]
    Predicate(#[from] PredicateError),
    #[error(transparent)]
    Path(#[from] JsonPathError),
    #[error("the answer rests on a number at `{pointer}` that is not exact as a double")]
    Inexact { pointer: String },
    #[error("the jsonpath selects more than `{limit}` bytes")]
    TooLarge { limit: usize },
}

impl SelectFault {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Predicate(error) => error.code(),
            Self::Path(error) => error.code(),
            Self::Inexact { .. } => "number_out_of_range",
            Self::TooLarge { .. } => "evidence_too_large",
        }
    }
}

/// The answer; nothing where the predicate does not say. A predicate of a known type must be well formed whatever is
/// asked of it.
pub(super) fn select(ask: &Ask, statement: &Verified<Statement>, limit: usize) -> Result<Option<Value>, SelectFault> {
    let known = Format::of_type(statement.get().predicate_type());
    let facts = known.map(|format| format.read(statement)).transpose()?;
    match ask {
        Ask::Fact(_, fact) => {
            let said = facts.as_ref().map(|facts| facts.get(fact.name)).transpose().map_err(PredicateError::Member)?;
            Ok(said.flatten().cloned())
        }
        Ask::Whole => {
            let predicate = predicate_of(statement.get());
            exact(&predicate, "")?;
            Ok(Some(predicate.value))
        }
        Ask::Path(path) => {
            let predicate = predicate_of(statement.get());
            let matches = path.query_parsed(&predicate)?;
            let mut left = limit;
            for found in &matches.nodes {
                exact(&predicate, &found.location.pointer())?;
                let length = canonical::to_vec(found.value).len();
                left = left.checked_sub(length).ok_or(SelectFault::TooLarge { limit })?;
            }
            Ok(match matches.nodes.as_slice() {
                [] => None,
                [only] => Some(only.value.clone()),
                several => Some(several.iter().map(|found| found.value.clone()).collect()),
            })
        }
    }
}

/// The predicate with what is known of its numbers.
fn predicate_of(statement: &Statement) -> Parsed {
    let document = statement.document();
    let within = |pointer: &str| pointer.strip_prefix(PREDICATE).map(str::to_owned);
    let inexact: Vec<_> = document
        .inexact
        .iter()
        .filter_map(|it| Some(decision_gate_core::json::Inexact { pointer: within(&it.pointer)?, ..it.clone() }))
        .collect();
    // Those that are not listed may stand anywhere.
    let unlisted = document.inexact_count - document.inexact.len();
    Parsed { value: statement.predicate().clone(), inexact_count: inexact.len() + unlisted, inexact }
}

fn exact(document: &Parsed, pointer: &str) -> Result<(), SelectFault> {
    match document.exactness(pointer) {
        Exactness::Exact => Ok(()),
        Exactness::Inexact(number) => Err(SelectFault::Inexact { pointer: number.pointer.clone() }),
        Exactness::Unlisted => Err(SelectFault::Inexact { pointer: pointer.to_owned() }),
    }
}
