//! A summary in Markdown, as it stands under a run in GitHub Actions: the verdict, a row for each gate, what to do.

use std::fmt::Write as _;

use super::escape::markdown;
use super::{Report, Status};

/// The report.
pub(super) fn write(report: &Report) -> String {
    let word = if report.allowed { "✅ allowed" } else { "❌ not allowed" };
    let mut text =
        format!("### Decision Gate: {word}\n\n**{}**: {}\n", markdown(&report.title), markdown(&report.reason));
    if !report.rows.is_empty() {
        text.push_str("\n| gate | outcome | why |\n|---|---|---|\n");
    }
    for row in &report.rows {
        let why = row.why.iter().map(|it| markdown(it)).collect::<Vec<_>>().join("<br>");
        let waivers = row
            .waivers
            .iter()
            .map(|it| markdown(&format!("waived by {} until {}: {}", it.approver, it.until, it.reason)));
        let why = [why].into_iter().filter(|it| !it.is_empty()).chain(waivers).collect::<Vec<_>>().join("<br>");
        let gate = format!("{} / {}", markdown(&row.group), markdown(&row.gate));
        let _ = writeln!(text, "| {gate} | {} {} | {why} |", sign(row.status), row.status.word());
    }
    let next = report.next();
    if !next.is_empty() {
        text.push_str("\n**What to do**\n\n");
        next.iter().for_each(|it| text.push_str(&format!("1. {}\n", markdown(it))));
    }
    let outcome = report.explanation.as_ref().filter(|_| !report.allowed).and_then(|it| it.next_actions.outcome());
    if let Some(outcome) = outcome {
        let _ = writeln!(text, "\nThen {}\\.", markdown(&outcome));
    }
    upcoming(&mut text, report);
    report.notes.iter().for_each(|it| text.push_str(&format!("\n> {}\n", markdown(it))));
    text.push_str("\n<details><summary>What this rests on</summary>\n\n| | |\n|---|---|\n");
    for (name, value) in &report.facts {
        let _ = writeln!(text, "| {name} | {} |", markdown(value));
    }
    text.push_str("\n</details>\n");
    text
}

fn upcoming(text: &mut String, report: &Report) {
    let Some(explanation) = &report.explanation else { return };
    if explanation.upcoming.is_empty() {
        return;
    }
    text.push_str("\n**What comes by itself**\n\n");
    for it in explanation.upcoming.iter().take(3) {
        let _ = writeln!(text, "- {}", markdown(&format!("{}: {}: {}", it.at, it.of, it.then)));
    }
}

fn sign(status: Status) -> &'static str {
    match status {
        Status::Passed | Status::Noted => "✅",
        Status::Warned | Status::Waived => "⚠️",
        Status::Failed => "❌",
        Status::Unknown => "❓",
        Status::PassedBy | Status::NotAsked => "➖",
    }
}
