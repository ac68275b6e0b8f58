//! Why files give no fact, beside what is wrong with a report itself.

use std::fmt;

use decision_gate_attest::reports::ReportError;
use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::refusal::{Refusal, facts};

/// A report that is no evidence.
pub(super) struct ReportFault(pub(super) ReportError);

impl fmt::Display for ReportFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Refusal for ReportFault {
    fn code(&self) -> &'static str {
        self.0.code()
    }

    fn hint(&self) -> &'static str {
        self.0.hint()
    }

    fn facts(&self) -> Map<String, Value> {
        self.0.facts()
    }
}

/// Why several files are not the reports that were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum FilesFault {
    #[error("`{found}` files fit, and there must be `{at_least}`")]
    TooFew { found: usize, at_least: usize },
    #[error("more than `{limit}` files")]
    TooMany { limit: usize },
    #[error("reports of `{kind}` have no sum")]
    NoSum { kind: &'static str },
}

impl Refusal for FilesFault {
    fn code(&self) -> &'static str {
        match self {
            Self::TooFew { .. } => "report_too_few",
            Self::TooMany { .. } => "report_too_many",
            Self::NoSum { .. } => "report_no_sum",
        }
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::TooFew { .. } => "let every job write its report, and collect them before the gate is asked",
            Self::TooMany { .. } => "name fewer files, or raise `max_files`",
            Self::NoSum { .. } => "name one file",
        }
    }

    fn facts(&self) -> Map<String, Value> {
        match self {
            Self::TooFew { found, at_least } => facts([("found", json!(found)), ("at_least", json!(at_least))]),
            Self::TooMany { limit } => facts([("max_files", json!(limit))]),
            Self::NoSum { .. } => Map::new(),
        }
    }
}
