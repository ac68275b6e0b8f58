//! `keys list`: the keyring, with the state of each key now.

use clap::Args;
use serde_json::{Value, json};

use super::{KeyringArguments, file, now};
use crate::arguments::{Format, ReportArguments};
use crate::commands::Ending;
use crate::fault::Fault;
use crate::output::Output;
use crate::render;

/// Arguments of `keys list`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    keyring: KeyringArguments,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

const EXAMPLES: &str = "\
Examples:
  decision-gate keys list
  decision-gate keys list --keyring auditors.json --format json";

/// Lists them.
pub(crate) fn run(arguments: &ListArguments, output: Output) -> Result<Ending, Fault> {
    let path = arguments.keyring.path();
    let (keyring, now) = (file::read(path)?, now());
    match arguments.report.format {
        Format::Text => output.answer(&render::keys::list(&keyring, now, path))?,
        Format::Json => {
            let keys: Vec<Value> = keyring.iter().map(|key| render::keys::json(key, now)).collect();
            output.json(&json!({ "keys": keys, "keyring": path.display().to_string() }))?;
        }
    }
    Ok(Ending::Yes)
}
