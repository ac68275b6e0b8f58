//! `runpack diff`: what two packs say differently.

use std::path::{Path, PathBuf};

use clap::Args;
use decision_gate_core::runpack::{FileDiff, ManifestName, PackDiff, PackFile, PackFiles, diff};
use decision_gate_verify::FolderFault;
use serde_json::{Value, json};

use super::verify::manifest_name;
use crate::arguments::{Format, ReportArguments};
use crate::commands::Ending;
use crate::fault::Fault;
use crate::output::Output;
use crate::render::{BAD, FAINT, GOOD, Line, STRONG, Styled};

/// Arguments of `runpack diff`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DiffArguments {
    /// A pack's folder.
    left: PathBuf,
    /// Another pack's folder.
    right: PathBuf,
    /// How the packs' manifests are called.
    #[arg(long, value_name = "NAME", default_value = "manifest.json", value_parser = manifest_name)]
    manifest: ManifestName,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

const EXAMPLES: &str = "\
Exit codes: 0 the packs are the same, 1 they differ, 2 one can't be read. Neither is verified:
that is what `runpack verify` is for.

Examples:
  decision-gate runpack diff monday tuesday
  decision-gate runpack diff monday tuesday --format json";

/// Compares, and says what differs.
pub(crate) fn run(arguments: &DiffArguments, output: Output) -> Result<Ending, Fault> {
    let [left, right] = [&arguments.left, &arguments.right];
    let manifest = &arguments.manifest;
    let found = diff(&whole(left, manifest)?, &whole(right, manifest)?, manifest);
    match arguments.report.format {
        Format::Text => output.answer(&text(&found))?,
        Format::Json => {
            let mut said = serde_json::to_value(&found).unwrap_or_default();
            if let Value::Object(members) = &mut said {
                members.insert("same".into(), json!(found.is_same()));
                members.insert("left".into(), json!(left.display().to_string()));
                members.insert("right".into(), json!(right.display().to_string()));
            }
            output.json(&said)?;
        }
    }
    Ok(if found.is_same() { Ending::Yes } else { Ending::No })
}

/// A pack of which every file could be read.
fn whole(folder: &Path, manifest: &ManifestName) -> Result<PackFiles, FolderFault> {
    let files = decision_gate_verify::read_at(folder)?;
    for (name, file) in files.iter() {
        let reason = match file {
            PackFile::Bytes(_) => continue,
            PackFile::NotRegular => "it is no regular file".to_owned(),
            PackFile::Unreadable { reason } => reason.clone(),
            PackFile::TooLarge { actual, limit } => format!("it has {actual} bytes, the limit is {limit}"),
        };
        return Err(FolderFault::Unreadable { path: folder.join(name).display().to_string(), reason });
    }
    match files.bytes(manifest.as_str()) {
        Some(_) => Ok(files),
        None => {
            let (path, manifest) = (folder.display().to_string(), manifest.to_string());
            Err(FolderFault::NoManifest { path, manifest })
        }
    }
}

fn text(found: &PackDiff) -> String {
    if found.is_same() {
        return format!("{}\n", Styled(GOOD.bold(), "SAME: every byte of every file"));
    }
    let mut text = format!("{}\n", Styled(BAD.bold(), "DIFFERENT"));
    for file in found.files.iter().filter(|file| !file.follows) {
        text.push_str(&file_text(file));
    }
    let follows: Vec<&str> = found.files.iter().filter(|file| file.follows).map(|file| file.path.as_str()).collect();
    if !follows.is_empty() {
        let names = follows.join(", ");
        text.push_str(&format!("\n{}\n", Styled(FAINT, format_args!("what follows from that: {}", Line(names)))));
    }
    text
}

fn file_text(file: &FileDiff) -> String {
    let mut text = format!("\n{}  {}\n", Styled(STRONG, Line(&file.path)), file.meaning);
    for place in &file.places {
        let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
        let (left, right) = (side(&place.left), side(&place.right));
        text.push_str(&format!("  {}: {} → {}\n", Line(&place.pointer), Line(left), Line(right)));
    }
    if file.omitted > 0 {
        text.push_str(&format!("  {} more places\n", file.omitted));
    }
    text
}
