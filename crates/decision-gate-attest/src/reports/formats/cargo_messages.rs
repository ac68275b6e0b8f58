//! Messages of the Rust compiler and of Clippy: `cargo clippy --message-format=json`, with its closing line.

use serde_json::Value;

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::node::Node;
use super::super::summary::{Findings, Kind, Summary};
use super::{Format, length, never};

pub(super) const FORMAT: Format = Format {
    id: "cargo-messages",
    name: "cargo messages JSON",
    kind: Kind::Findings,
    fits: |content| {
        content.as_lines().is_some_and(|lines| lines.first().is_some_and(|it| reason(it).is_some_and(is_reason)))
    },
    bare: never,
    read,
};

fn reason(message: &Value) -> Option<&str> {
    message.get("reason").and_then(Value::as_str)
}

fn is_reason(word: &str) -> bool {
    matches!(word, "compiler-message" | "compiler-artifact" | "build-script-executed" | "build-finished")
}

fn read(content: &Content) -> Result<Summary, ReportError> {
    let lines = content.as_lines().unwrap_or_default();
    let mut findings = Findings::default();
    let mut finished = None;
    let mut units = 0;
    for (index, line) in lines.iter().enumerate() {
        let line = Node::line(line, index);
        match line.text("reason") {
            Some("compiler-message") => {
                let message = line.object("message")?;
                let level = message.text("level").unwrap_or_default();
                // The compiler counts its warnings in messages of their own, without a place.
                let summary = message.array_or_none("spans")?.is_empty() && message.get("code").is_none();
                if !summary || level.starts_with("error") {
                    findings.add(Some(if level.starts_with("error") { "error" } else { level }));
                }
            }
            Some("compiler-artifact") => units += 1,
            Some("build-finished") => finished = line.value().get("success").and_then(Value::as_bool),
            _ => {}
        }
    }
    match finished {
        None => {
            let missing = "there is no `build-finished` line".to_owned();
            Err(ReportError::Truncated { format: FORMAT.id, missing })
        }
        Some(false) if findings.by_severity.high == 0 => {
            let what = "the build did not succeed";
            Err(ReportError::ToolFailed { format: FORMAT.id, place: "build-finished".to_owned(), what })
        }
        Some(_) => {
            findings.examined = Some(units + length(lines.len()).saturating_sub(1));
            Ok(Summary::Findings(findings))
        }
    }
}
