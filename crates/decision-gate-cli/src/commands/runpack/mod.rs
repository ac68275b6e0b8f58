//! `runpack`: a run's proof as a folder of files, and its verification offline.

pub(crate) mod diff;
pub(crate) mod export;
pub(crate) mod report;
pub(crate) mod verify;

use clap::Subcommand;

use super::Ending;
use crate::arguments::ReportArguments;
use crate::fault::Fault;
use crate::output::Output;

/// What to do with a pack.
#[derive(Debug, Subcommand)]
pub(crate) enum RunpackCommand {
    /// Write a run's events, evidence and policies as files that anybody can verify.
    Export(export::ExportArguments),
    /// Check a pack offline: every hash, and every decision replayed.
    Verify(Box<verify::VerifyArguments>),
    /// Verify a pack, and write what it shows as a page for people.
    Report(Box<report::PageArguments>),
    /// Say what two packs say differently.
    Diff(diff::DiffArguments),
}

impl RunpackCommand {
    /// How the answer is written.
    pub(crate) fn report(&self) -> ReportArguments {
        match self {
            Self::Export(arguments) => arguments.report,
            Self::Verify(arguments) => arguments.report,
            Self::Report(arguments) => arguments.report(),
            Self::Diff(arguments) => arguments.report,
        }
    }
}

/// Does it.
pub(crate) fn run(command: &RunpackCommand, output: Output) -> Result<Ending, Fault> {
    match command {
        RunpackCommand::Export(arguments) => export::run(arguments, output),
        RunpackCommand::Verify(arguments) => verify::run(arguments, output),
        RunpackCommand::Report(arguments) => report::run(arguments, report::Kind::Run, output),
        RunpackCommand::Diff(arguments) => diff::run(arguments, output),
    }
}
