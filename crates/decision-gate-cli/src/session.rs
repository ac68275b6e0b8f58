//! The running product behind a command: configuration, providers and ledger, put together once.

use std::future::Future;
use std::path::{Path, PathBuf};

use decision_gate_config::{Flag, Loaded};
use decision_gate_core::name::{NamespaceId, TenantId};
use decision_gate_mcp::App;
use decision_gate_runtime::Caller;

use crate::arguments::ScopeArguments;
use crate::configuration::{ConfigurationArguments, Discovery};
use crate::fault::Fault;
use crate::logging;

/// What the ledger calls whoever runs a command.
const ACTOR: &str = concat!("decision-gate-cli/", env!("CARGO_PKG_VERSION"));

/// The running product behind a command.
pub(crate) struct Session {
    app: App,
    apart: bool,
}

/// What a command puts in force for itself only.
#[derive(Debug, Default)]
pub(crate) struct Adhoc {
    /// Settings.
    pub(crate) flags: Vec<Flag>,
    /// Files that lie over the release policy `default`.
    pub(crate) policies: Vec<PathBuf>,
}

impl Session {
    /// Finds and reads the configuration of the project that the working directory is in, and puts all together.
    pub(crate) fn open(configuration: &ConfigurationArguments) -> Result<Self, Fault> {
        Self::open_as(configuration, |_| false)
    }

    /// The same for a command that only reads: it neither makes the ledger nor changes anything in it.
    pub(crate) fn open_to_read(configuration: &ConfigurationArguments) -> Result<Self, Fault> {
        Self::open_as(configuration, |_| true)
    }

    /// The same for a command that may only read, which the configuration says.
    pub(crate) fn open_as(
        configuration: &ConfigurationArguments,
        only_reads: impl FnOnce(&Loaded) -> bool,
    ) -> Result<Self, Fault> {
        let folder = std::env::current_dir().map_err(Fault::WorkingFolder)?;
        let loaded = configuration.load(Discovery::Project(&folder), Vec::new())?;
        logging::start_quietly(&loaded);
        let app = if only_reads(&loaded) { App::build_to_read(loaded)? } else { App::build(loaded)? };
        Ok(Self { app, apart: false })
    }

    /// The same with settings for this command only, and so with a ledger in memory: in the configured one they would
    /// be in force for everybody.
    pub(crate) fn open_apart(configuration: &ConfigurationArguments, adhoc: Adhoc) -> Result<Self, Fault> {
        let folder = std::env::current_dir().map_err(Fault::WorkingFolder)?;
        let mut source = configuration.source(Discovery::Project(&folder), adhoc.flags)?;
        source.policies = adhoc.policies;
        let loaded = decision_gate_config::load(&source)?;
        logging::start_quietly(&loaded);
        Ok(Self { app: App::build_in_memory(loaded)?, apart: true })
    }

    /// The product.
    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    /// The configuration.
    pub(crate) fn loaded(&self) -> &Loaded {
        self.app.loaded()
    }

    /// The configuration file; `None` for the built-in defaults.
    pub(crate) fn config_path(&self) -> Option<&Path> {
        self.loaded().path()
    }

    /// Where the ledger is, a path or an address; `None` for a ledger in memory.
    pub(crate) fn ledger_place(&self) -> Result<Option<String>, Fault> {
        if self.apart {
            return Ok(None);
        }
        Ok(App::ledger_place(self.loaded())?)
    }

    /// Where the configured ledger is, whichever this command has.
    pub(crate) fn kept_place(&self) -> Result<String, Fault> {
        Ok(App::ledger_place(self.loaded())?.unwrap_or_else(|| "in memory".to_owned()))
    }

    /// Who calls. What the flags leave out is the scenario's, then the configuration's.
    pub(crate) fn caller(
        &self,
        scope: ScopeArguments,
        tenant: Option<TenantId>,
        namespace: Option<NamespaceId>,
    ) -> Caller {
        self.app.caller(scope.tenant.or(tenant), scope.namespace.or(namespace), Some(ACTOR.to_owned()))
    }
}

/// Runs `work` to its end on this thread.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Fault::Runtime)?;
    let done = runtime.block_on(work);
    // A provider that hangs in a thread of its own does not keep the command.
    runtime.shutdown_background();
    done
}
