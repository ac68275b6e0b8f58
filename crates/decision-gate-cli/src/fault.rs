//! Why no decision was made: everything that ends in exit code 2, with its code and what to do about it.

use std::io;
use std::path::PathBuf;

use decision_gate_config::ConfigErrors;
use decision_gate_mcp::{ExportError, PacksError, ServeError, SetupError};
use decision_gate_runtime::RuntimeError;
use decision_gate_runtime::ledger::LedgerError;
use decision_gate_store::PackStoreError;
use decision_gate_verify::FolderFault;

use crate::commands::attest::AttestFault;
use crate::commands::config::ImportFault;
use crate::commands::issuers::IssuersFault;
use crate::commands::keys::KeysFault;
use crate::commands::ledger::LedgerFault;
use crate::commands::mcp::ClientFault;
use crate::commands::precheck::PayloadFault;
use crate::commands::scenario::CaseFault;

/// Why no decision was made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    /// A scenario that the command line names does not read as a document.
    #[error(transparent)]
    ScenarioFile(ConfigErrors),
    /// The product can't be put together, or a scenario is refused.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// Several things are wrong with the configuration or what it names.
    #[error("{} problems were found", .0.len())]
    Several(Vec<Fault>),
    /// The scenario is a draft where only pinned ones count.
    #[error("scenario `{scenario}` is not pinned by the configuration")]
    NotPinned {
        /// Which.
        scenario: String,
    },
    /// The ledger's current version is another than the one that was named.
    #[error("scenario `{scenario}` was redefined while it was started")]
    Redefined {
        /// Which.
        scenario: String,
    },
    /// No scenario of that name, and no configuration that could name any.
    #[error("scenario `{scenario}` is not defined, and no configuration was found")]
    NothingConfigured {
        /// Which.
        scenario: String,
    },
    /// The gate could not do it.
    #[error(transparent)]
    Gate(#[from] RuntimeError),
    /// Something can't be done with the ledger as a whole.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// What belongs to a command on the ledger can't be used.
    #[error(transparent)]
    LedgerInput(#[from] LedgerFault),
    /// The payload of a precheck.
    #[error(transparent)]
    Payload(#[from] PayloadFault),
    /// A case of a scenario.
    #[error(transparent)]
    Case(#[from] CaseFault),
    /// A key or a keyring can't be used.
    #[error(transparent)]
    Keys(#[from] KeysFault),
    /// An attestation can't be made or judged.
    #[error(transparent)]
    Attest(#[from] AttestFault),
    /// An issuer directory or a record can't be used.
    #[error(transparent)]
    Issuers(#[from] IssuersFault),
    /// A configuration of the public project can't be read.
    #[error(transparent)]
    Import(#[from] ImportFault),
    /// A client's file can't be changed.
    #[error(transparent)]
    Client(#[from] ClientFault),
    /// A pack can't be written.
    #[error(transparent)]
    PackWrite(#[from] PackStoreError),
    /// A pack can't be written to or read from where packs are kept.
    #[error(transparent)]
    Packs(#[from] PacksError),
    /// A pack can't be read.
    #[error(transparent)]
    PackRead(#[from] FolderFault),
    /// A file that would be written is there.
    #[error("`{}` exists already", path.display())]
    Exists {
        /// Which.
        path: PathBuf,
    },
    /// A file or folder can't be written.
    #[error("`{}` can't be written: {error}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The server could not start or broke.
    #[error("{}", with_source(.0))]
    Serve(#[from] ServeError),
    /// The async runtime can't start.
    #[error("the runtime can't start: {0}")]
    Runtime(io::Error),
    /// There is no working directory.
    #[error("the working directory can't be read: {0}")]
    WorkingFolder(io::Error),
    /// Stdout does not take the answer.
    #[error("the answer can't be written: {0}")]
    Output(io::Error),
    /// A defect of ours.
    #[error("internal error: {message}")]
    Internal {
        /// What the code that broke down said.
        message: String,
    },
    /// The command line is wrong.
    #[error("{message}")]
    Usage {
        /// What is wrong with it.
        message: String,
    },
}

impl Fault {
    /// Stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Config(errors) => match errors.errors() {
                [one] => one.code(),
                _ => "config_invalid",
            },
            Self::ScenarioFile(_) => "scenario_file_invalid",
            Self::Setup(SetupError::Config(errors)) => errors.code(),
            Self::Setup(
                error @ (SetupError::Provider { .. }
                | SetupError::Federation { .. }
                | SetupError::NoProvider { .. }
                | SetupError::NotExternal { .. }
                | SetupError::Issuers { .. }
                | SetupError::Release { .. }
                | SetupError::StoreNotBuilt
                | SetupError::Store(_)
                | SetupError::PacksNotBuilt
                | SetupError::Packs(_)
                | SetupError::LedgerKey { .. }
                | SetupError::WitnessPolicy { .. }
                | SetupError::PinnedTwice { .. }
                | SetupError::Scenario { .. }
                | SetupError::Schema { .. }),
            ) => error.code(),
            Self::Several(_) => "config_invalid",
            Self::NotPinned { .. } => "drafts_refused",
            Self::Redefined { .. } => "scenario_redefined",
            Self::NothingConfigured { .. } => "scenario_not_found",
            Self::Gate(error) => error.code(),
            Self::Ledger(error) => error.code(),
            Self::LedgerInput(fault) => fault.code(),
            Self::Payload(fault) => fault.code(),
            Self::Case(fault) => fault.code(),
            Self::Keys(fault) => fault.code(),
            Self::Attest(fault) => fault.code(),
            Self::Issuers(fault) => fault.code(),
            Self::Import(fault) => fault.code(),
            Self::Client(fault) => fault.code(),
            Self::PackWrite(error) => error.code(),
            Self::PackRead(fault) => fault.code(),
            Self::Packs(error) => error.code(),
            Self::Exists { .. } => "file_exists",
            Self::Write { .. } => "file_write_failed",
            Self::Serve(error) => error.code(),
            Self::Runtime(_) => "runtime_unavailable",
            Self::WorkingFolder(_) => "working_folder_unreadable",
            Self::Output(_) => "output_failed",
            Self::Internal { .. } => "internal_error",
            Self::Usage { .. } => "arguments_invalid",
        }
    }

    /// What to do.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Config(errors) | Self::Setup(SetupError::Config(errors)) => {
                config_hint(errors).unwrap_or_else(|| "`decision-gate config schema` says what may stand there".into())
            }
            Self::ScenarioFile(errors) => {
                config_hint(errors).unwrap_or_else(|| "mend the file at the place that is named".into())
            }
            Self::Setup(
                error @ (SetupError::Provider { .. }
                | SetupError::Federation { .. }
                | SetupError::NoProvider { .. }
                | SetupError::NotExternal { .. }
                | SetupError::Issuers { .. }
                | SetupError::Release { .. }
                | SetupError::StoreNotBuilt
                | SetupError::Store(_)
                | SetupError::PacksNotBuilt
                | SetupError::Packs(_)
                | SetupError::LedgerKey { .. }
                | SetupError::WitnessPolicy { .. }
                | SetupError::PinnedTwice { .. }
                | SetupError::Scenario { .. }
                | SetupError::Schema { .. }),
            ) => error.hint(),
            Self::Several(_) => "mend them in the order in which they are listed".into(),
            Self::NotPinned { .. } => "list its file under `scenarios.files` of the configuration".into(),
            Self::Redefined { .. } => "run the command again".into(),
            Self::NothingConfigured { .. } => {
                "name a configuration with `--config`, or write one with `decision-gate init`".into()
            }
            Self::Gate(error) => gate_hint(error),
            Self::Ledger(error) => error.hint().into(),
            Self::LedgerInput(fault) => fault.hint().into(),
            Self::Payload(fault) => fault.hint(),
            Self::Case(fault) => fault.hint(),
            Self::Keys(fault) => fault.hint().into(),
            Self::Attest(fault) => fault.hint().into(),
            Self::Issuers(fault) => fault.hint().into(),
            Self::Import(fault) => fault.hint().into(),
            Self::Client(fault) => fault.hint().into(),
            Self::PackWrite(PackStoreError::Name { .. } | PackStoreError::Exists { .. }) => {
                "name a new folder with letters, digits and `._-`; packs are never overwritten".into()
            }
            Self::PackWrite(error) => error.hint().into(),
            Self::Packs(error) => error.hint().into(),
            Self::PackRead(_) => "name the folder that `runpack export` wrote, and check its permissions".into(),
            Self::Exists { .. } => "nothing was written; choose another place, or remove it".into(),
            Self::Write { .. } => "check the folder's permissions and free space".into(),
            Self::Serve(error) => error.hint(),
            Self::Runtime(_) => "check this process's limits on threads and open files".into(),
            Self::WorkingFolder(_) => "change to a folder that exists".into(),
            Self::Output(_) => "check where stdout goes".into(),
            Self::Internal { .. } => "report it with the command line; what was acknowledged is on disk".into(),
            Self::Usage { .. } => "see `decision-gate --help`".into(),
        }
    }
}

impl From<ExportError> for Fault {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Gate(error) => Self::Gate(error),
            ExportError::Setup(error) => Self::Setup(error),
        }
    }
}

/// The hint of a lone problem; several have theirs beside them.
fn config_hint(errors: &ConfigErrors) -> Option<String> {
    match errors.errors() {
        [one] => one.fault.hint(),
        _ => None,
    }
}

/// The runtime's hints name tools of the protocol; a person at a shell has commands.
fn gate_hint(error: &RuntimeError) -> String {
    if matches!(error, RuntimeError::RunNotFound { .. }) {
        "check the run id, the namespace, and that this configuration names the ledger it was made in".into()
    } else if matches!(error, RuntimeError::ScenarioNotFound { nearest: None, .. }) {
        "name a scenario file, or list one under `scenarios.files` of the configuration".into()
    } else if matches!(error, RuntimeError::Step(_) | RuntimeError::Start(_) | RuntimeError::Submit(_)) {
        "nothing was written".into()
    } else if matches!(error, RuntimeError::RunConflict { .. }) {
        "run the command again; nothing was written".into()
    } else {
        error.hint()
    }
}

fn with_source(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
