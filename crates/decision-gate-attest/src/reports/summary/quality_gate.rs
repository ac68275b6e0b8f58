//! Whether a quality gate was passed.

use crate::predicates::{FactKind, Facts, Shape};

pub(super) const FACTS: &[FactKind] = &[
    FactKind { name: "status", about: "`passed`, `warned` or `failed`.", shape: Shape::Text, example: "passed" },
    FactKind { name: "conditions", about: "How many conditions it has.", shape: Shape::Count, example: "7" },
    FactKind {
        name: "failed_conditions",
        about: "The metrics of the conditions that failed.",
        shape: Shape::Texts,
        example: "new_coverage",
    },
    FactKind { name: "failed", about: "How many conditions failed.", shape: Shape::Count, example: "0" },
];

/// How a quality gate stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QualityGate {
    /// `passed`, `warned` or `failed`; never `passed` with a condition that failed.
    pub status: &'static str,
    /// How many conditions it has.
    pub conditions: u64,
    /// The metrics of those that failed, in their order.
    pub failed_conditions: Vec<String>,
}

impl QualityGate {
    pub(super) fn facts(&self) -> Facts {
        Facts::default()
            .with("status", Some(self.status))
            .with("conditions", Some(self.conditions))
            .with_texts("failed_conditions", Some(&self.failed_conditions))
            .with("failed", u64::try_from(self.failed_conditions.len()).ok())
    }
}
