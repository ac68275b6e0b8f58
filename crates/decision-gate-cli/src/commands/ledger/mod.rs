//! `ledger`: signing checkpoints of the log, proving with them, checking every row, and taking values away.

mod checkpoint;
mod export;
mod fault;
mod prove;
mod prune;
mod stats;
mod verify;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use decision_gate_core::ledger::{CheckpointTrust, MAX_NOTE_BYTES, OriginBase, VerifierKey, WitnessPolicy};
use decision_gate_runtime::ledger::LogSigner;
use decision_gate_runtime::ports::Scope;

pub(crate) use self::fault::LedgerFault;
use super::Ending;
use crate::arguments::{ReportArguments, ScopeArguments};
use crate::commands::keys::private;
use crate::fault::Fault;
use crate::input;
use crate::output::Output;
use crate::session::Session;

/// What to do with the ledger.
#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Sign a checkpoint of the log, or add what witnesses say of one.
    Checkpoint(checkpoint::CheckpointArguments),
    /// Prove that a checkpoint has a run or an event, or that the log goes on from an older one.
    Prove(prove::ProveArguments),
    /// Read every row again, and find whatever was deleted, reordered, changed or cut off.
    Verify(verify::VerifyArguments),
    /// Write the log and its events as files that others can watch.
    Export(export::ExportArguments),
    /// Say how much the ledger has.
    Stats(stats::StatsArguments),
    /// Take the values of ended runs away; hashes stay, and with them every proof.
    Prune(prune::PruneArguments),
}

impl LedgerCommand {
    /// How the answer is written.
    pub(crate) fn report(&self) -> ReportArguments {
        match self {
            Self::Checkpoint(arguments) => arguments.report,
            Self::Prove(arguments) => arguments.report,
            Self::Verify(arguments) => arguments.report,
            Self::Export(arguments) => arguments.report,
            Self::Stats(arguments) => arguments.report,
            Self::Prune(arguments) => arguments.report,
        }
    }
}

/// Does it.
pub(crate) fn run(command: &LedgerCommand, output: Output) -> Result<Ending, Fault> {
    match command {
        LedgerCommand::Checkpoint(arguments) => checkpoint::run(arguments, output),
        LedgerCommand::Prove(arguments) => prove::run(arguments, output),
        LedgerCommand::Verify(arguments) => verify::run(arguments, output),
        LedgerCommand::Export(arguments) => export::run(arguments, output),
        LedgerCommand::Stats(arguments) => stats::run(arguments, output),
        LedgerCommand::Prune(arguments) => prune::run(arguments, output),
    }
}

/// Flags of whoever judges checkpoints: whose count, and who must have cosigned.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct TrustArguments {
    /// A key of a log whose checkpoints count, `name+hash+base64`; may be given several times.
    #[arg(long, value_name = "VKEY", value_parser = vkey)]
    checkpoint_key: Vec<VerifierKey>,
    /// Which logs and witnesses count, and which witnesses must have signed: a file of C2SP tlog-policy.
    #[arg(long, value_name = "FILE")]
    witness_policy: Option<PathBuf>,
}

impl TrustArguments {
    /// Whose checkpoints count; nothing where nobody is named.
    pub(crate) fn read(&self) -> Result<Option<CheckpointTrust>, Fault> {
        let policy = self.witness_policy.as_deref().map(policy).transpose()?;
        if self.checkpoint_key.is_empty() && policy.is_none() {
            return Ok(None);
        }
        Ok(Some(CheckpointTrust::new(self.checkpoint_key.clone(), policy)))
    }

    /// What was given, as it would be written again.
    pub(crate) fn flags(&self) -> Vec<(&'static str, String)> {
        let keys = self.checkpoint_key.iter().map(|it| ("--checkpoint-key", it.to_string()));
        let policy = self.witness_policy.iter().map(|it| ("--witness-policy", it.display().to_string()));
        keys.chain(policy).collect()
    }
}

fn policy(path: &Path) -> Result<WitnessPolicy, Fault> {
    let text = text(path)?;
    let invalid = |error| LedgerFault::Policy { path: path.to_owned(), error };
    Ok(WitnessPolicy::parse(&text).map_err(invalid)?)
}

/// The text of a note, a proof or a policy.
pub(crate) fn text(path: &Path) -> Result<String, LedgerFault> {
    let bytes = input::read(path, MAX_NOTE_BYTES)?;
    String::from_utf8(bytes).map_err(|_| LedgerFault::NotText { path: path.to_owned() })
}

fn vkey(text: &str) -> Result<VerifierKey, String> {
    text.parse().map_err(|error: decision_gate_core::ledger::VerifierKeyError| error.to_string())
}

/// Flags of whoever signs.
#[derive(Clone, Debug, Default, Args)]
struct SignerArguments {
    /// What the names of the logs begin with; that of the configuration when left out.
    #[arg(long, value_name = "NAME", value_parser = origin)]
    origin: Option<OriginBase>,
    /// The private key that signs (PKCS#8 PEM, readable by its owner only); that of the configuration when left out.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

fn origin(text: &str) -> Result<OriginBase, String> {
    text.parse().map_err(|error: decision_gate_core::ledger::OriginError| error.to_string())
}

impl SignerArguments {
    /// Who signs.
    fn read(&self, session: &Session) -> Result<LogSigner, Fault> {
        let configured = session.loaded().config().ledger.origin.as_ref().and_then(|it| it.as_str().parse().ok());
        match &self.key {
            Some(path) => {
                let origin = self.origin.clone().or(configured).ok_or(LedgerFault::NoOrigin)?;
                Ok(LogSigner::new(origin, private::read(path)?))
            }
            None => {
                let signer = session.app().log_signer()?.ok_or(LedgerFault::NoKey)?;
                Ok(match &self.origin {
                    Some(origin) => signer.named(origin.clone()),
                    None => signer,
                })
            }
        }
    }
}

/// The shelf that a command is about.
fn scope(session: &Session, arguments: ScopeArguments) -> Scope {
    let caller = session.caller(arguments, None, None);
    Scope { tenant: caller.tenant, namespace: caller.namespace }
}

/// Writes a new file.
fn write_new(path: &Path, text: &str) -> Result<(), Fault> {
    use std::io::Write as _;
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Fault::Exists { path: path.to_owned() },
        _ => Fault::Write { path: path.to_owned(), error },
    };
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all())).map_err(failed)
}
