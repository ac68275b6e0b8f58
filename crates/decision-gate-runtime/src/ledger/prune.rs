//! Taking values away: hashes stay, so every proof stays valid.

use decision_gate_core::at::Timestamp;
use decision_gate_core::engine::RunStatus;
use decision_gate_core::name::RunId;

use super::error::LedgerError;
use crate::ports::{Pruning, Scope, Store};

/// How many streams are looked at at a time.
const PAGE: usize = 256;

/// Whose values go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PruneRequest {
    /// On which shelf.
    pub scope: Scope,
    /// One run; all of the shelf when left out.
    pub run: Option<RunId>,
    /// Only runs whose last event was before this.
    pub before: Option<Timestamp>,
    /// Whether nothing is taken away yet: what would be is only counted.
    pub dry: bool,
    /// Now.
    pub at: Timestamp,
}

/// A run whose values went, or would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrunedRun {
    /// Which.
    pub run: RunId,
    /// Of how many events.
    pub through: u64,
    /// How many values.
    pub values: u64,
}

/// Takes the values of runs that have ended. A run that goes on keeps its own: it is not over yet what they are needed for.
///
/// # Errors
/// [`LedgerError`].
pub async fn prune_runs(store: &dyn Store, request: &PruneRequest) -> Result<Vec<PrunedRun>, LedgerError> {
    let mut done = Vec::new();
    if let Some(run) = &request.run {
        let missing = || LedgerError::RunNotFound { run: run.to_string() };
        let head = store.run(request.scope, run).await?.ok_or_else(missing)?;
        if head.state.status == RunStatus::Active {
            return Err(LedgerError::RunGoesOn { run: run.to_string() });
        }
        done.extend(prune_run(store, request, run.clone()).await?);
        return scrubbed(store, request, done).await;
    }
    let mut after = Some(String::new());
    while let Some(name) = after.take() {
        let streams = store.streams(request.scope, Some(&name), PAGE).await?;
        let runs: Vec<RunId> = streams.into_iter().filter_map(|it| it.run).collect();
        after = runs.last().filter(|_| runs.len() == PAGE).map(ToString::to_string);
        for run in runs {
            done.extend(prune_run(store, request, run).await?);
        }
    }
    scrubbed(store, request, done).await
}

/// Ends a pruning. Also of nothing: one that broke off may have taken values away and left their bytes.
async fn scrubbed(
    store: &dyn Store,
    request: &PruneRequest,
    done: Vec<PrunedRun>,
) -> Result<Vec<PrunedRun>, LedgerError> {
    if !request.dry {
        store.scrub().await?;
    }
    Ok(done)
}

async fn prune_run(store: &dyn Store, request: &PruneRequest, run: RunId) -> Result<Option<PrunedRun>, LedgerError> {
    let Some(head) = store.run(request.scope, &run).await? else {
        return Ok(None);
    };
    let old = |before: Timestamp| {
        let last = head.state.last_event_at;
        last != before && last.later(before) == Ok(before)
    };
    if head.state.status == RunStatus::Active || request.before.is_some_and(|before| !old(before)) {
        return Ok(None);
    }
    let stream = crate::ports::Stream { scope: request.scope, run: Some(run.clone()) };
    let through = head.state.seq;
    let values = if request.dry {
        count(store, &stream, through).await?
    } else {
        let Pruning { values, .. } = store.prune(&stream, through, request.at).await?;
        values
    };
    Ok((values > 0).then_some(PrunedRun { run, through, values }))
}

async fn count(store: &dyn Store, stream: &crate::ports::Stream, through: u64) -> Result<u64, LedgerError> {
    let (mut from, mut values) = (1, 0);
    while from <= through {
        let page = store.events(stream, from, PAGE).await?;
        values += u64::try_from(page.values.len()).unwrap_or(u64::MAX);
        match page.events.last() {
            Some(last) => from = last.seq + 1,
            None => break,
        }
    }
    Ok(values)
}
