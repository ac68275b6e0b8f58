//! One gate at work: it owns the ports, and every call goes through it.

mod at_hand;
mod backtest;
mod define;
mod export;
mod gate_log;
mod policy;
mod precheck;
mod query;
mod read;
mod recall;
mod release;
mod retry;
pub(crate) mod seen;
mod shapes;
mod start;
mod step;
mod submit;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use decision_gate_core::at::Timestamp;
use decision_gate_core::contract::Contracts;
use decision_gate_core::contract::shape::DataShape;
use decision_gate_core::digest::{Digest, to_hex};
use decision_gate_core::name::{EnvironmentName, NamespaceId, RunId, TenantId};
use decision_gate_core::policy::{Policy, TimeSource};
use decision_gate_core::scenario::{Bounds, Scenario, ScenarioSpec};

pub use backtest::{BacktestRequest, take_scanned};
pub use define::Defined;
pub use export::ExportRequest;
pub use precheck::{DataShapeName, PrecheckRequest, PrecheckSource, Prechecked};
pub use query::{QueryReply, QueryRequest};
pub use read::{DecisionView, RunView};
pub use recall::Forgotten;
pub use release::{RELEASE_PROVIDER, ReleaseReply, ReleaseRequest};
pub use shapes::{MAX_DESCRIPTION_BYTES, PinnedSchema, RegisterRequest, SchemaLine, SchemaOrigin, SchemaView};
pub use start::{StartReply, StartRequest};
pub use step::{StepReply, StepRequest};
pub use submit::{SubmitReply, SubmitRequest};

use crate::error::RuntimeError;
use crate::fetch::ProviderSet;
use crate::ports::{Clock, Entropy, Observer, Scope, Store};

/// Who calls, as far as it matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Whose data.
    pub tenant: TenantId,
    /// On which shelf.
    pub namespace: NamespaceId,
    /// What the caller calls itself.
    pub actor: Option<String>,
}

impl Caller {
    fn scope(&self) -> Scope {
        Scope { tenant: self.tenant, namespace: self.namespace }
    }
}

/// Whether scenarios that a caller defines may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DraftPolicy {
    /// They may, and every decision says so.
    Allow,
    /// They may not.
    Refuse,
}

/// A scenario that the configuration pins.
#[derive(Clone, Debug)]
pub struct PinnedScenario {
    /// As read.
    pub spec: ScenarioSpec,
}

/// The namespaces that are open to a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shelves {
    /// Every one.
    All,
    /// These.
    Only(BTreeSet<NamespaceId>),
}

/// What an orchestrator is made of.
pub struct Parts {
    /// Where the ledger is kept.
    pub store: Arc<dyn Store>,
    /// A ledger that is only asked what it has seen: the configured one, where this one is for a single command.
    pub history: Option<Arc<dyn Store>>,
    /// Who can be asked.
    pub providers: ProviderSet,
    /// What the configuration puts in force.
    pub policy: Arc<Policy>,
    /// Who is told of release decisions.
    pub observer: Option<Arc<dyn Observer>>,
    /// The server's time.
    pub clock: Arc<dyn Clock>,
    /// Where salts come from.
    pub entropy: Arc<dyn Entropy>,
    /// What scenarios may do.
    pub bounds: Bounds,
    /// Whether drafts may run.
    pub drafts: DraftPolicy,
    /// Scenarios that the configuration pins.
    pub pinned: Vec<PinnedScenario>,
    /// Data shapes that the configuration pins.
    pub schemas: Vec<PinnedSchema>,
    /// Declared tenants, each with the shelves that are open to it.
    pub tenants: BTreeMap<TenantId, Shelves>,
    /// Declared environments.
    pub environments: BTreeSet<EnvironmentName>,
}

/// How many parsed scenarios are kept at hand.
const SCENARIOS_AT_HAND: usize = 64;

/// Held by the call whose turn it is on a run.
type Turn = Arc<tokio::sync::Mutex<()>>;

/// One gate at work.
pub struct Orchestrator {
    parts: Parts,
    contracts: Contracts,
    configured: Arc<Policy>,
    in_force: tokio::sync::Mutex<BTreeMap<Scope, (u64, Arc<Policy>)>>,
    scenarios: Mutex<BTreeMap<Digest, Arc<Scenario>>>,
    shapes: Mutex<BTreeMap<Digest, Arc<DataShape>>>,
    turns: Mutex<BTreeMap<(Scope, RunId), Turn>>,
    written: at_hand::Written,
}

impl Orchestrator {
    /// Puts the parts together. Touches nothing yet: the store is opened by the first call that needs it.
    pub fn new(parts: Parts) -> Self {
        let contracts = parts.providers.contracts();
        let configured = Arc::clone(&parts.policy);
        Self {
            contracts,
            configured,
            in_force: tokio::sync::Mutex::default(),
            scenarios: Mutex::default(),
            shapes: Mutex::default(),
            turns: Mutex::default(),
            written: at_hand::Written::default(),
            parts,
        }
    }

    /// The contracts of the configured providers.
    pub fn contracts(&self) -> &Contracts {
        &self.contracts
    }

    /// The policy that the configuration puts in force.
    pub fn policy(&self) -> &Arc<Policy> {
        &self.configured
    }

    /// The configured providers.
    pub fn providers(&self) -> &ProviderSet {
        &self.parts.providers
    }

    /// The server's clock, or the caller's time where the policy lets it count (DESIGN P19).
    fn clock(&self, given: Option<Timestamp>) -> Result<Timestamp, RuntimeError> {
        let time = self.configured.snapshot().time;
        let server = self.parts.clock.now();
        match (time.source, given) {
            (TimeSource::Caller, Some(given)) => Ok(given),
            (TimeSource::Caller | TimeSource::Server, None) => Ok(server),
            (TimeSource::Server, Some(given)) => {
                let past = |later: Timestamp, earlier| later.is_after_by(earlier, time.max_skew_ms.saturating_add(1));
                let off = past(server, given).unwrap_or(true) || past(given, server).unwrap_or(true);
                if off {
                    let (given, server) = (given.to_string(), server.to_string());
                    Err(RuntimeError::TimeSkew { given, server, max_skew_ms: time.max_skew_ms })
                } else {
                    Ok(server)
                }
            }
        }
    }

    /// Whether the shelf of a caller is open.
    pub fn is_open(&self, caller: &Caller) -> bool {
        self.declared(caller).is_ok()
    }

    /// The scope of a call, if it is open to its caller. Nothing is looked up before this.
    fn declared(&self, caller: &Caller) -> Result<Scope, RuntimeError> {
        self.open(caller.scope())
    }

    /// The same scope, if the configuration opens it.
    fn open(&self, scope: Scope) -> Result<Scope, RuntimeError> {
        match self.parts.tenants.get(&scope.tenant) {
            None => Err(RuntimeError::TenantUnknown { tenant: scope.tenant.get() }),
            Some(Shelves::Only(open)) if !open.contains(&scope.namespace) => Err(RuntimeError::NamespaceUnknown {
                namespace: scope.namespace.get(),
                tenant: scope.tenant.get(),
                open: open.iter().map(|it| it.get()).collect(),
            }),
            Some(Shelves::All | Shelves::Only(_)) => Ok(scope),
        }
    }

    /// A fresh id such as `run-5f0c…`.
    fn fresh_id(&self, prefix: &str) -> Result<String, RuntimeError> {
        let salt = self.parts.entropy.salt()?;
        let text = to_hex(salt.as_bytes());
        Ok(format!("{prefix}-{}", text.chars().take(16).collect::<String>()))
    }

    /// The parsed scenario of these canonical bytes.
    fn parsed(&self, hash: Digest, bytes: &[u8]) -> Result<Arc<Scenario>, RuntimeError> {
        let mut at_hand = self.scenarios.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(scenario) = at_hand.get(&hash) {
            return Ok(Arc::clone(scenario));
        }
        let damaged = |reason: String| RuntimeError::Stored { what: "scenario", reason };
        let value = decision_gate_core::json::parse_exact(bytes, &decision_gate_core::json::Limits::message(1 << 24))
            .map_err(|error| damaged(error.to_string()))?;
        let spec = Scenario::read(&value).map_err(|faults| damaged(faults.to_string()))?;
        let scenario = Scenario::check(spec).map_err(|faults| damaged(faults.to_string()))?;
        if scenario.hash() != hash {
            return Err(damaged("its hash is not the one it is kept under".into()));
        }
        let scenario = Arc::new(scenario);
        if at_hand.len() >= SCENARIOS_AT_HAND {
            at_hand.pop_first();
        }
        at_hand.insert(hash, Arc::clone(&scenario));
        Ok(scenario)
    }

    /// Calls of this process on one run take turns, so that only other processes can be faster.
    fn turn(&self, scope: Scope, run: &RunId) -> Turn {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(turns.entry((scope, run.clone())).or_default())
    }
}
