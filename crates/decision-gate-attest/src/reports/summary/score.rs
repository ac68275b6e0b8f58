//! How good something is, as a number.

use serde_json::{Number, Value};

use crate::predicates::{FactKind, Facts, Shape};

pub(super) const FACTS: &[FactKind] = &[
    FactKind { name: "value", about: "The score as a whole.", shape: Shape::Number, example: "7.5" },
    FactKind { name: "lowest", about: "The lowest score of a check.", shape: Shape::Number, example: "3" },
    FactKind { name: "checks", about: "How many checks there are.", shape: Shape::Count, example: "18" },
    FactKind {
        name: "inconclusive",
        about: "How many checks came to no score; they count nowhere else.",
        shape: Shape::Count,
        example: "0",
    },
];

/// A score.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// The whole, as the tool states it.
    pub value: Number,
    /// The lowest of its checks, where one came to a score.
    pub lowest: Option<Number>,
    /// How many checks came to a score.
    pub checks: u64,
    /// How many did not.
    pub inconclusive: u64,
}

impl Score {
    pub(super) fn facts(&self) -> Facts {
        Facts::default()
            .with("value", Some(Value::Number(self.value.clone())))
            .with("lowest", self.lowest.clone().map(Value::Number))
            .with("checks", Some(self.checks))
            .with("inconclusive", Some(self.inconclusive))
    }
}
