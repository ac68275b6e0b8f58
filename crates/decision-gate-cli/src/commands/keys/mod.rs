//! `keys`: key pairs, and the keyring file that says which public keys are trusted, when, for whom and for what.

mod fault;
pub(crate) mod file;
mod generate;
mod import;
mod list;
pub(crate) mod private;
mod revoke;
mod show;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use decision_gate_core::at::Timestamp;
use decision_gate_core::keys::{KeyId, PublicKey, TrustedKey, TrustedKeyError};
use decision_gate_core::name::ProviderId;
use decision_gate_runtime::ports::{Clock as _, SystemClock};

pub(crate) use self::fault::KeysFault;
use super::Ending;
use crate::arguments::ReportArguments;
use crate::fault::Fault;
use crate::output::Output;

/// Where `init` puts what belongs to a project.
const KEYRING: &str = ".decision-gate/keyring.json";

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key pair: the private key into a new file, the public one into the keyring.
    Generate(generate::GenerateArguments),
    /// List the keyring, with the state of each key now.
    List(list::ListArguments),
    /// Show one public key, in the spelling that another tool reads.
    Show(show::ShowArguments),
    /// Add somebody's public key to the keyring.
    Import(import::ImportArguments),
    /// Say that a key no longer counts, since when and why.
    Revoke(revoke::RevokeArguments),
}

/// Which keyring.
#[derive(Clone, Debug, Args)]
pub(crate) struct KeyringArguments {
    /// The keyring file.
    #[arg(long, value_name = "FILE", default_value = KEYRING)]
    keyring: PathBuf,
}

/// What a new key is trusted for.
#[derive(Clone, Debug, Args)]
pub(crate) struct RuleArguments {
    /// The first moment of its window (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = time)]
    not_before: Option<Timestamp>,
    /// The last moment of its window (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = time)]
    not_after: Option<Timestamp>,
    /// A provider that it may sign for; all when left out; may be given several times.
    #[arg(long, value_name = "ID", value_parser = provider)]
    provider: Vec<ProviderId>,
    /// A predicate type that it may sign; all when left out; may be given several times.
    #[arg(long, value_name = "URI")]
    predicate_type: Vec<String>,
}

impl KeysCommand {
    /// How the answer is written.
    pub(crate) fn report(&self) -> ReportArguments {
        match self {
            Self::Generate(arguments) => arguments.report,
            Self::List(arguments) => arguments.report,
            Self::Show(arguments) => arguments.report,
            Self::Import(arguments) => arguments.report,
            Self::Revoke(arguments) => arguments.report,
        }
    }
}

/// Does it.
pub(crate) fn run(command: &KeysCommand, output: Output) -> Result<Ending, Fault> {
    match command {
        KeysCommand::Generate(arguments) => generate::run(arguments, output),
        KeysCommand::List(arguments) => list::run(arguments, output),
        KeysCommand::Show(arguments) => show::run(arguments, output),
        KeysCommand::Import(arguments) => import::run(arguments, output),
        KeysCommand::Revoke(arguments) => revoke::run(arguments, output),
    }
}

impl KeyringArguments {
    fn path(&self) -> &Path {
        &self.keyring
    }
}

impl RuleArguments {
    /// The key with these rules.
    fn trusted(&self, id: &KeyId, key: PublicKey) -> Result<TrustedKey, TrustedKeyError> {
        let mut trusted = TrustedKey::new(id.clone(), key).within(self.not_before, self.not_after)?;
        if !self.provider.is_empty() {
            trusted = trusted.for_providers(self.provider.iter().cloned().collect())?;
        }
        if !self.predicate_type.is_empty() {
            trusted = trusted.for_predicate_types(self.predicate_type.iter().cloned().collect())?;
        }
        Ok(trusted)
    }
}

/// The machine's time.
pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

/// Parses a date-time.
pub(crate) fn time(text: &str) -> Result<Timestamp, &'static str> {
    Timestamp::from_rfc3339(text).ok_or("write it as an RFC 3339 date-time, such as `2026-01-31T12:00:00Z`")
}

/// Parses the id of a provider.
pub(crate) fn provider(text: &str) -> Result<ProviderId, String> {
    ProviderId::try_from(text).map_err(|error| error.to_string())
}

/// Parses the id of a key.
pub(crate) fn key_id(text: &str) -> Result<KeyId, String> {
    KeyId::try_from(text).map_err(|error| error.to_string())
}
