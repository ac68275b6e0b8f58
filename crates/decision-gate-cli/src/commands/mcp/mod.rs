//! `mcp`: what clients of the protocol need to know of this server.

pub(crate) mod client;
pub(crate) mod config;
pub(crate) mod entry;
mod fault;
mod json;
mod toml;

pub(crate) use self::fault::ClientFault;

use clap::Subcommand;

use super::Ending;
use crate::arguments::ReportArguments;
use crate::fault::Fault;
use crate::output::Output;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum McpCommand {
    /// Print what a client's configuration needs, or write it there.
    Config(config::ConfigArguments),
}

impl McpCommand {
    /// How the answer is written.
    pub(crate) fn report(&self) -> ReportArguments {
        match self {
            Self::Config(arguments) => arguments.report,
        }
    }
}

/// Does it.
pub(crate) fn run(command: &McpCommand, output: Output) -> Result<Ending, Fault> {
    match command {
        McpCommand::Config(arguments) => config::run(arguments, output),
    }
}
