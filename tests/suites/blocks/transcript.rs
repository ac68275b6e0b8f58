//! Transcripts: everything that commands say, with what changes from run to run in one form. `make gen` prints them anew.

use std::path::Path;

use decision_gate_tests::{binary, project_root};

use crate::fenced::Block;

/// The output with paths, digests and ids as every reader has them in another way.
pub(crate) fn settled(output: &str, root: &Path) -> String {
    let folder = root.join("project");
    let program = binary().unwrap();
    let mut text = output.to_owned();
    for path in [folder.canonicalize().unwrap(), folder] {
        text = text.replace(path.to_str().unwrap(), "/home/you/project");
    }
    text = text.replace(program.to_str().unwrap(), "/usr/local/bin/decision-gate");
    let lines: Vec<_> = text.trim_end().lines().map(|line| ids(line.trim_end())).collect();
    if lines.is_empty() { String::new() } else { format!("{}\n", lines.join("\n")) }
}

/// A line with long hexadecimal words cut.
fn ids(line: &str) -> String {
    let is_hex = |it: char| it.is_ascii_digit() || ('a'..='f').contains(&it);
    let mut cut = String::new();
    let mut rest = line;
    while let Some(start) = rest.find(is_hex) {
        let (before, from) = rest.split_at(start);
        let (word, after) = from.split_at(from.find(|it| !is_hex(it)).unwrap_or(from.len()));
        cut.push_str(before);
        cut.push_str(if word.len() >= 16 { "…" } else { word });
        rest = after;
    }
    cut + rest
}

/// Compares what was told with the block, or writes it into the page under `DECISION_GATE_UPDATE=1`.
pub(crate) fn up_to_date(block: &Block, told: &str) -> Result<(), String> {
    if told == block.text {
        return Ok(());
    }
    if std::env::var_os("DECISION_GATE_UPDATE").is_none_or(|it| it != "1") {
        return Err(format!("the transcript is stale: run `make gen`. It is now:\n{told}"));
    }
    let path = project_root().join(&block.page);
    let page = std::fs::read_to_string(&path).unwrap();
    let fence = format!("```console whole\n{}```", block.text);
    assert_eq!(page.matches(&fence).count(), 1, "{block}");
    std::fs::write(path, page.replace(&fence, &format!("```console whole\n{told}```"))).map_err(|it| it.to_string())
}
