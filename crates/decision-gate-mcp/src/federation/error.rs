//! Why an external provider can't be set up from its settings. What goes wrong later is a fault of one answer.

use std::path::PathBuf;

use decision_gate_providers::BuildError;

/// Why an external provider can't be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FederationError {
    /// Neither a program nor an address.
    #[error("there is no `command` to start it with, and no `url` to ask it at")]
    NoCommand,
    /// Its address can't be used.
    #[error("{0}")]
    Address(BuildError),
    /// The contract file can't be read.
    #[error("the contract `{}` can't be read: {reason}", path.display())]
    ContractUnreadable {
        /// Where it should be.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The contract file is no contract.
    #[error("the contract `{}` is not valid: {reason}", path.display())]
    ContractInvalid {
        /// Where it is.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The contract is that of another provider.
    #[error("the contract is that of `{found}`")]
    ContractOfAnother {
        /// Whose it says it is.
        found: String,
    },
    /// A check that can't be asked.
    #[error("check `{check}`: {reason}")]
    Check {
        /// Which.
        check: String,
        /// What is wrong.
        reason: String,
    },
    /// A mapping for a check that the contract has not.
    #[error("`checks` names `{check}`, which the contract does not have")]
    UnknownCheck {
        /// Which.
        check: String,
    },
    /// What it speaks has no tools to ask for.
    #[error("its protocol has no list of tools")]
    NoTools,
    /// It could not be asked what it offers.
    #[error("it can't be asked for its tools: {reason}")]
    NotDiscovered {
        /// Why not.
        reason: String,
    },
}

impl FederationError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoCommand => "provider_no_command",
            Self::Address(error) => error.code(),
            Self::ContractUnreadable { .. } => "provider_contract_unreadable",
            Self::ContractInvalid { .. } | Self::ContractOfAnother { .. } => "provider_contract_invalid",
            Self::Check { .. } | Self::UnknownCheck { .. } => "provider_check_invalid",
            Self::NoTools | Self::NotDiscovered { .. } => "provider_not_discovered",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoCommand => "name the program under `config.command`, or the address under `config.url`",
            Self::Address(error) => error.hint(),
            Self::ContractUnreadable { .. } => "correct the path, or declare the checks under `config.checks`",
            Self::ContractInvalid { .. } => "write it as `docs/spec/federation.md` says",
            Self::ContractOfAnother { .. } => "give the provider the name that its contract has",
            Self::Check { .. } => "correct the check under `config.checks`, or in the contract file",
            Self::UnknownCheck { .. } => "take the entry out, or add the check to the contract",
            Self::NoTools => "write its contract by hand, or declare the checks under `config.checks`",
            Self::NotDiscovered { .. } => "start the program by hand and look at what it says",
        }
    }
}
