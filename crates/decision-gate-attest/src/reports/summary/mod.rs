//! What a report says, one type for each kind, whatever its format.
//!
//! A summary of several reports of a kind is their sum. What can be asked of one are its facts, named by the kind:
//! `tests.failed`, `coverage.lines`. Counts are whole numbers; the only fractions are ratios, which are rounded down
//! to twelve decimals ([`Counted::ratio`]).

mod checks;
mod coverage;
mod findings;
mod quality_gate;
mod sbom;
mod score;
mod tests;

pub use checks::{Checks, Verdict};
pub use coverage::{Counted, Coverage};
pub use findings::{Findings, Severities};
pub use quality_gate::QualityGate;
pub use sbom::Sbom;
pub use score::Score;
pub use tests::Tests;

pub(super) use checks::Check;
pub(super) use findings::Severity;

use crate::predicates::{FactKind, Facts};

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// How tests went.
    Tests,
    /// What tests ran through.
    Coverage,
    /// What a scanner or a linter found.
    Findings,
    /// How good something is, as a number.
    Score,
    /// Whether a quality gate was passed.
    QualityGate,
    /// How the checks of a commit went.
    Checks,
    /// What something consists of.
    Sbom,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Tests, Self::Coverage, Self::Findings, Self::Score, Self::QualityGate, Self::Checks, Self::Sbom];

    /// What its facts begin with.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tests => "tests",
            Self::Coverage => "coverage",
            Self::Findings => "findings",
            Self::Score => "score",
            Self::QualityGate => "quality_gate",
            Self::Checks => "checks",
            Self::Sbom => "sbom",
        }
    }

    /// What can be asked of it.
    pub fn facts(self) -> &'static [FactKind] {
        match self {
            Self::Tests => tests::FACTS,
            Self::Coverage => coverage::FACTS,
            Self::Findings => findings::FACTS,
            Self::Score => score::FACTS,
            Self::QualityGate => quality_gate::FACTS,
            Self::Checks => checks::FACTS,
            Self::Sbom => sbom::FACTS,
        }
    }
}

/// What a report says, or several of one kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Summary {
    /// How tests went.
    Tests(Tests),
    /// What tests ran through.
    Coverage(Coverage),
    /// What a scanner or a linter found.
    Findings(Findings),
    /// How good something is, as a number.
    Score(Score),
    /// Whether a quality gate was passed.
    QualityGate(QualityGate),
    /// How the checks of a commit went.
    Checks(Checks),
    /// What something consists of.
    Sbom(Sbom),
}

impl Summary {
    /// What it is about.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Tests(_) => Kind::Tests,
            Self::Coverage(_) => Kind::Coverage,
            Self::Findings(_) => Kind::Findings,
            Self::Score(_) => Kind::Score,
            Self::QualityGate(_) => Kind::QualityGate,
            Self::Checks(_) => Kind::Checks,
            Self::Sbom(_) => Kind::Sbom,
        }
    }

    /// What it says, by the names of its kind's facts.
    pub fn facts(&self) -> Facts {
        match self {
            Self::Tests(it) => it.facts(),
            Self::Coverage(it) => it.facts(),
            Self::Findings(it) => it.facts(),
            Self::Score(it) => it.facts(),
            Self::QualityGate(it) => it.facts(),
            Self::Checks(it) => it.facts(),
            Self::Sbom(it) => it.facts(),
        }
    }

    /// The sum with another of the same kind; nothing where there is no such sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        Some(match (self, other) {
            (Self::Tests(one), Self::Tests(other)) => Self::Tests(one.plus(&other)),
            (Self::Coverage(one), Self::Coverage(other)) => Self::Coverage(one.plus(&other)),
            (Self::Findings(one), Self::Findings(other)) => Self::Findings(one.plus(other)),
            (Self::Checks(one), Self::Checks(other)) => Self::Checks(one.plus(other)),
            (Self::Sbom(one), Self::Sbom(other)) => Self::Sbom(one.plus(&other)),
            _ => return None,
        })
    }

    /// What there is none of, where it says nothing.
    pub(super) fn nothing(&self) -> Option<&'static str> {
        match self {
            Self::Tests(it) => it.nothing(),
            Self::Coverage(it) => it.nothing(),
            Self::Findings(it) => it.nothing(),
            Self::Score(_) | Self::QualityGate(_) => None,
            Self::Checks(it) => it.nothing(),
            Self::Sbom(it) => it.nothing(),
        }
    }
}
