//! LCOV tracefiles: the sums of their records. A record that does not end is a cut file.

use std::collections::BTreeMap;

use super::super::content::Content;
use super::super::error::{Place, ReportError};
use super::super::summary::{Counted, Coverage, Kind, Summary};
use super::{Format, length, never};

pub(super) const FORMAT: Format = Format {
    id: "lcov",
    name: "LCOV",
    kind: Kind::Coverage,
    fits: |content| {
        let first = content.as_text().and_then(|text| text.lines().find(|line| is_told(line)));
        first.is_some_and(|line| line.starts_with("TN:") || line.starts_with("SF:"))
    },
    bare: never,
    read,
};

/// Whether a line is neither blank nor a comment.
fn is_told(line: &str) -> bool {
    !line.trim().is_empty() && !line.starts_with('#')
}

/// The sums of one kind: found and hit.
#[derive(Clone, Copy, Default)]
struct Sum {
    found: Option<u64>,
    hit: Option<u64>,
}

/// The record that is open.
#[derive(Default)]
struct Record {
    lines: Sum,
    branches: Sum,
    functions: Sum,
    /// Whether each line that is listed was run.
    listed: BTreeMap<u64, bool>,
}

fn read(content: &Content) -> Result<Summary, ReportError> {
    let text = content.as_text().unwrap_or_default();
    let mut coverage: Option<Coverage> = None;
    let mut open: Option<Record> = None;
    for (index, line) in text.lines().enumerate().filter(|(_, line)| is_told(line)) {
        let line = line.trim();
        let broken = |what: &str| ReportError::Invalid { place: Place::Line(index + 1), what: what.to_owned() };
        if line.starts_with("SF:") {
            if open.replace(Record::default()).is_some() {
                return Err(broken("a record begins before the one before it ends"));
            }
        } else if line == "end_of_record" {
            let record = open.take().ok_or_else(|| broken("a record ends that did not begin"))?;
            let sums = record.sums().ok_or_else(|| broken("more is hit than was found"))?;
            coverage = Some(coverage.map_or(sums, |before| before.plus(&sums)));
        } else if let Some(record) = &mut open {
            record.take(line).ok_or_else(|| broken("a line that is no part of a record"))?;
        } else if !line.starts_with("TN:") {
            return Err(broken("a line outside of the records"));
        }
    }
    if open.is_some() {
        let missing = "its last record does not end".to_owned();
        return Err(ReportError::Truncated { format: FORMAT.id, missing });
    }
    let mut coverage = coverage.unwrap_or_default();
    coverage.branches = coverage.branches.filter(|it| it.total() > 0);
    coverage.functions = coverage.functions.filter(|it| it.total() > 0);
    Ok(Summary::Coverage(coverage))
}

impl Record {
    /// Takes a line in; nothing where it can't be read.
    fn take(&mut self, line: &str) -> Option<()> {
        let (key, value) = line.split_once(':')?;
        let count = || value.trim().parse::<u64>().ok();
        match key {
            "LF" => self.lines.found = Some(count()?),
            "LH" => self.lines.hit = Some(count()?),
            "BRF" => self.branches.found = Some(count()?),
            "BRH" => self.branches.hit = Some(count()?),
            "FNF" => self.functions.found = Some(count()?),
            "FNH" => self.functions.hit = Some(count()?),
            "DA" => {
                let mut parts = value.split(',');
                let number = parts.next()?.trim().parse().ok()?;
                // Tools have written negative and huge counts for lines that were run, or not.
                let hits: i128 = parts.next()?.trim().parse().ok()?;
                *self.listed.entry(number).or_default() |= hits > 0;
            }
            _ => {}
        }
        Some(())
    }

    /// What it comes to: its own sums, else its lines counted.
    fn sums(&self) -> Option<Coverage> {
        let counted = |sum: Sum| Counted::new(sum.hit.unwrap_or_default(), sum.found.unwrap_or_default());
        let hit = length(self.listed.values().filter(|hit| **hit).count());
        let lines =
            Sum { found: self.lines.found.or(Some(length(self.listed.len()))), hit: self.lines.hit.or(Some(hit)) };
        Some(Coverage {
            lines: counted(lines)?,
            branches: Some(counted(self.branches)?),
            functions: Some(counted(self.functions)?),
            regions: None,
            instructions: None,
        })
    }
}
