//! How the checks of a commit went.

use std::collections::BTreeSet;

use super::super::error::ReportError;
use crate::predicates::{FactKind, Facts, Shape};

pub(super) const FACTS: &[FactKind] = &[
    FactKind {
        name: "state",
        about: "`failed` if one failed, else `pending` if one is not done, else `passed` if one passed, else `neutral`.",
        shape: Shape::Text,
        example: "passed",
    },
    FactKind { name: "total", about: "How many checks there are.", shape: Shape::Count, example: "4" },
    FactKind { name: "passed", about: "How many passed.", shape: Shape::Count, example: "3" },
    FactKind { name: "failed", about: "How many ended in any other way.", shape: Shape::Count, example: "0" },
    FactKind { name: "pending", about: "How many are not done.", shape: Shape::Count, example: "0" },
    FactKind { name: "neutral", about: "How many were neutral or skipped.", shape: Shape::Count, example: "1" },
    FactKind {
        name: "commits",
        about: "The commits that they are about.",
        shape: Shape::Texts,
        example: "8d1c6a4f0e3b9d7c5a2f1e0b4c6d8a9f7e5b3c1d",
    },
];

/// How one check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Check {
    Passed,
    Neutral,
    Pending,
    Failed,
}

/// How all checks went together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// One failed.
    Failed,
    /// None failed, and one is not done.
    Pending,
    /// All are done, none failed and one passed.
    Passed,
    /// All were neutral or skipped: that speaks for nothing.
    Neutral,
}

impl Verdict {
    /// Stable word for the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Pending => "pending",
            Self::Passed => "passed",
            Self::Neutral => "neutral",
        }
    }
}

/// How many checks went which way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checks {
    /// Those that passed.
    pub passed: u64,
    /// Those that were neutral or skipped.
    pub neutral: u64,
    /// Those that are not done.
    pub pending: u64,
    /// Those that ended in any other way.
    pub failed: u64,
    /// The commits that they are about.
    pub commits: BTreeSet<String>,
    /// Whether one of them names no commit.
    pub unnamed_commit: bool,
}

impl Checks {
    /// Adds a check.
    pub(in super::super) fn add(&mut self, check: Check, commit: Option<&str>) {
        let place = match check {
            Check::Passed => &mut self.passed,
            Check::Neutral => &mut self.neutral,
            Check::Pending => &mut self.pending,
            Check::Failed => &mut self.failed,
        };
        *place = place.saturating_add(1);
        match commit {
            Some(commit) => {
                self.commits.insert(commit.to_ascii_lowercase().chars().take(128).collect());
            }
            None => self.unnamed_commit = true,
        }
    }

    /// Whether all of them are about one commit, which may be shortened to seven digits or more.
    ///
    /// # Errors
    /// [`ReportError::OtherCommit`] where one is about another or names none.
    pub fn only_of(&self, commit: &str) -> Result<(), ReportError> {
        let same = |it: &String| commit.len() >= 7 && it.starts_with(&commit.to_ascii_lowercase());
        let found = match self.commits.iter().find(|it| !same(it)) {
            Some(other) => Some(other.clone()),
            None if self.unnamed_commit || self.commits.is_empty() => None,
            None => return Ok(()),
        };
        Err(ReportError::OtherCommit { asked: commit.chars().take(128).collect(), found })
    }

    /// How many there are.
    pub fn total(&self) -> u64 {
        [self.passed, self.neutral, self.pending, self.failed].into_iter().fold(0, u64::saturating_add)
    }

    /// How they went together.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self { failed: 1.., .. } => Verdict::Failed,
            Self { pending: 1.., .. } => Verdict::Pending,
            Self { passed: 1.., .. } => Verdict::Passed,
            Self { .. } => Verdict::Neutral,
        }
    }

    pub(super) fn facts(&self) -> Facts {
        let commits: Vec<_> = self.commits.iter().cloned().collect();
        Facts::default()
            .with("state", Some(self.verdict().word()))
            .with("total", Some(self.total()))
            .with("passed", Some(self.passed))
            .with("failed", Some(self.failed))
            .with("pending", Some(self.pending))
            .with("neutral", Some(self.neutral))
            .with_texts("commits", Some(&commits))
    }

    pub(super) fn plus(mut self, other: Self) -> Self {
        self.commits.extend(other.commits);
        Self {
            passed: self.passed.saturating_add(other.passed),
            neutral: self.neutral.saturating_add(other.neutral),
            pending: self.pending.saturating_add(other.pending),
            failed: self.failed.saturating_add(other.failed),
            commits: self.commits,
            unnamed_commit: self.unnamed_commit || other.unnamed_commit,
        }
    }

    pub(super) fn nothing(&self) -> Option<&'static str> {
        (self.total() == 0).then_some("no check ran")
    }
}
