//! `schema`: the JSON Schemas of what people write, for editors, from the types that the documents are read into.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use decision_gate_core::scenario::Scenario;
use decision_gate_policy::options::document_schema;
use serde_json::{Value, json};

use super::Ending;
use crate::arguments::{Format, ReportArguments};
use crate::fault::Fault;
use crate::output::Output;
use crate::render::{GOOD, Line, Styled};

/// What to do with schemas.
#[derive(Debug, Subcommand)]
pub(crate) enum SchemaCommand {
    /// Print one.
    #[command(after_help = PRINT_EXAMPLES)]
    Print(PrintArguments),
    /// Write all of them into a folder, over what an older version wrote there.
    #[command(after_help = WRITE_EXAMPLES)]
    Write(WriteArguments),
}

const PRINT_EXAMPLES: &str = "\
Examples:
  decision-gate schema print scenario > scenario.schema.json";

const WRITE_EXAMPLES: &str = "\
An editor finds a schema by a line at the top of the file that it is for:
  # yaml-language-server: $schema=../schemas/scenario.schema.json     YAML
  #:schema schemas/config.schema.json                                 TOML

Examples:
  decision-gate schema write
  decision-gate schema write schemas";

/// Where a project has its schemas.
pub(crate) const FOLDER: &str = ".decision-gate/schemas";

/// Which schema.
#[derive(Debug, Args)]
pub(crate) struct PrintArguments {
    /// Of which document.
    name: Document,
    #[command(flatten)]
    report: ReportArguments,
}

/// Where to.
#[derive(Debug, Args)]
pub(crate) struct WriteArguments {
    /// The folder.
    #[arg(default_value = FOLDER)]
    folder: PathBuf,
    #[command(flatten)]
    report: ReportArguments,
}

/// What people write.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Document {
    /// The configuration.
    Config,
    /// A scenario, in its long or its short form.
    Scenario,
    /// A case of `scenario test`.
    Case,
    /// A policy of release gates.
    ReleasePolicy,
}

impl Document {
    /// The name of its file.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::Config => "config.schema.json",
            Self::Scenario => "scenario.schema.json",
            Self::Case => "case.schema.json",
            Self::ReleasePolicy => "release-policy.schema.json",
        }
    }

    /// Its schema, as it stands in the file.
    pub(crate) fn text(self) -> String {
        let schema: Value = match self {
            Self::Config => decision_gate_config::schema(),
            Self::Scenario => Scenario::schema(),
            Self::Case => super::scenario::case_schema(),
            Self::ReleasePolicy => document_schema(),
        };
        format!("{schema:#}\n")
    }
}

impl SchemaCommand {
    /// How the answer is written.
    pub(crate) fn report(&self) -> ReportArguments {
        match self {
            Self::Print(arguments) => arguments.report,
            Self::Write(arguments) => arguments.report,
        }
    }
}

/// Does it.
pub(crate) fn run(command: &SchemaCommand, output: Output) -> Result<Ending, Fault> {
    match command {
        // It is JSON in either format; only its layout would differ.
        SchemaCommand::Print(arguments) => output.data(&arguments.name.text())?,
        SchemaCommand::Write(arguments) => write(arguments, output)?,
    }
    Ok(Ending::Yes)
}

fn write(arguments: &WriteArguments, output: Output) -> Result<(), Fault> {
    let written = write_into(&arguments.folder, Document::value_variants())?;
    match arguments.report.format {
        Format::Json => {
            let written: Vec<_> = written.iter().map(|path| path.display().to_string()).collect();
            output.json(&json!({ "written": written }))
        }
        Format::Text => {
            let line = |path: &PathBuf| format!("{} {}\n", Styled(GOOD, "wrote  "), Line(path.display()));
            output.answer(&written.iter().map(line).collect::<String>())
        }
    }
}

/// Writes these into a folder, and gives their paths.
pub(crate) fn write_into(folder: &Path, documents: &[Document]) -> Result<Vec<PathBuf>, Fault> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| Fault::Write { path, error }
    };
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    let write = |document: &Document| {
        let path = folder.join(document.file());
        std::fs::write(&path, document.text()).map_err(failed(&path))?;
        Ok(path)
    };
    documents.iter().map(write).collect()
}
