//! `issuers`: whose VEX counts, and how often each of them was right. Needs no configuration and no network.

mod add;
mod fault;
mod file;
mod list;
mod record_outcome;
mod show;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

pub(crate) use self::fault::IssuersFault;
pub(crate) use self::file::{Recorders, Records, directory};
use super::Ending;
use crate::arguments::ReportArguments;
use crate::fault::Fault;
use crate::output::Output;

/// Where `issuers add` puts what belongs to a project.
const DIRECTORY: &str = ".decision-gate/issuers.json";

/// What to do with issuers.
#[derive(Debug, Subcommand)]
pub(crate) enum IssuersCommand {
    /// List the issuers, and whether each counts now.
    List(list::ListArguments),
    /// Show one issuer with its keys, and how often it was right.
    Show(show::ShowArguments),
    /// Add an issuer with keys of a keyring.
    Add(add::AddArguments),
    /// Record, signed and numbered, how a statement of an issuer turned out.
    RecordOutcome(record_outcome::RecordArguments),
}

/// Which directory.
#[derive(Clone, Debug, Args)]
pub(crate) struct DirectoryArguments {
    /// The file of the issuer directory.
    #[arg(long, value_name = "FILE", default_value = DIRECTORY)]
    directory: PathBuf,
}

impl DirectoryArguments {
    fn path(&self) -> &Path {
        &self.directory
    }
}

/// Where outcomes are recorded, and who may record them.
#[derive(Clone, Debug, Args)]
pub(crate) struct RecordsArguments {
    /// The file of the records: an envelope a line.
    #[arg(long, value_name = "FILE", default_value = ".decision-gate/outcomes.intoto.jsonl")]
    records: PathBuf,
    /// The keyring with the keys that may record outcomes.
    #[arg(long, value_name = "FILE", default_value = ".decision-gate/keyring.json")]
    keyring: PathBuf,
}

impl IssuersCommand {
    /// How the answer is written.
    pub(crate) fn report(&self) -> ReportArguments {
        match self {
            Self::List(arguments) => arguments.report,
            Self::Show(arguments) => arguments.report,
            Self::Add(arguments) => arguments.report,
            Self::RecordOutcome(arguments) => arguments.report,
        }
    }
}

/// Does it.
pub(crate) fn run(command: &IssuersCommand, output: Output) -> Result<Ending, Fault> {
    match command {
        IssuersCommand::List(arguments) => list::run(arguments, output),
        IssuersCommand::Show(arguments) => show::run(arguments, output),
        IssuersCommand::Add(arguments) => add::run(arguments, output),
        IssuersCommand::RecordOutcome(arguments) => record_outcome::run(arguments, output),
    }
}
