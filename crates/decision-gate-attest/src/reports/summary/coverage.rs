//! What tests ran through.

use serde_json::{Number, Value};

use crate::predicates::{FactKind, Facts, Shape};

const RATIO: &str = "0.8125";

pub(super) const FACTS: &[FactKind] = &[
    ratio("lines", "Which part of the lines is covered, from 0 to 1, rounded down to twelve decimals."),
    count("lines_covered", "How many lines are covered.", "13"),
    count("lines_total", "How many lines there are.", "16"),
    ratio("branches", "Which part of the branches is covered, if it says."),
    count("branches_covered", "How many branches are covered, if it says.", "13"),
    count("branches_total", "How many branches there are, if it says.", "16"),
    ratio("functions", "Which part of the functions is covered, if it says."),
    count("functions_covered", "How many functions are covered, if it says.", "13"),
    count("functions_total", "How many functions there are, if it says.", "16"),
    ratio("regions", "Which part of the regions is covered, if it says."),
    ratio("instructions", "Which part of the instructions is covered, if it says."),
];

const fn ratio(name: &'static str, about: &'static str) -> FactKind {
    FactKind { name, about, shape: Shape::Number, example: RATIO }
}

const fn count(name: &'static str, about: &'static str, example: &'static str) -> FactKind {
    FactKind { name, about, shape: Shape::Count, example }
}

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    covered: u64,
    total: u64,
}

impl Counted {
    /// So many of so many; nothing where there are more than there are.
    pub fn new(covered: u64, total: u64) -> Option<Self> {
        (covered <= total).then_some(Self { covered, total })
    }

    /// How many are covered.
    pub fn covered(&self) -> u64 {
        self.covered
    }

    /// How many there are.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Which part is covered, from 0 to 1, rounded down to twelve decimals; nothing of nothing.
    ///
    /// Down, so that what is below a threshold is never shown as equal to it: with a threshold of at most twelve
    /// decimals `>=` decides as the exact fraction would. Twelve decimals are less than what a double tells apart, so
    /// the number is carried by RFC 8785 as it stands.
    pub fn ratio(&self) -> Option<Number> {
        const UNIT: u128 = 1_000_000_000_000;
        let scaled = (u128::from(self.covered) * UNIT).checked_div(u128::from(self.total))?;
        let text = format!("{}.{:012}", scaled / UNIT, scaled % UNIT);
        Number::from_f64(text.parse().ok()?)
    }

    pub(in super::super) fn plus(self, other: &Self) -> Self {
        Self { covered: self.covered.saturating_add(other.covered), total: self.total.saturating_add(other.total) }
    }
}

/// How much of what tests ran through. What a format does not say is nothing, and not none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Lines of code.
    pub lines: Counted,
    /// Branches between them.
    pub branches: Option<Counted>,
    /// Functions or methods.
    pub functions: Option<Counted>,
    /// Regions, as llvm tells them apart.
    pub regions: Option<Counted>,
    /// Instructions of a virtual machine.
    pub instructions: Option<Counted>,
}

impl Coverage {
    pub(super) fn facts(&self) -> Facts {
        let ratio = |counted: Option<Counted>| counted.and_then(|it| it.ratio()).map(Value::Number);
        let covered = |counted: Option<Counted>| counted.map(|it| it.covered);
        let total = |counted: Option<Counted>| counted.map(|it| it.total);
        let lines = Some(self.lines);
        Facts::default()
            .with("lines", ratio(lines))
            .with("lines_covered", covered(lines))
            .with("lines_total", total(lines))
            .with("branches", ratio(self.branches))
            .with("branches_covered", covered(self.branches))
            .with("branches_total", total(self.branches))
            .with("functions", ratio(self.functions))
            .with("functions_covered", covered(self.functions))
            .with("functions_total", total(self.functions))
            .with("regions", ratio(self.regions))
            .with("instructions", ratio(self.instructions))
    }

    /// Counts side by side: files that cover the same lines are for their tool to merge.
    pub(in super::super) fn plus(self, other: &Self) -> Self {
        let both = |one: Option<Counted>, other: Option<Counted>| Some(one?.plus(&other?));
        Self {
            lines: self.lines.plus(&other.lines),
            branches: both(self.branches, other.branches),
            functions: both(self.functions, other.functions),
            regions: both(self.regions, other.regions),
            instructions: both(self.instructions, other.instructions),
        }
    }

    pub(super) fn nothing(&self) -> Option<&'static str> {
        (self.lines.total == 0).then_some("no line was measured")
    }
}
