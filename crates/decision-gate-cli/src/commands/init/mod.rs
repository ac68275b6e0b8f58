//! `init`: a first configuration and a first scenario that fit the project, ready to be checked and changed. Never
//! overwrites.

mod detect;
mod scenario;

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use decision_gate_config::discover;
use serde_json::{Value, json};

use self::detect::Source;
use super::Ending;
use super::schema::{self, Document};
use crate::arguments::{Format, ReportArguments};
use crate::fault::Fault;
use crate::output::Output;
use crate::render::{FAINT, GOOD, Line, OPEN, STRONG, Styled, labelled, path_json};

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
Looks for reports of tests, coverage and scanners in the folder, and for the tools that
would write them. Writes .decision-gate/config.toml, .decision-gate/scenarios/release.yaml and
.decision-gate/.gitignore that fit what it found, the JSON Schemas that editors complete them by,
and makes the folder reports/ where the reports go there. If the folder has a configuration or one of these files, nothing is written.

Examples:
  decision-gate init
  decision-gate init services/api";

/// The folder of reports that the first scenario reads.
const REPORTS: &str = "reports";

/// The configuration, but for the provider.
const CONFIG: &str = include_str!("config.toml");

/// Where nothing was found: one file of the project's own making.
const PLAIN: (&str, &str) = (include_str!("json.toml"), include_str!("release.yaml"));

/// What is written, relative to the project's folder.
fn files(sources: &[Source]) -> [(&'static str, String); 3] {
    let (provider, scenario) = match sources {
        [] => (PLAIN.0.to_owned(), PLAIN.1.to_owned()),
        sources => {
            let provider = include_str!("report.toml").replace("@SOURCES@", &scenario::places(sources));
            (provider, scenario::of(sources))
        }
    };
    [
        (".decision-gate/config.toml", CONFIG.replace("@PROVIDER@", &provider)),
        (".decision-gate/scenarios/release.yaml", scenario),
        (".decision-gate/.gitignore", include_str!("gitignore").to_owned()),
    ]
}

/// Writes the files, and says what comes next.
pub(crate) fn run(arguments: &InitArguments, output: Output) -> Result<Ending, Fault> {
    // `./name` is `name`: messages say what people would type.
    let dir = arguments.dir.strip_prefix(".").unwrap_or(&arguments.dir);
    let sources = detect::sources(if dir == Path::new("") { Path::new(".") } else { dir });
    let files = files(&sources).map(|(path, content)| (dir.join(path), content));
    if let Some((path, _)) = files.iter().find(|(path, _)| path.symlink_metadata().is_ok()) {
        return Err(Fault::Exists { path: path.clone() });
    }
    let above = other_configuration(dir)?;
    let mut written = Vec::new();
    for (path, content) in files {
        write(&path, &content)?;
        written.push(path);
    }
    written.extend(schema::write_into(&dir.join(schema::FOLDER), &[Document::Config, Document::Scenario])?);
    if sources.is_empty() || sources.iter().any(|it| it.says.is_none() && it.files.shown().starts_with(REPORTS)) {
        folder(&dir.join(REPORTS))?;
    }
    match arguments.report.format {
        Format::Text => output.answer(&text(dir, &sources, &written, above.as_deref()))?,
        Format::Json => {
            let written: Vec<_> = written.iter().map(|path| path.display().to_string()).collect();
            let found: Vec<_> = sources.iter().map(source_json).collect();
            output.json(&json!({ "written": written, "above": path_json(above.as_deref()), "found": found }))?;
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

/// Writes a file that must not be there yet.
pub(crate) fn write(path: &Path, content: &str) -> Result<(), Fault> {
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

fn source_json(source: &Source) -> Value {
    json!({
        "kind": source.kind.word(),
        "format": source.format,
        "files": source.files.shown(),
        "says": source.says,
        "command": source.command,
    })
}

fn text(dir: &Path, sources: &[Source], written: &[PathBuf], above: Option<&Path>) -> String {
    let mut text = String::new();
    for source in sources {
        let (word, says) = match &source.says {
            Some(says) => ("found", says.as_str()),
            None => ("expects", "not there yet"),
        };
        let files = source.files.shown();
        let told = format_args!("{} in {} ({}: {says})", source.kind.word(), Line(files), source.format);
        text.push_str(&format!("{} {told}\n", Styled(FAINT, format_args!("{word:<7}"))));
    }
    for path in written {
        text.push_str(&format!("{} {}\n", Styled(GOOD, "wrote  "), Line(path.display())));
    }
    if let Some(above) = above {
        let note = format!("{} counts in the folders around this one, no longer in here", Line(above.display()));
        labelled(&mut text, "note", Styled(OPEN, note));
    }
    text.push_str(&next(dir, sources));
    text
}

/// What to do now, as commands.
fn next(dir: &Path, sources: &[Source]) -> String {
    let enter = if dir == Path::new("") { String::new() } else { format!("  cd {}\n", Line(dir.display())) };
    let missing = sources.iter().find_map(|it| it.command.as_deref());
    let steps = match (sources, missing) {
        ([], _) => format!(
            "  decision-gate check release\n    holds: there is no test report yet, and it says so\n  \
             echo '{{\"passed\": 12, \"failed\": 0, \"coverage\": 84.5}}' > {REPORTS}/tests.json\n  \
             decision-gate check release\n    allowed; let your test run write that file, and change the scenario to \
             what you need\n"
        ),
        (_, Some(command)) => format!(
            "  {command}\n    writes the report that the scenario asks for; until then it holds\n  \
             decision-gate check release\n    decides, and says why\n"
        ),
        (_, None) => {
            "  decision-gate check release\n    decides by these reports, and says why; write them anew before you \
                      check again\n"
                .to_owned()
        }
    };
    format!(
        "\n{}\n{enter}{steps}  decision-gate mcp config --client claude-code --write\n    sets up your MCP client; \
         `--help` lists the others\n  decision-gate doctor\n    looks for what stands in the way\n",
        Styled(STRONG, "next"),
    )
}
