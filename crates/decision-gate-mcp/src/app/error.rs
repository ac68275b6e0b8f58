//! Why the product can't be put together.

use decision_gate_config::{ConfigErrors, PrivateKeyFault};
use decision_gate_core::contract::shape::ShapeError;
use decision_gate_core::scenario::SpecFaults;
use decision_gate_providers::BuildError;
use decision_gate_runtime::ports::StoreError;
use decision_gate_store::PackStoreError;

use crate::federation::FederationError;

/// Why the product can't be put together.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The configuration does not hold.
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    /// A provider can't be built.
    #[error("provider `{provider}`: {error}")]
    Provider {
        /// Which.
        provider: String,
        /// Why not.
        error: BuildError,
    },
    /// An external provider can't be set up.
    #[error("provider `{provider}`: {error}")]
    Federation {
        /// Which.
        provider: String,
        /// Why not.
        error: FederationError,
    },
    /// No provider of that name.
    #[error("no provider `{provider}` is configured")]
    NoProvider {
        /// Which.
        provider: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// A provider that is part of this program, where one outside is needed.
    #[error("provider `{provider}` is part of this program and has its contract already")]
    NotExternal {
        /// Which.
        provider: String,
    },
    /// The issuer directory can't be used.
    #[error("the issuer directory `{}`: {problem}", path.display())]
    Issuers {
        /// Where it is.
        path: std::path::PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// What releases are judged by makes no sense.
    #[error("`release`: {problem}")]
    Release {
        /// What is wrong with it.
        problem: String,
    },
    /// This build leaves the kind of store out.
    #[error("this build has no store of `store.type = \"postgres\"`")]
    StoreNotBuilt,
    /// The ledger's client can't be made.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// This build leaves buckets out.
    #[error("this build has no `runpacks.type = \"s3\"`")]
    PacksNotBuilt,
    /// A place for packs can't be used.
    #[error(transparent)]
    Packs(#[from] PackStoreError),
    /// The key that signs checkpoints can't be used.
    #[error("the key that signs checkpoints, `{}`: {fault}", path.display())]
    LedgerKey {
        /// Where it is.
        path: std::path::PathBuf,
        /// What is wrong with it.
        fault: PrivateKeyFault,
    },
    /// The witness policy can't be used.
    #[error("the witness policy `{}`: {problem}", path.display())]
    WitnessPolicy {
        /// Where it is.
        path: std::path::PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Two files pin scenarios of one name.
    #[error("two files under `scenarios.files` define scenario `{scenario}`")]
    PinnedTwice {
        /// Which.
        scenario: String,
    },
    /// A pinned scenario is refused.
    #[error("{}", scenario_text(places, faults))]
    Scenario {
        /// Where each of them stands: `file:line:column`.
        places: Vec<String>,
        /// Everything that is wrong with it.
        faults: SpecFaults,
    },
    /// A pinned data shape is refused.
    #[error("{place}: schema `{schema}`: {error}")]
    Schema {
        /// Where it stands: `file:line:column`.
        place: String,
        /// Which.
        schema: String,
        /// What is wrong with it.
        error: ShapeError,
    },
}

impl SetupError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(_) => "config_invalid",
            Self::Provider { .. } => "provider_unusable",
            Self::Federation { error, .. } => error.code(),
            Self::NoProvider { .. } => "provider_missing",
            Self::NotExternal { .. } => "provider_not_external",
            Self::Issuers { .. } => "issuers_invalid",
            Self::Release { .. } => "release_rules_invalid",
            Self::StoreNotBuilt => "store_not_built",
            Self::Store(error) => error.code(),
            Self::PacksNotBuilt => "pack_store_not_built",
            Self::Packs(error) => error.code(),
            Self::LedgerKey { fault, .. } => fault.code(),
            Self::WitnessPolicy { .. } => "witness_policy_invalid",
            Self::PinnedTwice { .. } => "scenario_pinned_twice",
            Self::Scenario { faults, .. } => faults.code(),
            Self::Schema { error, .. } => error.code(),
        }
    }

    /// What to do.
    pub fn hint(&self) -> String {
        match self {
            Self::Config(_) => "`decision-gate config check` shows every problem".into(),
            Self::Provider { error, .. } => error.hint().to_string(),
            Self::Federation { error, .. } => error.hint().to_string(),
            Self::NoProvider { known, .. } => format!("configured are {}", known.join(", ")),
            Self::NotExternal { .. } => "name a provider of `type = \"mcp\"`".into(),
            Self::Issuers { .. } => "`decision-gate issuers list --directory FILE` shows what is wrong with it".into(),
            Self::Release { .. } => "`decision-gate config check` shows every problem".into(),
            Self::StoreNotBuilt => "build it with the feature `postgres`, or use another `store.type`".into(),
            Self::Store(error) => error.hint().into(),
            Self::PacksNotBuilt => "build it with the feature `object-store`, or keep packs in a folder".into(),
            Self::Packs(error) => error.hint().into(),
            Self::LedgerKey { fault, .. } => fault.hint().into(),
            Self::WitnessPolicy { .. } => "write it as c2sp tlog-policy says, one statement a line".into(),
            Self::PinnedTwice { .. } => "give one of them another scenario_id, or list one file only".into(),
            Self::Scenario { faults, .. } => faults.iter().next().map(|fault| fault.problem.hint()).unwrap_or_default(),
            Self::Schema { error, .. } => error.hint().into(),
        }
    }
}

fn scenario_text(places: &[String], faults: &SpecFaults) -> String {
    let line = |(place, fault): (&String, &decision_gate_core::scenario::SpecFault)| {
        format!("{place}: {fault} ({})", fault.problem.hint())
    };
    places.iter().zip(faults.iter()).map(line).collect::<Vec<_>>().join("\n")
}
