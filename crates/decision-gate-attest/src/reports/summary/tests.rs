//! How tests went.

use crate::predicates::{FactKind, Facts, Shape};

pub(super) const FACTS: &[FactKind] = &[
    FactKind { name: "total", about: "How many tests there are.", shape: Shape::Count, example: "120" },
    FactKind { name: "passed", about: "How many tests passed.", shape: Shape::Count, example: "118" },
    FactKind {
        name: "failed",
        about: "How many tests failed, those with an error included.",
        shape: Shape::Count,
        example: "0",
    },
    FactKind { name: "errors", about: "How many of the failed ones had an error.", shape: Shape::Count, example: "0" },
    FactKind { name: "skipped", about: "How many tests were skipped.", shape: Shape::Count, example: "2" },
];

/// How many tests went which way. Each test counts once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tests {
    /// Those that passed.
    pub passed: u64,
    /// Those that failed by what they assert.
    pub failures: u64,
    /// Those that failed by an error, before or after what they assert.
    pub errors: u64,
    /// Those that did not run.
    pub skipped: u64,
}

impl Tests {
    /// How many there are.
    pub fn total(&self) -> u64 {
        self.passed.saturating_add(self.failed()).saturating_add(self.skipped)
    }

    /// How many failed, whichever way.
    pub fn failed(&self) -> u64 {
        self.failures.saturating_add(self.errors)
    }

    pub(super) fn facts(&self) -> Facts {
        Facts::default()
            .with("total", Some(self.total()))
            .with("passed", Some(self.passed))
            .with("failed", Some(self.failed()))
            .with("errors", Some(self.errors))
            .with("skipped", Some(self.skipped))
    }

    pub(in super::super) fn plus(self, other: &Self) -> Self {
        Self {
            passed: self.passed.saturating_add(other.passed),
            failures: self.failures.saturating_add(other.failures),
            errors: self.errors.saturating_add(other.errors),
            skipped: self.skipped.saturating_add(other.skipped),
        }
    }

    pub(super) fn nothing(&self) -> Option<&'static str> {
        (self.total() == 0).then_some("no test ran")
    }
}
