//! `init`: a first configuration and a first scenario, ready to be checked and changed. Never overwrites.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use decision_gate_config::discover;
use serde_json::json;

use super::Ending;
use crate::arguments::{Format, ReportArguments};
use crate::fault::Fault;
use crate::output::Output;
use crate::render::{GOOD, Line, OPEN, STRONG, Styled, labelled, path_json};

/// Arguments of `init`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct InitArguments {
    /// The project's folder.
    #[arg(default_value = ".")]
    dir: PathBuf,
    #[command(flatten)]
    pub(crate) report: ReportArguments,
}

const EXAMPLES: &str = "\
Writes .decision-gate/config.toml, .decision-gate/scenarios/release.yaml and
.decision-gate/.gitignore, and makes the folder reports/ if there is none.
If the folder has a configuration or one of these files, nothing is written.

Examples:
  decision-gate init
  decision-gate init services/api";

/// The folder of reports that the first scenario reads.
const REPORTS: &str = "reports";

/// What is written, relative to the project's folder.
const FILES: [(&str, &str); 3] = [
    (".decision-gate/config.toml", include_str!("config.toml")),
    (".decision-gate/scenarios/release.yaml", include_str!("release.yaml")),
    (".decision-gate/.gitignore", include_str!("gitignore")),
];

/// Writes the files, and says what comes next.
pub(crate) fn run(arguments: &InitArguments, output: Output) -> Result<Ending, Fault> {
    // `./name` is `name`: messages say what people would type.
    let dir = arguments.dir.strip_prefix(".").unwrap_or(&arguments.dir);
    let files = FILES.map(|(path, content)| (dir.join(path), content));
    if let Some((path, _)) = files.iter().find(|(path, _)| path.symlink_metadata().is_ok()) {
        return Err(Fault::Exists { path: path.clone() });
    }
    let above = other_configuration(dir)?;
    let mut written = Vec::new();
    for (path, content) in files {
        write(&path, content)?;
        written.push(path);
    }
    folder(&dir.join(REPORTS))?;
    match arguments.report.format {
        Format::Text => output.answer(&text(dir, &written, above.as_deref()))?,
        Format::Json => {
            let written: Vec<_> = written.iter().map(|path| path.display().to_string()).collect();
            output.json(&json!({ "written": written, "above": path_json(above.as_deref()) }))?;
        }
    }
    Ok(Ending::Yes)
}

/// The configuration of a project that `dir` is part of. One in `dir` itself is a fault: with two in one folder, none
/// would count.
fn other_configuration(dir: &Path) -> Result<Option<PathBuf>, Fault> {
    let dir =
        std::path::absolute(if dir == Path::new("") { Path::new(".") } else { dir }).map_err(Fault::WorkingFolder)?;
    match discover::upward(&dir)? {
        Some(path) if path.parent() == Some(&dir) => Err(Fault::Exists { path }),
        above => Ok(above),
    }
}

fn write(path: &Path, content: &str) -> Result<(), Fault> {
    if let Some(parent) = path.parent() {
        folder(parent)?;
    }
    let opened = OpenOptions::new().write(true).create_new(true).open(path);
    let written = opened.and_then(|mut file| file.write_all(content.as_bytes()));
    written.map_err(|error| {
        let path = path.to_owned();
        if error.kind() == ErrorKind::AlreadyExists { Fault::Exists { path } } else { Fault::Write { path, error } }
    })
}

fn folder(path: &Path) -> Result<(), Fault> {
    std::fs::create_dir_all(path).map_err(|error| Fault::Write { path: path.to_owned(), error })
}

fn text(dir: &Path, written: &[PathBuf], above: Option<&Path>) -> String {
    let mut text = String::new();
    for path in written {
        text.push_str(&format!("{} {}\n", Styled(GOOD, "wrote"), Line(path.display())));
    }
    if let Some(above) = above {
        let note = format!("{} counts in the folders around this one, no longer in here", Line(above.display()));
        labelled(&mut text, "note", Styled(OPEN, note));
    }
    let here = dir == Path::new("");
    let enter = if here { String::new() } else { format!("  cd {}\n", Line(dir.display())) };
    let config = dir.join(".decision-gate/config.toml");
    let config = std::path::absolute(&config).unwrap_or(config);
    text.push_str(&format!(
        "\n{}\n{enter}  decision-gate check release\n    holds: there is no test report yet, and it says so\n  \
         echo '{{\"passed\": 12, \"failed\": 0, \"coverage\": 84.5}}' > {REPORTS}/tests.json\n  \
         decision-gate check release\n    allowed; let your test run write that file, and change the scenario to what \
         you need\n  decision-gate serve --config {}\n    the command for your MCP client\n",
        Styled(STRONG, "next"),
        Line(config.display()),
    ));
    text
}
