//! In-toto test result, version 0.1: which tests of an artifact passed, warned or failed.
//!
//! A result that says `PASSED` and names failed tests contradicts itself and is refused. Lists that are left out are
//! not empty: how many tests passed is then not said, and a check that asks for it gets no answer.

use decision_gate_core::dsse::Verified;
use decision_gate_core::intoto::Statement;
use serde_json::Value;

use super::members::Optional as _;
use super::{FactKind, Facts, Format, PredicateError, Shape, typed};
use crate::predicate::{Members, PredicateFault};

pub(super) const FORMAT: Format = Format {
    word: "test",
    predicate_types: &["https://in-toto.io/attestation/test-result/v0.1"],
    facts: &[
        FactKind { name: "result", about: "`PASSED`, `WARNED` or `FAILED`.", shape: Shape::Text, example: "PASSED" },
        FactKind { name: "passed", about: "How many tests passed, if it says.", shape: Shape::Count, example: "120" },
        FactKind { name: "warned", about: "How many tests warned, if it says.", shape: Shape::Count, example: "0" },
        FactKind { name: "failed", about: "How many tests failed, if it says.", shape: Shape::Count, example: "0" },
        FactKind {
            name: "failed_tests",
            about: "The names of those that failed.",
            shape: Shape::Texts,
            example: "suite::case",
        },
        FactKind {
            name: "url",
            about: "Where the run can be looked at.",
            shape: Shape::Text,
            example: "https://ci.example/run/7",
        },
    ],
    read: |_, predicate| TestResult::read("", predicate).map(TestResult::into_facts),
};

/// How the tests went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestOutcome {
    /// All passed.
    Passed,
    /// None failed, and some warned.
    Warned,
    /// Some failed.
    Failed,
}

/// A run of tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestResult {
    /// How it went.
    pub outcome: TestOutcome,
    /// Where it can be looked at.
    pub url: Option<String>,
    /// Tests that passed, if it says.
    pub passed: Option<Vec<String>>,
    /// Tests that warned, if it says.
    pub warned: Option<Vec<String>>,
    /// Tests that failed, if it says.
    pub failed: Option<Vec<String>>,
}

impl TestOutcome {
    /// The word in the predicate.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Warned => "WARNED",
            Self::Failed => "FAILED",
        }
    }
}

impl TestResult {
    /// The result that was signed.
    ///
    /// # Errors
    /// [`PredicateError`].
    pub fn of(statement: &Verified<Statement>) -> Result<Self, PredicateError> {
        typed(statement, FORMAT.predicate_types, Self::read)
    }

    fn read(_: &str, predicate: &Value) -> Result<Self, PredicateFault> {
        let predicate = Members::of(predicate)?;
        let outcome = match predicate.text("result")? {
            "PASSED" => TestOutcome::Passed,
            "WARNED" => TestOutcome::Warned,
            "FAILED" => TestOutcome::Failed,
            _ => return Err(predicate.malformed("result", "`PASSED`, `WARNED` or `FAILED`")),
        };
        predicate.objects("configuration")?;
        let result = Self {
            outcome,
            url: predicate.maybe_text("url")?,
            passed: predicate.maybe_texts("passedTests")?,
            warned: predicate.maybe_texts("warnedTests")?,
            failed: predicate.maybe_texts("failedTests")?,
        };
        match result.failed.as_ref().map_or(0, Vec::len) {
            failed if failed > 0 && outcome != TestOutcome::Failed => {
                Err(predicate.inconsistent("result", &outcome.word(), &format!("{failed} failed tests")))
            }
            _ => Ok(result),
        }
    }

    fn into_facts(self) -> Facts {
        let count = |tests: &Option<Vec<String>>| tests.as_ref().map(Vec::len);
        Facts::default()
            .with("result", Some(self.outcome.word()))
            .with("passed", count(&self.passed))
            .with("warned", count(&self.warned))
            .with("failed", count(&self.failed))
            .with_texts("failed_tests", self.failed.as_deref())
            .with("url", self.url)
    }
}
