//! The printed table. No row stands alone: each shows what it was measured against in the same run.

use std::fmt::Write as _;

use crate::stats::Summary;

/// How a figure is written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unit {
    /// Seconds, shown in what fits.
    Time,
    /// Bytes, shown in what fits.
    Bytes,
    /// Bytes a second.
    Rate,
    /// So many of them a second.
    PerSecond,
    /// A factor.
    Times,
}

/// What a row must hold.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bar {
    /// Ours at most so many times the floor.
    AtMost(f64),
    /// Ours at least so many times the floor.
    AtLeast(f64),
    /// Ours at most so many seconds above the floor.
    Above(f64),
    /// Nothing is demanded; the row explains another one.
    None,
}

/// One measurement.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// What was measured, and against what.
    pub(crate) what: String,
    /// The medians.
    pub(crate) summary: Summary,
    /// How figures are written.
    pub(crate) unit: Unit,
    /// What is demanded.
    pub(crate) bar: Bar,
}

impl Row {
    /// Whether the bar holds; `None` where there is none.
    pub(crate) fn holds(&self) -> Option<bool> {
        match self.bar {
            Bar::AtMost(bar) => Some(self.summary.ratio <= bar),
            Bar::AtLeast(bar) => Some(self.summary.ratio >= bar),
            Bar::Above(bar) => Some(self.summary.difference <= bar),
            Bar::None => None,
        }
    }

    fn cells(&self) -> [String; 7] {
        let Summary { ours, floor, ratio, difference, pairs } = self.summary;
        let (ratio, bar) = match self.bar {
            Bar::AtMost(bar) => (format!("{ratio:.2} ×"), format!("≤ {bar:?} ×")),
            Bar::AtLeast(bar) => (format!("{ratio:.2} ×"), format!("≥ {bar:?} ×")),
            Bar::Above(bar) => (format!("+{}", self.unit.show(difference)), format!("≤ +{}", self.unit.show(bar))),
            Bar::None => (format!("{ratio:.2} ×"), "–".to_owned()),
        };
        let ok = match self.holds() {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "–",
        };
        let (ours, floor) = (self.unit.show(ours), self.unit.show(floor));
        [self.what.clone(), ours, floor, ratio, bar, ok.to_owned(), pairs.to_string()]
    }
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::Time => {
                scaled(value.abs() * 1e9, &[(1e3, "ns"), (1e6, "µs"), (1e9, "ms"), (f64::INFINITY, "s")], value)
            }
            Self::Bytes => scaled(value.abs(), &[(1e3, "B"), (1e6, "KB"), (f64::INFINITY, "MB")], value),
            Self::Rate => format!("{}/s", Self::Bytes.show(value)),
            Self::PerSecond => scaled(value, &[(1e3, "/s"), (1e6, "k/s"), (f64::INFINITY, "M/s")], value),
            Self::Times => format!("{value:.2} ×"),
        }
    }
}

/// Writes `size` in the first unit that it is below the limit of; each unit is a thousand of the one before.
fn scaled(size: f64, units: &[(f64, &str)], signed: f64) -> String {
    let sign = if signed < 0.0 { "−" } else { "" };
    let mut divisor = 1.0;
    for (limit, name) in units {
        if size < *limit {
            let shown = size / divisor;
            let digits = if shown < 10.0 { 2 } else { usize::from(shown < 100.0) };
            return format!("{sign}{shown:.digits$} {name}");
        }
        divisor = *limit;
    }
    "?".to_owned()
}

/// The whole table in Markdown.
pub(crate) fn markdown(rows: &[Row]) -> String {
    let mut text = String::from("| what | ours | floor | ratio | bar | ok | pairs |\n|---|---|---|---|---|---|---|\n");
    for row in rows {
        // Writing to a string can't fail.
        let _ = writeln!(text, "| {} |", row.cells().join(" | "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_shows_both_sides_and_whether_its_bar_holds() {
        let summary =
            |ours: f64, floor: f64| Summary { ours, floor, ratio: ours / floor, difference: ours - floor, pairs: 9 };
        let row = |what: &str, summary, unit, bar| Row { what: what.to_owned(), summary, unit, bar };
        let table = markdown(&[
            row("start", summary(0.003, 0.002), Unit::Time, Bar::AtMost(2.0)),
            row("query", summary(90e-6, 30e-6), Unit::Time, Bar::AtMost(1.5)),
            row("precheck", summary(412e-6, 62e-6), Unit::Time, Bar::Above(0.5e-3)),
            row("canonical", summary(420e6, 70e6), Unit::Rate, Bar::AtLeast(4.0)),
            row("verify", summary(25_500.0, 30_000.0), Unit::PerSecond, Bar::AtLeast(0.85)),
            row("speed-up", summary(1.9, 2.0), Unit::Times, Bar::AtLeast(0.9)),
            row("memory", summary(7.1e6, 3.9e6), Unit::Bytes, Bar::None),
        ]);
        let want = "\
| what | ours | floor | ratio | bar | ok | pairs |
|---|---|---|---|---|---|---|
| start | 3.00 ms | 2.00 ms | 1.50 × | ≤ 2.0 × | yes | 9 |
| query | 90.0 µs | 30.0 µs | 3.00 × | ≤ 1.5 × | **no** | 9 |
| precheck | 412 µs | 62.0 µs | +350 µs | ≤ +500 µs | yes | 9 |
| canonical | 420 MB/s | 70.0 MB/s | 6.00 × | ≥ 4.0 × | yes | 9 |
| verify | 25.5 k/s | 30.0 k/s | 0.85 × | ≥ 0.85 × | yes | 9 |
| speed-up | 1.90 × | 2.00 × | 0.95 × | ≥ 0.9 × | yes | 9 |
| memory | 7.10 MB | 3.90 MB | 1.82 × | – | – | 9 |
";
        assert_eq!(table, want);
    }
}
