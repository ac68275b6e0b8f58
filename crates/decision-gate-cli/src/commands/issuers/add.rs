//! `issuers add`: somebody whose VEX counts, with keys of a keyring and an authority that the operator gives.

use std::path::PathBuf;

use clap::Args;
use decision_gate_attest::issuers::{Authority, DirectoryError, GLOBAL, Issuer, IssuerDirectory};
use decision_gate_core::at::Timestamp;
use decision_gate_core::keys::{KeyId, TrustedKey};
use serde_json::json;

use super::{DirectoryArguments, IssuersFault, file};
use crate::arguments::{Format, ReportArguments};
use crate::commands::Ending;
use crate::commands::keys::{self, key_id, now, time};
use crate::fault::Fault;
use crate::output::Output;
use crate::render;

/// Arguments of `issuers add`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct AddArguments {
    /// What names the issuer in rows and records; never an id that the directory has.
    issuer: String,
    /// What people call it; its id when left out.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The keyring that has its public keys, as `keys import` writes it.
    #[arg(long, value_name = "FILE")]
    keyring: PathBuf,
    /// Which of these keys; all when left out; may be given several times.
    #[arg(long, value_name = "ID", value_parser = key_id)]
    key: Vec<KeyId>,
    /// What it may speak about: `*`, `pkg:oci/acme` or `sha256:HEX`; may be given several times.
    #[arg(long, value_name = "AUTHORITY", value_parser = authority, required = true)]
    authority: Vec<Authority>,
    /// A tenant that it counts for; every one when left out; may be given several times.
    #[arg(long, value_name = "NAME", default_value = GLOBAL)]
    tenant: Vec<String>,
    /// From when on it counts (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = time)]
    not_before: Option<Timestamp>,
    /// Until when (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = time)]
    not_after: Option<Timestamp>,
    #[command(flatten)]
    directory: DirectoryArguments,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

const EXAMPLES: &str = "\
Examples:
  decision-gate keys import acme-2026 acme.pub.pem --keyring acme.json
  decision-gate issuers add acme --name 'Acme Security' --keyring acme.json --authority pkg:oci/acme
  decision-gate issuers add internal --keyring internal.json --authority '*' --tenant payments";

/// Adds it, and says to which directory.
pub(crate) fn run(arguments: &AddArguments, output: Output) -> Result<Ending, Fault> {
    let keys = keys(arguments)?;
    let issuer = Issuer {
        id: arguments.issuer.clone(),
        name: arguments.name.clone().unwrap_or_else(|| arguments.issuer.clone()),
        tenants: arguments.tenant.iter().cloned().collect(),
        keys,
        authority: arguments.authority.iter().cloned().collect(),
        not_before: arguments.not_before,
        not_after: arguments.not_after,
    };
    let path = arguments.directory.path();
    let file = file::lock(path)?;
    let directory = file::locked_directory(&file)?;
    let with =
        IssuerDirectory::new(directory.iter().cloned().chain([issuer.clone()])).map_err(|error| match error {
            DirectoryError::Duplicate(issuer) => IssuersFault::Taken { issuer, path: path.to_owned() },
            error => error.into(),
        })?;
    let failed = |error| Fault::Write { path: path.to_owned(), error };
    let value = serde_json::to_value(&with).map_err(std::io::Error::from).map_err(failed)?;
    file.write(format!("{value:#}\n").as_bytes())?;
    match arguments.report.format {
        Format::Text => output.answer(&render::issuers::added(&issuer, now(), path))?,
        Format::Json => output.json(&json!({
            "directory": path.display().to_string(),
            "issuer": render::issuers::json(&issuer, now()),
        }))?,
    }
    Ok(Ending::Yes)
}

fn keys(arguments: &AddArguments) -> Result<Vec<TrustedKey>, Fault> {
    let keyring = keys::file::read(&arguments.keyring)?;
    if arguments.key.is_empty() {
        return Ok(keyring.iter().cloned().collect());
    }
    let missing = |key_id: &KeyId| IssuersFault::NoKey { key_id: key_id.clone(), path: arguments.keyring.clone() };
    let found = arguments.key.iter().map(|id| keyring.get(id).cloned().ok_or_else(|| missing(id)));
    Ok(found.collect::<Result<_, _>>()?)
}

fn authority(text: &str) -> Result<Authority, String> {
    Authority::try_from(text.to_owned()).map_err(|error| error.to_string())
}
