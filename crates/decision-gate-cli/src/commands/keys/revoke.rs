//! `keys revoke`: a key counts no longer, since when and why. It stays in the keyring, so that what it signed before
//! can be judged.

use clap::{Args, ValueEnum};
use decision_gate_core::at::Timestamp;
use decision_gate_core::keys::{KeyId, Revocation, RevocationReason, TrustedKey};
use serde_json::{Value, json};

use super::file::{self, Change};
use super::{KeyringArguments, KeysFault, key_id, now, time};
use crate::arguments::{Format, ReportArguments};
use crate::commands::Ending;
use crate::fault::Fault;
use crate::output::Output;
use crate::render;

/// Arguments of `keys revoke`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RevokeArguments {
    /// Which key. What is revoked is the key itself, under every id that it has.
    #[arg(value_parser = key_id)]
    id: KeyId,
    /// Why.
    #[arg(long, value_enum)]
    reason: Reason,
    /// Since when (RFC 3339); now when left out.
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Timestamp>,
    #[command(flatten)]
    keyring: KeyringArguments,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

/// Why a key is revoked.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Reason {
    /// Somebody else may have it.
    Compromise,
    /// Another key took its place.
    Superseded,
    /// It is no longer needed.
    Retired,
}

const EXAMPLES: &str = "\
A revocation is never taken back or changed.

Examples:
  decision-gate keys revoke ci-2025 --reason superseded
  decision-gate keys revoke ci-2026 --reason compromise --at 2026-03-01T00:00:00Z";

/// Revokes it, and says under which ids.
pub(crate) fn run(arguments: &RevokeArguments, output: Output) -> Result<Ending, Fault> {
    let path = arguments.keyring.path();
    // Nothing is made where there is no keyring.
    file::read(path)?;
    let change = Change::begin(path)?;
    let missing = || KeysFault::NoKey { key_id: arguments.id.clone(), path: path.to_owned() };
    let named = change.keyring().get(&arguments.id).ok_or_else(missing)?;
    if let Some(revocation) = named.revocation() {
        return Err(KeysFault::Revoked { key_id: arguments.id.clone(), revocation }.into());
    }
    let revocation = Revocation { at: arguments.at.unwrap_or_else(now), reason: arguments.reason.reason() };
    let revoked = change.keyring().iter().map(|key| match key.key() == named.key() {
        true => key.clone().revoked(revocation),
        false => Ok(key.clone()),
    });
    let revoked: Vec<TrustedKey> = revoked.collect::<Result<_, _>>().map_err(KeysFault::from)?;
    let changed: Vec<TrustedKey> = revoked.iter().filter(|key| key.key() == named.key()).cloned().collect();
    let keyring = change.of(revoked.into_iter())?;
    change.write(&keyring)?;
    match arguments.report.format {
        Format::Text => output.answer(&render::keys::revoked(&changed, path))?,
        Format::Json => {
            let keys: Vec<Value> = changed.iter().map(|key| render::keys::json(key, now())).collect();
            output.json(&json!({ "revoked": keys, "keyring": path.display().to_string() }))?;
        }
    }
    Ok(Ending::Yes)
}

impl Reason {
    const fn reason(self) -> RevocationReason {
        match self {
            Self::Compromise => RevocationReason::Compromise,
            Self::Superseded => RevocationReason::Superseded,
            Self::Retired => RevocationReason::Retired,
        }
    }
}
