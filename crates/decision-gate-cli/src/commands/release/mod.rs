//! `release`: what the gates of a release policy say about an artifact.

pub(crate) mod backtest;
pub(crate) mod evaluate;

use clap::Subcommand;

use super::Ending;
use super::runpack::report::{self, Kind};
use crate::arguments::Format;
use crate::fault::Fault;
use crate::output::Output;

/// What to do with releases.
#[derive(Debug, Subcommand)]
pub(crate) enum ReleaseCommand {
    /// Decide now whether an artifact may go to an environment, by all gates of a policy.
    Evaluate(Box<evaluate::EvaluateArguments>),
    /// Try a policy on the decisions that were made: what would have come out otherwise.
    Backtest(Box<backtest::BacktestArguments>),
    /// Verify the proof of a release decision, and write what it shows as a page for people.
    Report(Box<report::PageArguments>),
}

impl ReleaseCommand {
    /// How errors are written.
    pub(crate) fn error_format(&self) -> Format {
        match self {
            Self::Evaluate(arguments) => arguments.verdict.error_format(),
            Self::Backtest(arguments) => arguments.error_format(),
            Self::Report(arguments) => arguments.report().format,
        }
    }
}

/// Does it.
pub(crate) fn run(command: &ReleaseCommand, output: Output) -> Result<Ending, Fault> {
    match command {
        ReleaseCommand::Evaluate(arguments) => evaluate::run(arguments, output),
        ReleaseCommand::Backtest(arguments) => backtest::run(arguments, output),
        ReleaseCommand::Report(arguments) => report::run(arguments, Kind::Release, output),
    }
}
