//! `config`: is it right, what does it say, and what may it say.

mod check;
mod import;
mod schema;
mod show;

pub(crate) use self::import::ImportFault;

use clap::{Args, Subcommand};
use decision_gate_config::Loaded;

use super::Ending;
use crate::arguments::ReportArguments;
use crate::configuration::{ConfigurationArguments, Discovery};
use crate::fault::Fault;
use crate::output::Output;

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// List every problem of the configuration and of the scenarios and folders that it names.
    #[command(after_help = check::EXAMPLES)]
    Check(ConfigArguments),
    /// Show every setting with its value and where that came from.
    #[command(after_help = show::EXAMPLES)]
    Show(ConfigArguments),
    /// Make a configuration out of one of the public project, and name what has no counterpart.
    Import(import::ImportArguments),
    /// Print the JSON Schema of the configuration.
    #[command(after_help = schema::EXAMPLES)]
    Schema(SchemaArguments),
}

/// Arguments of `config check` and `config show`.
#[derive(Debug, Args)]
pub(crate) struct ConfigArguments {
    /// Look where `serve` looks: not in the working directory and above.
    #[arg(long)]
    server: bool,
    #[command(flatten)]
    configuration: ConfigurationArguments,
    #[command(flatten)]
    report: ReportArguments,
}

/// Arguments of `config schema`.
#[derive(Debug, Args)]
pub(crate) struct SchemaArguments {
    #[command(flatten)]
    report: ReportArguments,
}

impl ConfigCommand {
    /// How the answer is written.
    pub(crate) fn report(&self) -> ReportArguments {
        match self {
            Self::Check(arguments) | Self::Show(arguments) => arguments.report,
            Self::Import(arguments) => arguments.report,
            Self::Schema(arguments) => arguments.report,
        }
    }
}

impl ConfigArguments {
    fn load(&self) -> Result<Loaded, Fault> {
        if self.server {
            return Ok(self.configuration.load(Discovery::Server, Vec::new())?);
        }
        let folder = std::env::current_dir().map_err(Fault::WorkingFolder)?;
        Ok(self.configuration.load(Discovery::Project(&folder), Vec::new())?)
    }
}

/// Does it.
pub(crate) fn run(command: &ConfigCommand, output: Output) -> Result<Ending, Fault> {
    match command {
        ConfigCommand::Check(arguments) => check::run(arguments, output),
        ConfigCommand::Show(arguments) => show::run(arguments, output),
        ConfigCommand::Import(arguments) => import::run(arguments, output),
        ConfigCommand::Schema(_) => schema::run(output),
    }
}
