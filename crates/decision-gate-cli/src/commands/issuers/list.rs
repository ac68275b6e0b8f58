//! `issuers list`: the directory, and whether each issuer counts now.

use clap::Args;
use serde_json::{Value, json};

use super::{DirectoryArguments, file};
use crate::arguments::{Format, ReportArguments};
use crate::commands::Ending;
use crate::commands::keys::now;
use crate::fault::Fault;
use crate::output::Output;
use crate::render;

/// Arguments of `issuers list`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    directory: DirectoryArguments,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

const EXAMPLES: &str = "\
Examples:
  decision-gate issuers list
  decision-gate issuers list --directory release/issuers.json --format json";

/// Lists them.
pub(crate) fn run(arguments: &ListArguments, output: Output) -> Result<Ending, Fault> {
    let path = arguments.directory.path();
    let (directory, now) = (file::directory(path)?, now());
    match arguments.report.format {
        Format::Text => output.answer(&render::issuers::list(&directory, now, path))?,
        Format::Json => {
            let issuers: Vec<Value> = directory.iter().map(|it| render::issuers::json(it, now)).collect();
            output.json(&json!({ "directory": path.display().to_string(), "issuers": issuers }))?;
        }
    }
    Ok(Ending::Yes)
}
