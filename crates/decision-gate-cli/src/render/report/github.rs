//! Workflow commands of GitHub Actions: an annotation for the verdict, and one for each gate that has something to say.

use super::escape::{command, property};
use super::{Report, Row, Status};

/// The report.
pub(super) fn write(report: &Report) -> String {
    let level = if report.allowed { "notice" } else { "error" };
    let mut text = annotation(report, level, "decision gate", &report.verdict());
    report.rows.iter().filter_map(|row| told(report, row)).for_each(|it| text.push_str(&it));
    for next in report.next() {
        text.push_str(&annotation(report, "notice", "what to do", next));
    }
    text
}

fn told(report: &Report, row: &Row) -> Option<String> {
    let level = match row.status {
        Status::Failed | Status::Unknown => "error",
        Status::Warned | Status::Waived => "warning",
        Status::Passed | Status::Noted | Status::PassedBy | Status::NotAsked => return None,
    };
    let title = format!("gate {}/{} {}", row.group, row.gate, row.status.word());
    Some(annotation(report, level, &title, &row.why.join("; ")))
}

fn annotation(report: &Report, level: &str, title: &str, message: &str) -> String {
    let file = report.file.as_ref().map(|it| format!("file={},", property(it))).unwrap_or_default();
    format!("::{level} {file}title={}::{}\n", property(title), command(message))
}
