//! `keys import`: somebody's public key, in any of its usual spellings, into the keyring.

use std::path::PathBuf;

use clap::Args;
use decision_gate_core::keys::{KeyId, PublicKey};
use serde_json::json;

use super::file::Change;
use super::{KeyringArguments, KeysFault, RuleArguments, key_id};
use crate::arguments::{Format, ReportArguments};
use crate::commands::Ending;
use crate::fault::Fault;
use crate::output::Output;
use crate::{input, render};

/// More than any spelling of a key; the reader's own limit is below it.
const MAX_BYTES: usize = 64 * 1024;

/// Arguments of `keys import`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ImportArguments {
    /// What the key is to be called; never an id that the keyring has.
    #[arg(value_parser = key_id)]
    id: KeyId,
    /// The public key: PEM, DER, JWK, signed-note key, base64, hex or raw bytes; `-` reads stdin.
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    #[command(flatten)]
    rules: RuleArguments,
    #[command(flatten)]
    keyring: KeyringArguments,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

const EXAMPLES: &str = "\
Ed25519 and ECDSA P-256 keys are taken, one a file. A private key is refused.

Examples:
  decision-gate keys import builder builder.pub.pem --predicate-type https://slsa.dev/provenance/v1
  openssl pkey -in their.pem -pubout | decision-gate keys import theirs -";

/// Adds it, and says to which keyring.
pub(crate) fn run(arguments: &ImportArguments, output: Output) -> Result<Ending, Fault> {
    let bytes = input::read(&arguments.file, MAX_BYTES).map_err(KeysFault::from)?;
    let key = PublicKey::read(&bytes);
    let key = key.map_err(|error| KeysFault::Public { path: arguments.file.clone(), error })?;
    let trusted = arguments.rules.trusted(&arguments.id, key).map_err(KeysFault::from)?;
    let change = Change::begin(arguments.keyring.path())?;
    let keyring = change.with(trusted.clone())?;
    change.write(&keyring)?;
    let keyring = arguments.keyring.path();
    match arguments.report.format {
        Format::Text => output.answer(&render::keys::added("imported", &trusted, keyring, None))?,
        Format::Json => output.json(&json!({
            "key": render::keys::json(&trusted, super::now()),
            "keyring": keyring.display().to_string(),
        }))?,
    }
    Ok(Ending::Yes)
}
