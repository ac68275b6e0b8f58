//! The running product behind the tools: configuration, providers, policy and store, put together once.
//!
//! Building one opens the configured evidence roots and reads the pinned scenarios, so that mistakes show at the
//! start; the store is opened by the first call that needs it.

mod error;
mod ledger;
mod packs;
mod policy;
mod providers;
mod release;
mod renew;
mod scenarios;
mod schemas;
mod store;

use std::path::PathBuf;
use std::sync::Arc;

use decision_gate_config::Loaded;
use decision_gate_config::sections::providers::BuiltinSettings;
use decision_gate_config::sections::runpacks::{ExportProfile, RunpacksKind};
use decision_gate_config::sections::scenarios::Drafts;
use decision_gate_core::at::Timestamp;
use decision_gate_core::contract::ProviderContract;
use decision_gate_core::keys::Keyring;
use decision_gate_core::name::{NamespaceId, ProviderId, TenantId};
use decision_gate_core::runpack::Profile;
use decision_gate_core::scenario::Bounds;
use decision_gate_runtime::ports::{Observer, SystemClock, SystemEntropy};
use decision_gate_runtime::{Caller, DraftPolicy, Orchestrator, Parts, ProviderSet, Shelves, Store};
use decision_gate_store::{Durability, Opening};

pub use self::error::SetupError;
pub use self::ledger::{CheckpointRules, ExportError, witness_policy};
pub use self::packs::{Packs, PacksError};
pub use self::renew::ReloadError;
use crate::federation::derive_contract;
use crate::telemetry::Telemetry;

/// The running product behind the tools.
pub struct App {
    orchestrator: Orchestrator,
    store: Arc<dyn Store>,
    loaded: Loaded,
    keyring: Keyring,
    telemetry: Telemetry,
    /// Whether the ledger is one for this process only: then nobody signs for it, since a second history under the name
    /// of the configured log would be a split view.
    apart: bool,
}

impl App {
    /// Puts the product together from a configuration.
    ///
    /// # Errors
    /// [`SetupError`] when a root can't be opened, a pinned scenario or a key does not read, or an anchor policy names
    /// what no provider has.
    pub fn build(loaded: Loaded) -> Result<Self, SetupError> {
        let store = store::open(&loaded, Opening::ToWrite)?;
        Self::build_on(loaded, store, None, None)
    }

    /// The same for whoever only reads: the ledger is neither made nor brought up nor written, and all that is read of it
    /// is of one moment.
    ///
    /// # Errors
    /// [`SetupError`], as for who writes.
    pub fn build_to_read(loaded: Loaded) -> Result<Self, SetupError> {
        let store = store::open(&loaded, Opening::AtOneMoment)?;
        Self::build_on(loaded, store, None, None)
    }

    /// The same with a ledger in memory, whatever is configured. The configured one is asked what it has seen, so that
    /// a trial comes to what a decision would.
    ///
    /// # Errors
    /// [`SetupError`], as for the configured ledger.
    pub fn build_in_memory(loaded: Loaded) -> Result<Self, SetupError> {
        let memory = store::memory(&loaded);
        let history = store::kept(&loaded)?;
        Self::build_on(loaded, memory, history, None).map(|app| Self { apart: true, ..app })
    }

    /// The product over what stays when the configuration changes.
    fn build_on(
        loaded: Loaded,
        store: Arc<dyn Store>,
        history: Option<Arc<dyn Store>>,
        telemetry: Option<Telemetry>,
    ) -> Result<Self, SetupError> {
        let config = loaded.config();
        let telemetry = telemetry.unwrap_or_else(|| Telemetry::new(&config.telemetry));
        let providers = providers::build(&loaded, &base(&loaded))?;
        let rules = release::rules(&loaded)?;
        loaded.check_anchors(&providers::known_anchors(&providers))?;
        let keyring = loaded.keyring()?;
        let parts = Parts {
            store: Arc::clone(&store),
            history,
            observer: telemetry.is_on().then(|| Arc::new(telemetry.clone()) as Arc<dyn Observer>),
            policy: Arc::new(policy::build(config, &providers, keyring.clone(), rules.as_ref())),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            bounds: bounds(config),
            drafts: match config.scenarios.drafts {
                Drafts::Allow => DraftPolicy::Allow,
                Drafts::Refuse => DraftPolicy::Refuse,
            },
            pinned: scenarios::pinned(config, &providers.contracts(), bounds(config))?,
            schemas: schemas::pinned(config)?,
            tenants: config.tenants.list().iter().map(|tenant| (tenant.id, shelves(tenant))).collect(),
            environments: config.environments.names().iter().cloned().collect(),
            providers,
        };
        Ok(Self { orchestrator: Orchestrator::new(parts), store, loaded, keyring, telemetry, apart: false })
    }

    /// Everything that keeps the product from being put together from a configuration; nothing when it can be.
    pub fn problems(loaded: &Loaded) -> Vec<SetupError> {
        let config = loaded.config();
        let (built, unusable): (Vec<_>, Vec<_>) =
            providers::each(loaded, &base(loaded)).into_iter().partition(Result::is_ok);
        let providers: Option<ProviderSet> = built.into_iter().collect::<Result<_, _>>().ok();
        // Scenarios that ask a provider which can't be built are not wrong for that.
        let contracts = providers.filter(|_| unusable.is_empty()).map(|providers| {
            let anchors = loaded.check_anchors(&providers::known_anchors(&providers));
            (providers.contracts(), anchors.err().map(SetupError::from))
        });
        let (contracts, anchors) = contracts.unzip();
        let mut problems: Vec<_> = unusable.into_iter().filter_map(Result::err).collect();
        problems.extend(anchors.flatten());
        problems.extend(release::rules(loaded).err());
        problems.extend(schemas::each(config).into_iter().filter_map(Result::err));
        problems.extend(loaded.keyring().err().map(SetupError::from));
        problems
            .extend(scenarios::each(config, contracts.as_ref(), bounds(config)).into_iter().filter_map(Result::err));
        problems
    }

    /// A contract out of what a configured server says of its tools, for somebody to read. The server is started once,
    /// and ended; the contract that it has so far, if any, plays no part.
    ///
    /// # Errors
    /// [`SetupError`] when there is no such server, or it can't be asked.
    pub async fn derive_contract(loaded: &Loaded, provider: &ProviderId) -> Result<ProviderContract, SetupError> {
        let all = loaded.config().providers.effective();
        let Some(setting) = all.iter().find(|setting| setting.name == *provider) else {
            let known = all.iter().map(|setting| setting.name.to_string()).collect();
            return Err(SetupError::NoProvider { provider: provider.to_string(), known });
        };
        let BuiltinSettings::Mcp(settings) = &setting.config else {
            return Err(SetupError::NotExternal { provider: provider.to_string() });
        };
        let derived = derive_contract(provider, settings, &base(loaded)).await;
        derived.map_err(|error| SetupError::Federation { provider: provider.to_string(), error })
    }

    /// Where the configured ledger is, in words: a path or an address. Nothing for one in memory.
    ///
    /// # Errors
    /// [`SetupError`] when there is no place for it, or this build has no such store.
    pub fn ledger_place(loaded: &Loaded) -> Result<Option<String>, SetupError> {
        store::place(loaded)
    }

    /// Whether there is a ledger to look into, without making one.
    pub(crate) fn has_ledger(&self) -> bool {
        store::is_there(&self.loaded)
    }

    /// Which settings of the server under the ledger keep it from holding what it acknowledged.
    ///
    /// # Errors
    /// [`SetupError`] when the server can't be asked, or this build has no such store.
    pub async fn ledger_durability(loaded: &Loaded) -> Result<Durability, SetupError> {
        store::durability(loaded).await
    }

    /// Whether the server under the ledger would take a decision: asked, and not tried. Nothing is asked where there is
    /// no server.
    ///
    /// # Errors
    /// [`SetupError`] with why it would not, as a call would say it.
    pub async fn ledger_examined(loaded: &Loaded) -> Result<(), SetupError> {
        store::examine(loaded).await
    }

    /// When the last event was of all runs in the configured ledger, by the clock of whoever decided.
    ///
    /// # Errors
    /// [`SetupError`] when it can't be read.
    pub async fn ledger_latest(loaded: &Loaded) -> Result<Option<Timestamp>, SetupError> {
        store::latest(loaded).await
    }

    /// The gate at work.
    pub fn orchestrator(&self) -> &Orchestrator {
        &self.orchestrator
    }

    /// Where the ledger is kept.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// The configuration with its origins.
    pub fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// The keys that the configuration trusts.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Where release decisions are told.
    pub fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    /// Where packs are written to and read from.
    ///
    /// # Errors
    /// [`SetupError`] when none is configured and there is no home folder, or a bucket can't be asked.
    pub fn packs(&self) -> Result<Packs, SetupError> {
        Packs::configured(&self.loaded)
    }

    /// Whether packs are in a bucket.
    pub(crate) fn has_bucket(&self) -> bool {
        self.loaded.config().runpacks.kind == RunpacksKind::S3
    }

    /// How much of the values a pack shows unless the call says otherwise.
    pub fn export_profile(&self) -> Profile {
        match self.loaded.config().runpacks.export_profile {
            ExportProfile::Audit => Profile::Audit,
            ExportProfile::Disclosed => Profile::Disclosed,
        }
    }

    /// A caller; tenant and namespace are the first ones unless the call says otherwise.
    pub fn caller(&self, tenant: Option<TenantId>, namespace: Option<NamespaceId>, actor: Option<String>) -> Caller {
        let first = self.loaded.config().tenants.list().first().map_or(TenantId::FIRST, |tenant| tenant.id);
        Caller { tenant: tenant.unwrap_or(first), namespace: namespace.unwrap_or(NamespaceId::FIRST), actor }
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("config", &self.loaded.path()).finish_non_exhaustive()
    }
}

fn shelves(tenant: &decision_gate_config::sections::tenants::Tenant) -> Shelves {
    tenant.namespaces.as_ref().map_or(Shelves::All, |open| Shelves::Only(open.iter().copied().collect()))
}

/// The folder that the configuration is in; without a file the root, so that the working directory plays no part.
fn base(loaded: &Loaded) -> PathBuf {
    let folder = loaded.path().and_then(|path| std::path::absolute(path).ok()?.parent().map(PathBuf::from));
    folder.unwrap_or_else(|| PathBuf::from(std::path::MAIN_SEPARATOR_STR))
}

fn bounds(config: &decision_gate_config::Config) -> Bounds {
    use decision_gate_config::sections::rules::DegradedEdges;
    use decision_gate_core::scenario::EdgePolicy;
    Bounds {
        max_conditions: usize::try_from(config.limits.max_conditions.get()).unwrap_or(usize::MAX),
        degraded_edges: match config.rules.degraded_edges {
            DegradedEdges::Allow => EdgePolicy::Allow,
            DegradedEdges::Refuse => EdgePolicy::Refuse,
        },
    }
}
