//! What the doctor found, as text and as JSON.

use std::path::Path;

use serde_json::{Value, json};

use super::{BAD, FAINT, GOOD, Line, OPEN, Styled, config_line, path_json};
use crate::commands::doctor::{Check, Finding, Severity};

/// A line for each check, and below it what it found.
pub(crate) fn text(found: &[(&Check, Vec<Finding>)], config: Option<&Path>) -> String {
    let mut text = String::new();
    for (check, findings) in found {
        let (style, word) = match findings.iter().map(|it| it.severity).max() {
            None => (GOOD, "ok"),
            Some(Severity::Doubt) => (OPEN, "doubt"),
            Some(Severity::Trouble) => (BAD, "trouble"),
        };
        text.push_str(&format!("{:<14} {}\n", check.name, Styled(style, word)));
        for finding in findings {
            text.push_str(&format!("  {}: {}\n", finding.code, Line(&finding.message)));
            text.push_str(&format!("    {}\n", Styled(FAINT, Line(&finding.hint))));
        }
    }
    config_line(&mut text, config);
    text
}

/// For programs.
pub(crate) fn json(found: &[(&Check, Vec<Finding>)], config: Option<&Path>) -> Value {
    let finding = |it: &Finding| json!({ "severity": it.severity.word(), "code": it.code, "message": it.message, "hint": it.hint });
    let check = |(check, findings): &(&Check, Vec<Finding>)| json!({ "check": check.name, "findings": findings.iter().map(finding).collect::<Vec<_>>() });
    let trouble = found.iter().flat_map(|(_, it)| it).any(|it| it.severity == Severity::Trouble);
    json!({ "ok": !trouble, "config": path_json(config), "checks": found.iter().map(check).collect::<Vec<_>>() })
}
