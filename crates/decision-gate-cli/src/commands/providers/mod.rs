//! `providers`: the servers outside that answer for evidence.

mod contract;

use clap::Subcommand;

use super::Ending;
use crate::arguments::ReportArguments;
use crate::fault::Fault;
use crate::output::Output;

/// What to do with them.
#[derive(Debug, Subcommand)]
pub(crate) enum ProvidersCommand {
    /// Start a configured server once and print a contract made of its tools, to be read, changed and kept.
    Contract(contract::ContractArguments),
}

impl ProvidersCommand {
    /// How the answer is written.
    pub(crate) fn report(&self) -> ReportArguments {
        match self {
            Self::Contract(arguments) => arguments.report,
        }
    }
}

/// Does it.
pub(crate) fn run(command: &ProvidersCommand, output: Output) -> Result<Ending, Fault> {
    match command {
        ProvidersCommand::Contract(arguments) => contract::run(arguments, output),
    }
}
