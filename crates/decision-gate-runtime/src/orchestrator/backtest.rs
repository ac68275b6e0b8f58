//! A configured release policy over the decisions that the ledger has: what would have come out otherwise.
//!
//! Pages are read here and judged on a thread of their own, so that reading, judging and whatever else the server does
//! go on at once, and no more than two pages are in memory. Nothing is written, and whoever waits no longer ends it.

use std::sync::Arc;

use decision_gate_core::digest::Digest;
use decision_gate_core::name::{EnvironmentName, NamespaceId, ScenarioId, TenantId};
use decision_gate_policy::backtest::{
    Backtest, Candidate, Documents, Extent, Filter, Report, StoredRow, StoredValue, ValueContent,
};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::Orchestrator;
use crate::error::RuntimeError;
use crate::meter::Meter;
use crate::ports::{ScannedEvent, Scope, Store, StoreError};

/// How many events are read at a time.
const PAGE: usize = 256;

/// What to try on which decisions.
#[derive(Clone, Debug)]
pub struct BacktestRequest {
    /// The name of a configured policy; the one that is meant when left out.
    pub policy: Option<String>,
    /// Which stored decisions are meant.
    pub filter: Filter,
    /// How much is told.
    pub extent: Extent,
}

/// Events of one shelf.
type Page = (Scope, Vec<ScannedEvent>);

impl Orchestrator {
    /// What a configured policy would have made of the decisions on the shelves that are open here. `meter` counts the
    /// events that were read.
    ///
    /// # Errors
    /// [`RuntimeError`] where no backtest was made, such as for a policy or an environment that there is not.
    pub async fn backtest(&self, request: &BacktestRequest, meter: &Meter) -> Result<Report, RuntimeError> {
        let backtest = self.backtest_of(request)?;
        // A trial has a ledger of its own: the one that is configured has the decisions.
        let store = Arc::clone(self.parts.history.as_ref().unwrap_or(&self.parts.store));
        let (pages, arriving) = mpsc::channel(1);
        let library = Library { store: Arc::clone(&store), handle: Handle::current() };
        let judged = tokio::task::spawn_blocking(move || judge(backtest, &library, arriving));
        let read = self.read_all(&*store, &request.filter, &pages, meter).await;
        drop(pages);
        let lost = |_| RuntimeError::Stored { what: "decisions", reason: "judging them broke down".into() };
        let judged = judged.await.map_err(lost)?;
        read?;
        Ok(judged?)
    }

    /// A backtest of a configured policy, before it has seen anything: for decisions that lie elsewhere.
    ///
    /// # Errors
    /// [`RuntimeError`] for a policy or an environment that there is not.
    pub fn backtest_of(&self, request: &BacktestRequest) -> Result<Backtest, RuntimeError> {
        let rules = self.release_rules().ok_or(RuntimeError::ReleaseNotConfigured)?;
        let named = request.policy.as_deref();
        let name = rules.policy_name(named).ok_or_else(|| RuntimeError::ReleasePolicyUnknown {
            policy: named.map(str::to_owned),
            known: rules.policies.keys().cloned().collect(),
        })?;
        let declared = &self.parts.environments;
        if let Some(unknown) = request.filter.environments.iter().find(|it| !declared.contains(*it)) {
            return Err(RuntimeError::EnvironmentUnknown {
                environment: unknown.to_string(),
                declared: declared.iter().map(EnvironmentName::to_string).collect(),
            });
        }
        if let Some(unknown) = request.filter.tenants.iter().find(|it| !self.parts.tenants.contains_key(it)) {
            return Err(RuntimeError::TenantUnknown { tenant: unknown.get() });
        }
        let overlays = rules.policies.get(name).cloned().unwrap_or_default();
        let candidate = Candidate::read(name, &overlays).map_err(|fault| {
            let reason = fault.map_or_else(|| "it does not read".to_owned(), |it| it.to_string());
            RuntimeError::Stored { what: "release policy", reason }
        })?;
        Ok(Backtest::new(candidate, request.filter.clone(), request.extent))
    }

    /// Hands every event of the shelves that are open and meant on. Ends early where nobody takes any more.
    async fn read_all(
        &self,
        store: &dyn Store,
        filter: &Filter,
        pages: &mpsc::Sender<Page>,
        meter: &Meter,
    ) -> Result<(), RuntimeError> {
        meter.expect(store.about_how_many().await?);
        let mut read = 0;
        for scope in store.scopes().await? {
            if !filter.takes_tenant(scope.tenant) || self.open(scope).is_err() {
                continue;
            }
            let mut after: Option<(String, i64)> = None;
            loop {
                let from = after.as_ref().map(|(run, seq)| (run.as_str(), *seq));
                let page = store.scan(scope, from, PAGE).await?;
                let Some(last) = page.last() else { break };
                after = Some((last.run.clone(), last.seq));
                read += u64::try_from(page.len()).unwrap_or(0);
                if pages.send((scope, page)).await.is_err() {
                    return Ok(());
                }
                meter.reach(read);
            }
        }
        Ok(())
    }
}

/// What events name by digest, looked up from the thread that judges.
struct Library {
    store: Arc<dyn Store>,
    handle: Handle,
}

impl Documents for Library {
    type Fault = StoreError;

    fn policy(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        there(self.handle.block_on(self.store.policy(digest)))
    }

    fn scenario(
        &self,
        (tenant, namespace): (TenantId, NamespaceId),
        id: &ScenarioId,
        spec_hash: Digest,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let scope = Scope { tenant, namespace };
        let stored = there(self.handle.block_on(self.store.scenario(scope, id, Some(spec_hash))))?;
        Ok(stored.map(|it| it.spec))
    }
}

/// What does not have its digest is not there: the decisions that name it are counted as such.
fn there<T>(found: Result<Option<T>, StoreError>) -> Result<Option<T>, StoreError> {
    match found {
        Err(StoreError::Corrupt { .. }) => Ok(None),
        other => other,
    }
}

fn judge(mut backtest: Backtest, library: &Library, mut pages: mpsc::Receiver<Page>) -> Result<Report, StoreError> {
    while let Some((scope, page)) = pages.blocking_recv() {
        take_scanned(&mut backtest, scope, &page, library)?;
    }
    Ok(backtest.finish())
}

/// Hands scanned events of one shelf to a backtest.
///
/// # Errors
/// That of the documents, where they can't be looked up.
pub fn take_scanned<D: Documents>(
    backtest: &mut Backtest,
    scope: Scope,
    page: &[ScannedEvent],
    documents: &D,
) -> Result<(), D::Fault> {
    let values: Vec<Vec<_>> = page.iter().map(|event| event.values.iter().map(value).collect()).collect();
    let rows: Vec<_> = page.iter().zip(&values).map(|(event, values)| row(scope, event, values)).collect();
    backtest.take_all(&rows, documents)
}

fn value(it: &crate::ports::RawValue) -> StoredValue<'_> {
    StoredValue { slot: &it.slot, content: ValueContent::Whole { salt: &it.salt, canonical: &it.canonical } }
}

fn row<'a>(scope: Scope, event: &'a ScannedEvent, values: &'a [StoredValue<'a>]) -> StoredRow<'a> {
    StoredRow {
        tenant: scope.tenant,
        namespace: scope.namespace,
        run: &event.run,
        // No event has the number 0: one whose place makes no sense is found to be misplaced.
        seq: u64::try_from(event.seq).unwrap_or(0),
        kind: &event.kind,
        bytes: &event.bytes,
        leaf: Some(&event.leaf),
        values,
    }
}
