//! What a scanner or a linter found.

use std::collections::BTreeMap;

use crate::predicates::{FactKind, Facts, Shape};

pub(super) const FACTS: &[FactKind] = &[
    count("total", "How many findings there are that are not suppressed."),
    count("critical", "How many are critical."),
    count("high", "How many are high: errors of linters among them."),
    count("medium", "How many are medium: warnings of linters among them."),
    count("low", "How many are low: notes of linters among them."),
    count("info", "How many are no more than information."),
    count("unknown", "How many have a severity that the tool does not say or that is not known."),
    count("suppressed", "How many the tool was told to pass over; they count nowhere else."),
];

const fn count(name: &'static str, about: &'static str) -> FactKind {
    FactKind { name, about, shape: Shape::Count, example: "0" }
}

/// How severe a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Severity {
    Unknown,
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    /// As tools spell it, in whatever case; anything else is unknown.
    pub(in super::super) fn parse(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "critical" | "blocker" => Self::Critical,
            "high" | "error" | "major" | "important" => Self::High,
            "medium" | "moderate" | "warning" | "minor" => Self::Medium,
            "low" | "note" => Self::Low,
            "info" | "informational" | "style" | "none" | "negligible" | "inventory" | "experiment" => Self::Info,
            _ => Self::Unknown,
        }
    }

    /// Of a CVSS base score.
    pub(in super::super) fn of_score(score: f64) -> Self {
        match score {
            it if it >= 9.0 => Self::Critical,
            it if it >= 7.0 => Self::High,
            it if it >= 4.0 => Self::Medium,
            it if it > 0.0 => Self::Low,
            _ => Self::Unknown,
        }
    }
}

/// How many findings are how severe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Severities {
    /// Critical ones.
    pub critical: u64,
    /// High ones.
    pub high: u64,
    /// Medium ones.
    pub medium: u64,
    /// Low ones.
    pub low: u64,
    /// No more than information.
    pub info: u64,
    /// Of a severity that is not said or not known.
    pub unknown: u64,
}

impl Severities {
    /// How many there are.
    pub fn total(&self) -> u64 {
        [self.critical, self.high, self.medium, self.low, self.info, self.unknown]
            .into_iter()
            .fold(0, u64::saturating_add)
    }

    fn add(&mut self, severity: Severity, count: u64) {
        let place = match severity {
            Severity::Critical => &mut self.critical,
            Severity::High => &mut self.high,
            Severity::Medium => &mut self.medium,
            Severity::Low => &mut self.low,
            Severity::Info => &mut self.info,
            Severity::Unknown => &mut self.unknown,
        };
        *place = place.saturating_add(count);
    }

    fn plus(self, other: &Self) -> Self {
        Self {
            critical: self.critical.saturating_add(other.critical),
            high: self.high.saturating_add(other.high),
            medium: self.medium.saturating_add(other.medium),
            low: self.low.saturating_add(other.low),
            info: self.info.saturating_add(other.info),
            unknown: self.unknown.saturating_add(other.unknown),
        }
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// How severe it is.
    pub by_severity: Severities,
    /// The same as the tool spells it.
    pub stated: BTreeMap<String, u64>,
    /// What the tool was told to pass over.
    pub suppressed: u64,
    /// How much the tool says that it looked at, in whatever unit; nothing where it does not say.
    pub examined: Option<u64>,
}

/// What stands for a severity that a tool does not say.
const UNSTATED: &str = "unstated";

impl Findings {
    /// Adds a finding by the severity that the tool states.
    pub(in super::super) fn add(&mut self, stated: Option<&str>) {
        self.add_as(stated, stated.map_or(Severity::Unknown, Severity::parse));
    }

    /// Adds a finding whose severity is told in another way than by the stated word.
    pub(in super::super) fn add_as(&mut self, stated: Option<&str>, severity: Severity) {
        self.add_many(stated.unwrap_or(UNSTATED), severity, 1);
    }

    /// Adds several findings of one severity.
    pub(in super::super) fn add_many(&mut self, stated: &str, severity: Severity, count: u64) {
        // Spellings are few; what a hostile report invents is counted in one place.
        let known = self.stated.len() < 64 || self.stated.contains_key(stated);
        let spelling: String = if known { stated.chars().take(64).collect() } else { UNSTATED.to_owned() };
        let place = self.stated.entry(spelling).or_default();
        *place = place.saturating_add(count);
        self.by_severity.add(severity, count);
    }

    pub(super) fn facts(&self) -> Facts {
        let Severities { critical, high, medium, low, info, unknown } = self.by_severity;
        Facts::default()
            .with("total", Some(self.by_severity.total()))
            .with("critical", Some(critical))
            .with("high", Some(high))
            .with("medium", Some(medium))
            .with("low", Some(low))
            .with("info", Some(info))
            .with("unknown", Some(unknown))
            .with("suppressed", Some(self.suppressed))
    }

    pub(super) fn plus(mut self, other: Self) -> Self {
        for (spelling, count) in other.stated {
            let place = self.stated.entry(spelling).or_default();
            *place = place.saturating_add(count);
        }
        Self {
            by_severity: self.by_severity.plus(&other.by_severity),
            stated: self.stated,
            suppressed: self.suppressed.saturating_add(other.suppressed),
            examined: self.examined.zip(other.examined).map(|(one, other)| one.saturating_add(other)),
        }
    }

    pub(super) fn nothing(&self) -> Option<&'static str> {
        (self.examined == Some(0) && self.by_severity.total() == 0).then_some("the tool looked at nothing")
    }
}
