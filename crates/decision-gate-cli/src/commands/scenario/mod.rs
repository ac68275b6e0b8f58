//! `scenario`: what a scenario says, whether it does what it seems to, and whether it decides as its author wants.

mod case;
mod expand;
mod explain;
mod lint;
mod subject;
mod test;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Ending;
use crate::arguments::ReportArguments;
use crate::configuration::ConfigurationArguments;
use crate::fault::Fault;
use crate::output::Output;

pub(crate) use test::CaseFault;

/// The JSON Schema of a case of `scenario test`.
pub(crate) fn case_schema() -> serde_json::Value {
    case::Case::schema()
}

/// What to do with a scenario.
#[derive(Debug, Subcommand)]
pub(crate) enum ScenarioCommand {
    /// Print it as it is kept and hashed: every short form expanded.
    #[command(after_help = expand::EXAMPLES)]
    Expand(ScenarioArguments),
    /// Look for gates that can't open or can't hold, stages no run reaches, conditions nobody asks for.
    #[command(after_help = lint::EXAMPLES)]
    Lint(ScenarioArguments),
    /// Say in sentences what must hold.
    #[command(after_help = explain::EXAMPLES)]
    Explain(ScenarioArguments),
    /// Judge the cases of a folder, and compare with what each expects.
    #[command(after_help = test::EXAMPLES)]
    Test(test::TestArguments),
}

/// Which scenario.
#[derive(Debug, Args)]
pub(crate) struct ScenarioArguments {
    /// A scenario's id, or a scenario file (TOML, YAML, JSON).
    pub(crate) scenario: PathBuf,
    #[command(flatten)]
    pub(crate) configuration: ConfigurationArguments,
    #[command(flatten)]
    pub(crate) report: ReportArguments,
}

impl ScenarioCommand {
    /// How the answer is written.
    pub(crate) fn report(&self) -> ReportArguments {
        match self {
            Self::Expand(arguments) | Self::Lint(arguments) | Self::Explain(arguments) => arguments.report,
            Self::Test(arguments) => arguments.scenario.report,
        }
    }
}

/// Does it.
pub(crate) fn run(command: &ScenarioCommand, output: Output) -> Result<Ending, Fault> {
    match command {
        ScenarioCommand::Expand(arguments) => expand::run(arguments, output),
        ScenarioCommand::Lint(arguments) => lint::run(arguments, output),
        ScenarioCommand::Explain(arguments) => explain::run(arguments, output),
        ScenarioCommand::Test(arguments) => test::run(arguments, output),
    }
}
