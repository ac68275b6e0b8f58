//! A verification as text and as JSON.

use std::path::Path;

use decision_gate_core::runpack::{Facet, Level, ProofLevel, Report, Verdict};
use serde_json::{Value, json};

use super::{BAD, FAINT, GOOD, Line, OPEN, Styled, labelled, path_json};

/// For people.
pub(crate) fn text(pack: &Path, report: &Report) -> String {
    let (style, words) = match report.verdict {
        Verdict::Allowed => (GOOD, "VERIFIED: the expected scenario allowed this run"),
        Verdict::Consistent => (GOOD, "VERIFIED: the pack is consistent; what it should be about was not asked"),
        Verdict::NotAllowed => (BAD, "NOT ALLOWED: the pack holds together, and its run was not allowed"),
        Verdict::Failed => (BAD, "NOT VERIFIED"),
    };
    let mut text = format!("{}\n", Styled(style.bold(), words));
    for finding in &report.findings {
        text.push_str(&format!("  {}\n", Line(finding)));
    }
    if report.findings_omitted > 0 {
        text.push_str(&format!("  {} more findings\n", report.findings_omitted));
    }
    text.push('\n');
    let facets = &report.facets;
    for (name, facet) in [
        ("integrity", &facets.integrity),
        ("replay", &facets.replay),
        ("signatures", &facets.signatures),
        ("anchoring", &facets.anchoring),
    ] {
        facet_line(&mut text, name, facet);
    }
    labelled(&mut text, "level", report.level.map_or("none", ProofLevel::word));
    text.push('\n');
    for unproven in &report.unproven {
        let at = format!("{}#{}", unproven.path, unproven.pointer);
        labelled(&mut text, "unproven", format_args!("{} {}", Line(at), Styled(FAINT, Line(&unproven.reason))));
    }
    if let Some(run) = &report.run {
        labelled(&mut text, "run", Line(&run.run_id));
        labelled(&mut text, "scenario", format_args!("{}@{}", Line(&run.scenario_id), run.spec_hash.to_hex()));
        for policy in &run.policies {
            labelled(&mut text, "policy", policy.to_hex());
        }
    }
    if let Some(root) = &report.root_hash {
        labelled(&mut text, "root", root.to_hex());
    }
    labelled(&mut text, "pack", format_args!("{} ({} files checked)", Line(pack.display()), report.checked_files));
    text
}

fn facet_line(text: &mut String, name: &str, facet: &Facet) {
    let style = match facet.level {
        Level::All => GOOD,
        Level::Partial | Level::None => OPEN,
    };
    let reasons = facet.reasons.join("; ");
    let line = format!(
        "{name:<11} {}  {}",
        Styled(style, format_args!("{:<7}", facet.level.word())),
        Styled(FAINT, Line(reasons))
    );
    text.push_str(&line);
    text.push('\n');
}

/// For programs.
pub(crate) fn json(pack: &Path, report: &Report) -> Value {
    let mut object = serde_json::to_value(report).unwrap_or_else(|_| json!({}));
    if let Value::Object(object) = &mut object {
        object.insert("runpack_dir".into(), path_json(Some(pack)));
    }
    object
}
