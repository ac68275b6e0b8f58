//! JUnit XML, in the form that CI systems read: a suite for each stage, a case for each gate, and the verdict as a case
//! of its own, so that a run that is not allowed is never all green.
//!
//! A gate that failed is a failure; one that is not known is an error of type `unknown`, since it holds as well; a
//! warning and a waiver are passed, and say so in `system-out`.

use std::fmt::Write as _;

use super::escape::xml;
use super::{Report, Row, Status};

/// How many cases ended how.
#[derive(Clone, Copy, Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn of(statuses: impl Iterator<Item = Status>) -> Self {
        statuses.fold(Self::default(), |mut counts, status| {
            counts.tests += 1;
            match status {
                Status::Failed => counts.failures += 1,
                Status::Unknown => counts.errors += 1,
                Status::PassedBy | Status::NotAsked => counts.skipped += 1,
                Status::Passed | Status::Noted | Status::Warned | Status::Waived => {}
            }
            counts
        })
    }

    fn attributes(self) -> String {
        let Self { tests, failures, errors, skipped } = self;
        format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
    }
}

/// The report.
pub(super) fn write(report: &Report) -> String {
    let verdict = if report.allowed { Status::Passed } else { Status::Failed };
    let all = Counts::of(report.rows.iter().map(|row| row.status).chain([verdict]));
    let at = report.at.to_string();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(text, "<testsuites name=\"decision-gate\" {}>", all.attributes());
    for group in groups(report) {
        let rows = || report.rows.iter().filter(|row| row.group == group);
        let counts = Counts::of(rows().map(|row| row.status)).attributes();
        let _ = writeln!(text, "  <testsuite name=\"{}\" {counts} timestamp=\"{}\">", xml(&group), xml(&at));
        rows().for_each(|row| case(&mut text, row));
        text.push_str("  </testsuite>\n");
    }
    let counts = Counts::of([verdict].into_iter()).attributes();
    let _ = writeln!(text, "  <testsuite name=\"verdict\" {counts} timestamp=\"{}\">", xml(&at));
    let _ = writeln!(text, "    <testcase classname=\"verdict\" name=\"{}\">", xml(&report.title));
    if !report.allowed {
        let next: Vec<_> = report.next().iter().map(|it| xml(it)).collect();
        let _ = writeln!(
            text,
            "      <failure message=\"{}\" type=\"not_allowed\">{}</failure>",
            xml(&report.reason),
            next.join("\n")
        );
    }
    text.push_str("    </testcase>\n  </testsuite>\n</testsuites>\n");
    text
}

/// Groups in the order in which they first appear.
fn groups(report: &Report) -> Vec<String> {
    report.rows.iter().fold(Vec::new(), |mut groups, row| {
        if !groups.contains(&row.group) {
            groups.push(row.group.clone());
        }
        groups
    })
}

fn case(text: &mut String, row: &Row) {
    let _ = writeln!(text, "    <testcase classname=\"{}\" name=\"{}\">", xml(&row.group), xml(&row.gate));
    let why = row.why.iter().map(|it| xml(it)).collect::<Vec<_>>().join("\n");
    let code = xml(&row.code);
    let first = row.why.first().map(|it| xml(it)).unwrap_or_default();
    let body = match row.status {
        Status::Passed => String::new(),
        Status::Failed => format!("<failure message=\"{first}\" type=\"{code}\">{why}</failure>"),
        Status::Unknown => format!("<error message=\"{first}\" type=\"unknown\">{why}</error>"),
        Status::PassedBy | Status::NotAsked => format!("<skipped message=\"{}\"/>", row.status.word()),
        Status::Noted | Status::Warned => format!("<system-out>{}: {why}</system-out>", row.status.word()),
        Status::Waived => {
            let waivers = row
                .waivers
                .iter()
                .map(|it| xml(&format!("waived by {} until {}: {}", it.approver, it.until, it.reason)));
            format!("<system-out>{}\n{why}</system-out>", waivers.collect::<Vec<_>>().join("\n"))
        }
    };
    if !body.is_empty() {
        let _ = writeln!(text, "      {body}");
    }
    text.push_str("    </testcase>\n");
}
