//! `issuers show`: one issuer with its keys, and how often it was right.

use clap::Args;
use serde_json::json;

use super::file::{Recorders, Records};
use super::{DirectoryArguments, IssuersFault, RecordsArguments, file};
use crate::arguments::{Format, ReportArguments};
use crate::commands::Ending;
use crate::commands::keys::{self, now};
use crate::fault::Fault;
use crate::output::Output;
use crate::render;

/// Arguments of `issuers show`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ShowArguments {
    /// Which issuer.
    issuer: String,
    #[command(flatten)]
    directory: DirectoryArguments,
    #[command(flatten)]
    records: RecordsArguments,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

const EXAMPLES: &str = "\
Outcomes are shown where the file of the records is there.

Examples:
  decision-gate issuers show acme
  decision-gate issuers show acme --format json";

/// Shows it.
pub(crate) fn run(arguments: &ShowArguments, output: Output) -> Result<Ending, Fault> {
    let path = arguments.directory.path();
    let directory = file::directory(path)?;
    let missing = || IssuersFault::NoIssuer { issuer: arguments.issuer.clone(), path: path.to_owned() };
    let issuer = directory.get(&arguments.issuer).ok_or_else(missing)?;
    let records = &arguments.records.records;
    let tally = if records.symlink_metadata().is_ok() {
        let keyring = keys::file::read(&arguments.records.keyring)?;
        let recorders = Recorders { keyring: &keyring, directory: &directory };
        Some(Records::read(records, &recorders)?.outcomes.tally(&issuer.id, 0))
    } else {
        None
    };
    match arguments.report.format {
        Format::Text => output.answer(&render::issuers::one(issuer, tally, now(), path))?,
        Format::Json => output.json(&json!({
            "directory": path.display().to_string(),
            "issuer": render::issuers::json(issuer, now()),
            "outcomes": tally.map(render::issuers::tally_json),
        }))?,
    }
    Ok(Ending::Yes)
}
