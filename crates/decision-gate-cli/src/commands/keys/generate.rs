//! `keys generate`: a key pair; the private key into a new file, the public one into the keyring, or neither.

use std::path::PathBuf;

use clap::Args;
use decision_gate_core::keys::KeyId;
use serde_json::json;

use super::KeysFault;
use super::file::Change;
use super::{KeyringArguments, RuleArguments, key_id, private};
use crate::arguments::{Format, ReportArguments};
use crate::commands::Ending;
use crate::fault::Fault;
use crate::output::Output;
use crate::render;

/// Arguments of `keys generate`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct GenerateArguments {
    /// What the key is called; never an id that the keyring has.
    #[arg(value_parser = key_id)]
    id: KeyId,
    /// The new file for the private key.
    #[arg(long, value_name = "FILE")]
    private: PathBuf,
    #[command(flatten)]
    rules: RuleArguments,
    #[command(flatten)]
    keyring: KeyringArguments,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

const EXAMPLES: &str = "\
The private key (Ed25519, PKCS#8 PEM) is readable by its owner only and is printed nowhere.

Examples:
  decision-gate keys generate ci-2026 --private ci-2026.pem --not-after 2027-01-01T00:00:00Z
  decision-gate keys generate scanner --private scanner.pem --provider scanner";

/// Makes it, and says where both parts are.
pub(crate) fn run(arguments: &GenerateArguments, output: Output) -> Result<Ending, Fault> {
    let signing = private::generate()?;
    let trusted = arguments.rules.trusted(&arguments.id, signing.public()).map_err(KeysFault::from)?;
    let change = Change::begin(arguments.keyring.path())?;
    let keyring = change.with(trusted.clone())?;
    let written = private::write(&arguments.private, &signing)?;
    change.write(&keyring)?;
    written.keep();
    let keyring = arguments.keyring.path();
    match arguments.report.format {
        Format::Text => {
            output.answer(&render::keys::added("generated", &trusted, keyring, Some(&arguments.private)))?;
        }
        Format::Json => output.json(&json!({
            "key": render::keys::json(&trusted, super::now()),
            "keyring": keyring.display().to_string(),
            "private": arguments.private.display().to_string(),
        }))?,
    }
    Ok(Ending::Yes)
}
